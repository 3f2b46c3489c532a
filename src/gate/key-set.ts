/** The public keys of the service, as `/.well-known/jwks.json` and a gate's bundle hold them. @see RFC 7517 */
import { type CryptoKey, importJWK } from 'jose';
import { STATUS_LIST_KEY_PREFIX } from '../domain/status-list.ts';

export type { CryptoKey } from 'jose';

/** A key set as published: what its members hold is judged when they are imported. */
export interface PublishedKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Courier-code keys by their number, 0–255. */
export type CourierCodeKeys = ReadonlyMap<number, CryptoKey>;
/** Status-list keys by their `kid`. */
export type StatusListKeys = ReadonlyMap<string, CryptoKey>;

export const ALGORITHM = 'ES256';
const KEY_NUMBER = /^(0|[1-9]\d{0,2})$/;
const GREATEST_KEY_NUMBER = 255;

/**
 * The courier-code keys of a published key set: those whose `kid` is a decimal number 0–255 in its shortest
 * writing. Every other key, and every key that is not an ES256 verification key, is passed over; a private
 * member is never imported.
 * @throws when a courier-code key is not a point on P-256, or a number appears twice
 * @see RFC 7517 §5
 */
export function importJwks(jwks: PublishedKeySet): Promise<Map<number, CryptoKey>> {
  return importKeys(jwks, keyNumber);
}

/**
 * The status-list keys of a published key set: those whose `kid` starts with `sl-`, by the same rules.
 * @throws when one is not a point on P-256, or a `kid` appears twice
 */
export function importStatusListKeys(jwks: PublishedKeySet): Promise<Map<string, CryptoKey>> {
  return importKeys(jwks, (kid) => (kid.startsWith(STATUS_LIST_KEY_PREFIX) ? kid : null));
}

function keyNumber(kid: string): number | null {
  return KEY_NUMBER.test(kid) && Number(kid) <= GREATEST_KEY_NUMBER ? Number(kid) : null;
}

/** @param nameOf what the key is called by its `kid`; null: a key for something else */
async function importKeys<Name>(
  jwks: PublishedKeySet,
  nameOf: (kid: string) => Name | null,
): Promise<Map<Name, CryptoKey>> {
  const keys = new Map<Name, CryptoKey>();
  for (const jwk of jwks.keys) {
    const members: Readonly<Record<string, unknown>> = { ...jwk };
    const { kid } = members;
    const name = typeof kid === 'string' && isVerificationKey(members) ? nameOf(kid) : null;
    if (name === null) continue;
    if (keys.has(name)) throw new TypeError(`the key set has two keys named ${name}`);
    keys.set(name, await importPublicKey(members));
  }
  return keys;
}

function isVerificationKey({ kty, crv, alg, use }: Readonly<Record<string, unknown>>): boolean {
  return kty === 'EC' && crv === 'P-256' && alg === ALGORITHM && use !== 'enc';
}

async function importPublicKey({ x, y }: Readonly<Record<string, unknown>>): Promise<CryptoKey> {
  if (typeof x !== 'string' || typeof y !== 'string') throw new TypeError('not a public key');
  const key = await importJWK({ kty: 'EC', crv: 'P-256', x, y }, ALGORITHM);
  if (key instanceof Uint8Array) throw new TypeError('not a public key');
  return key;
}
