import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeBase64url } from '../../src/domain/base64url.ts';
import { checkProperty } from '../support/property.ts';

it('writes what Node’s Buffer writes, for every length', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
    expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
  });
  await checkProperty('base64url', property, 500);
});

it.each([
  ['', ''],
  ['f', 'Zg'],
  ['fo', 'Zm8'],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg'],
  ['fooba', 'Zm9vYmE'],
  ['foobar', 'Zm9vYmFy'],
])('encodes the vector %j of RFC 4648 §10', (text, encoded) => {
  expect(encodeBase64url(new TextEncoder().encode(text))).toBe(encoded);
});
