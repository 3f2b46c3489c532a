import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PNG } from 'pngjs';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

const MAX_PICTURE_BYTES = 16 * 1024 * 1024;
const MAX_PICTURE_PIXELS = 4096 * 4096;
const COURIER_CODE_PREFIX = 'CP1:';

/** The bytes are no whole PNG picture of a size that the reader accepts. */
export class BrokenPicture extends Error {
  override readonly name = 'BrokenPicture';
}

let decoder: Promise<unknown> | undefined;

/** Loads the decoder from the package on disk; needs no network. */
function loadDecoder(): Promise<unknown> {
  decoder ??= (async () => {
    const path = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
    const { buffer } = new Uint8Array(await readFile(path));
    await prepareZXingModule({ overrides: { wasmBinary: buffer }, fireImmediately: true });
  })();
  return decoder;
}

/**
 * The text of the QR code in a PNG, exactly as encoded: a courier code before any other, or undefined
 * when there is none. Reads turned, mirrored and inverted codes.
 *
 * @throws {BrokenPicture}
 */
export async function readPicture(png: Uint8Array): Promise<string | undefined> {
  const { data, width, height } = decodePng(png);
  await loadDecoder();
  const found = await readBarcodes(
    { data, width, height, colorSpace: 'srgb' } as Parameters<typeof readBarcodes>[0],
    { formats: ['QRCode'], textMode: 'Plain', maxNumberOfSymbols: 8 },
  );
  const texts = found.map((symbol) => symbol.text);
  return texts.find((text) => text.startsWith(COURIER_CODE_PREFIX)) ?? texts[0];
}

interface Pixels {
  /** RGBA, opaque. */
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

function decodePng(bytes: Uint8Array): Pixels {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  refuseUnreasonable(buffer);
  try {
    const { data, width, height } = PNG.sync.read(buffer);
    layOnWhite(data);
    const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength);
    return { data: pixels, width, height };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BrokenPicture(`the picture cannot be decoded: ${why}`);
  }
}

/** Before any memory is taken for the pixels. @see PNG (W3C) §11.2.1 IHDR */
function refuseUnreasonable(png: Buffer): void {
  if (png.length > MAX_PICTURE_BYTES) throw new BrokenPicture('the picture is larger than 16 MiB');
  if (png.length < 24 || png.toString('latin1', 12, 16) !== 'IHDR') {
    throw new BrokenPicture('the file is no PNG picture');
  }
  if (png.readUInt32BE(16) * png.readUInt32BE(20) > MAX_PICTURE_PIXELS) {
    throw new BrokenPicture('the picture has more than 4096 × 4096 pixels');
  }
}

/** Transparent pixels are paper, whatever colour lies under them. */
function layOnWhite(rgba: Buffer): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 255;
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel += 1) {
      rgba[channel] = 255 - ((255 - (rgba[channel] ?? 0)) * alpha) / 255;
    }
    rgba[at + 3] = 255;
  }
}
