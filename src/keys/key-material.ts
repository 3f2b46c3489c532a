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

interface NewKey {
  readonly kid: string;
  readonly state: KeyState;
  readonly now: Millis;
}

const TOKEN_KEY_BYTES = 32;

/** What a sealed private key is bound to. */
export function sealingContext(purpose: KeyPurpose, kid: string, createdAt: Millis): string {
  return `key:${purpose}:${kid}:${createdAt}`;
}

/** A new P-256 key for courier codes. @see RFC 7518 §3.4 */
export function newCourierCodeKey(
  keyEncryptionKey: Uint8Array,
  { kid, state, now }: NewKey,
): KeyRecord {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' });
  const context = sealingContext('courier-code', kid, now);
  return {
    purpose: 'courier-code',
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

/** A new secret for gates' access tokens: HS256, 256 bits. @see RFC 7518 §3.2 */
export function newTokenKey(keyEncryptionKey: Uint8Array, { kid, state, now }: NewKey): KeyRecord {
  const context = sealingContext('token', kid, now);
  return {
    purpose: 'token',
    kid,
    state,
    publicJwk: null,
    sealedPrivate: seal(keyEncryptionKey, randomBytes(TOKEN_KEY_BYTES), context),
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
export function importTokenKey(keyEncryptionKey: Uint8Array, record: KeyRecord): TokenKey {
  return { record, secret: createSecretKey(openPrivate(keyEncryptionKey, record)) };
}

function openPrivate(keyEncryptionKey: Uint8Array, record: KeyRecord): Buffer {
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
