import { describe, expect, it } from 'vitest';
import { BrokenNdef, codeInNdef, parseNdef } from '../../gate-simulator/src/hardware/ndef.ts';
import { COURIER_CODE } from './support/courier-code-picture.ts';

const TYPE = 'courier-pass.example:code';

interface Parts {
  readonly header: number;
  readonly type: string;
  readonly payload: string;
  readonly id?: string;
}

/** One record; its header says whether it is short and has an identifier. */
function record({ header, type, payload, id = '' }: Parts): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return Buffer.concat([
    Uint8Array.of(header, type.length),
    (header & 0x10) !== 0 ? length.subarray(3) : length,
    (header & 0x08) !== 0 ? Uint8Array.of(id.length) : Buffer.alloc(0),
    Buffer.from(type + id + payload, 'latin1'),
  ]);
}

const CODE = record({ header: 0xd4, type: TYPE, payload: COURIER_CODE });

describe('codeInNdef', () => {
  it('reads a code from one short record, every character', () => {
    expect(CODE).toHaveLength(172);
    expect(codeInNdef(CODE)).toBe(COURIER_CODE);
  });

  it.each([
    ['a type in upper case', record({ header: 0xd4, type: TYPE.toUpperCase(), payload: 'CP1:A' })],
    ['a long record', record({ header: 0xc4, type: TYPE, payload: 'CP1:A' })],
    ['an identifier', record({ header: 0xdc, type: TYPE, payload: 'CP1:A', id: 'me' })],
    [
      'an address before it',
      Buffer.concat([
        record({ header: 0x91, type: 'U', payload: '\x04example.org' }),
        record({ header: 0x54, type: TYPE, payload: 'CP1:A' }),
      ]),
    ],
  ])('reads it with %s', (_, message) => {
    expect(codeInNdef(message)).toBe('CP1:A');
  });

  it.each([
    ['an address', record({ header: 0xd1, type: 'U', payload: '\x04example.org' })],
    ['another external type', record({ header: 0xd4, type: 'example.org:x', payload: 'CP1:A' })],
    ['a media type of that name', record({ header: 0xd2, type: TYPE, payload: 'CP1:A' })],
    ['an empty record', Buffer.from('d00000', 'hex')],
  ])('finds nothing in %s', (_, message) => {
    expect(codeInNdef(message)).toBeUndefined();
  });

  it('refuses a message that was cut, wherever, and one with something behind it', () => {
    for (let length = 0; length < CODE.length; length += 1) {
      expect(() => parseNdef(CODE.subarray(0, length))).toThrow(BrokenNdef);
    }
    expect(() => parseNdef(Buffer.concat([CODE, Buffer.alloc(1)]))).toThrow(BrokenNdef);
  });

  it.each([
    ['chunks', Buffer.from('b401004100', 'hex')],
    ['a reserved format', Buffer.from('d70000', 'hex')],
    ['no beginning', Buffer.from('540100', 'hex')],
    ['two beginnings', Buffer.from('900000d00000', 'hex')],
    ['a payload of 4 GiB', Buffer.from('c400ffffffff', 'hex')],
    [
      '17 records',
      Buffer.concat([Buffer.from('900000', 'hex'), Buffer.from('100000'.repeat(16), 'hex')]),
    ],
    ['5 KiB', record({ header: 0xc4, type: TYPE, payload: 'x'.repeat(5_000) })],
  ])('refuses %s', (_, message) => {
    expect(() => parseNdef(message)).toThrow(BrokenNdef);
  });
});
