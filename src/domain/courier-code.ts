import { decodeBase45, encodeBase45 } from './base45.ts';
import { encodeBase64url } from './base64url.ts';
import { type Millis, SECOND_MS } from './clock.ts';
import { type CommunityId, formatIdentifier, identifierBytes, type PassId } from './identifier.ts';

/** What every code starts with: the format and its version. */
export const CODE_PREFIX = 'CP1:';
/** Characters of a code: the prefix and 93 bytes in base45. */
export const CODE_LENGTH = 144;
export const PAYLOAD_BYTES = 28;
export const SIGNATURE_BYTES = 64;
/** A code is accepted from this long before its window (included). */
export const EARLY_TOLERANCE_SECONDS = 5;
/** A code is accepted until this long after its window (excluded). */
export const LATE_TOLERANCE_SECONDS = 15;
export const DEFAULT_LIFETIME_SECONDS = 30;
/** Bits of `directions`. */
export const ENTRY_BIT = 1;
export const EXIT_BIT = 2;
const RESERVED_BITS = 0xfc;

const VERSION = 1;

/** The members of a courier code's payload. Times in Unix seconds. */
export interface CourierCodePayload {
  /** 1 entry, 2 exit, 3 both. */
  readonly directions: number;
  readonly communityId: CommunityId;
  readonly passId: PassId;
  /** Unix seconds, a multiple of `lifetimeSeconds`. */
  readonly notBefore: number;
  readonly lifetimeSeconds: number;
  readonly statusIndex: number;
}

/** A parsed code: well-formed, nothing yet said of its signature. */
export interface CourierCode extends CourierCodePayload {
  readonly keyNumber: number;
  /** The 28 signed bytes. */
  readonly payloadBytes: Uint8Array;
  /** r‖s, 64 bytes. */
  readonly signature: Uint8Array;
}

/**
 * The 28 bytes that are signed, big-endian.
 * @throws RangeError when a member is outside what {@link parseCourierCode} would read back
 */
export function encodePayload(payload: CourierCodePayload): Uint8Array {
  const { directions, notBefore, lifetimeSeconds, statusIndex } = payload;
  requireInteger('directions', directions, 1, 3);
  requireInteger('lifetimeSeconds', lifetimeSeconds, 1, 0xffff);
  requireInteger('notBefore', notBefore, 0, 0xffffffff);
  requireInteger('statusIndex', statusIndex, 0, 0xffffffff);
  if (notBefore % lifetimeSeconds !== 0)
    throw new RangeError(`notBefore ${notBefore} is not a multiple of ${lifetimeSeconds} s`);
  const bytes = new Uint8Array(PAYLOAD_BYTES);
  bytes[0] = VERSION;
  bytes[1] = directions;
  bytes.set(identifierBytes('com', payload.communityId), 2);
  bytes.set(identifierBytes('pas', payload.passId), 10);
  writeUint32(bytes, 18, notBefore);
  bytes[22] = lifetimeSeconds >>> 8;
  bytes[23] = lifetimeSeconds & 255;
  writeUint32(bytes, 24, statusIndex);
  return bytes;
}

/**
 * The code as a QR shows it: 144 characters of QR's alphanumeric mode.
 * @param keyNumber 0–255
 * @param payload 28 bytes of {@link encodePayload}
 * @param signature r‖s, 64 bytes
 * @throws RangeError when a part has another size
 */
export function formatCourierCode(
  keyNumber: number,
  payload: Uint8Array,
  signature: Uint8Array,
): string {
  requireInteger('keyNumber', keyNumber, 0, 255);
  requireInteger('payload bytes', payload.length, PAYLOAD_BYTES, PAYLOAD_BYTES);
  requireInteger('signature bytes', signature.length, SIGNATURE_BYTES, SIGNATURE_BYTES);
  const bytes = new Uint8Array(1 + PAYLOAD_BYTES + SIGNATURE_BYTES);
  bytes[0] = keyNumber;
  bytes.set(payload, 1);
  bytes.set(signature, 1 + PAYLOAD_BYTES);
  return CODE_PREFIX + encodeBase45(bytes);
}

/**
 * Reads a code as presented. Strips nothing, never throws, and says nothing of the signature. A payload that no key
 * of ours would sign (no direction, off the grid) is well-formed all the same: its signature tells.
 * @returns null when it is not well-formed (`malformed_code`)
 */
export function parseCourierCode(text: string): CourierCode | null {
  if (text.length !== CODE_LENGTH || !text.startsWith(CODE_PREFIX)) return null;
  const bytes = decodeBase45(text.slice(CODE_PREFIX.length));
  if (bytes === null) return null;
  const payload = bytes.subarray(1, 1 + PAYLOAD_BYTES);
  const directions = payload[1] ?? 0;
  if (payload[0] !== VERSION || (directions & RESERVED_BITS) !== 0) return null;
  const notBefore = readUint32(payload, 18);
  const lifetimeSeconds = readUint32(payload, 20) & 0xffff;
  return {
    directions,
    communityId: formatIdentifier('com', payload.subarray(2, 10)),
    passId: formatIdentifier('pas', payload.subarray(10, 18)),
    notBefore,
    lifetimeSeconds,
    statusIndex: readUint32(payload, 24),
    keyNumber: bytes[0] ?? 0,
    payloadBytes: payload,
    signature: bytes.subarray(1 + PAYLOAD_BYTES),
  };
}

/**
 * What the signature of a code signs: the first two parts of a compact JWS whose header is exactly
 * `{"alg":"ES256","kid":"<keyNumber>"}`. @see RFC 7515 §5.1
 */
export function signingInput(keyNumber: number, payload: Uint8Array): string {
  return `${HEADERS[keyNumber] ?? headerOf(keyNumber)}.${encodeBase64url(payload)}`;
}

function headerOf(keyNumber: number): string {
  const text = `{"alg":"ES256","kid":"${keyNumber}"}`;
  return encodeBase64url(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}
/** Of every key number that a code can carry. */
const HEADERS = Array.from({ length: 256 }, (_, keyNumber) => headerOf(keyNumber));

/** The start of the window that holds an instant, both in Unix seconds: the same on every phone. */
export function windowStart(nowSeconds: number, lifetimeSeconds: number): number {
  return Math.floor(nowSeconds / lifetimeSeconds) * lifetimeSeconds;
}

/** Where an instant lies against the time in which a code is accepted: start included, end excluded. */
export function codeWindow(
  payload: Pick<CourierCodePayload, 'notBefore' | 'lifetimeSeconds'>,
  now: Millis,
): 'not_yet' | 'open' | 'expired' {
  if (now < acceptedFrom(payload)) return 'not_yet';
  return now < acceptedUntil(payload) ? 'open' : 'expired';
}

/** Start of the time in which a code is accepted, included. */
export function acceptedFrom({ notBefore }: Pick<CourierCodePayload, 'notBefore'>): Millis {
  return (notBefore - EARLY_TOLERANCE_SECONDS) * SECOND_MS;
}

/** End of the time in which a code is accepted, excluded. */
export function acceptedUntil({
  notBefore,
  lifetimeSeconds,
}: Pick<CourierCodePayload, 'notBefore' | 'lifetimeSeconds'>): Millis {
  return (notBefore + lifetimeSeconds + LATE_TOLERANCE_SECONDS) * SECOND_MS;
}

function requireInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name} must be an integer from ${least} to ${most}, got ${value}`);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = (value >>> 16) & 255;
  bytes[at + 2] = (value >>> 8) & 255;
  bytes[at + 3] = value & 255;
}
