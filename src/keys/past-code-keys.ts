import type { CryptoKey } from 'jose';
import type { Millis } from '../domain/clock.ts';
import type { CourierCode } from '../domain/courier-code.ts';
import { importJwks } from '../gate/key-set.ts';
import { verifySignature } from '../gate/verify-signature.ts';
import type { KeyRecord } from '../store/store.ts';

/** Verifies codes with the keys that were published when they were shown: a gate may report them days later. */
export interface PastCodeKeys {
  verify(code: CourierCode, at: Millis): Promise<'authentic' | 'unknown_key' | 'bad_signature'>;
}

/** Imported keys that are kept: in some days there are two or three. */
const KEPT = 32;

/**
 * @param records all courier-code keys that there ever were
 * @param retiredMs how long a retired one stays published
 */
export function createPastCodeKeys(
  records: () => readonly KeyRecord[],
  retiredMs: Millis,
): PastCodeKeys {
  const imported = new Map<string, Promise<CryptoKey | undefined>>();

  function keyOf({ publicJwk, sealedPrivate, kid }: KeyRecord): Promise<CryptoKey | undefined> {
    const known = imported.get(sealedPrivate);
    if (known !== undefined) return known;
    if (imported.size >= KEPT) imported.clear();
    const key = importJwks({ keys: [JSON.parse(publicJwk ?? '{}')] }).then((keys) =>
      keys.get(Number(kid)),
    );
    imported.set(sealedPrivate, key);
    return key;
  }

  return {
    async verify(code, at) {
      const record = records().find(
        (each) => Number(each.kid) === code.keyNumber && wasPublished(each, at, retiredMs),
      );
      const key = record === undefined ? undefined : await keyOf(record);
      const keys = new Map(key === undefined ? [] : [[code.keyNumber, key]]);
      return verifySignature(code, keys);
    },
  };
}

function wasPublished({ state, createdAt, stateSince }: KeyRecord, at: Millis, retiredMs: Millis) {
  if (at < createdAt) return false;
  if (state === 'retired') return at <= stateSince + retiredMs;
  return state !== 'revoked' || at < stateSince;
}
