/**
 * Proofs over the Merkle tree: made from tiles, verified from the hashes alone.
 * @see RFC 6962 §2.1.1, §2.1.2; the verification is that of RFC 9162 §2.1.3.2, §2.1.4.2
 */
import { TILE_WIDTH } from './tiles.ts';
import {
  EMPTY_ROOT,
  HASH_BYTES,
  type Hash,
  hashNode,
  isPowerOfTwo,
  sameHash,
  splitOf,
} from './tree.ts';

/**
 * Gives a tile's concatenated hashes: at least so many as the tree has at the size that is asked about. The hashes
 * are believed; what they prove is checked by whoever verifies the proof.
 */
export type ReadTile = (level: number, tile: number) => Promise<Uint8Array>;

/** Binary levels of the tree in one level of tiles. */
const TILE_HEIGHT = 8;
/** Tiles kept with the nodes above their hashes, at most 16 KiB each. */
const TILES_KEPT = 64;

/**
 * Makes proofs from tiles. Tiles that were read are kept: a tile only ever grows, so what a proof needs of it stays
 * right.
 */
export class Prover {
  readonly #readTile: ReadTile;
  readonly #kept = new Map<string, Promise<TileNodes>>();

  constructor(readTile: ReadTile) {
    this.#readTile = readTile;
  }

  /** The root of the first `size` leaves. */
  async root(size: number): Promise<Hash> {
    return size === 0 ? EMPTY_ROOT : this.#range(0, size);
  }

  /** The hash of one leaf. */
  async leaf(leaf: number): Promise<Hash> {
    return this.#complete(leaf, 1);
  }

  /**
   * The path from a leaf to the root of the first `size` leaves, the leaf's sibling first.
   * @throws RangeError when there is no such leaf in a tree of that size
   */
  async inclusion(leaf: number, size: number): Promise<readonly Hash[]> {
    if (!(leaf >= 0 && leaf < size)) throw new RangeError(`leaf ${leaf} is not in ${size} leaves`);
    return this.#path(leaf, 0, size);
  }

  /**
   * What proves that the first `from` of `to` leaves are those of an earlier tree. Empty from nothing, and to itself.
   * @throws RangeError unless 0 ≤ from ≤ to
   */
  async consistency(from: number, to: number): Promise<readonly Hash[]> {
    if (!(from >= 0 && from <= to)) throw new RangeError(`no proof leads from ${from} to ${to}`);
    if (from === 0 || from === to) return [];
    return this.#subproof({ of: from, from: 0, to, isKnown: 'known' });
  }

