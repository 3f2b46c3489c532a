/** The vectors' own keys: fixed, public, good for nothing else. */
import { createHash } from 'node:crypto';
import { publicPoint, signEs256 } from './es256.ts';

export interface TestKey {
  readonly kid: string;
  /** 32 bytes. */
  readonly scalar: Uint8Array;
}

/** A key made of its name. */
export function testKey(kid: string, name = kid): TestKey {
  const scalar = createHash('sha256').update(`courier-pass vectors: ${name}`).digest();
  return { kid, scalar };
}

export const ACTIVE = testKey('17');
export const RETIRED = testKey('16');
export const LEAST = testKey('0');
export const GREATEST = testKey('255');
export const STATUS_LIST_KEY = testKey('sl-1');
/** Signs, and is published nowhere. */
export const STRANGER = testKey('18', 'a stranger');

/** The published form of a key. */
export function jwkOf(key: TestKey, changes: object = {}): Readonly<Record<string, string>> {
  const { x, y } = publicPoint(key.scalar);
  const point = { x: base64url(x), y: base64url(y) };
  return { kty: 'EC', crv: 'P-256', ...point, kid: key.kid, alg: 'ES256', use: 'sig', ...changes };
}

/** A compact JWS. @param header as given, whatever it says */
export function signJws(key: TestKey, header: object, payload: object | string): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const input = `${base64url(JSON.stringify(header))}.${base64url(text)}`;
  return `${input}.${base64url(signEs256(key.scalar, input))}`;
}

export function base64url(data: Uint8Array | string): string {
  return Buffer.from(data).toString('base64url');
}
