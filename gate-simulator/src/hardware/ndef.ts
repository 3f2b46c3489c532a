/** What a phone or card hands over to an NFC reader. @see NFC Forum NDEF 1.0 §3 */

/** The record that carries a courier code: an NFC Forum external type. */
export const COURIER_CODE_TYPE = 'courier-pass.example:code';

/** A message is at most this long: a code takes 172 bytes, and other records may lie beside it. */
const MAX_MESSAGE_BYTES = 4_096;
const MAX_RECORDS = 16;

const MESSAGE_BEGIN = 0x80;
const MESSAGE_END = 0x40;
const CHUNKED = 0x20;
const SHORT_RECORD = 0x10;
const ID_LENGTH_PRESENT = 0x08;
const TYPE_NAME_FORMAT = 0x07;
const EXTERNAL = 4;

export interface NdefRecord {
  /** Type Name Format, 0–6. */
  readonly tnf: number;
  readonly type: string;
  readonly payload: Uint8Array;
}

/** The bytes are no whole NDEF message that this reader accepts. */
export class BrokenNdef extends Error {
  override readonly name = 'BrokenNdef';
}

/**
 * The text of the first courier-code record of a message, exactly as it is; undefined when there is none.
 * A type is compared without regard to case.
 *
 * @throws {BrokenNdef}
 */
export function codeInNdef(message: Uint8Array): string | undefined {
  const record = parseNdef(message).find(
    ({ tnf, type }) => tnf === EXTERNAL && type.toLowerCase() === COURIER_CODE_TYPE,
  );
  return record === undefined ? undefined : Buffer.from(record.payload).toString('latin1');
}

/** The records of a whole message. Records in chunks are refused: no code needs them. @throws {BrokenNdef} */
export function parseNdef(message: Uint8Array): NdefRecord[] {
  if (message.length > MAX_MESSAGE_BYTES) throw new BrokenNdef('the message is longer than 4 KiB');
  const bytes = new Reader(message);
  const records: NdefRecord[] = [];
  for (;;) {
    if (records.length === MAX_RECORDS) throw new BrokenNdef('the message has too many records');
    const header = bytes.number(1);
    const begins = (header & MESSAGE_BEGIN) !== 0;
    if (begins !== (records.length === 0)) throw new BrokenNdef('the message begins elsewhere');
    records.push(readRecord(header, bytes));
    if ((header & MESSAGE_END) !== 0) break;
  }
  if (!bytes.isAtEnd) throw new BrokenNdef('bytes follow the message');
  return records;
}

function readRecord(header: number, bytes: Reader): NdefRecord {
  if ((header & CHUNKED) !== 0) throw new BrokenNdef('a record comes in chunks');
  const tnf = header & TYPE_NAME_FORMAT;
  if (tnf > 6) throw new BrokenNdef('a type name format is reserved');
  const typeBytes = bytes.number(1);
  const payloadBytes = bytes.number((header & SHORT_RECORD) !== 0 ? 1 : 4);
  const idBytes = (header & ID_LENGTH_PRESENT) !== 0 ? bytes.number(1) : 0;
  const type = Buffer.from(bytes.take(typeBytes)).toString('latin1');
  bytes.take(idBytes);
  return { tnf, type, payload: bytes.take(payloadBytes) };
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @throws {BrokenNdef} when there are not so many left */
  take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw new BrokenNdef('the message is cut off');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Big-endian. */
  number(count: 1 | 4): number {
    return this.take(count).reduce((value, byte) => value * 256 + byte, 0);
  }
}
