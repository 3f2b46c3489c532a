import { CompactSign, type CryptoKey } from 'jose';
import type { DeviceStamp, GateEvent } from '../wire/gate-events.ts';

/** What the service takes at once. */
export const MAX_BATCH_EVENTS = 500;
export const MAX_BATCH_BYTES = 1024 * 1024;

/** Base64url of a P-256 signature, and the two dots. */
const SIGNATURE_CHARACTERS = 86 + 2;
/** The payload's members around the events, with room for a log's identifier. */
const FRAME_BYTES = 512;

export interface BatchSigner {
  readonly gateId: string;
  readonly key: CryptoKey | Uint8Array;
}

/**
 * As many of the events as one batch may hold, the first at the least: no more than the service's number,
 * and no more than its bytes once they are signed.
 */
export function takeBatch(events: readonly GateEvent[], gateId: string): GateEvent[] {
  const header = base64Characters(Buffer.byteLength(headerText(gateId)));
  const room = ((MAX_BATCH_BYTES - SIGNATURE_CHARACTERS - header) / 4) * 3 - FRAME_BYTES;
  const batch: GateEvent[] = [];
  let bytes = 0;
  for (const event of events.slice(0, MAX_BATCH_EVENTS)) {
    bytes += Buffer.byteLength(JSON.stringify(event)) + 1;
    if (bytes > room && batch.length > 0) break;
    batch.push(event);
  }
  return batch;
}

export interface EventBatch {
  readonly logId: string;
  /** The device's clocks at the sending: with them the server knows how wrong they are. */
  readonly sent: DeviceStamp;
  /** The lowest number that the log still has: what is missing below it never comes. */
  readonly oldest: number;
  /** All that the log has between the first of them and the last, in the order of their numbers. */
  readonly events: readonly GateEvent[];
}

/** A compact JWS over the batch, signed with the device's key. @see RFC 7515 §7.1 */
export function signBatch(batch: EventBatch, { gateId, key }: BatchSigner): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(batch)))
    .setProtectedHeader({ alg: 'ES256', kid: gateId })
    .sign(key);
}

function headerText(gateId: string): string {
  return JSON.stringify({ alg: 'ES256', kid: gateId });
}

function base64Characters(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}
