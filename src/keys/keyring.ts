/**
 * The keys of the service: in the store, sealed; in memory, those that are in force. The next key of each purpose
 * is published before it signs, a retired one stays published until its last code has expired.
 */
import { randomInt, randomUUID, sign } from 'node:crypto';
import { DAY_MS, type Millis, SECOND_MS } from '../domain/clock.ts';
import { signingInput } from '../domain/courier-code.ts';
import { type CryptoKey, verifySignature } from '../gate/verify-signature.ts';
import type { KeyPurpose, KeyRecord, KeyState, Store } from '../store/store.ts';
import { checkGateAssertion, claimedGate } from './gate-assertion.ts';
import { parseGatePublicKey } from './gate-public-key.ts';
import { createGateTokens, signGateToken } from './gate-token.ts';
import {
  type CourierCodeKey,
  importCourierCodeKey,
  importTokenKey,
  newCourierCodeKey,
  newTokenKey,
  type TokenKey,
} from './key-material.ts';
import type { KeySummary, Keys } from './keys.ts';
import { seal, unseal } from './sealing.ts';

export interface KeyringOptions {
  readonly store: Pick<Store, 'listKeys' | 'keyNumbersSince' | 'changeKeys'>;
  /** 32 bytes. */
  readonly keyEncryptionKey: Uint8Array;
  readonly limits: {
    /** A retired courier-code key stays published this long: as far ahead as codes are issued, and their grace. */
    readonly retiredCodeKeyMs: Millis;
    readonly gateTokenMs: Millis;
    /** Verified gate tokens kept in memory. */
    readonly gateTokens: number;
  };
}

/** A key number is not used again for this long after its key changed state last. */
const KEY_NUMBER_REST_MS = 400 * DAY_MS;
const KEY_NUMBERS = 256;
const PURPOSES: readonly KeyPurpose[] = ['courier-code', 'token'];

/** What the memory holds of the store: the keys in force, by their kid. */
interface Memory {
  readonly codes: ReadonlyMap<string, CourierCodeKey>;
  readonly tokens: ReadonlyMap<string, TokenKey>;
  /** Published keys by number, as the gate's own verification takes them. */
  readonly published: ReadonlyMap<number, CryptoKey>;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly activeCode: CourierCodeKey;
  readonly activeToken: TokenKey;
}

/**
 * Opens the keys in the store; on the first start makes a next and an active one for each purpose.
 * @throws Error when the key-encryption key is not the one that sealed them
 */
export async function openKeyring(options: KeyringOptions, now: Millis): Promise<Keys> {
  const { store, keyEncryptionKey, limits } = options;
  await makeMissingKeys(options, now);
  let memory = await loadMemory(options, null, now);
  const gateTokens = createGateTokens(() => memory.tokens, limits.gateTokens);

  async function refresh(at: Millis): Promise<void> {
    const before = memory;
    memory = await loadMemory(options, before, at);
    if ([...before.tokens.keys()].some((kid) => !memory.tokens.has(kid))) gateTokens.forget();
  }

  function inState(purpose: KeyPurpose, state: KeyState): KeyRecord | undefined {
    return recordsOf(memory).find((record) => record.purpose === purpose && record.state === state);
  }

  /** The active key gives way to the next one, and a new next one is published. */
  async function advance(
    purpose: KeyPurpose,
    to: 'retired' | 'revoked',
    actor: string,
    at: Millis,
  ) {
    const active = inState(purpose, 'active');
    const next = inState(purpose, 'next');
    await store.changeKeys({
      insert: [await newKey(options, purpose, 'next', at, [])],
      move: [
        ...(active ? [{ purpose, kid: active.kid, from: 'active' as const, to }] : []),
        ...(next ? [{ purpose, kid: next.kid, from: 'next' as const, to: 'active' as const }] : []),
      ],
      actor,
      now: at,
    });
    // A conflict means that another process did the same just now: what it did is taken over.
    await refresh(at);
  }

  return {
    signCode(payload) {
      const { keyNumber, privateKey } = memory.activeCode;
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const };
      const signed = Buffer.from(signingInput(keyNumber, payload));
      return { keyNumber, signature: sign('sha256', signed, key) };
    },
    verifyCode: (code) => verifySignature(code, memory.published),
    isPublished: (keyNumber) => memory.published.has(keyNumber),
    jwks: () => memory.jwks,

    parseGatePublicKey,
    claimedGate,
    checkGateAssertion,
    async issueGateToken(gate, at) {
      const token = await signGateToken(memory.activeToken, gate, at, limits.gateTokenMs);
      return { token, expiresInSeconds: Math.floor(limits.gateTokenMs / SECOND_MS) };
    },
    readGateToken: gateTokens.read,

    seal: (secret, context) => seal(keyEncryptionKey, secret, context),
    open: (sealed, context) => unseal(keyEncryptionKey, sealed, context),

    list: () => recordsOf(memory).map(summaryOf),
    async rotate(purpose, actor, at) {
      await refresh(at);
      await advance(purpose, 'retired', actor, at);
      return recordsOf(memory).map(summaryOf);
    },
    async revoke(purpose, kid, actor, at) {
      await refresh(at);
      const key = recordsOf(memory).find(
        (record) => record.purpose === purpose && record.kid === kid,
      );
      if (key === undefined) return false;
      if (key.state === 'active') await advance(purpose, 'revoked', actor, at);
      else {
        const insert = key.state === 'next' ? [await newKey(options, purpose, 'next', at, [])] : [];
        const move = [{ purpose, kid, from: key.state, to: 'revoked' as const }];
        await store.changeKeys({ insert, move, actor, now: at });
        await refresh(at);
      }
      return true;
    },
    refresh,
  };
}

