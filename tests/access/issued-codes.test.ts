import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeDigest, type IssuedCode, IssuedCodes } from '../../src/access/issued-codes.ts';
import {
  CODE_LENGTH,
  type CourierCodePayload,
  encodePayload,
  formatCourierCode,
} from '../../src/domain/courier-code.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';

const NOW = Date.UTC(2026, 10, 21, 4, 3, 0);
const communityId = formatIdentifier('com', new Uint8Array(8).fill(1));

function issue(pass: number, window = 0, directions = 3, fill = 7): IssuedCode {
  const payload: CourierCodePayload = {
    directions,
    communityId,
    passId: formatIdentifier('pas', new Uint8Array(8).fill(pass)),
    notBefore: NOW / 1000 + window * 30,
    lifetimeSeconds: 30,
    statusIndex: 9,
  };
  const signature = new Uint8Array(64).fill(fill);
  const code = formatCourierCode(5, encodePayload(payload), signature);
  return { code, keyNumber: 5, payload, digest: codeDigest(code) };
}

describe('what is recognised', () => {
  test('a code that was issued here, by its whole string', () => {
    const memory = new IssuedCodes(10);
    const issued = issue(1);
    memory.remember(issued, NOW);
    expect(memory.recognise(`${issued.code}`)).toBe(issued);
  });

  test('no code of which any single character differs', () => {
    const memory = new IssuedCodes(10);
    const { code } = issue(1);
    memory.remember(issue(1), NOW);
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
    for (let at = 0; at < CODE_LENGTH; at++) {
      for (const character of [...alphabet, code.charAt(at).toLowerCase(), '\u0000', 'é']) {
        if (character === code.charAt(at)) continue;
        expect(memory.recognise(code.slice(0, at) + character + code.slice(at + 1))).toBeNull();
      }
    }
  });

  test('no code with something before, after or missing', () => {
    const memory = new IssuedCodes(10);
    const { code } = issue(1);
    memory.remember(issue(1), NOW);
    for (const other of [
      '',
      ` ${code}`,
      `${code} `,
      `${code}\n`,
      code.slice(1),
      code.slice(0, -1),
      code.toLowerCase(),
    ]) {
      expect(memory.recognise(other)).toBeNull();
    }
  });

  test('no arbitrary string', () => {
    const memory = new IssuedCodes(10);
    memory.remember(issue(1), NOW);
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => memory.recognise(text) === null),
    );
  });

  test('not the same payload under another signature', () => {
    const memory = new IssuedCodes(10);
    memory.remember(issue(1, 0, 3, 7), NOW);
    expect(memory.recognise(issue(1, 0, 3, 8).code)).toBeNull();
  });
});

describe('a window', () => {
  test('fetched again is the same code', () => {
    const memory = new IssuedCodes(10);
    const issued = issue(1);
    memory.remember(issued, NOW);
    expect(memory.find({ ...issued.payload })).toBe(issued);
  });

  test('is another one for another pass, time or direction', () => {
    const memory = new IssuedCodes(10);
    memory.remember(issue(1), NOW);
    for (const other of [issue(2), issue(1, 1), issue(1, 0, 2)]) {
      expect(memory.find(other.payload)).toBeNull();
    }
  });

  test('is not found when the status index, the lifetime or the community has changed', () => {
    const memory = new IssuedCodes(10);
    const { payload } = issue(1);
    memory.remember(issue(1), NOW);
    const otherCommunity = formatIdentifier('com', new Uint8Array(8).fill(2));
    expect(memory.find({ ...payload, statusIndex: 10 })).toBeNull();
    expect(memory.find({ ...payload, lifetimeSeconds: 60 })).toBeNull();
    expect(memory.find({ ...payload, communityId: otherCommunity })).toBeNull();
  });

  test('signed anew has the newer code only', () => {
    const memory = new IssuedCodes(10);
    const older = issue(1, 0, 3, 7);
    const newer = issue(1, 0, 3, 8);
    memory.remember(older, NOW);
    memory.remember(newer, NOW);
    expect(memory.find(older.payload)).toBe(newer);
    expect(memory.recognise(older.code)).toBeNull();
    expect(memory.size).toBe(1);
  });
});

describe('memory is bounded', () => {
  test('at the limit the code issued longest ago is forgotten', () => {
    const memory = new IssuedCodes(3);
    const codes = [1, 2, 3, 4].map((pass) => issue(pass));
    for (const issued of codes) memory.remember(issued, NOW);
    expect(memory.size).toBe(3);
    expect(codes.map(({ code }) => memory.recognise(code) !== null)).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(memory.find(codes[0]!.payload)).toBeNull();
  });

  test('a limit of 0 keeps nothing', () => {
    const memory = new IssuedCodes(0);
    memory.remember(issue(1), NOW);
    expect(memory.size).toBe(0);
  });

  test('a code is kept until its window and the 15 s after it have passed, and then forgotten', () => {
    const memory = new IssuedCodes(10);
    const issued = issue(1);
    memory.remember(issued, NOW);
    memory.remember(issue(2, 10), NOW + 44_999);
    expect(memory.recognise(issued.code)).toBe(issued);
    memory.remember(issue(3, 10), NOW + 45_000);
    expect(memory.recognise(issued.code)).toBeNull();
    expect(memory.find(issued.payload)).toBeNull();
    expect(memory.size).toBe(2);
  });

  test('forgotten and issued again, a code expires once', () => {
    const memory = new IssuedCodes(1);
    memory.remember(issue(1), NOW);
    memory.remember(issue(2), NOW);
    memory.remember(issue(1), NOW);
    memory.remember(issue(3, 10), NOW + 60_000);
    expect(memory.size).toBe(1);
    expect(memory.recognise(issue(3, 10).code)).not.toBeNull();
  });
});
