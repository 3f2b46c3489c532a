/** Base45: two bytes in three characters of QR's alphanumeric mode. @see RFC 9285 */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/** Above every bound of a group, so that the bound's comparison finds a bad character as well. */
const INVALID = 0x10000;
/** Values by character code; everything outside the alphabet, lower case included, is `INVALID`. */
const VALUES = new Uint32Array(128).fill(INVALID);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/** The digit at a position, or `INVALID`. */
function digitAt(text: string, position: number): number {
  const code = text.charCodeAt(position);
  return code < 128 ? (VALUES[code] ?? INVALID) : INVALID;
}

/** Writes bytes in base45: three characters for each two bytes, two for a last single one. */
export function encodeBase45(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 2) {
    const high = bytes[index] ?? 0;
    const low = bytes[index + 1];
    const value = low === undefined ? high : high * 256 + low;
    text += ALPHABET.charAt(value % 45) + ALPHABET.charAt(Math.floor(value / 45) % 45);
    if (low !== undefined) text += ALPHABET.charAt(Math.floor(value / 2025));
  }
  return text;
}

/**
 * Reads base45. Each string has at most one reading and each reading one writing.
 * @returns null when a character is outside the alphabet, a group of three is above 65535, a last pair is
 *   above 255, or one character is left over
 */
export function decodeBase45(text: string): Uint8Array | null {
  const left = text.length % 3;
  if (left === 1) return null;
  const groups = (text.length - left) / 3;
  const bytes = new Uint8Array(groups * 2 + (left === 2 ? 1 : 0));
  let position = 0;
  for (let index = 0; index < groups * 2; index += 2) {
    const value =
      digitAt(text, position) +
      digitAt(text, position + 1) * 45 +
      digitAt(text, position + 2) * 2025;
    if (value > 0xffff) return null;
    bytes[index] = value >>> 8;
    bytes[index + 1] = value & 255;
    position += 3;
  }
  if (left === 2) {
    const value = digitAt(text, position) + digitAt(text, position + 1) * 45;
    if (value > 255) return null;
    bytes[groups * 2] = value;
  }
  return bytes;
}