// ── the store's keys in memory ────────────────────────────────────────────────────────────────────────────

/** Reads the keys in force; those that the memory holds already are not opened again. */
async function loadMemory(
  options: KeyringOptions,
  before: Memory | null,
  now: Millis,
): Promise<Memory> {
  const { keyEncryptionKey } = options;
  const codes = new Map<string, CourierCodeKey>();
  const tokens = new Map<string, TokenKey>();
  for (const record of await options.store.listKeys()) {
    if (!isInForce(record, options.limits, now)) continue;
    if (record.purpose === 'courier-code') {
      const known = sameKey(before?.codes.get(record.kid), record);
      codes.set(record.kid, known ?? (await importCourierCodeKey(keyEncryptionKey, record)));
    } else {
      const known = sameKey(before?.tokens.get(record.kid), record);
      tokens.set(record.kid, known ?? importTokenKey(keyEncryptionKey, record));
    }
  }
  return {
    codes,
    tokens,
    published: new Map([...codes.values()].map((key) => [key.keyNumber, key.publicKey])),
    jwks: { keys: [...codes.values()].map((key) => key.publicJwk) },
    activeCode: activeOf(codes, 'courier-code'),
    activeToken: activeOf(tokens, 'token'),
  };
}

function isInForce(record: KeyRecord, limits: KeyringOptions['limits'], now: Millis): boolean {
  if (record.state !== 'retired') return record.state !== 'revoked';
  const retainedMs =
    record.purpose === 'courier-code' ? limits.retiredCodeKeyMs : limits.gateTokenMs;
  return now <= record.stateSince + retainedMs;
}

/** The key in memory with the state that its record has now; undefined when it is another one. */
function sameKey<Key extends { record: KeyRecord }>(
  key: Key | undefined,
  record: KeyRecord,
): Key | undefined {
  return key?.record.sealedPrivate === record.sealedPrivate ? { ...key, record } : undefined;
}

function activeOf<Key extends { record: KeyRecord }>(
  keys: ReadonlyMap<string, Key>,
  purpose: KeyPurpose,
): Key {
  for (const key of keys.values()) if (key.record.state === 'active') return key;
  throw new Error(`there is no active ${purpose} key`);
}

function recordsOf({ codes, tokens }: Memory): readonly KeyRecord[] {
  return [...codes.values(), ...tokens.values()].map(({ record }) => record);
}

function summaryOf({ purpose, kid, state, createdAt, stateSince }: KeyRecord): KeySummary {
  return { purpose, kid, state, createdAt, stateSince };
}

// ── new keys ──────────────────────────────────────────────────────────────────────────────────────────────

/** Where a purpose lacks an active or a next key, makes it: on the first start both. */
async function makeMissingKeys(options: KeyringOptions, now: Millis): Promise<void> {
  const present = await options.store.listKeys();
  const insert: KeyRecord[] = [];
  for (const purpose of PURPOSES) {
    for (const state of ['active', 'next'] as const) {
      if (present.some((key) => key.purpose === purpose && key.state === state)) continue;
      insert.push(await newKey(options, purpose, state, now, insert));
    }
  }
  if (insert.length > 0) await options.store.changeKeys({ insert, move: [], actor: 'system', now });
}

async function newKey(
  { store, keyEncryptionKey }: KeyringOptions,
  purpose: KeyPurpose,
  state: KeyState,
  now: Millis,
  alsoNew: readonly KeyRecord[],
): Promise<KeyRecord> {
  if (purpose === 'token')
    return newTokenKey(keyEncryptionKey, { kid: `tok-${randomUUID()}`, state, now });
  const used = new Set(await store.keyNumbersSince(now - KEY_NUMBER_REST_MS));
  for (const { kid } of alsoNew) used.add(Number(kid));
  const free = Array.from({ length: KEY_NUMBERS }, (_, number) => number).filter(
    (number) => !used.has(number),
  );
  const number = free[free.length === 0 ? 0 : randomInt(free.length)];
  if (number === undefined) throw new Error('every key number was used within 400 days');
  return newCourierCodeKey(keyEncryptionKey, { kid: String(number), state, now });
}