  /** PATH(m, D[from:to]) of RFC 6962. */
  async #path(leaf: number, from: number, to: number): Promise<Hash[]> {
    if (to - from === 1) return [];
    const middle = from + splitOf(to - from);
    return leaf < middle
      ? [...(await this.#path(leaf, from, middle)), await this.#range(middle, to)]
      : [...(await this.#path(leaf, middle, to)), await this.#range(from, middle)];
  }

  /** SUBPROOF(m, D[from:to], b) of RFC 6962. */
  async #subproof({ of, from, to, isKnown }: Subproof): Promise<readonly Hash[]> {
    if (of === to) return isKnown === 'known' ? [] : [await this.#range(from, to)];
    const middle = from + splitOf(to - from);
    if (of <= middle) {
      const left = await this.#subproof({ of, from, to: middle, isKnown });
      return [...left, await this.#range(middle, to)];
    }
    const right = await this.#subproof({ of, from: middle, to, isKnown: 'unknown' });
    return [...right, await this.#range(from, middle)];
  }

  /** MTH(D[from:to]) for a range that is a subtree of the log: `from` is a multiple of a power of two ≥ to − from. */
  async #range(from: number, to: number): Promise<Hash> {
    if (isPowerOfTwo(to - from)) return this.#complete(from, to - from);
    const middle = from + splitOf(to - from);
    return hashNode(await this.#complete(from, middle - from), await this.#range(middle, to));
  }

  /** MTH of so many leaves, a power of two, from a multiple of it on. */
  async #complete(from: number, leaves: number): Promise<Hash> {
    let [level, span] = [0, 1];
    while (span * TILE_WIDTH <= leaves) [level, span] = [level + 1, span * TILE_WIDTH];
    const [first, hashes] = [from / span, leaves / span];
    const tile = Math.floor(first / TILE_WIDTH);
    const start = first % TILE_WIDTH;
    const nodes = await this.#tile(level, tile, start + hashes);
    return nodes.node(Math.log2(hashes), start / hashes);
  }

  /** @throws RangeError when the tile has fewer hashes than that */
  async #tile(level: number, tile: number, width: number): Promise<TileNodes> {
    const name = `${level}/${tile}`;
    const kept = await this.#kept.get(name);
    if (kept !== undefined && kept.width >= width) return kept;
    const read = this.#readTile(level, tile).then((hashes) => new TileNodes(hashes));
    this.#keep(name, read);
    const nodes = await read.catch((error: unknown) => {
      this.#kept.delete(name);
      throw error;
    });
    if (nodes.width < width) throw new RangeError(`tile ${name} is too short`);
    return nodes;
  }

  #keep(name: string, nodes: Promise<TileNodes>): void {
    this.#kept.delete(name);
    this.#kept.set(name, nodes);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > TILES_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** A tile's hashes and, once asked for, the nodes above them. */
class TileNodes {
  readonly #hashes: Uint8Array;
  /** By height, from 1 on, and place. */
  readonly #above: Hash[][] = Array.from({ length: TILE_HEIGHT }, () => []);

  constructor(hashes: Uint8Array) {
    this.#hashes = hashes;
  }

  get width(): number {
    return Math.floor(this.#hashes.length / HASH_BYTES);
  }

  node(height: number, at: number): Hash {
    if (height === 0) return this.#hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    const known = this.#above[height]?.[at];
    if (known !== undefined) return known;
    const made = hashNode(this.node(height - 1, 2 * at), this.node(height - 1, 2 * at + 1));
    const row = this.#above[height];
    if (row !== undefined) row[at] = made;
    return made;
  }
}

interface Subproof {
  /** The first so many leaves of the log are the older tree. */
  readonly of: number;
  readonly from: number;
  readonly to: number;
  /** Whether the verifier knows the hash of [from, to) already: it is the older root. */
  readonly isKnown: 'known' | 'unknown';
}

/** Whether the path leads from the leaf to the root. */
export function verifyInclusion(claim: {
  readonly leafHash: Hash;
  readonly leaf: number;
  readonly size: number;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}): boolean {
  const { leaf, size, proof } = claim;
  if (!isSize(leaf) || !isSize(size) || leaf >= size) return false;
  let [position, last, hash] = [leaf, size - 1, claim.leafHash];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(position) || position === last) {
      hash = hashNode(sibling, hash);
      while (!isOdd(position) && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      hash = hashNode(hash, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && sameHash(hash, claim.root);
}

/** Whether the first `from` leaves under `toRoot` are those under `fromRoot`. */
export function verifyConsistency(claim: {
  readonly from: number;
  readonly fromRoot: Hash;
  readonly to: number;
  readonly toRoot: Hash;
  readonly proof: readonly Hash[];
}): boolean {
  const { from, fromRoot, to, toRoot, proof } = claim;
  if (!isSize(from) || !isSize(to) || from > to) return false;
  if (from === to) return proof.length === 0 && sameHash(fromRoot, toRoot);
  if (from === 0) return proof.length === 0 && sameHash(fromRoot, EMPTY_ROOT);
  const [first, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [position, last] = [from - 1, to - 1];
  while (isOdd(position)) [position, last] = [half(position), half(last)];
  let [older, newer] = [first, first];
  for (const hash of rest) {
    if (last === 0) return false;
    if (isOdd(position) || position === last) {
      older = hashNode(hash, older);
      newer = hashNode(hash, newer);
      while (!isOdd(position) && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      newer = hashNode(newer, hash);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && sameHash(older, fromRoot) && sameHash(newer, toRoot);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
function isOdd(value: number): boolean {
  return value % 2 === 1;
}
function half(value: number): number {
  return Math.floor(value / 2);
}
