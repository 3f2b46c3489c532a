import {
  type CryptoKey,
  compactVerify,
  errors,
  importJWK,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { type CourierCode, signingInput } from '../domain/courier-code.ts';

export type { CryptoKey } from 'jose';

/** Whether a code was signed by us; nothing is said of window, use or pass. */
export type Authenticity = 'authentic' | 'unknown_key' | 'bad_signature';

/** Courier-code keys by their number, 0–255. */
export type CourierCodeKeys = ReadonlyMap<number, CryptoKey>;

const ALGORITHM = 'ES256';
const KEY_NUMBER = /^(0|[1-9]\d{0,2})$/;
const GREATEST_KEY_NUMBER = 255;

/**
 * Verifies a parsed code as the compact JWS that it is, rebuilt with its two-member header.
 * Rejects only when the key itself cannot be used.
 * @see RFC 7515 §5.2
 */
export async function verifySignature(
  code: CourierCode,
  keys: CourierCodeKeys,
): Promise<Authenticity> {
  const key = keys.get(code.keyNumber);
  if (key === undefined) return 'unknown_key';
  const signature = Buffer.from(code.signature).toString('base64url');
  const jws = `${signingInput(code.keyNumber, code.payloadBytes)}.${signature}`;
  try {
    await compactVerify(jws, key, { algorithms: [ALGORITHM] });
    return 'authentic';
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
    throw error;
  }
}

/**
 * The courier-code keys of a published key set: those whose `kid` is a decimal number 0–255 in its shortest
 * writing. Every other key, and every key that is not an ES256 verification key, is passed over; a private
 * member is never imported.
 * @throws when a courier-code key is not a point on P-256, or a number appears twice
 * @see RFC 7517 §5
 */
export async function importJwks(jwks: JSONWebKeySet): Promise<Map<number, CryptoKey>> {
  const keys = new Map<number, CryptoKey>();
  for (const jwk of jwks.keys) {
    const number = keyNumberOf(jwk);
    if (number === null) continue;
    if (keys.has(number)) throw new TypeError(`the key set has two keys numbered ${number}`);
    keys.set(number, await importPublicKey(jwk));
  }
  return keys;
}

function keyNumberOf({ kid, kty, crv, alg, use }: JWK): number | null {
  if (kid === undefined || !KEY_NUMBER.test(kid) || Number(kid) > GREATEST_KEY_NUMBER) return null;
  const verifies = kty === 'EC' && crv === 'P-256' && alg === ALGORITHM && use !== 'enc';
  return verifies ? Number(kid) : null;
}

async function importPublicKey({ x = '', y = '' }: JWK): Promise<CryptoKey> {
  const key = await importJWK({ kty: 'EC', crv: 'P-256', x, y }, ALGORITHM);
  if (key instanceof Uint8Array) throw new TypeError('not a public key');
  return key;
}
