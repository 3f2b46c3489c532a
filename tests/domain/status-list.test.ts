import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packStatusBits, statusAt } from '../../src/domain/status-list.ts';

describe('the bits of a status list', () => {
  it('are those of the draft’s vector', () => {
    expect(Buffer.from(packStatusBits(16, [0, 3, 4, 5, 7, 8, 9, 13, 15])).toString('hex')).toBe(
      'b9a3',
    );
  });

  it('are set for the indexes given, and for no other', () => {
    const indexes = fc.uniqueArray(fc.nat(255));
    fc.assert(
      fc.property(indexes, (ended) => {
        const bits = packStatusBits(256, ended);
        for (let index = 0; index < 256; index++)
          expect(statusAt(bits, index)).toBe(ended.includes(index) ? 'invalid' : 'valid');
      }),
    );
  });

  it('say nothing of an index past their end', () => {
    for (const index of [16, 17, 0x7fffffff, 0x80000000, 0xffffffff])
      expect(statusAt(packStatusBits(16, []), index)).toBe('absent');
    expect(statusAt(new Uint8Array(0), 0)).toBe('absent');
  });

  it.each([
    [-8, []],
    [12, []],
    [8.5, []],
    [1_048_584, []],
    [16, [16]],
    [16, [-1]],
    [16, [0.5]],
  ])('cannot be packed for a length of %d and indexes %j', (length, ended) => {
    expect(() => packStatusBits(length, ended)).toThrow(RangeError);
  });

  it('can be packed up to the greatest length', () => {
    const bits = packStatusBits(1_048_576, [1_048_575]);
    expect(bits).toHaveLength(131_072);
    expect(statusAt(bits, 1_048_575)).toBe('invalid');
  });
});
