/** Draws a courier code as a QR symbol: version 6, level M, all in the alphanumeric mode. */
import { create } from 'qrcode/lib/core/qrcode.js';

/** Modules around the symbol that stay white. @see ISO/IEC 18004 */
const QUIET_MODULES = 4;
/** And around those, what the ring takes. */
const RING_MODULES = 1;

/** The part of the plane that a symbol of this size is shown in. */
export function viewBox(size: number): string {
  const from = -(QUIET_MODULES + RING_MODULES);
  return `${from} ${from} ${size - 2 * from} ${size - 2 * from}`;
}

export interface Symbol {
  /** Modules of a side, without the quiet zone. */
  readonly size: number;
  /** The dark modules, as the `d` of an SVG path whose unit is a module. */
  readonly path: string;
}

export function drawCode(code: string): Symbol {
  const { modules } = create([{ data: code, mode: 'alphanumeric' }], { errorCorrectionLevel: 'M' });
  const { size, data } = modules;
  let path = '';
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (!data[row * size + column]) continue;
      const from = column;
      while (column + 1 < size && data[row * size + column + 1]) column++;
      path += `M${from} ${row}h${column + 1 - from}v1h-${column + 1 - from}z`;
    }
  }
  return { size, path };
}
