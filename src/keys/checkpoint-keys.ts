/** The keys that sign checkpoints of the audit log: Ed25519. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { Millis } from '../domain/clock.ts';
import type { KeyRecord } from '../store/store.ts';
import { type NewKey, openPrivate, sealingContext } from './key-material.ts';
import type { Keys } from './keys.ts';
import { seal } from './sealing.ts';

/** A key of checkpoints, ready to sign. */
export interface CheckpointKey {
  readonly record: KeyRecord;
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** A new Ed25519 key. @see RFC 8037 §2 */
export function newCheckpointKey(
  keyEncryptionKey: Uint8Array,
  { kid, state, now }: NewKey,
): KeyRecord {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' });
  return {
    purpose: 'checkpoint',
    kid,
    state,
    publicJwk: JSON.stringify({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg: 'EdDSA',
      use: 'sig',
    }),
    sealedPrivate: seal(keyEncryptionKey, secret, sealingContext('checkpoint', kid, now)),
    createdAt: now,
    stateSince: now,
  };
}

/** @throws Error when the key-encryption key is another one */
export function importCheckpointKey(
  keyEncryptionKey: Uint8Array,
  record: KeyRecord,
): CheckpointKey {
  const der = openPrivate(keyEncryptionKey, record);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { record, privateKey, publicKey: new Uint8Array(Buffer.from(x, 'base64url')) };
}

/**
 * @param keys all that were not revoked, however old
 * @param overlapMs so long does a retired key go on signing beside its successor
 */
export function createCheckpointKeys(
  keys: () => Iterable<CheckpointKey>,
  overlapMs: Millis,
): Pick<Keys, 'checkpointKeys' | 'signCheckpoint'> {
  return {
    checkpointKeys: () =>
      [...keys()].map(({ record, publicKey }) => ({
        kid: record.kid,
        state: record.state,
        createdAt: record.createdAt,
        stateSince: record.stateSince,
        publicKey,
      })),

    signCheckpoint(text, now) {
      const message = Buffer.from(text);
      return [...keys()]
        .filter(({ record }) => signs(record, overlapMs, now))
        .toSorted((a, b) => b.record.createdAt - a.record.createdAt)
        .map(({ privateKey, publicKey }) => ({
          publicKey,
          signature: new Uint8Array(sign(null, message, privateKey)),
        }));
    },
  };
}

function signs({ state, stateSince }: KeyRecord, overlapMs: Millis, now: Millis): boolean {
  return state === 'active' || (state === 'retired' && now <= stateSince + overlapMs);
}
