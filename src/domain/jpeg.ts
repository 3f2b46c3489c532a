/** A picture as a phone sends it, freed of all that is not picture. */
export interface CleanPicture {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
/** The colour transform of Adobe: without it colours are wrong. */
const ADOBE = 0xee;
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** APP1–APP15 and comments: place, time, camera, thumbnails, whatever an application put in. */
const isForeign = (marker: number) =>
  (marker >= 0xe1 && marker <= 0xef && marker !== ADOBE) || marker === 0xfe;

/**
 * A JPEG without metadata: where and when it was taken, and with what, stay on the phone. Whatever follows the
 * picture's end is cut off.
 * @returns null: it is no JPEG, it is cut short, or a side is longer than `mostPixels`
 * @see ITU-T T.81 annex B
 */
export function cleanJpeg(bytes: Uint8Array, mostPixels: number): CleanPicture | null {
  if (bytes[0] !== 0xff || bytes[1] !== START) return null;
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  let size: { width: number; height: number } | null = null;
  let at = 2;
  for (;;) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === undefined) return null;
    if (marker === END) {
      kept.push(bytes.subarray(at, at + 2));
      return size === null ? null : { bytes: join(kept), ...size };
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    let next = at + 2 + length;
    if (length < 2 || next > bytes.length) return null;
    if (isFrame(marker)) {
      size = frameSize(bytes, at, mostPixels);
      if (size === null) return null;
    }
    if (marker === SCAN) next = scanEnd(bytes, next);
    if (!isForeign(marker)) kept.push(bytes.subarray(at, next));
    at = next;
  }
}

function frameSize(bytes: Uint8Array, at: number, most: number) {
  const height = ((bytes[at + 5] ?? 0) << 8) | (bytes[at + 6] ?? 0);
  const width = ((bytes[at + 7] ?? 0) << 8) | (bytes[at + 8] ?? 0);
  return width === 0 || height === 0 || width > most || height > most ? null : { width, height };
}

/** Where the entropy-coded data ends: at a marker that is no restart and no stuffed zero. */
function scanEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
