/** JPEGs put together by hand: their structure, not a picture. */

/** A segment with its length. */
export function segment(marker: number, ...body: number[]): number[] {
  return [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 0xff, ...body];
}

export const text = (words: string): number[] => [...Buffer.from(words)];

export const TABLE = segment(0xdb, 0, ...new Array<number>(64).fill(1));
/** With a stuffed 0xff and a restart marker among the data. */
export const SCAN = [
  ...segment(0xda, 1, 1, 0, 0, 63, 0),
  ...[0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56],
];
export const EXIF = segment(0xe1, ...text('Exif\0\0GPS 35.41N 119.52E'));

export function frame(width: number, height: number, marker = 0xc0): number[] {
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  return segment(marker, 8, ...size, 1, 1, 0x11, 0);
}

/** The parts between a start and an end. */
export function jpeg(...parts: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([0xff, 0xd8, ...parts.flat(), 0xff, 0xd9]);
}
