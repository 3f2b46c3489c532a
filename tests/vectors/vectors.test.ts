/** The vectors in their files, run through `courier-pass/gate` as firmware in any language would run them. */
import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { DENIED_REASONS, GRANTED_REASONS } from '../../src/domain/reason.ts';
import {
  type BundleDocument,
  createGateMemory,
  decodeBase45,
  encodeBase45,
  formatIdentifier,
  identifierBytes,
  importStatusListKeys,
  isIdentifier,
  judgeOffline,
  loadBundle,
  type MemoryEvent,
  type OfflineCache,
  type OfflineOutcome,
  parseBundle,
  parseCourierCode,
  readNdefCode,
  readStatusList,
  SERVER_ONLY_REASONS,
  statusAt,
} from '../../src/gate/index.ts';
import type { encodings as Encodings } from './encodings.ts';
import { publicPoint, signEs256 } from './es256.ts';
import { makeVectors, readVectors } from './make.ts';
import type { StatusListCase } from './status-list-cases.ts';
import type { Expected } from './world.ts';

/** A case as the file holds it. */
interface FileCase {
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly code: string | null;
  readonly bundle: string | null;
  readonly clock: {
    readonly now: string;
    readonly synchronised: boolean;
    readonly latestKnown: string;
  };
  readonly memory: readonly (Omit<MemoryEvent, 'at' | 'usableUntil'> & {
    readonly at: string;
    readonly usableUntil?: string;
  })[];
  readonly expected: Expected;
}

const gate: {
  readonly bundles: Readonly<Record<string, BundleDocument>>;
  readonly cases: readonly FileCase[];
} = JSON.parse(readVectors('gate.json'));
const lists: {
  readonly jwks: { readonly keys: Record<string, unknown>[] };
  readonly cases: StatusListCase[];
} = JSON.parse(readVectors('status-lists.json'));
const encodings: typeof Encodings = JSON.parse(readVectors('encodings.json'));

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

