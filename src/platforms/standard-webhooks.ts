/**
 * Standard Webhooks: how platforms prove that a callback is theirs.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Millis, SECOND_MS } from '../domain/clock.ts';
import type { WebhookHeaders, WebhookRefusal } from './platforms.ts';

const SECRET_PREFIX = 'whsec_';
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const MAX_ID_CHARACTERS = 256;
/** Signatures looked at in one header. */
const MAX_SIGNATURES = 16;

/** The bytes of a secret, which is written `whsec_` and base64. @throws RangeError when it is not 24–64 bytes */
export function webhookSecretBytes(secret: string): Uint8Array {
  const encoded = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : '';
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded)
    ? Buffer.from(encoded, 'base64')
    : Buffer.alloc(0);
  if (bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES) {
    throw new RangeError('a webhook secret is whsec_ and the base64 of 24–64 bytes');
  }
  return new Uint8Array(bytes);
}

/** Signs a callback: the value of `webhook-signature`. @param timestamp Unix seconds */
export function signWebhook(
  secret: string,
  id: string,
  timestamp: number,
  body: Uint8Array,
): string {
  return `v1,${signature(webhookSecretBytes(secret), id, String(timestamp), body).toString('base64')}`;
}

/**
 * Whether a callback is authentic and not older or newer than the tolerance, which is included. Any of its
 * signatures under any of the secrets suffices.
 * @returns null when it is, else why not
 */
export function refuseWebhook(
  callback: WebhookHeaders & { readonly body: Uint8Array },
  secrets: readonly string[],
  now: Millis,
  toleranceMs: Millis,
): WebhookRefusal | null {
  const { id, timestamp, signature: header, body } = callback;
  if (!id || !timestamp || !header || id.length > MAX_ID_CHARACTERS) return 'missing_headers';
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp_out_of_range';
  if (Math.abs(now - Number(timestamp) * SECOND_MS) > toleranceMs) return 'timestamp_out_of_range';
  const presented = header.split(' ', MAX_SIGNATURES).flatMap(parseSignature);
  const expected = secrets.map((secret) =>
    signature(webhookSecretBytes(secret), id, timestamp, body),
  );
  return expected.some((one) => presented.some((other) => equal(one, other)))
    ? null
    : 'wrong_signature';
}

/** A signature of another version is passed over. */
function parseSignature(entry: string): Buffer[] {
  return entry.startsWith('v1,') ? [Buffer.from(entry.slice(3), 'base64')] : [];
}

function signature(secret: Uint8Array, id: string, timestamp: string, body: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest();
}

function equal(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
