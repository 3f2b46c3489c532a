/** A courier code as NFC carries it when a phone is tapped on a gate's reader. @see NFC Forum NDEF 1.0 §3 */
import { CODE_LENGTH } from '../domain/courier-code.ts';

/** The record's type, an NFC Forum external type: of a name that nobody can register (RFC 2606). */
export const NDEF_TYPE = 'courier-pass.example:code';

/** Message begin and end, short record, no identifier, TNF 4 (external type). */
const HEADER = 0xd4;
const DATA_AT = 3 + NDEF_TYPE.length;

/**
 * A message of one short record whose payload is the code's characters.
 * @param code 144 characters
 * @throws RangeError when it has another length
 */
export function writeNdefCode(code: string): Uint8Array {
  if (code.length !== CODE_LENGTH) throw new RangeError(`a code has ${CODE_LENGTH} characters`);
  return Uint8Array.of(HEADER, NDEF_TYPE.length, CODE_LENGTH, ...asciiBytes(NDEF_TYPE + code));
}

/**
 * The text that a message carries, as it would come from a scanner: whether it is a code is for the judge to say.
 * The type is compared without regard to case.
 * @returns null when it is anything but one short record of our type
 */
export function readNdefCode(message: Uint8Array): string | null {
  const [header, typeLength, dataLength = 0] = message;
  if (header !== HEADER || typeLength !== NDEF_TYPE.length) return null;
  if (message.length !== DATA_AT + dataLength) return null;
  if (asciiText(message.subarray(3, DATA_AT)).toLowerCase() !== NDEF_TYPE) return null;
  return asciiText(message.subarray(DATA_AT));
}

function asciiBytes(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0) & 255);
}

function asciiText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
