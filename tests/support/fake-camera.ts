/** A camera that sees what a test holds before it: Chromium plays a film that the test writes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import QRCode from 'qrcode';

const WIDTH = 640;
const HEIGHT = 480;
/** Grey levels of a phone's screen at night, as a cheap camera sees it. */
const [BLACK, WHITE, AROUND] = [38, 205, 70];
/** The hand holds it askew, and the sensor has noise. */
const TILT = (7 * Math.PI) / 180;
const NOISE = 12;
const SIDE = 330;
const QUIET = 4;

export interface FakeCamera {
  /** What Chromium must be started with. */
  readonly flags: readonly string[];
  /** Holds a code before the camera; null: nothing. It is seen from the next time that the camera is switched on. */
  hold(text: string | null): void;
  /** Removes the film. */
  remove(): void;
}

export function makeFakeCamera(): FakeCamera {
  const folder = mkdtempSync(join(tmpdir(), 'courier-pass-camera-'));
  const path = join(folder, 'camera.y4m');
  const hold = (text: string | null) => writeFileSync(path, film(text));
  hold(null);
  return {
    flags: [
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${path}`,
    ],
    hold,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Two frames that are played again and again. @see https://wiki.multimedia.cx/index.php/YUV4MPEG2 */
function film(text: string | null): Buffer {
  const header = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F20:1 Ip A1:1 C420jpeg\n`);
  const frame = [Buffer.from('FRAME\n'), luma(text), Buffer.alloc((WIDTH * HEIGHT) / 2, 128)];
  return Buffer.concat([header, ...frame, ...frame]);
}

function luma(text: string | null): Buffer {
  const pixels = Buffer.alloc(WIDTH * HEIGHT);
  const symbol = text === null ? null : QRCode.create(text, { errorCorrectionLevel: 'M' }).modules;
  let seed = 1;
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      const noise = (seed / 2_147_483_648 - 0.5) * 2 * NOISE;
      pixels[y * WIDTH + x] = Math.round(shade(x, y) + noise);
    }
  return pixels;

  function shade(x: number, y: number): number {
    if (symbol === null) return AROUND;
    const [dx, dy] = [x - WIDTH / 2, y - HEIGHT / 2];
    const modules = symbol.size + 2 * QUIET;
    const scale = modules / SIDE;
    const column = (dx * Math.cos(TILT) + dy * Math.sin(TILT)) * scale + modules / 2 - QUIET;
    const row = (dy * Math.cos(TILT) - dx * Math.sin(TILT)) * scale + modules / 2 - QUIET;
    const inside = (at: number, margin: number) => at >= -margin && at < symbol.size + margin;
    if (!inside(column, QUIET) || !inside(row, QUIET)) return AROUND;
    const dark =
      inside(column, 0) && inside(row, 0) && symbol.get(Math.floor(row), Math.floor(column));
    return dark ? BLACK : WHITE;
  }
}