describe('the files', () => {
  it('are what their maker makes', async () => {
    for (const [name, text] of await makeVectors()) expect(readVectors(name), name).toBe(text);
  });

  it('hold at least 200 cases, each under a name of its own', () => {
    expect(gate.cases.length).toBeGreaterThanOrEqual(200);
    expect(new Set(gate.cases.map(({ name }) => name)).size).toBe(gate.cases.length);
  });

  it('hold a case of every reason that a gate can find alone, and of no other', () => {
    const serverOnly: readonly string[] = [...SERVER_ONLY_REASONS, 'granted_by_guard'];
    const possible = [...GRANTED_REASONS, ...DENIED_REASONS].filter(
      (reason) => !serverOnly.includes(reason),
    );
    const found = gate.cases.flatMap(({ expected }) =>
      expected.outcome === 'cannot_judge' ? [] : [expected.reason],
    );
    expect([...new Set(found)].sort()).toEqual([...possible].sort());
  });

  it('use every bundle that they hold', () => {
    const used = new Set(gate.cases.map(({ bundle }) => bundle));
    expect(Object.keys(gate.bundles).filter((name) => !used.has(name))).toEqual([]);
  });

  it('are signed with the nonces of RFC 6979: its own vectors come out', () => {
    const key = hex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721');
    expect(Buffer.from(signEs256(key, 'sample')).toString('hex')).toBe(
      'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
        'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    );
    expect(Buffer.from(signEs256(key, 'test')).toString('hex')).toBe(
      'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367' +
        '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
    );
  });

  it('are signed so that an ordinary library verifies', () => {
    const key = hex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721');
    const { x, y } = publicPoint(key);
    const text = (part: Uint8Array) => Buffer.from(part).toString('base64url');
    const publicKey = createPublicKey({
      key: { kty: 'EC', crv: 'P-256', x: text(x), y: text(y) },
      format: 'jwk',
    });
    for (const skip of [0, 1]) {
      const signature = signEs256(key, 'sample', skip);
      const how = { key: publicKey, dsaEncoding: 'ieee-p1363' as const };
      expect(verify('sha256', Buffer.from('sample'), how, signature)).toBe(true);
    }
  });
});

describe('a gate alone', async () => {
  const caches = new Map<string, OfflineCache>();
  for (const [name, document] of Object.entries(gate.bundles)) {
    const bundle = parseBundle(JSON.stringify(document));
    const loaded = await loadBundle(bundle, { minVersion: 0, now: bundle.serverTime });
    if (loaded.kind === 'loaded') caches.set(name, loaded.cache);
  }

  it('takes every bundle', () => {
    expect([...caches.keys()]).toEqual(Object.keys(gate.bundles));
  });

  test.each(gate.cases)('$name', async ({ direction, code, bundle, clock, memory, expected }) => {
    const cache = bundle === null ? null : (caches.get(bundle) ?? null);
    const journal: MemoryEvent[] = [];
    const remembers = createGateMemory((event) => void journal.push(event), memory.map(eventOf));
    const outcome = await judgeOffline({ direction, code }, cache, remembers, {
      now: Date.parse(clock.now),
      synchronised: clock.synchronised,
      latestKnown: Date.parse(clock.latestKnown),
    });
    expect(answerOf(outcome, journal)).toEqual(expected);
  });
});

function eventOf({ at, usableUntil, ...rest }: FileCase['memory'][number]): MemoryEvent {
  return {
    ...rest,
    at: Date.parse(at),
    ...(usableUntil !== undefined && { usableUntil: Date.parse(usableUntil) }),
  } as MemoryEvent;
}

function answerOf(outcome: OfflineOutcome, journal: readonly MemoryEvent[]): Expected {
  if (outcome.outcome === 'cannot_judge') return { outcome: 'cannot_judge', why: outcome.why };
  if (outcome.outcome === 'denied') return { outcome: 'denied', reason: outcome.reason };
  return { outcome: 'granted', reason: outcome.reason, remembers: journal[0]?.kind ?? null };
}

describe('a status list', async () => {
  const keys = await importStatusListKeys(lists.jwks);

  test.each(lists.cases)('$name', async ({ jwt, communityId, minVersion, now, expected }) => {
    if (!isIdentifier('com', communityId)) throw new Error('no community');
    const demands = { communityId, minVersion, now: Date.parse(now) };
    const outcome = await readStatusList(jwt, keys, demands);
    if (outcome.kind === 'refused') return expect(outcome).toEqual(expected);
    const { version, bits } = outcome.list;
    const entries = bits.length * 8;
    const invalid = Array.from({ length: entries }, (_, index) => index).filter(
      (index) => statusAt(bits, index) === 'invalid',
    );
    expect({ kind: 'read', version, entries, invalid }).toEqual(expected);
    expect(statusAt(bits, entries)).toBe('absent');
  });
});

describe('encodings', () => {
  test.each(encodings.identifiers.valid)('$hex is $text', ({ prefix, hex: number, text }) => {
    expect(formatIdentifier(prefix, hex(number))).toBe(text);
    expect(isIdentifier(prefix, text)).toBe(true);
    expect(identifierBytes(prefix, text)).toEqual(hex(number));
  });

  test.each(encodings.identifiers.invalid)('no identifier: $why', ({ text }) => {
    expect(isIdentifier('com', text)).toBe(false);
  });

  test.each(encodings.base45.valid)('$hex is “$text” in base45', ({ hex: bytes, text }) => {
    expect(encodeBase45(hex(bytes))).toBe(text);
    expect(decodeBase45(text)).toEqual(hex(bytes));
  });

  test.each(encodings.base45.invalid)('not base45: $why', ({ text }) => {
    expect(decodeBase45(text)).toBeNull();
  });

  test('a code comes apart as it was put together', () => {
    const { code, bytes, payload, signature, keyNumber, ndef } = encodings.code;
    const parsed = parseCourierCode(code);
    expect(parsed?.keyNumber).toBe(keyNumber);
    expect(Buffer.from(parsed?.payloadBytes ?? []).toString('hex')).toBe(payload);
    expect(Buffer.from(parsed?.signature ?? []).toString('hex')).toBe(signature);
    expect(bytes).toBe(keyNumber.toString(16) + payload + signature);
    expect(readNdefCode(hex(ndef))).toBe(code);
  });
});
