/**
 * Courier codes changed in every way that a forger, a scanner or a printer might think of, and an independent
 * judge of what each of them is. Nothing here uses the product's own parser or its verification.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Chance } from './chance.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
/** The order of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const PREFIX = 'CP1:';
const BYTES = 93;
/** Offsets in the bytes of a code: key number, payload, r, s. */
const PAYLOAD = 1;
const R = 29;
const S = 61;
/** Members of the payload by their place in the bytes of a code. */
const MEMBERS = {
  version: [1, 2],
  directions: [2, 3],
  community: [3, 11],
  pass: [11, 19],
  notBefore: [19, 23],
  lifetime: [23, 25],
  statusIndex: [25, 29],
} as const;

export type Verdict = 'malformed_code' | 'unknown_key' | 'bad_signature' | 'authentic';

/** A published key set, as `GET /.well-known/jwks.json` has it. */
export interface PublishedKeys {
  readonly keys: readonly { readonly kid: string }[];
}

/** Judges a code by the contract's words: form first, then the key's number, then the signature. */
export function judgeOf(jwks: PublishedKeys): (text: string) => Verdict {
  const keys = new Map<number, KeyObject>();
  for (const jwk of jwks.keys)
    keys.set(Number(jwk.kid), createPublicKey({ key: { ...jwk }, format: 'jwk' }));
  return (text) => {
    const bytes = readStrictly(text);
    if (bytes === null) return 'malformed_code';
    const key = keys.get(bytes[0] ?? 0);
    if (key === undefined) return 'unknown_key';
    const signature = bytes.subarray(R);
    const signed = jws(bytes[0] ?? 0, bytes.subarray(PAYLOAD, R));
    return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
      ? 'authentic'
      : 'bad_signature';
  };
}

/** The bytes of a well-formed code; null: it is none. */
function readStrictly(text: string): Uint8Array | null {
  if (!/^CP1:[0-9A-Z $%*+\-./:]{140}$/.test(text) || text.length !== 144) return null;
  const bytes: number[] = [];
  for (let at = PREFIX.length; at < text.length; at += 3) {
    const digits = [...text.slice(at, at + 3)].map((digit) => ALPHABET.indexOf(digit));
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    if (value >= 256 ** (digits.length - 1)) return null;
    if (digits.length === 3) bytes.push(value >> 8);
    bytes.push(value & 255);
  }
  return bytes[1] === 1 && (bytes[2] ?? 0) <= 3 ? Uint8Array.from(bytes) : null;
}

function jws(keyNumber: number, payload: Uint8Array): Buffer {
  const header = Buffer.from(`{"alg":"ES256","kid":"${keyNumber}"}`).toString('base64url');
  return Buffer.from(`${header}.${Buffer.from(payload).toString('base64url')}`);
}

/** The 93 bytes of a genuine code. */
export function bytesOf(code: string): Uint8Array {
  const bytes = readStrictly(code);
  if (bytes === null) throw new Error('it is no code');
  return bytes;
}

export function codeOf(bytes: Uint8Array): string {
  return PREFIX + base45(bytes);
}

/** @param lift adds to a group what a careless reader cuts off again: 65536, or 256 to a last single byte */
function base45(bytes: Uint8Array, lift: (group: number) => boolean = () => false): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 2) {
    const high = bytes[at] ?? 0;
    const low = bytes[at + 1];
    let value = low === undefined ? high : high * 256 + low;
    if (lift(at / 2)) value += low === undefined ? 256 : 65_536;
    const digits = low === undefined ? 2 : 3;
    for (let digit = 0; digit < digits; digit++) {
      text += ALPHABET.charAt(value % 45);
      value = Math.floor(value / 45);
    }
  }
  return text;
}

/** The same code with its signature's other form, (r, n − s): valid, and another string. */
export function twinOf(code: string): string {
  const bytes = bytesOf(code).slice();
  bytes.set(scalar(ORDER - numberAt(bytes, S)), S);
  return codeOf(bytes);
}

function numberAt(bytes: Uint8Array, at: number): bigint {
  return BigInt(`0x${Buffer.from(bytes.subarray(at, at + 32)).toString('hex')}`);
}

function scalar(value: bigint): Uint8Array {
  return Buffer.from(BigInt.asUintN(256, value).toString(16).padStart(64, '0'), 'hex');
}

export interface MutantSources {
  /** The code that is changed. */
  readonly code: string;
  /** Genuine codes of other passes, communities and windows. */
  readonly others: readonly string[];
  /** A P-256 key that is not ours. */
  readonly foreignKey: KeyObject;
  readonly keyNumbers: readonly number[];
}

type Mutation = (sources: MutantSources, chance: Chance) => string;

