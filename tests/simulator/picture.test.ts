import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { BrokenPicture, readPicture } from '../../gate-simulator/src/hardware/picture.ts';
import { COURIER_CODE, pictureOf } from './support/courier-code-picture.ts';

describe('readPicture', () => {
  it('reads a 144-character code of version 6, level M from 160 pixels, every character', async () => {
    expect(COURIER_CODE).toHaveLength(144);
    const png = await pictureOf(COURIER_CODE, 160);
    expect(PNG.sync.read(png).width).toBe(160);
    expect(await readPicture(png)).toBe(COURIER_CODE);
  });

  it.each([110, 480, 1_000])('reads the code from %i pixels', async (widthPx) => {
    expect(await readPicture(await pictureOf(COURIER_CODE, widthPx))).toBe(COURIER_CODE);
  });

  it('reads a code that is upside down, or white on black', async () => {
    const upsideDown = PNG.sync.read(await pictureOf(COURIER_CODE, 300));
    const pixels = new Uint32Array(Uint8Array.from(upsideDown.data).buffer).reverse();
    upsideDown.data = Buffer.from(pixels.buffer);
    expect(await readPicture(PNG.sync.write(upsideDown))).toBe(COURIER_CODE);
    const inverted = PNG.sync.read(await pictureOf(COURIER_CODE, 300));
    inverted.data.forEach((value, at) => {
      if (at % 4 !== 3) inverted.data[at] = 255 - value;
    });
    expect(await readPicture(PNG.sync.write(inverted))).toBe(COURIER_CODE);
  });

  it('takes transparent pixels for paper', async () => {
    const png = PNG.sync.read(await pictureOf(COURIER_CODE, 300));
    for (let at = 0; at < png.data.length; at += 4) {
      if (png.data[at] === 255) png.data.fill(0, at, at + 4);
    }
    expect(await readPicture(PNG.sync.write(png))).toBe(COURIER_CODE);
  });

  it('prefers the courier code to a poster in the same picture', async () => {
    const both = new PNG({ width: 700, height: 300 });
    both.data.fill(255);
    const poster = PNG.sync.read(await pictureOf('HTTPS://EXAMPLE.ORG', 300));
    const code = PNG.sync.read(await pictureOf(COURIER_CODE, 300));
    PNG.bitblt(poster, both, 0, 0, poster.width, poster.height, 0, 0);
    PNG.bitblt(code, both, 0, 0, code.width, code.height, 390, 0);
    expect(await readPicture(PNG.sync.write(both))).toBe(COURIER_CODE);
  });

  it('finds nothing in a picture without a code', async () => {
    const blank = new PNG({ width: 200, height: 200 });
    blank.data.fill(200);
    expect(await readPicture(PNG.sync.write(blank))).toBeUndefined();
  });

  it('refuses a truncated PNG, wherever it was cut', async () => {
    const png = await pictureOf(COURIER_CODE, 160);
    for (const bytes of [0, 8, 30, 200, png.length - 12, png.length - 1]) {
      await expect(readPicture(png.subarray(0, bytes))).rejects.toThrow(BrokenPicture);
    }
  });

  it('refuses what is no PNG, and one that claims to be huge', async () => {
    await expect(readPicture(Buffer.from('x'.repeat(1_000)))).rejects.toThrow('no PNG');
    const huge = Buffer.from(await pictureOf(COURIER_CODE, 160));
    huge.writeUInt32BE(4_096, 16);
    huge.writeUInt32BE(4_097, 20);
    await expect(readPicture(huge)).rejects.toThrow('4096');
  });
});
