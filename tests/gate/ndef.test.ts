import { describe, expect, it } from 'vitest';
import { NDEF_TYPE, readNdefCode, writeNdefCode } from '../../src/gate/index.ts';
import { signedCode } from './support.ts';

const CODE = signedCode();
const message = writeNdefCode(CODE);
const withByte = (at: number, value: number) => message.with(at, value);

describe('a code as NFC carries it', () => {
  it('is one short record of an external type, its payload the characters', () => {
    expect([...message.subarray(0, 3)]).toEqual([0xd4, NDEF_TYPE.length, 144]);
    expect(Buffer.from(message.subarray(3)).toString('ascii')).toBe(NDEF_TYPE + CODE);
    expect(message).toHaveLength(3 + NDEF_TYPE.length + 144);
  });

  it('is read back as the scanner’s text, whatever it says', () => {
    expect(readNdefCode(message)).toBe(CODE);
    expect(readNdefCode(withByte(message.length - 1, 0x0a))).toBe(`${CODE.slice(0, -1)}\n`);
  });

  it('is recognised whatever the case of its type', () => {
    const shouted = Uint8Array.from(message);
    shouted.set(Buffer.from(NDEF_TYPE.toUpperCase()), 3);
    expect(readNdefCode(shouted)).toBe(CODE);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['another type name format', withByte(0, 0xd2)],
    ['a record in chunks', withByte(0, 0xf4)],
    ['a long record', withByte(0, 0xc4)],
    ['one of several records', withByte(0, 0x94)],
    ['another type', withByte(5, 0x78)],
    ['another length of the type', withByte(1, NDEF_TYPE.length - 1)],
    ['a payload that is cut', message.subarray(0, -1)],
    ['something after it', Uint8Array.of(...message, 0)],
  ])('is none with %s', (_, bytes) => {
    expect(readNdefCode(bytes)).toBeNull();
  });

  it('is written for 144 characters only', () => {
    expect(() => writeNdefCode(CODE.slice(1))).toThrow(RangeError);
  });
});
