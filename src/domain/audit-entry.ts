import { createHash } from 'node:crypto';

/** An entry of the audit log is at most this long, in bytes of UTF-8; larger content appears by its SHA-256. */
export const MAX_ENTRY_BYTES = 8192;

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [member: string]: JsonValue };

/**
 * An entry of the audit log, before it is written as canonical JSON. It holds random numbers and facts, no free
 * text and no identifier of a person.
 */
export interface AuditEntry {
  readonly v: 1;
  readonly type: string;
  /** RFC 3339, UTC, milliseconds: `2026-11-21T04:03:10.131Z`. */
  readonly at: string;
  readonly community?: string;
  /** 128 random bits, base64url: a leaf hash gives no hint of its entry. */
  readonly salt: string;
  readonly [member: string]: JsonValue | undefined;
}

/** Objects and arrays inside each other, at most. */
const MAX_DEPTH = 32;
/** Strings that JSON writes as they are: printable ASCII without quote and backslash. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;
/** With the `u` flag a surrogate matches only where it stands alone. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Canonical JSON: one writing for each value. Members are sorted by UTF-16 code units, numbers and strings are
 * written as ECMAScript does.
 * @throws TypeError on anything that is not I-JSON: undefined, functions, NaN and infinities, big integers, lone
 *   surrogates, objects other than plain ones and arrays, nesting deeper than 32
 * @see RFC 8785
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/**
 * The leaf hash of an entry: base64url of SHA-256(0x00 ‖ entry in UTF-8).
 * @see RFC 6962 §2.1
 */
export function leafHash(entryText: string): string {
  return createHash('sha256').update(`\0${entryText}`, 'utf8').digest('base64url');
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`canonical JSON has no ${value}`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeNested(value, depth + 1);
    default:
      throw new TypeError(`canonical JSON has no ${typeof value}`);
  }
}

function writeNested(value: object, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError('nested too deeply for canonical JSON');
  return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '[';
  for (let index = 0; index < items.length; index++) {
    if (index > 0) text += ',';
    text += write(items[index], depth);
  }
  return `${text}]`;
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('canonical JSON has plain objects only');
  const members = value as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const name of Object.keys(members).sort()) {
    if (text.length > 1) text += ',';
    text += `${writeString(name)}:${write(members[name], depth)}`;
  }
  return `${text}}`;
}

function writeString(text: string): string {
  if (PLAIN_TEXT.test(text)) return `"${text}"`;
  if (LONE_SURROGATE.test(text)) throw new TypeError('canonical JSON has no lone surrogate');
  return JSON.stringify(text);
}
