/** ES256 with the nonce that RFC 6979 derives: the same key and message give the same signature, on any machine. */
import { createECDH, createHash, createHmac } from 'node:crypto';

/** The order of P-256's base point. @see FIPS 186-5, SP 800-186 §3.2.1.3 */
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The public point of a private scalar: x and y, 32 bytes each. @param scalar 32 bytes */
export function publicPoint(scalar: Uint8Array): {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
} {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  return { x: point.subarray(1, 33), y: point.subarray(33, 65) };
}

/**
 * Signs a message with SHA-256.
 * @param scalar 32 bytes
 * @param skip how many good nonces to pass over: another signature, as good, of the same message
 * @returns r‖s, 64 bytes
 * @see RFC 6979 §3.2
 */
export function signEs256(scalar: Uint8Array, message: Uint8Array | string, skip = 0): Uint8Array {
  const digest = createHash('sha256').update(message).digest();
  const hash = toBytes(toNumber(digest) % ORDER);
  const hmac = (key: Uint8Array, ...parts: Uint8Array[]) =>
    parts.reduce((mac, part) => mac.update(part), createHmac('sha256', key)).digest();
  let value: Uint8Array = Buffer.alloc(32, 1);
  let key: Uint8Array = Buffer.alloc(32, 0);
  for (const separator of [0, 1]) {
    key = hmac(key, value, Uint8Array.of(separator), scalar, hash);
    value = hmac(key, value);
  }
  for (let left = skip; ; ) {
    value = hmac(key, value);
    const signature = signWith(toNumber(value), toNumber(scalar), toNumber(hash));
    if (signature !== null && left-- === 0) return signature;
    key = hmac(key, value, Uint8Array.of(0));
    value = hmac(key, value);
  }
}

/** Null: this nonce is none. */
function signWith(nonce: bigint, scalar: bigint, hash: bigint): Uint8Array | null {
  if (nonce === 0n || nonce >= ORDER) return null;
  const r = toNumber(publicPoint(toBytes(nonce)).x) % ORDER;
  const s = (inverse(nonce) * (hash + r * scalar)) % ORDER;
  return r === 0n || s === 0n ? null : joinSignature(r, s);
}

/** By Fermat: the order is prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let power = value % ORDER;
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * power) % ORDER;
    power = (power * power) % ORDER;
  }
  return result;
}

export function joinSignature(r: bigint, s: bigint): Uint8Array {
  return Buffer.concat([toBytes(r), toBytes(s)]);
}

export function splitSignature(signature: Uint8Array): { readonly r: bigint; readonly s: bigint } {
  return { r: toNumber(signature.subarray(0, 32)), s: toNumber(signature.subarray(32)) };
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}
