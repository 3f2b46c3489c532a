import { describe, expect, test } from 'vitest';
import { cleanJpeg } from '../../src/domain/jpeg.ts';
import { EXIF, frame, jpeg, SCAN, segment, TABLE, text } from '../support/jpeg.ts';

const APP0 = segment(0xe0, ...text('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0);
const COMMENT = segment(0xfe, ...text('taken by Wang'));
const ADOBE = segment(0xee, ...text('Adobe'), 0, 100, 0, 0, 0, 0, 1);
const clean = (bytes: Uint8Array) => cleanJpeg(bytes, 4_096);

describe('a JPEG', () => {
  test('comes out without where, when and by whom it was taken, and is otherwise the same', () => {
    const dirty = jpeg(APP0, EXIF, COMMENT, ADOBE, TABLE, frame(640, 480), SCAN);
    expect(clean(dirty)).toEqual({
      bytes: jpeg(APP0, ADOBE, TABLE, frame(640, 480), SCAN),
      width: 640,
      height: 480,
    });
  });

  test('that has nothing foreign comes out byte for byte, progressive and of several scans too', () => {
    const plain = jpeg(APP0, TABLE, frame(3, 2, 0xc2), SCAN, TABLE, SCAN);
    expect(clean(plain)?.bytes).toEqual(plain);
  });

  test('loses metadata between scans, and what follows its end', () => {
    const whole = jpeg(APP0, frame(9, 9), SCAN, EXIF, SCAN);
    const trailed = Uint8Array.from([...whole, ...text('<script>'), ...EXIF]);
    expect(clean(trailed)?.bytes).toEqual(jpeg(APP0, frame(9, 9), SCAN, SCAN));
  });

  test('cut short anywhere is none', () => {
    const whole = jpeg(APP0, EXIF, TABLE, frame(640, 480), SCAN);
    for (let length = 0; length < whole.length; length++)
      expect(clean(whole.subarray(0, length)), `${length} bytes`).toBeNull();
    expect(clean(whole)).not.toBeNull();
  });

  test('is at most so many pixels a side, and has some', () => {
    expect(clean(jpeg(frame(4_096, 4_096), SCAN))).not.toBeNull();
    expect(clean(jpeg(frame(4_097, 1), SCAN))).toBeNull();
    expect(clean(jpeg(frame(1, 4_097), SCAN))).toBeNull();
    expect(clean(jpeg(frame(0, 5), SCAN))).toBeNull();
    expect(clean(jpeg(TABLE, SCAN))).toBeNull();
  });

  test.each([
    ['PNG', [0x89, 0x50, 0x4e, 0x47]],
    ['SVG', text('<svg onload=alert(1)>')],
    ['HTML behind a start', [0xff, 0xd8, ...text('<html>')]],
    ['nothing', []],
  ])('is not %s', (_, bytes) => {
    expect(clean(Uint8Array.from(bytes))).toBeNull();
  });
});
