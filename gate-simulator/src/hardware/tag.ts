/** An NTAG 424 DNA in software: the other side of what the service reads, and written apart from it. */
import { createCipheriv, randomBytes } from 'node:crypto';

const BLOCK_BYTES = 16;
const UID_BYTES = 7;
const COUNTER_BYTES = 3;
const MAX_COUNTER = 2 ** 24 - 1;

/** What was written into the tag before it was put up. */
export interface TagSettings {
  /** The URL up to what changes, with the tag's identifier: `https://…/t#t=…`. */
  readonly url: string;
  /** 14 hex digits. */
  readonly uid: string;
  /** SDMFileReadKey, 16 bytes. */
  readonly fileKey: Uint8Array;
  /** SDMMetaReadKey, 16 bytes. Left out: UID and counter are mirrored in the clear. */
  readonly metaKey?: Uint8Array;
  /** Mirrored encrypted when given; 16, 32, … bytes. */
  readonly fileData?: Uint8Array;
  /** The name of the MAC's parameter, `cmac` when left out. */
  readonly macParam?: string;
  /** Where the tag's padding comes from; chance when left out. */
  readonly random?: (bytes: number) => Uint8Array;
}

/** What a tap changes in the URL: hex digits in upper case. */
export interface TapMirrors {
  readonly piccData?: string;
  readonly uid?: string;
  /** Most significant digit first. */
  readonly counter?: string;
  readonly encFileData?: string;
  readonly cmac: string;
}

/** The URL that the tag gives a phone at the tap with this read counter. @throws RangeError */
export function tapUrl(tag: TagSettings, counter: number): string {
  const { cmac, ...mirrors } = tapMirrors(tag, counter);
  const named = [...Object.entries(mirrors), [macParam(tag), cmac]];
  return tag.url + named.map(([name, value]) => `&${name}=${value}`).join('');
}

/** What the tag mirrors at the tap with this read counter. @throws RangeError when no tag could be so */
export function tapMirrors(tag: TagSettings, counter: number): TapMirrors {
  refuseImpossible(tag, counter);
  const identity = Buffer.alloc(UID_BYTES + COUNTER_BYTES);
  identity.write(tag.uid, 'hex');
  identity.writeUIntLE(counter, UID_BYTES, COUNTER_BYTES);
  const encFileData = tag.fileData && encryptedFileData(tag.fileKey, tag.fileData, identity);
  const signed = encFileData === undefined ? '' : `${encFileData}&${macParam(tag)}=`;
  return {
    ...identityMirrors(tag, identity),
    ...(encFileData !== undefined && { encFileData }),
    cmac: sdmMac(tag.fileKey, identity, signed),
  };
}

function macParam(tag: TagSettings): string {
  return tag.macParam ?? 'cmac';
}

function refuseImpossible(tag: TagSettings, counter: number): void {
  if (!/^[0-9a-f]{14}$/i.test(tag.uid)) throw new RangeError('a UID has 14 hex digits');
  if (!Number.isInteger(counter) || counter < 0 || counter > MAX_COUNTER)
    throw new RangeError(`a read counter is an integer from 0 to ${MAX_COUNTER}, got ${counter}`);
  const fileBytes = tag.fileData?.length ?? BLOCK_BYTES;
  if (fileBytes === 0 || fileBytes % BLOCK_BYTES !== 0)
    throw new RangeError(`file data comes in blocks of 16 bytes, got ${fileBytes} bytes`);
  if (macParam(tag) === '') throw new RangeError('the MAC needs a parameter of its own');
}

function identityMirrors(tag: TagSettings, identity: Buffer): Omit<TapMirrors, 'cmac'> {
  if (tag.metaKey === undefined) {
    const counter = Buffer.from(identity.subarray(UID_BYTES)).reverse();
    return { uid: hex(identity.subarray(0, UID_BYTES)), counter: hex(counter) };
  }
  const padding = (tag.random ?? randomBytes)(BLOCK_BYTES - 1 - identity.length);
  const plain = Buffer.concat([Uint8Array.of(0xc7), identity, padding]);
  return { piccData: hex(encryptBlock(tag.metaKey, plain)) };
}

/** SDMENCFileData. @see NXP AN12196 §3.4.3 */
function encryptedFileData(fileKey: Uint8Array, fileData: Uint8Array, identity: Buffer): string {
  const key = cmac(fileKey, Buffer.concat([Buffer.from('c33c00010080', 'hex'), identity]));
  const counter = Buffer.concat([identity.subarray(UID_BYTES), Buffer.alloc(13)]);
  const cipher = createCipheriv('aes-128-cbc', key, encryptBlock(key, counter));
  return hex(cipher.setAutoPadding(false).update(fileData));
}

/** SDMMAC: the second, fourth, … byte of the CMAC under the tap's own key. @see NXP AN12196 §3.4.4 */
function sdmMac(fileKey: Uint8Array, identity: Buffer, signed: string): string {
  const key = cmac(fileKey, Buffer.concat([Buffer.from('3cc300010080', 'hex'), identity]));
  return hex(cmac(key, Buffer.from(signed, 'ascii'))).replaceAll(/..(..)/g, '$1');
}

/** AES-CMAC, block by block on whole numbers of 128 bits. @see RFC 4493 */
function cmac(key: Uint8Array, message: Uint8Array): Buffer {
  const text = Buffer.from(message).toString('hex');
  const blocks = text.match(/.{1,32}/g) ?? [''];
  const last = blocks.pop() ?? '';
  const whole = times2(encryptNumber(key, 0n));
  const end =
    last.length === 2 * BLOCK_BYTES
      ? number(last) ^ whole
      : number(`${last}80`.padEnd(2 * BLOCK_BYTES, '0')) ^ times2(whole);
  const before = blocks.reduce((state, block) => encryptNumber(key, state ^ number(block)), 0n);
  return bytes(encryptNumber(key, before ^ end));
}

function times2(value: bigint): bigint {
  return BigInt.asUintN(128, value << 1n) ^ (value >> 127n === 0n ? 0n : 0x87n);
}

function encryptNumber(key: Uint8Array, value: bigint): bigint {
  return number(hex(encryptBlock(key, bytes(value))));
}

function encryptBlock(key: Uint8Array, block: Uint8Array): Buffer {
  return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(block);
}

function number(digits: string): bigint {
  return BigInt(`0x${digits}`);
}

function bytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * BLOCK_BYTES, '0'), 'hex');
}

function hex(value: Buffer): string {
  return value.toString('hex').toUpperCase();
}
