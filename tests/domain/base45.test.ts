import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase45, encodeBase45 } from '../../src/domain/base45.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('base45', () => {
  it.each([
    ['AB', 'BB8'],
    ['Hello!!', '%69 VD92EX0'],
    ['base-45', 'UJCLQE7W581'],
    ['ietf!', 'QED8WEX0'],
    ['', ''],
  ])('writes and reads the vector of RFC 9285: %j is %j', (text, written) => {
    expect(encodeBase45(utf8(text))).toBe(written);
    expect(decodeBase45(written)).toEqual(utf8(text));
  });

  it.each([
    ['FGW', [255, 255]],
    ['000', [0, 0]],
    ['U5', [255]],
    ['00', [0]],
  ])('reads the extreme group %j', (text, bytes) => {
    expect(decodeBase45(text)).toEqual(Uint8Array.from(bytes));
  });

  it.each([
    ['GGW', 'a group of 65536'],
    [':::', 'the greatest group of digits'],
    ['V5', 'a last pair of 256'],
    ['::', 'the greatest pair of digits'],
    ['0', 'one character left over'],
    ['0000', 'one character left over after a group'],
    ['bb8', 'lower case'],
    ['0_0', 'a character outside the alphabet in the middle'],
    ['00é', 'a character above 127'],
    ['00\u{1f600}', 'a surrogate pair'],
    ['0\n', 'a line feed'],
    ['a0', 'a bad character in a last pair'],
  ])('refuses %j: %s', (text) => {
    expect(decodeBase45(text)).toBeNull();
  });

  it('refuses every character outside the alphabet at every position of a group and a pair', () => {
    for (let code = 0; code < 256; code++) {
      const character = String.fromCharCode(code);
      if (ALPHABET.includes(character)) continue;
      for (const text of [
        `${character}00`,
        `0${character}0`,
        `00${character}`,
        `${character}0`,
        `0${character}`,
      ])
        expect(decodeBase45(text), JSON.stringify(text)).toBeNull();
    }
  });

  it('reads back whatever bytes it writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeBase45(encodeBase45(bytes))).toEqual(bytes);
      }),
    );
  });

  it('gives each text that it reads one writing only', () => {
    const text = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 60 });
    fc.assert(
      fc.property(text, (written) => {
        const bytes = decodeBase45(written);
        if (bytes !== null) expect(encodeBase45(bytes)).toBe(written);
      }),
      { numRuns: 2000 },
    );
  });

  it('is total: any string gives bytes or null', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const bytes = decodeBase45(text);
        expect(bytes === null || bytes instanceof Uint8Array).toBe(true);
      }),
    );
  });
});
