import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase45, encodeBase45 } from '../../src/domain/base45.ts';
import {
  type CourierCodePayload,
  codeWindow,
  encodePayload,
  formatCourierCode,
  parseCourierCode,
  signingInput,
  windowStart,
} from '../../src/domain/courier-code.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';
import { NOW, payload } from './support.ts';

const SIGNATURE = Uint8Array.from({ length: 64 }, (_, index) => index);
const CODE = formatCourierCode(17, encodePayload(payload()), SIGNATURE);

/** The code with some of its 93 bytes replaced. */
function withBytes(changes: Record<number, number>): string {
  const bytes = decodeBase45(CODE.slice(4));
  if (bytes === null) throw new Error('the code does not decode');
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return `CP1:${encodeBase45(bytes)}`;
}

const id = fc.uint8Array({ minLength: 8, maxLength: 8 });
const anyPayload: fc.Arbitrary<CourierCodePayload> = fc
  .record({
    directions: fc.integer({ min: 1, max: 3 }),
    community: id,
    pass: id,
    lifetimeSeconds: fc.integer({ min: 1, max: 0xffff }),
    instant: fc.integer({ min: 0, max: 0xffffffff }),
    statusIndex: fc.integer({ min: 0, max: 0xffffffff }),
  })
  .map(({ directions, community, pass, lifetimeSeconds, instant, statusIndex }) => ({
    directions,
    communityId: formatIdentifier('com', community),
    passId: formatIdentifier('pas', pass),
    notBefore: windowStart(instant, lifetimeSeconds),
    lifetimeSeconds,
    statusIndex,
  }));

describe('a payload', () => {
  it('lays its members out big-endian in 28 bytes', () => {
    const bytes = encodePayload({
      directions: 2,
      communityId: formatIdentifier('com', Uint8Array.of(0xff, 2, 3, 4, 5, 6, 7, 8)),
      passId: formatIdentifier('pas', Uint8Array.of(0x80, 12, 13, 14, 15, 16, 17, 18)),
      notBefore: 0x65f0_0000,
      lifetimeSeconds: 0x0200,
      statusIndex: 0x8001_0203,
    });
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '0102ff02030405060708800c0d0e0f10111265f00000020080010203',
    );
  });

  it.each([
    ['no direction', { directions: 0 }],
    ['a reserved direction bit', { directions: 4 }],
    ['a lifetime of 0', { lifetimeSeconds: 0, notBefore: 0 }],
    ['a lifetime above 65535', { lifetimeSeconds: 65536, notBefore: 0 }],
    ['a window off the grid', { notBefore: NOW / 1000 + 1 }],
    ['a negative start', { notBefore: -30 }],
    ['a start above 32 bits', { notBefore: 2 ** 32, lifetimeSeconds: 1 }],
    ['a fraction', { statusIndex: 0.5 }],
    ['an index above 32 bits', { statusIndex: 2 ** 32 }],
  ])('is not written with %s', (_, changes) => {
    expect(() => encodePayload(payload(changes))).toThrow(RangeError);
  });
});

