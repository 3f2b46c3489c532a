/** The log as the store has it, checked before it goes on. */
import type { LogStore, LogTree } from '../store/log-store.ts';
import { type Checkpoint, openCheckpoint, readCheckpoint } from './checkpoint.ts';
import { Prover, type ReadTile } from './proof.ts';
import { NoteError, type VerifierKey, WrongSignature } from './signed-note.ts';
import { TILE_WIDTH } from './tiles.ts';
import { HASH_BYTES, hashLeaf, hashText, sameHash } from './tree.ts';
import { levelsOf, TreeBuilder, widthAt } from './tree-builder.ts';

/** What the store holds of the log contradicts itself, or what others remember of it; the message says how. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
}

/** What a published checkpoint says of the log that there is. */
export type AgainstPublished =
  /** The log has grown from it. */
  | { readonly kind: 'consistent' }
  /** The log is shorter than what was published: it was cut, or is a restored backup. */
  | { readonly kind: 'ahead'; readonly published: Checkpoint; readonly size: number }
  /** The log had another tree at that size. */
  | { readonly kind: 'forked'; readonly published: Checkpoint };

export function tileReader(store: Pick<LogStore, 'readLogTile'>): ReadTile {
  return async (level, tile) => Buffer.from(await store.readLogTile(level, tile), 'base64');
}

/** Reads the right edge. @throws LogDamaged when it is not that of the tree, or its entries are not those of the tree */
export async function loadTree(
  store: Pick<LogStore, 'readLogTile' | 'readLogLeaves'>,
  tree: LogTree,
): Promise<TreeBuilder> {
  const { size } = tree;
  const readTile = tileReader(store);
  const edge = Array.from({ length: levelsOf(size) }, async (_, level) => {
    const width = widthAt(size, level);
    if (width === 0) return new Uint8Array();
    const hashes = await readTile(level, Math.floor(size / TILE_WIDTH ** (level + 1)));
    return hashes.subarray(0, width * HASH_BYTES);
  });
  const builder = openedAt(size, await Promise.all(edge));
  if (hashText(builder.root()) !== tree.root)
    throw new LogDamaged(`the tiles at the right edge do not make the root of ${size} entries`);
  await checkNewestEntries(store, size, await readTile(0, Math.floor(size / TILE_WIDTH)));
  return builder;
}

/** The entries of the partial tile: retention drops whole ones only, so all of them must be there. */
async function checkNewestEntries(
  store: Pick<LogStore, 'readLogLeaves'>,
  size: number,
  hashes: Uint8Array,
): Promise<void> {
  const width = widthAt(size, 0);
  if (width === 0) return;
  for (const { leaf, entry } of await store.readLogLeaves({ from: size - width, limit: width })) {
    const at = (leaf % TILE_WIDTH) * HASH_BYTES;
    const isWhole =
      entry !== null && sameHash(hashLeaf(entry), hashes.subarray(at, at + HASH_BYTES));
    if (!isWhole)
      throw new LogDamaged(`entry ${leaf} is ${entry === null ? 'missing' : 'another one'}`);
  }
}

function openedAt(size: number, edge: readonly Uint8Array[]): TreeBuilder {
  try {
    return new TreeBuilder(size, edge);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LogDamaged(`tiles are missing or too short: ${error.message}`, { cause: error });
  }
}

/** Holds the log against a checkpoint that is believed: signed by us, or remembered by others. */
export async function checkAgainst(
  store: Pick<LogStore, 'readLogTile'>,
  tree: LogTree,
  published: Checkpoint,
): Promise<AgainstPublished> {
  if (published.size > tree.size) return { kind: 'ahead', published, size: tree.size };
  const root = await rootOf(store, published.size);
  return root !== null && sameHash(root, published.root)
    ? { kind: 'consistent' }
    : { kind: 'forked', published };
}

async function rootOf(store: Pick<LogStore, 'readLogTile'>, size: number) {
  try {
    return await new Prover(tileReader(store)).root(size);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Checks the newest checkpoint of our own.
 * @returns its size; null: it must be signed anew, since no key in force has signed it
 * @throws LogDamaged when its signature is wrong, or it is not of this tree
 */
export async function checkOwn(
  store: Pick<LogStore, 'readLogTile' | 'latestCheckpoint'>,
  tree: LogTree,
  keys: readonly VerifierKey[],
): Promise<number | null> {
  const stored = await store.latestCheckpoint();
  if (stored === null) return null;
  const checkpoint = readOwn(stored.note);
  const isOurs = checkpoint.size === stored.size && checkpoint.origin === tree.origin;
  const outcome = isOurs ? await checkAgainst(store, tree, checkpoint) : null;
  if (outcome?.kind !== 'consistent')
    throw new LogDamaged(`the checkpoint of ${stored.size} entries is not one of this tree`);
  return isSigned(stored.note, keys) ? checkpoint.size : null;
}

function readOwn(note: string): Checkpoint {
  try {
    return readCheckpoint(note);
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new LogDamaged('the newest checkpoint is malformed', { cause: error });
  }
}

function isSigned(note: string, keys: readonly VerifierKey[]): boolean {
  try {
    openCheckpoint(note, keys);
    return true;
  } catch (error) {
    if (error instanceof WrongSignature)
      throw new LogDamaged(`the newest checkpoint: ${error.message}`, { cause: error });
    if (error instanceof NoteError) return false;
    throw error;
  }
}
