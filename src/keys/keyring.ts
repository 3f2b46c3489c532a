/**
 * The keys of the service: in the store, sealed; in memory, those that are in force. The next key of each purpose
 * is published before it signs, a retired one stays published until its last code has expired.
 */
import { randomInt, randomUUID, sign } from 'node:crypto';
import { DAY_MS, type Millis, SECOND_MS } from '../domain/clock.ts';
import { signingInput } from '../domain/courier-code.ts';
import { STATUS_LIST_KEY_PREFIX } from '../domain/status-list.ts';
import { type CryptoKey, verifySignature } from '../gate/verify-signature.ts';
import {
  type KeyPurpose,
  type KeyRecord,
  type KeyState,
  type Store,
  StoreUnavailable,
} from '../store/store.ts';
import {
  type CheckpointKey,
  createCheckpointKeys,
  importCheckpointKey,
  newCheckpointKey,
} from './checkpoint-keys.ts';
import { checkGateAssertion, claimedGate } from './gate-assertion.ts';
import { checkGateBatch, claimedSigner } from './gate-batch.ts';
import { parseGatePublicKey } from './gate-public-key.ts';
import { createGateTokens, signGateToken } from './gate-token.ts';
import {
  type CourierCodeKey,
  importCourierCodeKey,
  importStatusListKey,
  importTagMasterKey,
  importTokenKey,
  newSecretKey,
  newSigningKey,
  type StatusListKey,
  type TagMasterKey,
  type TokenKey,
} from './key-material.ts';
import type { KeySummary, Keys, RevokeKeyOutcome } from './keys.ts';
import { createPastCodeKeys } from './past-code-keys.ts';
import { seal, unseal } from './sealing.ts';
import { signStatusList } from './status-list-token.ts';
import { createTagKeys } from './tag-keys.ts';

export interface KeyringOptions {
  readonly store: Pick<Store, 'listKeys' | 'listRevokedKeys' | 'keyNumbersSince' | 'changeKeys'>;
  /** 32 bytes. */
  readonly keyEncryptionKey: Uint8Array;
  readonly limits: {
    /** A retired courier-code key stays published this long: as far ahead as codes are issued, and their grace. */
    readonly retiredCodeKeyMs: Millis;
    /** A retired status-list key stays published this long: as long as a list that it signed may be judged by. */
    readonly retiredStatusListKeyMs: Millis;
    /** A retired checkpoint key goes on signing so long, beside its successor. */
    readonly retiredCheckpointKeyMs: Millis;
    readonly gateTokenMs: Millis;
    /** Verified gate tokens kept in memory. */
    readonly gateTokens: number;
  };
}

/** A key number is not used again for this long after its key changed state last. */
const KEY_NUMBER_REST_MS = 400 * DAY_MS;
const KEY_NUMBERS = 256;
/** Each conflict means that another process has moved a key; so many in a row mean that something is wrong. */
const MOST_ATTEMPTS = 100;
const PURPOSES: readonly KeyPurpose[] = [
  'courier-code',
  'status-list',
  'checkpoint',
  'token',
  'tag',
];

/** What the memory holds of the store: the keys in force, by their kid. */
interface Memory {
  readonly codes: ReadonlyMap<string, CourierCodeKey>;
  readonly statusLists: ReadonlyMap<string, StatusListKey>;
  readonly checkpoints: ReadonlyMap<string, CheckpointKey>;
  readonly tokens: ReadonlyMap<string, TokenKey>;
  readonly tags: ReadonlyMap<string, TagMasterKey>;
  /** All courier-code keys that there ever were. */
  readonly codeRecords: readonly KeyRecord[];
  /** Published keys by number, as the gate's own verification takes them. */
  readonly published: ReadonlyMap<number, CryptoKey>;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly activeCode: CourierCodeKey;
  readonly activeStatusList: StatusListKey;
  readonly activeToken: TokenKey;
  readonly activeTag: TagMasterKey;
}

/**
 * Opens the keys in the store; on the first start makes a next and an active one for each purpose.
 * @throws Error when the key-encryption key is not the one that sealed them
 */