describe('a courier code', () => {
  it('has 144 characters, all of them in the alphanumeric mode of QR', () => {
    expect(CODE).toMatch(/^CP1:[0-9A-Z $%*+\-./:]{140}$/);
  });

  it('reads back what was written, whatever the members', () => {
    const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(anyPayload, fc.nat(255), signature, (members, keyNumber, signed) => {
        const bytes = encodePayload(members);
        expect(parseCourierCode(formatCourierCode(keyNumber, bytes, signed))).toEqual({
          ...members,
          keyNumber,
          payloadBytes: bytes,
          signature: signed,
        });
      }),
    );
  });

  it('is refused by the writer with a part of another size', () => {
    const bytes = encodePayload(payload());
    expect(() => formatCourierCode(256, bytes, SIGNATURE)).toThrow(RangeError);
    expect(() => formatCourierCode(-1, bytes, SIGNATURE)).toThrow(RangeError);
    expect(() => formatCourierCode(1, bytes.subarray(1), SIGNATURE)).toThrow(RangeError);
    expect(() => formatCourierCode(1, bytes, SIGNATURE.subarray(1))).toThrow(RangeError);
  });

  it('may carry identifiers whose first bit is set: they are 64 random bits', () => {
    expect(parseCourierCode(withBytes({ 3: 0xff, 11: 0x80 }))).not.toBeNull();
    expect(parseCourierCode(withBytes({ 3: 0x7f, 11: 0x00 }))).not.toBeNull();
  });

  it.each([
    ['the empty string', ''],
    ['the prefix alone', 'CP1:'],
    ['another prefix', `CP2:${CODE.slice(4)}`],
    ['a lower-case prefix', `cp1:${CODE.slice(4)}`],
    ['lower case', CODE.toLowerCase()],
    ['one character less', CODE.slice(0, -1)],
    ['one character more', `${CODE}0`],
    ['a trailing line feed', `${CODE}\n`],
    ['a leading space in place of the last character', ` ${CODE.slice(0, -1)}`],
    ['a group above 65535', `CP1:GGW${CODE.slice(7)}`],
    ['a last pair above 255', `${CODE.slice(0, -2)}V5`],
    ['a character outside base45', `CP1:_${CODE.slice(5)}`],
    ['version 0', withBytes({ 1: 0 })],
    ['version 2', withBytes({ 1: 2 })],
    ['a reserved direction bit', withBytes({ 2: 7 })],
    ['the highest reserved direction bit', withBytes({ 2: 0x81 })],
  ])('is malformed: %s', (_, text) => {
    expect(parseCourierCode(text)).toBeNull();
  });

  it.each([
    ['no direction', withBytes({ 2: 0 })],
    ['a lifetime of 0', withBytes({ 23: 0, 24: 0 })],
    ['a window one second off the grid', withBytes({ 22: (NOW / 1000 + 1) & 255 })],
  ])('is well-formed, and left to its signature: %s', (_, text) => {
    expect(parseCourierCode(text)).not.toBeNull();
  });

  it('is judged by what is written, with nothing stripped: a space inside is data', () => {
    const spaced = fc.uint8Array({ minLength: 64, maxLength: 64 });
    const [sample] = fc
      .sample(spaced, 200)
      .map((signature) => formatCourierCode(1, encodePayload(payload()), signature))
      .filter((text) => text.includes(' '));
    expect(sample).toBeDefined();
    expect(parseCourierCode(sample ?? '')).not.toBeNull();
    expect(parseCourierCode((sample ?? '').replace(' ', ''))).toBeNull();
  });

  it('is a total function of any string', () => {
    const near = fc
      .string({
        unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:a\n'),
        minLength: 140,
        maxLength: 140,
      })
      .map((text) => `CP1:${text}`);
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary', maxLength: 300 })), (text) => {
        expect(() => parseCourierCode(text)).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the signing input', () => {
  it('is the header exactly as documented and the payload, both base64url, joined by a dot', () => {
    const bytes = encodePayload(payload());
    const [header, body, ...rest] = signingInput(17, bytes).split('.');
    expect(Buffer.from(header ?? '', 'base64url').toString()).toBe('{"alg":"ES256","kid":"17"}');
    expect(Buffer.from(body ?? '', 'base64url')).toEqual(Buffer.from(bytes));
    expect(`${header}${body}`).not.toContain('=');
    expect(rest).toEqual([]);
  });

  it('reads a payload that is part of a longer buffer', () => {
    const code = parseCourierCode(CODE);
    expect(signingInput(17, code?.payloadBytes ?? new Uint8Array())).toBe(
      signingInput(17, encodePayload(payload())),
    );
  });
});

describe('windows', () => {
  it.each([
    [0, 0],
    [29, 0],
    [29.999, 0],
    [30, 30],
    [59, 30],
    [60, 60],
  ])('hold the second %d from %d on', (second, start) => {
    expect(windowStart(second, 30)).toBe(start);
  });

  it.each([
    [-5_001, 'not_yet'],
    [-5_000, 'open'],
    [0, 'open'],
    [44_999, 'open'],
    [45_000, 'expired'],
  ])('are judged %d ms from notBefore as %s', (offset, expected) => {
    expect(codeWindow(payload(), NOW + offset)).toBe(expected);
  });

  it('always hold the instant that they were made for', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 41), fc.integer({ min: 1, max: 0xffff }), (now, lifetimeSeconds) => {
        const notBefore = windowStart(now / 1000, lifetimeSeconds);
        expect(notBefore % lifetimeSeconds).toBe(0);
        expect(codeWindow({ notBefore, lifetimeSeconds }, now)).toBe('open');
      }),
    );
  });
});
