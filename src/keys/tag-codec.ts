/**
 * What an NTAG 424 DNA at a gate puts into its URL at every tap (Secure Dynamic Messaging, AES mode): reading it,
 * and telling whether the tag made it. That a tap counts once is the store's to say: a counter of a UID that is not
 * above the last one was seen before.
 * @see NXP AN12196 §3.3, §3.4
 */
import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { aesCmac } from './aes-cmac.ts';
import type { TapOutcome, TapParameters } from './keys.ts';

export type { TapOutcome, TapParameters };

const BLOCK_BYTES = 16;
const UID_BYTES = 7;
const COUNTER_BYTES = 3;
const MAC_BYTES = 8;
/** The tag's NDEF file has 256 bytes; encrypted data stands in it as hex, in whole blocks. */
const MAX_FILE_DATA_BLOCKS = 7;

/** PICCDataTag: UID and read counter are there (bits 7 and 6), and the UID has 7 bytes. */
const UID_AND_COUNTER = 0xc7;
const ENCRYPTION_VECTOR = Buffer.from('c33c00010080', 'hex');
const MAC_VECTOR = Buffer.from('3cc300010080', 'hex');

/** A parsed tap: well-formed, nothing yet said of its signature. */
export interface Tap {
  readonly picc:
    | { readonly kind: 'encrypted'; readonly data: Uint8Array }
    | { readonly kind: 'plain'; readonly uid: Uint8Array; readonly counter: number };
  readonly encFileData: Uint8Array | null;
  readonly mac: Uint8Array;
}

/** A tag's secrets, 16 bytes each, and how its URL is laid out. */
export interface TagKeys {
  /** SDMMetaReadKey. */
  readonly metaKey: Uint8Array;
  /** SDMFileReadKey. */
  readonly fileKey: Uint8Array;
  /**
   * The name of the MAC's parameter in the URL, which the tag signs together with encrypted file data;
   * empty: the MAC follows the file data directly.
   */
  readonly macParam: string;
}

/** Reads a tap's parameters; strips nothing, never throws. @returns null when they are malformed */
export function parseTap(parameters: TapParameters): Tap | null {
  const picc = parsePicc(parameters);
  const mac = parseHex(parameters.cmac, MAC_BYTES);
  if (picc === null || mac === null) return null;
  if (parameters.encFileData === undefined) return { picc, encFileData: null, mac };
  const encFileData = parseFileData(parameters.encFileData);
  return encFileData && { picc, encFileData, mac };
}

/**
 * Whether the tag with these keys made the tap. An encrypted tap that is shown with its UID and counter in the clear
 * is the same tap, and stays authentic.
 * @throws RangeError when a key has not 16 bytes
 */
export function verifyTap(tap: Tap, keys: TagKeys): TapOutcome {
  const { dataTag, identity } = readPicc(tap.picc, keys.metaKey);
  const macKey = aesCmac(keys.fileKey, Buffer.concat([MAC_VECTOR, identity]));
  const isSigned = timingSafeEqual(truncated(aesCmac(macKey, signedText(tap, keys))), tap.mac);
  if (!isSigned || dataTag !== UID_AND_COUNTER) return { kind: 'bad_signature' };
  const uid = identity.toString('hex', 0, UID_BYTES).toUpperCase();
  const counter = identity.readUIntLE(UID_BYTES, COUNTER_BYTES);
  if (tap.encFileData === null) return { kind: 'authentic', uid, counter };
  const fileData = decryptFileData(tap.encFileData, keys.fileKey, identity);
  return { kind: 'authentic', uid, counter, fileData };
}

function parsePicc({ piccData, uid, counter }: TapParameters): Tap['picc'] | null {
  if (piccData !== undefined) {
    const data = parseHex(piccData, BLOCK_BYTES);
    const isAlone = uid === undefined && counter === undefined;
    return data && isAlone ? { kind: 'encrypted', data } : null;
  }
  const uidBytes = parseHex(uid, UID_BYTES);
  const counterBytes = parseHex(counter, COUNTER_BYTES);
  if (uidBytes === null || counterBytes === null) return null;
  return { kind: 'plain', uid: uidBytes, counter: counterBytes.readUIntBE(0, COUNTER_BYTES) };
}

function parseFileData(text: string): Buffer | null {
  const blocks = text.length / (2 * BLOCK_BYTES);
  const isWhole = Number.isInteger(blocks) && blocks <= MAX_FILE_DATA_BLOCKS;
  return isWhole ? parseHex(text, blocks * BLOCK_BYTES) : null;
}

/** Null: another length, or a character that is no hex digit. */
function parseHex(text: string | undefined, bytes: number): Buffer | null {
  const isHex = text?.length === 2 * bytes && /^[0-9a-f]+$/i.test(text);
  return isHex ? Buffer.from(text, 'hex') : null;
}

/** `identity`: UID ‖ read counter, least significant byte first, as all derivations take it. */
function readPicc(picc: Tap['picc'], metaKey: Uint8Array): { dataTag: number; identity: Buffer } {
  if (picc.kind === 'plain') {
    const identity = Buffer.alloc(UID_BYTES + COUNTER_BYTES);
    identity.set(picc.uid);
    identity.writeUIntLE(picc.counter, UID_BYTES, COUNTER_BYTES);
    return { dataTag: UID_AND_COUNTER, identity };
  }
  const plain = decryptBlocks(metaKey, Buffer.alloc(BLOCK_BYTES), picc.data);
  return { dataTag: plain.readUInt8(), identity: plain.subarray(1, 1 + UID_BYTES + COUNTER_BYTES) };
}

/** The part of the URL that the tag signs as text, in the upper case in which it writes. */
function signedText({ encFileData }: Tap, { macParam }: TagKeys): Uint8Array {
  if (encFileData === null) return new Uint8Array();
  const hex = Buffer.from(encFileData).toString('hex').toUpperCase();
  return Buffer.from(macParam === '' ? hex : `${hex}&${macParam}=`, 'ascii');
}

/** SDMMAC: every second byte of a CMAC. */
function truncated(mac: Uint8Array): Uint8Array {
  return mac.filter((_, at) => at % 2 === 1);
}

function decryptFileData(data: Uint8Array, fileKey: Uint8Array, identity: Buffer): Uint8Array {
  const key = aesCmac(fileKey, Buffer.concat([ENCRYPTION_VECTOR, identity]));
  const counterBlock = Buffer.alloc(BLOCK_BYTES);
  counterBlock.set(identity.subarray(UID_BYTES));
  const iv = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(counterBlock);
  return new Uint8Array(decryptBlocks(key, iv, data));
}

/** AES-128-CBC without padding. */
function decryptBlocks(key: Uint8Array, iv: Uint8Array, blocks: Uint8Array): Buffer {
  return createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(blocks);
}