export async function openKeyring(options: KeyringOptions, now: Millis): Promise<Keys> {
  const { store, keyEncryptionKey, limits } = options;
  await makeMissingKeys(options, now);
  let memory = await loadMemory(options, null, now);
  const pastCodeKeys = createPastCodeKeys(() => memory.codeRecords, limits.retiredCodeKeyMs);
  const gateTokens = createGateTokens(() => memory.tokens, limits.gateTokens);

  let queue: Promise<unknown> = Promise.resolve();

  /** Runs what reads or changes the keys one after the other: an older reading never replaces a newer one. */
  function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = queue.then(task);
    queue = result.catch(() => {});
    return result;
  }

  async function readStore(at: Millis): Promise<void> {
    const before = memory;
    memory = await loadMemory(options, before, at);
    if ([...before.tokens.keys()].some((kid) => !memory.tokens.has(kid))) gateTokens.forget();
  }

  async function reload(at: Millis): Promise<void> {
    await readStore(at);
    if (PURPOSES.every((purpose) => inState(purpose, 'next') !== undefined)) return;
    await makeMissingKeys(options, at);
    await readStore(at);
  }

  function inState(purpose: KeyPurpose, state: KeyState): KeyRecord | undefined {
    return recordsOf(memory).find((record) => record.purpose === purpose && record.state === state);
  }

  /** Tries again until another key is active: by its own change, or by that of another process at the same time. */
  async function rotate(
    purpose: KeyPurpose,
    actor: string,
    at: Millis,
  ): Promise<readonly KeySummary[] | null> {
    let first: string | undefined;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      await reload(at);
      const active = inState(purpose, 'active');
      if (active === undefined) break; // loading has made sure of it
      first ??= active.kid;
      if (active.kid !== first) return recordsOf(memory).map(summaryOf);
      const next = inState(purpose, 'next');
      const afterNext = await newKey(options, purpose, 'next', at, []);
      if (next === undefined || afterNext === null) return null;
      await store.changeKeys({
        insert: [afterNext],
        move: [
          { purpose, kid: active.kid, from: 'active', to: 'retired' },
          { purpose, kid: next.kid, from: 'next', to: 'active' },
        ],
        actor,
        now: at,
      });
    }
    throw new StoreUnavailable('the keys change too fast');
  }

  /** Tries again until the key is in force no more, whoever else moves keys meanwhile. */
  async function revoke(
    purpose: KeyPurpose,
    kid: string,
    actor: string,
    at: Millis,
  ): Promise<RevokeKeyOutcome> {
    let outcome: RevokeKeyOutcome = 'not_found';
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      await reload(at);
      const key = recordsOf(memory).find(
        (record) => record.purpose === purpose && record.kid === kid,
      );
      if (key === undefined) return outcome;
      const successor = key.state === 'active' ? inState(purpose, 'next') : null;
      if (successor === undefined) return 'no_successor';
      const changed = await store.changeKeys({
        insert: [], // the new next key comes after: revoking does not wait for a free number
        move: [
          { purpose, kid, from: key.state, to: 'revoked' },
          ...(successor === null
            ? []
            : [{ purpose, kid: successor.kid, from: 'next', to: 'active' } as const]),
        ],
        actor,
        now: at,
      });
      if (changed.kind === 'ok') outcome = 'revoked';
    }
    throw new StoreUnavailable('the keys change too fast');
  }

  return {
    signCode(payload) {
      const { keyNumber, privateKey } = memory.activeCode;
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const };
      const signed = Buffer.from(signingInput(keyNumber, payload));
      return { keyNumber, signature: sign('sha256', signed, key) };
    },
    verifyCode: (code) => verifySignature(code, memory.published),
    verifyCodeOf: (code, at) => pastCodeKeys.verify(code, at),
    isPublished: (keyNumber) => memory.published.has(keyNumber),
    signStatusList: (list) => signStatusList(memory.activeStatusList, list),
    jwks: () => memory.jwks,

    parseGatePublicKey,
    claimedGate,
    checkGateAssertion,
    claimedSigner,
    checkGateBatch,
    async issueGateToken(gate, at) {
      const token = await signGateToken(memory.activeToken, gate, at, limits.gateTokenMs);
      return { token, expiresInSeconds: Math.floor(limits.gateTokenMs / SECOND_MS) };
    },
    readGateToken: gateTokens.read,

    ...createCheckpointKeys(() => memory.checkpoints.values(), limits.retiredCheckpointKeyMs),
    ...createTagKeys(keyEncryptionKey, () => memory.activeTag.master),

    seal: (secret, context) => seal(keyEncryptionKey, secret, context),
    open: (sealed, context) => unseal(keyEncryptionKey, sealed, context),

    list: () => recordsOf(memory).map(summaryOf),
    rotate: (purpose, actor, at) => inTurn(() => rotate(purpose, actor, at)),
    revoke: (purpose, kid, actor, at) => inTurn(() => revoke(purpose, kid, actor, at)),
    refresh: (at) => inTurn(() => reload(at)),
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
  const statusLists = new Map<string, StatusListKey>();
  const checkpoints = new Map<string, CheckpointKey>();
  const tokens = new Map<string, TokenKey>();
  const tags = new Map<string, TagMasterKey>();
  const codeRecords = [...(await options.store.listRevokedKeys('courier-code'))];
  for (const record of await options.store.listKeys()) {
    if (record.purpose === 'courier-code') codeRecords.push(record);
    if (!isInForce(record, options.limits, now)) continue;
    if (record.purpose === 'courier-code') {
      const known = sameKey(before?.codes.get(record.kid), record);
      codes.set(record.kid, known ?? (await importCourierCodeKey(keyEncryptionKey, record)));
    } else if (record.purpose === 'status-list') {
      const known = sameKey(before?.statusLists.get(record.kid), record);
      statusLists.set(record.kid, known ?? importStatusListKey(keyEncryptionKey, record));
    } else if (record.purpose === 'checkpoint') {
      const known = sameKey(before?.checkpoints.get(record.kid), record);
      checkpoints.set(record.kid, known ?? importCheckpointKey(keyEncryptionKey, record));
    } else if (record.purpose === 'tag') {
      const known = sameKey(before?.tags.get(record.kid), record);
      tags.set(record.kid, known ?? importTagMasterKey(keyEncryptionKey, record));
    } else {
      const known = sameKey(before?.tokens.get(record.kid), record);
      tokens.set(record.kid, known ?? importTokenKey(keyEncryptionKey, record));
    }
  }
  return {
    codes,
    statusLists,
    checkpoints,
    tokens,
    tags,
    codeRecords,
    published: new Map([...codes.values()].map((key) => [key.keyNumber, key.publicKey])),
    jwks: { keys: [...codes.values(), ...statusLists.values()].map((key) => key.publicJwk) },
    activeCode: activeOf(codes, 'courier-code'),
    activeStatusList: activeOf(statusLists, 'status-list'),
    activeToken: activeOf(tokens, 'token'),
    activeTag: activeOf(tags, 'tag'),
  };
}

