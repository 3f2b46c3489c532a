import type { PresentedCode } from '../domain/attempt.ts';
import { type CourierCode, parseCourierCode, signingInput } from '../domain/courier-code.ts';
import type { CourierCodeKeys } from './key-set.ts';

export type { CryptoKey } from './key-set.ts';

/** ECDSA with SHA-256, the signature as r‖s: ES256. @see RFC 7518 §3.4 */
const ES256 = { name: 'ECDSA', hash: 'SHA-256' };

/** Whether a code was signed by us; nothing is said of window, use or pass. */
export type Authenticity = 'authentic' | 'unknown_key' | 'bad_signature';

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
  const input = new TextEncoder().encode(signingInput(code.keyNumber, code.payloadBytes));
  const holds = await crypto.subtle.verify(ES256, key, Uint8Array.from(code.signature), input);
  return holds ? 'authentic' : 'bad_signature';
}

/**
 * What is known of a presented string before any rule is asked: how it parses, and whether it is authentic.
 * Rejects only when the key itself cannot be used.
 * @param text as read, a scanner's own line end taken off; null: nothing was presented
 */
export async function examineCode(
  text: string | null,
  keys: CourierCodeKeys,
): Promise<Exclude<PresentedCode, { kind: 'tap' }>> {
  if (text === null) return { kind: 'absent' };
  const code = parseCourierCode(text);
  if (code === null) return { kind: 'malformed' };
  const kind = await verifySignature(code, keys);
  return kind === 'authentic' ? { kind, payload: code } : { kind };
}
