import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { compactVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CourierCode,
  encodePayload,
  formatCourierCode,
  importJwks,
  parseCourierCode,
  signingInput,
  verifySignature,
} from '../../src/gate/index.ts';
import { NOW, payload } from './support.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (kid: string, key = publicKey) => ({
  ...key.export({ format: 'jwk' }),
  kid,
  alg: 'ES256',
  use: 'sig',
});

function signed(keyNumber = 17, key = privateKey): CourierCode {
  const bytes = encodePayload(payload());
  const input = Buffer.from(signingInput(keyNumber, bytes));
  const signature = sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
  const code = parseCourierCode(formatCourierCode(keyNumber, bytes, signature));
  if (code === null) throw new Error('the code does not parse');
  return code;
}

let keys: Awaited<ReturnType<typeof importJwks>>;
beforeAll(async () => {
  keys = await importJwks({ keys: [jwk('17'), jwk('18', stranger.publicKey)] });
});

describe('the signature of a code', () => {
  it('is authentic under the key that the code names', async () => {
    expect(await verifySignature(signed(), keys)).toBe('authentic');
  });

  it('is an ordinary JWS for any JOSE library', async () => {
    const code = signed();
    const jws = `${signingInput(17, code.payloadBytes)}.${Buffer.from(code.signature).toString('base64url')}`;
    const { payload: bytes, protectedHeader } = await compactVerify(jws, publicKey);
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: '17' });
    expect(Buffer.from(bytes)).toEqual(Buffer.from(code.payloadBytes));
  });

  it('of a key number that is not published is unknown_key', async () => {
    expect(await verifySignature(signed(19), keys)).toBe('unknown_key');
    expect(await verifySignature(signed(), new Map())).toBe('unknown_key');
  });

  it('by another key is bad_signature, also under that key’s number claimed afterwards', async () => {
    expect(await verifySignature(signed(17, stranger.privateKey), keys)).toBe('bad_signature');
    expect(await verifySignature({ ...signed(17), keyNumber: 18 }, keys)).toBe('bad_signature');
  });

  it('is broken by any changed bit of payload or signature', async () => {
    const code = signed();
    for (const part of ['payloadBytes', 'signature'] as const) {
      for (let bit = 0; bit < code[part].length * 8; bit += 5) {
        const bytes = Uint8Array.from(code[part]);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(await verifySignature({ ...code, [part]: bytes }, keys)).toBe('bad_signature');
      }
    }
  });

  it('of zeros is bad_signature', async () => {
    expect(await verifySignature({ ...signed(), signature: new Uint8Array(64) }, keys)).toBe(
      'bad_signature',
    );
  });

  it('has a malleable twin, which is as authentic: the string is no identity, (pass, notBefore) is', async () => {
    const code = signed();
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = BigInt(`0x${Buffer.from(code.signature.subarray(32)).toString('hex')}`);
    const twin = Uint8Array.from(code.signature);
    twin.set(Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'), 32);
    expect(await verifySignature({ ...code, signature: twin }, keys)).toBe('authentic');
    expect(code.notBefore).toBe(NOW / 1000);
  });
});

describe('a published key set', () => {
  it('gives the keys with a decimal number from 0 to 255, and no other', async () => {
    const kids = ['0', '255', '256', '-1', '01', '1.0', '1e1', ' 1', '', 'sl-1', '１'];
    const imported = await importJwks({ keys: kids.map((kid) => jwk(kid)) });
    expect([...imported.keys()]).toEqual([0, 255]);
  });

  it.each([
    ['another algorithm', { alg: 'ES384' }],
    ['no algorithm', { alg: undefined }],
    ['another curve', { crv: 'P-384' }],
    ['another type', { kty: 'oct', k: 'AA' }],
    ['encryption', { use: 'enc' }],
    ['no number', { kid: undefined }],
  ])('passes over a key for %s', async (_, changes) => {
    const changed = Object.fromEntries(
      Object.entries({ ...jwk('1'), ...changes }).filter(([, value]) => value !== undefined),
    );
    expect((await importJwks({ keys: [changed as never] })).size).toBe(0);
  });

  it('imports the public part only', async () => {
    const secret = { ...privateKey.export({ format: 'jwk' }), kid: '1', alg: 'ES256' };
    const imported = (await importJwks({ keys: [secret] })).get(1);
    expect(imported?.type).toBe('public');
    expect(imported?.usages).toEqual(['verify']);
    expect(createPublicKey(privateKey).equals(publicKey)).toBe(true);
  });

  it('is refused when a number stands for two keys, or a key is no point of the curve', async () => {
    await expect(importJwks({ keys: [jwk('1'), jwk('1', stranger.publicKey)] })).rejects.toThrow(
      TypeError,
    );
    await expect(importJwks({ keys: [{ ...jwk('1'), x: 'AAAA' }] })).rejects.toThrow();
  });
});