function isInForce(record: KeyRecord, limits: KeyringOptions['limits'], now: Millis): boolean {
  if (record.state !== 'retired') return record.state !== 'revoked';
  const retainedMs: Readonly<Record<KeyPurpose, Millis>> = {
    'courier-code': limits.retiredCodeKeyMs,
    'status-list': limits.retiredStatusListKeyMs,
    checkpoint: Number.POSITIVE_INFINITY, // what it signed is verified as long as there are receipts
    token: limits.gateTokenMs,
    tag: 0, // a tag keeps the keys that were derived for it
  };
  return now <= record.stateSince + retainedMs[record.purpose];
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

function recordsOf({
  codes,
  statusLists,
  checkpoints,
  tokens,
  tags,
}: Memory): readonly KeyRecord[] {
  return [codes, statusLists, checkpoints, tokens, tags].flatMap((keys) =>
    [...keys.values()].map(({ record }) => record),
  );
}

function summaryOf({ purpose, kid, state, createdAt, stateSince }: KeyRecord): KeySummary {
  return { purpose, kid, state, createdAt, stateSince };
}

// ── new keys ──────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Where a purpose lacks an active or a next key, makes it: on the first start both. Without a free number it does
 * without a next one.
 */
async function makeMissingKeys(options: KeyringOptions, now: Millis): Promise<void> {
  const present = await options.store.listKeys();
  const insert: KeyRecord[] = [];
  for (const purpose of PURPOSES) {
    for (const state of ['active', 'next'] as const) {
      if (present.some((key) => key.purpose === purpose && key.state === state)) continue;
      const key = await newKey(options, purpose, state, now, insert);
      if (key !== null) insert.push(key);
      else if (state === 'active') throw new Error('every key number was used within 400 days');
    }
  }
  if (insert.length > 0) await options.store.changeKeys({ insert, move: [], actor: 'system', now });
}

/** @returns null: every number of a courier-code key was used within 400 days */
async function newKey(
  { store, keyEncryptionKey }: KeyringOptions,
  purpose: KeyPurpose,
  state: KeyState,
  now: Millis,
  alsoNew: readonly KeyRecord[],
): Promise<KeyRecord | null> {
  if (purpose === 'token')
    return newSecretKey(keyEncryptionKey, purpose, { kid: `tok-${randomUUID()}`, state, now });
  if (purpose === 'status-list')
    return newSigningKey(keyEncryptionKey, purpose, {
      kid: STATUS_LIST_KEY_PREFIX + randomUUID(),
      state,
      now,
    });
  if (purpose === 'checkpoint')
    return newCheckpointKey(keyEncryptionKey, { kid: `cp-${randomUUID()}`, state, now });
  if (purpose === 'tag')
    return newSecretKey(keyEncryptionKey, purpose, { kid: `tag-${randomUUID()}`, state, now });
  const used = new Set(await store.keyNumbersSince(now - KEY_NUMBER_REST_MS));
  for (const { kid } of alsoNew) used.add(Number(kid));
  const free = Array.from({ length: KEY_NUMBERS }, (_, number) => number).filter(
    (number) => !used.has(number),
  );
  const number = free.length === 0 ? undefined : free[randomInt(free.length)];
  if (number === undefined) return null;
  return newSigningKey(keyEncryptionKey, purpose, { kid: String(number), state, now });
}
