/**
 * Tiles: the tree and its entries as static resources.
 * @see C2SP tlog-tiles
 */
import { MAX_ENTRY_BYTES } from '../domain/audit-entry.ts';

/** Hashes, or entries, in a full tile. */
export const TILE_WIDTH = 256;
const MAX_LEVEL = 63;
const LENGTH_BYTES = 2;

export interface TileAddress {
  readonly level: number | 'entries';
  readonly tile: number;
  /** 1–255: a partial tile; 256: a full one. */
  readonly width: number;
}

/** What follows `/tile/`: `0/x001/234`, `1/000.p/17`, `entries/005`. */
export function tilePath({ level, tile, width }: TileAddress): string {
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `${level}/${tileName(tile)}${partial}`;
}

function tileName(tile: number): string {
  const digits = String(tile);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** Null: not the one writing of an address. */
export function parseTilePath(text: string): TileAddress | null {
  const [, levelText, name, widthText] =
    /^(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(text) ?? [];
  if (levelText === undefined || name === undefined) return null;
  const level = levelText === 'entries' ? levelText : Number(levelText);
  const tile = Number(name.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  const address: TileAddress = { level, tile, width };
  const isSound =
    (level === 'entries' || level <= MAX_LEVEL) &&
    Number.isSafeInteger(tile) &&
    (widthText === undefined || (width >= 1 && width < TILE_WIDTH));
  return isSound && tilePath(address) === text ? address : null;
}

/** How many hashes a tile has in a tree of a size; 0: there is no such tile. */
export function tileWidth(size: number, level: number, tile: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - tile * TILE_WIDTH));
}

/** Each entry behind its length, uint16 big-endian. @throws RangeError for an entry that is too long */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES) throw new RangeError('entry too long');
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** The entries of a bundle. Null: it does not end where an entry ends. */
export function decodeBundle(bundle: Uint8Array): readonly Uint8Array[] | null {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + LENGTH_BYTES > bytes.length) return null;
    const end = at + LENGTH_BYTES + bytes.readUInt16BE(at);
    if (end > bytes.length) return null;
    entries.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return entries;
}
