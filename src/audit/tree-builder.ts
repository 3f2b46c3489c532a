/**
 * A tree that grows: leaf hashes go in, tiles and roots come out. In memory is the right edge alone, at most 255
 * hashes a level.
 */
import { TILE_WIDTH } from './tiles.ts';
import { EMPTY_ROOT, HASH_BYTES, type Hash, rootOver } from './tree.ts';

/** A tile that changed, with all the hashes that it has now. */
export interface GrownTile {
  readonly level: number;
  readonly tile: number;
  /** Concatenated, 1–256 of them. */
  readonly hashes: Uint8Array;
}

export class TreeBuilder {
  #size: number;
  /** By level: the hashes of the tile that is not full, with room for a full one. */
  readonly #edge: Uint8Array[];

  /**
   * @param edge by level, from 0 on: the concatenated hashes of the partial tile of a tree of this size
   * @throws RangeError when the edge is not that of a tree of this size
   */
  constructor(size = 0, edge: readonly Uint8Array[] = []) {
    this.#size = size;
    this.#edge = Array.from({ length: levelsOf(size) }, (_, level) => {
      const room = new Uint8Array(TILE_WIDTH * HASH_BYTES);
      const hashes = edge[level] ?? new Uint8Array();
      if (hashes.length !== widthAt(size, level) * HASH_BYTES)
        throw new RangeError(`level ${level} has not the width of a tree of ${size} leaves`);
      room.set(hashes);
      return room;
    });
  }

  get size(): number {
    return this.#size;
  }

  /** Appends leaf hashes. @param leaves concatenated @returns every tile that changed, lower levels first */
  append(leaves: Uint8Array): readonly GrownTile[] {
    const grown: GrownTile[] = [];
    let [level, from, added] = [0, this.#size, leaves];
    while (added.length > 0) {
      const tiles = this.#grow(level, from, added);
      grown.push(...tiles);
      added = Buffer.concat(
        tiles.filter(({ hashes }) => isFull(hashes)).map(({ hashes }) => rootOver(hashes)),
      );
      from = Math.floor(from / TILE_WIDTH);
      level += 1;
    }
    this.#size += leaves.length / HASH_BYTES;
    return grown;
  }

  /** The root of all leaves so far. */
  root(): Hash {
    let below: Hash | null = null;
    for (const [level, room] of this.#edge.entries()) {
      const width = widthAt(this.#size, level);
      const hashes = room.subarray(0, width * HASH_BYTES);
      if (below !== null) below = rootOver(Buffer.concat([hashes, below]));
      else if (width > 0) below = rootOver(hashes.slice());
    }
    return below ?? EMPTY_ROOT;
  }

  /** Fills one level's tiles. @param from hashes that the level has so far */
  #grow(level: number, from: number, added: Uint8Array): GrownTile[] {
    const room = this.#edge[level] ?? new Uint8Array(TILE_WIDTH * HASH_BYTES);
    this.#edge[level] = room;
    const tiles: GrownTile[] = [];
    let [at, position] = [0, from];
    while (at < added.length) {
      const start = (position % TILE_WIDTH) * HASH_BYTES;
      const piece = added.subarray(at, at + room.length - start);
      room.set(piece, start);
      const tile = Math.floor(position / TILE_WIDTH);
      tiles.push({ level, tile, hashes: room.slice(0, start + piece.length) });
      at += piece.length;
      position += piece.length / HASH_BYTES;
    }
    return tiles;
  }
}

/** Levels that have at least one hash. */
export function levelsOf(size: number): number {
  let levels = 0;
  while (size >= TILE_WIDTH ** levels) levels += 1;
  return levels;
}

/** Hashes of the partial tile at the right edge of a level; 0: the last tile is full, or there is none. */
export function widthAt(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
}

function isFull(hashes: Uint8Array): boolean {
  return hashes.length === TILE_WIDTH * HASH_BYTES;
}