/** Every way of changing a code, by name. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'bits flipped': changed((bytes, _sources, chance) => {
    for (let flips = 1 + chance.below(3); flips > 0; flips--) {
      const at = chance.below(BYTES);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
    }
  }),
  'cut short': ({ code }, chance) => {
    const by = 1 + chance.below(143);
    return chance.oneIn(2) ? code.slice(0, -by) : code.slice(by);
  },
  'made longer': ({ code }, chance) => {
    const more = [...chance.bytes(1 + chance.below(4))].map((byte) => ALPHABET[byte % 45]);
    return chance.oneIn(2) ? code + more.join('') : more.join('') + code;
  },
  'characters swapped': ({ code }, chance) => {
    const [a, b] = [chance.below(144), chance.below(144)];
    const characters = [...code];
    [characters[a], characters[b]] = [characters[b] ?? '', characters[a] ?? ''];
    return characters.join('');
  },
  'a character replaced': ({ code }, chance) => {
    const strange = ['a', 'z', '\0', '\n', '_', '"', '０', '门', '\ud800', 'é', '\u202e', '😀'];
    const character = chance.oneIn(2) ? chance.pick([...ALPHABET]) : chance.pick(strange);
    const at = chance.below(144);
    return code.slice(0, at) + character + code.slice(at + 1);
  },
  'lower case': ({ code }, chance) => {
    const from = chance.below(144);
    return chance.oneIn(2)
      ? code.toLowerCase()
      : code.slice(0, from) + code.slice(from).toLowerCase();
  },
  'something around it': ({ code }, chance) => {
    const around = chance.pick(['\n', '\r\n', '\r', ' ', '\t', '\0', '\ufeff', '\u200b', '"']);
    return chance.oneIn(2) ? code + around : around + code;
  },
  'another prefix': ({ code }, chance) =>
    chance.pick(['CP2:', 'cp1:', 'CP1;', 'CP0:', 'HC1:', 'CP1 ', ':1PC', 'ＣＰ１:']) +
    code.slice(4),
  'a group above its bound': ({ code }, chance) => {
    const bytes = bytesOf(code);
    const liftable = Array.from({ length: 47 }, (_, group) => group).filter(
      (group) =>
        group === 46 || (bytes[2 * group] ?? 0) * 256 + (bytes[2 * group + 1] ?? 0) < 25_589,
    );
    const lifted = new Set([chance.pick(liftable), chance.pick(liftable)]);
    return PREFIX + base45(bytes, (group) => lifted.has(group));
  },
  'r or s changed for its negative, swapped or moved out of range': changed(
    (bytes, _sources, chance) => {
      const [r, s] = [numberAt(bytes, R), numberAt(bytes, S)];
      const forms: readonly (readonly [bigint, bigint])[] = [
        [s, r],
        [ORDER - r, s],
        [ORDER - r, ORDER - s],
        [r, 0n],
        [0n, s],
        [0n, 0n],
        [r, ORDER],
        [ORDER, s],
        [r + ORDER, s],
        [r, s + ORDER],
        [r, (1n << 256n) - 1n],
        [1n, 1n],
        [r + 1n, s],
        [r, s - 1n],
      ];
      const [newR, newS] = chance.pick(forms);
      bytes.set(scalar(newR), R);
      bytes.set(scalar(newS), S);
    },
  ),
  'malleated, and something else changed': changed((bytes, _sources, chance) => {
    bytes.set(scalar(ORDER - numberAt(bytes, S)), S);
    const at = chance.below(R);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
  }),
  'another key number': changed((bytes, { keyNumbers }, chance) => {
    bytes[0] = chance.oneIn(3) ? chance.pick(keyNumbers) : chance.below(256);
  }),
  'a member of another code': changed((bytes, { others }, chance) => {
    const other = bytesOf(chance.pick(others));
    const [from, to] = chance.pick(Object.values(MEMBERS));
    bytes.set(other.subarray(from, to), from);
  }),
  'the signature or the payload of another code': changed((bytes, { others }, chance) => {
    const other = bytesOf(chance.pick(others));
    const [from, to] = chance.pick([
      [PAYLOAD, R],
      [R, BYTES],
      [S, BYTES],
      [R, S],
    ] as const);
    bytes.set(other.subarray(from, to), from);
  }),
  'a member of its own choice': changed((bytes, _sources, chance) => {
    const [from, to] = chance.pick(Object.values(MEMBERS));
    bytes.set(chance.bytes(to - from), from);
  }),
  'signed by a foreign key': changed((bytes, { foreignKey }, chance) => {
    if (chance.oneIn(2)) {
      const [from, to] = chance.pick([MEMBERS.pass, MEMBERS.notBefore, MEMBERS.statusIndex]);
      bytes.set(chance.bytes(to - from), from);
    }
    const payload = bytes.subarray(PAYLOAD, R);
    const signed = chance.oneIn(3) ? payload : jws(bytes[0] ?? 0, payload);
    bytes.set(sign('sha256', signed, { key: foreignKey, dsaEncoding: 'ieee-p1363' }), R);
  }),
  'chance under a prefix': changed((bytes, _sources, chance) => {
    bytes.set(chance.bytes(BYTES - 3), 3);
  }),
};

export const MUTATION_NAMES = Object.keys(MUTATIONS);

/** One mutant: never the code itself. @param index chooses the way of changing it, by turns */
export function mutantOf(
  sources: MutantSources,
  index: number,
  chance: Chance,
): { readonly how: string; readonly text: string } {
  const how = MUTATION_NAMES[index % MUTATION_NAMES.length] ?? '';
  for (;;) {
    const text = MUTATIONS[how]?.(sources, chance) ?? '';
    if (text !== sources.code) return { how, text };
  }
}

function changed(
  change: (bytes: Uint8Array, sources: MutantSources, chance: Chance) => void,
): Mutation {
  return (sources, chance) => {
    const bytes = bytesOf(sources.code).slice();
    change(bytes, sources, chance);
    return codeOf(bytes);
  };
}
