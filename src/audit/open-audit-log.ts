/** The audit log of this service: its sequencer, and what it publishes. */
import type { Millis } from '../domain/clock.ts';
import type { Keys } from '../keys/keys.ts';
import type { LogStore } from '../store/log-store.ts';
import type { AuditLog, FoundReceipt, PublishedKey } from './audit.ts';
import { type Checkpoint, readCheckpoint, type TreeHead } from './checkpoint.ts';
import { checkAgainst, LogDamaged, tileReader } from './log-state.ts';
import { Prover } from './proof.ts';
import { formatReceipt } from './receipt.ts';
import { createSequencer } from './sequencer.ts';
import { formatVerifierKey, verifierKey } from './signed-note.ts';
import { encodeBundle, parseTilePath, TILE_WIDTH } from './tiles.ts';
import { EMPTY_ROOT, HASH_BYTES, hashText } from './tree.ts';

export interface AuditLogDeps {
  readonly store: LogStore;
  readonly keys: Pick<Keys, 'checkpointKeys' | 'signCheckpoint'>;
  /** The name of a log that is made now; one that exists keeps its own. */
  readonly origin: string;
  now(): Millis;
  onCheckpoint(checkpoint: TreeHead & { readonly note: string }): void;
}

/**
 * Opens the log, or makes it. Where what others remember of it is ahead of it or another, it stays as it is: nothing
 * gets a place and nothing is signed until an operator has decided.
 * @param published checkpoints that others remember, believed
 */
export async function openAuditLog(
  deps: AuditLogDeps,
  published: readonly Checkpoint[] = [],
): Promise<AuditLog> {
  const { store, keys } = deps;
  const emptyRoot = hashText(EMPTY_ROOT);
  const { origin } = await store.openLog({ origin: deps.origin, emptyRoot, now: deps.now() });
  const prover = new Prover(tileReader(store));
  let halted = await contradiction(store, published);

  const sequencer = createSequencer({
    store,
    origin,
    verifierKeys: (name) =>
      keys.checkpointKeys().map(({ publicKey }) => verifierKey(name, publicKey)),
    sign: (name, text) =>
      keys.signCheckpoint(text, deps.now()).map(({ publicKey, signature }) => ({
        key: verifierKey(name, publicKey),
        signature,
      })),
    now: deps.now,
    onCheckpoint: deps.onCheckpoint,
  });

  return {
    origin,
    halted: () => halted,

    async run() {
      if (halted !== null) return;
      try {
        await sequencer.run();
      } catch (error) {
        if (error instanceof LogDamaged) halted = error.message;
        throw error;
      }
    },

    publishedKeys: () =>
      keys.checkpointKeys().map(
        ({ publicKey, state, stateSince }): PublishedKey => ({
          verifierKey: formatVerifierKey(verifierKey(origin, publicKey)),
          state,
          since: stateSince,
        }),
      ),

    async checkpoint() {
      return (await store.latestCheckpoint())?.note ?? null;
    },

    tile: (path) => readTile(store, path),

    findReceipt: (auditId) => findReceipt(store, prover, auditId),

    async inclusionProof(leaf, size) {
      return (await prover.inclusion(leaf, size)).map(hashText);
    },

    async consistencyProof(from, to) {
      const latest = await store.latestCheckpoint();
      if (latest === null || from > to || to > latest.size) return null;
      return (await prover.consistency(from, to)).map(hashText);
    },
  };
}

/** Why the log must not go on, in words; null: what others remember is of this log. */
async function contradiction(
  store: LogStore,
  published: readonly Checkpoint[],
): Promise<string | null> {
  const tree = await store.readLogTree();
  for (const checkpoint of published) {
    if (tree === null || checkpoint.origin !== tree.origin) continue;
    const outcome = await checkAgainst(store, tree, checkpoint);
    if (outcome.kind === 'ahead')
      return `a checkpoint of ${checkpoint.size} entries was published, and the log has ${tree.size}: it was cut, or restored from a backup`;
    if (outcome.kind === 'forked')
      return `a published checkpoint of ${checkpoint.size} entries is of another log: it was rewritten`;
  }
  return null;
}

async function readTile(store: LogStore, path: string): Promise<Uint8Array | null> {
  const address = parseTilePath(path);
  if (address === null) return null;
  const { level, tile, width } = address;
  if (level === 'entries') return readBundle(store, tile, width);
  const hashes = Buffer.from(await store.readLogTile(level, tile), 'base64');
  const wanted = hashes.subarray(0, width * HASH_BYTES);
  return wanted.length === width * HASH_BYTES ? wanted : null;
}

async function readBundle(
  store: LogStore,
  tile: number,
  width: number,
): Promise<Uint8Array | null> {
  const leaves = await store.readLogLeaves({ from: tile * TILE_WIDTH, limit: width });
  const entries = leaves.flatMap(({ entry }) => (entry === null ? [] : [Buffer.from(entry)]));
  return entries.length === width ? encodeBundle(entries) : null;
}

async function findReceipt(
  store: LogStore,
  prover: Prover,
  auditId: string,
): Promise<FoundReceipt | null> {
  const found = await store.findLogEntry(auditId);
  if (found === null) return null;
  const { entry, leaf, communityId, district, courierId } = found;
  const about = { entry, communityId, district, courierId };
  const latest = await store.latestCheckpoint();
  if (leaf === null || latest === null || leaf >= latest.size) return { ...about, receipt: null };
  const { size } = readCheckpoint(latest.note);
  const proof = await prover.inclusion(leaf, size);
  const receipt = formatReceipt({
    entry: Buffer.from(entry),
    leaf,
    proof,
    checkpoint: latest.note,
  });
  return { ...about, receipt };
}
