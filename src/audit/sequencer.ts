/**
 * Gives committed entries their places in the tree and signs what the tree has become. Nothing is signed that is not
 * committed: the store compares and swaps the tree's size first, so two sequencers never sign two trees of one size.
 * After any failure nothing in memory is believed; the next run begins with what the store has.
 */
import type { Millis } from '../domain/clock.ts';
import type { LogStore } from '../store/log-store.ts';
import { formatCheckpoint, type TreeHead } from './checkpoint.ts';
import { checkOwn, LogDamaged, loadTree } from './log-state.ts';
import { formatNote, signatureLine, type VerifierKey } from './signed-note.ts';
import { EMPTY_ROOT, hashText } from './tree.ts';
import type { TreeBuilder } from './tree-builder.ts';

export interface SequencerDeps {
  readonly store: LogStore;
  /** The name of a log that is made now; one that exists keeps its own. */
  readonly origin: string;
  /** Keys that may have signed checkpoints under a name. */
  verifierKeys(origin: string): readonly VerifierKey[];
  /** Signs a checkpoint's text: each signature with its key. */
  sign(
    origin: string,
    text: string,
  ): readonly { readonly key: VerifierKey; readonly signature: Uint8Array }[];
  now(): Millis;
  /** Told of each checkpoint once it is kept. */
  onCheckpoint(checkpoint: TreeHead & { readonly note: string }): void;
}

export interface Sequencer {
  /**
   * Works until every entry that was committed before has its place and is covered by a checkpoint. Where there is
   * nothing to do, it reads one row and leaves it at that. Runs asked for at once follow each other.
   * @throws LogDamaged when the log must not go on
   */
  run(): Promise<void>;
}

/** Entries that get their places in one transaction: short enough that a decision hardly waits for it. */
const BATCH_ENTRIES = 1_024;
/** While there is more to do, a checkpoint is signed this often. */
const SIGN_EVERY_MS = 1_000;
/** So many lost races in a row mean that something is wrong. */
const MOST_CONFLICTS = 20;

interface Progress {
  readonly origin: string;
  readonly builder: TreeBuilder;
  /** Null: what the tree is now must be signed. */
  signedSize: number | null;
}

export function createSequencer(deps: SequencerDeps): Sequencer {
  const { store } = deps;
  let progress: Progress | null = null;

  async function load(): Promise<Progress> {
    const { origin } = deps;
    const emptyRoot = hashText(EMPTY_ROOT);
    const tree = await store.openLog({ origin, emptyRoot, now: deps.now() });
    const builder = await loadTree(store, tree);
    const signedSize = await checkOwn(store, tree, deps.verifierKeys(tree.origin));
    return { origin: tree.origin, builder, signedSize };
  }

  /** @returns whether there may be more; the tree as it was before is no more to be used when this throws */
  async function grow({ builder }: Progress): Promise<'done' | 'more' | 'conflict'> {
    const { leafHashes, runs } = await store.readUnsequenced(BATCH_ENTRIES);
    const leaves = Buffer.from(leafHashes, 'base64');
    if (leaves.length === 0) return 'done';
    const from = builder.size;
    const tiles = builder.append(leaves).map(({ level, tile, hashes }) => ({
      level,
      tile,
      hashes: Buffer.from(hashes).toString('base64'),
    }));
    const root = hashText(builder.root());
    const grown = { from, to: builder.size, root, runs, tiles, now: deps.now() };
    if ((await store.growLog(grown)) === 'conflict') return 'conflict';
    return builder.size - from < BATCH_ENTRIES ? 'done' : 'more';
  }

  async function sign(current: Progress): Promise<void> {
    const { origin, builder } = current;
    if (current.signedSize === builder.size) return;
    const head = { size: builder.size, root: builder.root() };
    const text = formatCheckpoint({ origin, ...head });
    const lines = deps
      .sign(origin, text)
      .map(({ key, signature }) => signatureLine(key, signature));
    if (lines.length === 0) throw new LogDamaged('there is no key that signs checkpoints');
    const note = formatNote(text, lines);
    const kept = await store.putCheckpoint({ size: head.size, note, at: deps.now() });
    current.signedSize = head.size;
    if (kept === 'kept') deps.onCheckpoint({ ...head, note });
  }

  async function work(): Promise<void> {
    let conflicts = 0;
    let signedAt = deps.now();
    for (;;) {
      progress ??= await load();
      const outcome = await grow(progress);
      if (outcome === 'conflict') {
        progress = null;
        conflicts += 1;
        if (conflicts > MOST_CONFLICTS) throw new Error('the log grows under another hand');
        continue;
      }
      const isTime = deps.now() - signedAt >= SIGN_EVERY_MS;
      if (outcome === 'done' || isTime) {
        await sign(progress);
        signedAt = deps.now();
      }
      if (outcome === 'done') return;
    }
  }

  async function runOnce(): Promise<void> {
    try {
      await work();
    } catch (error) {
      progress = null;
      throw error;
    }
  }

  /** Settles when the run before has ended, however it did: two at once would share one tree. */
  let before = Promise.resolve();
  return {
    run() {
      const mine = before.then(runOnce);
      before = mine.catch(() => undefined);
      return mine;
    },
  };
}
