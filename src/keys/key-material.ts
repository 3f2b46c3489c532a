/** New keys, and what a stored one becomes in memory. */
import {
  createPrivateKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { type CryptoKey, importJWK } from 'jose';
import type { Millis } from '../domain/clock.ts';
import type { KeyPurpose, KeyRecord, KeyState } from '../store/store.ts';
import { seal, unseal } from './sealing.ts';

/** A courier-code key, ready to sign and verify. */
export interface CourierCodeKey {
  readonly record: KeyRecord;
  readonly keyNumber: number;
  readonly privateKey: KeyObject;
  readonly publicKey: CryptoKey;
  /** As published. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

/** A key of gates' access tokens. */
export interface TokenKey {
  readonly record: KeyRecord;
  readonly secret: KeyObject;
}

/** A key of status lists, ready to sign. */
export interface StatusListKey {
  readonly record: KeyRecord;
  readonly privateKey: KeyObject;
  /** As published. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

/** The master key from which keys of new tags are derived: AES-128. */
export interface TagMasterKey {
  readonly record: KeyRecord;
  readonly master: Uint8Array;
}

export interface NewKey {
  readonly kid: string;
  readonly state: KeyState;
  readonly now: Millis;
}

/** Secrets of the symmetric purposes: HS256 (RFC 7518 §3.2) and AES-128 (AN10922). */
const SECRET_BYTES = { token: 32, tag: 16 } as const;

/** What a sealed private key is bound to. */
export function sealingContext(purpose: KeyPurpose, kid: string, createdAt: Millis): string {
  return `key:${purpose}:${kid}:${createdAt}`;
}

/** A new P-256 key for courier codes or status lists. @see RFC 7518 §3.4 */
export function newSigningKey(
  keyEncryptionKey: Uint8Array,
  purpose: 'courier-code' | 'status-list',
  { kid, state, now }: NewKey,
): KeyRecord {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' });
  const context = sealingContext(purpose, kid, now);
  return {
    purpose,
    kid,
    state,
    publicJwk: JSON.stringify({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg: 'ES256',
      use: 'sig',
    }),
    sealedPrivate: seal(keyEncryptionKey, secret, context),
    createdAt: now,
    stateSince: now,
  };
}

/** A new random secret: for gates' access tokens, or a master key of tags. */
export function newSecretKey(
  keyEncryptionKey: Uint8Array,
  purpose: keyof typeof SECRET_BYTES,
  { kid, state, now }: NewKey,
): KeyRecord {
  const context = sealingContext(purpose, kid, now);
  return {
    purpose,
    kid,
    state,
    publicJwk: null,
    sealedPrivate: seal(keyEncryptionKey, randomBytes(SECRET_BYTES[purpose]), context),
    createdAt: now,
    stateSince: now,
  };
}

/** @throws Error when the key-encryption key is another one */
export async function importCourierCodeKey(
  keyEncryptionKey: Uint8Array,
  record: KeyRecord,
): Promise<CourierCodeKey> {
  if (record.publicJwk === null)
    throw new Error(`courier-code key ${record.kid} has no public key`);
  const publicJwk = JSON.parse(record.publicJwk);
  const publicKey = await importJWK(publicJwk, 'ES256');
  if (publicKey instanceof Uint8Array)
    throw new Error(`courier-code key ${record.kid} is not a P-256 key`);
  return {
    record,
    keyNumber: Number(record.kid),
    privateKey: createPrivateKey({
      key: openPrivate(keyEncryptionKey, record),
      format: 'der',
      type: 'pkcs8',
    }),
    publicKey,
    publicJwk,
  };
}

/** @throws Error when the key-encryption key is another one */
export function importStatusListKey(
  keyEncryptionKey: Uint8Array,
  record: KeyRecord,
): StatusListKey {
  if (record.publicJwk === null) throw new Error(`status-list key ${record.kid} has no public key`);
  const der = openPrivate(keyEncryptionKey, record);
  return {
    record,
    privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    publicJwk: JSON.parse(record.publicJwk),
  };
}

/** @throws Error when the key-encryption key is another one */
export function importTokenKey(keyEncryptionKey: Uint8Array, record: KeyRecord): TokenKey {
  return { record, secret: createSecretKey(openPrivate(keyEncryptionKey, record)) };
}

/** @throws Error when the key-encryption key is another one */
export function importTagMasterKey(keyEncryptionKey: Uint8Array, record: KeyRecord): TagMasterKey {
  return { record, master: new Uint8Array(openPrivate(keyEncryptionKey, record)) };
}

/** @throws Error when the key-encryption key is another one */
export function openPrivate(keyEncryptionKey: Uint8Array, record: KeyRecord): Buffer {
  const { purpose, kid, createdAt, sealedPrivate } = record;
  try {
    return Buffer.from(
      unseal(keyEncryptionKey, sealedPrivate, sealingContext(purpose, kid, createdAt)),
    );
  } catch (cause) {
    throw new Error(`KEY_ENCRYPTION_KEY is not the one that sealed the ${purpose} key ${kid}`, {
      cause,
    });
  }
}
