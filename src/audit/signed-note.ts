/**
 * Signed notes: a text with signature lines below it.
 * @see C2SP signed-note, C2SP tlog-cosignature
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** A note, a key or a signature that cannot be accepted; the message says why, for an engineer. */
export class NoteError extends Error {
  override readonly name: string = 'NoteError';
}

/** A signature under the name and id of a known key that is not that key’s: somebody changed the note. */
export class WrongSignature extends NoteError {}

/** What a key signs: a note's text, or a checkpoint together with the time at which it was seen. */
export type SignatureType = 'ed25519' | 'cosignature';

/** Who may have signed: a name and an Ed25519 public key. */
export interface VerifierKey {
  readonly name: string;
  readonly type: SignatureType;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), as eight hex digits. */
  readonly keyId: string;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  /** What stands behind the key id. */
  readonly bytes: Uint8Array;
}

export interface Note {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A note with at least one signature of a known key. */
export interface OpenedNote extends Note {
  readonly verified: readonly {
    readonly key: VerifierKey;
    /** Of a cosignature: when its signer saw the checkpoint, Unix seconds. */
    readonly seenAt?: number;
  }[];
}

const TYPE_BYTES: Readonly<Record<SignatureType, number>> = { ed25519: 0x01, cosignature: 0x04 };
const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TIME_BYTES = 8;
/** Past this many signatures a note is refused. */
const MAX_SIGNATURES = 100;
const MAX_NOTE_LENGTH = 1_000_000;

const NAME = /^[^\s+\u0085]+$/u;
/** ASCII control characters other than newline. */
const CONTROL = /[^\P{Cc}\n\x7f-\x9f]/u;
/** With the `u` flag a surrogate matches only where it stands alone. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws NoteError for a name with white space or plus, or a key that has not 32 bytes */
export function verifierKey(
  name: string,
  publicKey: Uint8Array,
  type: SignatureType = 'ed25519',
): VerifierKey {
  if (!NAME.test(name)) throw new NoteError('a key name has no white space and no plus');
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new NoteError('a public key has 32 bytes');
  const keyId = createHash('sha256')
    .update(`${name}\n`)
    .update(typed(type, publicKey))
    .digest('hex')
    .slice(0, KEY_ID_BYTES * 2);
  return { name, type, publicKey, keyId };
}

/** A key as operators pass it on: `name+keyId+base64(type ‖ public key)`. */
export function formatVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  return `${name}+${keyId}+${typed(type, publicKey).toString('base64')}`;
}

/** @throws NoteError when it is no verifier key, of another algorithm, or its id is not its own */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name, keyId, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = encoded === undefined ? null : parseBase64(encoded);
  if (name === undefined || bytes === null)
    throw new NoteError('expected name+id+base64, as in example.com/foo+530d903a+AekyeR…');
  const type = typeOf(bytes[0]);
  if (type === null) throw new NoteError('the key is of an algorithm that is not known here');
  const key = verifierKey(name, bytes.subarray(1), type);
  if (key.keyId !== keyId) throw new NoteError(`the key’s id is ${key.keyId}, not ${keyId}`);
  return key;
}

/** The signature line of one key below a note. */
export function signatureLine(
  { name, keyId }: Pick<VerifierKey, 'name' | 'keyId'>,
  bytes: Uint8Array,
): string {
  return `— ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), bytes]).toString('base64')}\n`;
}

/** @param text ends in a newline @param lines see {@link signatureLine}, at least one */
export function formatNote(text: string, lines: readonly string[]): string {
  return `${text}\n${lines.join('')}`;
}

/** Takes a note apart; nothing is verified. @throws NoteError when it is malformed */
export function parseNote(note: string): Note {
  const end = note.lastIndexOf('\n\n');
  const isText =
    note.length <= MAX_NOTE_LENGTH && !CONTROL.test(note) && !LONE_SURROGATE.test(note);
  if (!isText || end < 0 || !note.endsWith('\n')) throw malformed();
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw malformed();
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

/**
 * Verifies a note. Signatures of unknown keys are passed over; one of a known key that does not fit spoils the note.
 * @throws WrongSignature when a known key’s signature is wrong
 * @throws NoteError when it is malformed, and when there is no signature of a known key
 */
export function openNote(note: string, keys: readonly VerifierKey[]): OpenedNote {
  const parsed = parseNote(note);
  const verified = new Map<VerifierKey, OpenedNote['verified'][number]>();
  for (const signature of parsed.signatures) {
    const key = keys.find(
      ({ name, keyId }) => name === signature.name && keyId === signature.keyId,
    );
    if (key === undefined || verified.has(key)) continue;
    const seenAt = verifySignature(parsed.text, signature, key);
    verified.set(key, seenAt === null ? { key } : { key, seenAt });
  }
  if (verified.size === 0) throw new NoteError('no signature is of a known key');
  return { ...parsed, verified: [...verified.values()] };
}

/** What a witness signs of a checkpoint. @param seenAt Unix seconds */
export function cosignedText(text: string, seenAt: number): string {
  return `cosignature/v1\ntime ${seenAt}\n${text}`;
}

/** @returns the time of a cosignature, null for a plain signature @throws NoteError when it is not the key’s */
function verifySignature(text: string, { bytes }: NoteSignature, key: VerifierKey): number | null {
  const isTimed = key.type === 'cosignature';
  const start = isTimed ? TIME_BYTES : 0;
  const seenAt =
    isTimed && bytes.length >= TIME_BYTES
      ? Number(Buffer.from(bytes).readBigUInt64BE())
      : Number.NaN;
  const signed = isTimed ? cosignedText(text, seenAt) : text;
  const isRight =
    bytes.length === start + SIGNATURE_BYTES &&
    (!isTimed || Number.isSafeInteger(seenAt)) &&
    verify(null, Buffer.from(signed), keyObject(key.publicKey), bytes.subarray(start));
  if (!isRight) throw new WrongSignature(`the signature of ${key.name}+${key.keyId} is wrong`);
  return isTimed ? seenAt : null;
}

function keyObject(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function parseSignature(line: string): NoteSignature {
  const [, name, encoded] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
  const blob = encoded === undefined ? null : parseBase64(encoded);
  if (name === undefined || !NAME.test(name) || blob === null || blob.length <= KEY_ID_BYTES)
    throw malformed();
  return {
    name,
    keyId: blob.toString('hex', 0, KEY_ID_BYTES),
    bytes: blob.subarray(KEY_ID_BYTES),
  };
}

function typed(type: SignatureType, publicKey: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(TYPE_BYTES[type]), publicKey]);
}

function typeOf(byte: number | undefined): SignatureType | null {
  if (byte === TYPE_BYTES.ed25519) return 'ed25519';
  return byte === TYPE_BYTES.cosignature ? 'cosignature' : null;
}

/** Null: not the one base64 writing of some bytes. */
export function parseBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function malformed(): NoteError {
  return new NoteError('malformed note');
}
