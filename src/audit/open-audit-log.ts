/** The audit log of this service: its sequencer, and what it publishes. */
import type { Millis } from '../domain/clock.ts';
import type { Keys } from '../keys/keys.ts';
import type { LogStore } from '../store/log-store.ts';
import type { Store } from '../store/store.ts';
import type { AuditLog, FoundReceipt, PublishedKey } from './audit.ts';
import { readCheckpoint } from './checkpoint.ts';
import { type LogKeys, originsIn, type Remembered, readCheckpointFile } from './checkpoint-file.ts';
import { writeHead } from './head-file.ts';
import { checkAgainst, LogDamaged, tileReader } from './log-state.ts';
import type { Post } from './outbound.ts';
import { Prover, verifyInclusion } from './proof.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { formatReceipt } from './receipt.ts';
import { createSequencer } from './sequencer.ts';
import { formatVerifierKey, parseVerifierKey, verifierKey } from './signed-note.ts';
import { encodeBundle, parseTilePath, TILE_WIDTH } from './tiles.ts';
import { EMPTY_ROOT, HASH_BYTES, type Hash, hashLeaf, hashText } from './tree.ts';
import { createWitness } from './witness.ts';

export interface AuditLogDeps {
  readonly store: LogStore & Pick<Store, 'listRevokedKeys'>;
  readonly keys: Pick<Keys, 'checkpointKeys' | 'signCheckpoint'>;
  /** The name of a log that is made now; one that exists keeps its own. */
  readonly origin: string;
  /** Where checkpoints are appended, and read at the start; null: nowhere. */
  readonly checkpointFile: string | null;
  /** Where the newest checkpoint stands beside the database, read at the start; null: nowhere. */
  readonly headFile: string | null;
  /** Why the database is known to be a restored backup; null: it is not known to be one. */
  readonly restored: string | null;
  readonly checkpointWebhookUrl: URL | null;
  /** Who cosigns checkpoints; null: nobody. */
  readonly witness: { readonly url: URL; readonly verifierKey: string } | null;
  readonly post: Post;
  now(): Millis;
  readonly log: { warn(members: object, message: string): void };
}

/**
 * Opens the log, or makes it. Where what the checkpoint file remembers of it is ahead of it or another, it stays as it
 * is: nothing gets a place and nothing is signed until an operator has decided. Entries are recorded all the same.
 */
export async function openAuditLog(deps: AuditLogDeps): Promise<AuditLog> {
  const { store, keys, now } = deps;
  const emptyRoot = hashText(EMPTY_ROOT);
  let { origin } = await store.openLog({ origin: deps.origin, emptyRoot, now: now() });
  const prover = new Prover(tileReader(store));
  const publisher = createPublisher({
    file: deps.checkpointFile,
    webhookUrl: deps.checkpointWebhookUrl,
    post: deps.post,
    now,
  });
  const witness =
    deps.witness &&
    createWitness({
      store,
      prover,
      post: deps.post,
      url: deps.witness.url,
      key: parseVerifierKey(deps.witness.verifierKey),
      onCosigned: (checkpoint) => publisher.offer(checkpoint),
    });
  const verifierKeys = (name: string) =>
    keys.checkpointKeys().map(({ publicKey }) => verifierKey(name, publicKey));
  const allKeys = async (name: string): Promise<LogKeys> => ({
    inForce: verifierKeys(name),
    revoked: (await store.listRevokedKeys('checkpoint')).map(({ publicJwk }) =>
      verifierKey(name, publicKeyOf(publicJwk)),
    ),
  });
  const sequencer = createSequencer({
    store,
    origin,
    verifierKeys,
    sign: (name, text) =>
      keys.signCheckpoint(text, now()).map(({ publicKey, signature }) => ({
        key: verifierKey(name, publicKey),
        signature,
      })),
    now,
    onCheckpoint(checkpoint) {
      publisher.offer(checkpoint);
      signed = checkpoint.note;
    },
  });
  /** Signed, and not yet in the head file. */
  let signed: string | null = null;

  async function keepHead(): Promise<void> {
    const note = signed;
    if (note === null || deps.headFile === null) return;
    await writeHead(deps.headFile, note, now());
    if (signed === note) signed = null;
  }

  /** Set by what others remember: an operator may decide to go on. */
  let contradicted =
    (await contradiction(deps, await remembered(deps, origin, await allKeys(origin)))) ??
    deps.restored;
  let damaged: string | null = null;
  if (contradicted !== null) deps.log.warn({ why: contradicted }, 'the audit log is halted');
  else await offerLatest(store, publisher);

  return {
    get origin() {
      return origin;
    },
    halted: () => damaged ?? contradicted,

    async run() {
      if (damaged !== null || contradicted !== null) return;
      try {
        await sequencer.run();
        await keepHead();
      } catch (error) {
        if (error instanceof LogDamaged) damaged = error.message;
        throw error;
      }
    },

    publish: () => publisher.publish(),

    async cosign() {
      if (damaged === null && contradicted === null) await witness?.cosign();
    },

    async goOnRenamed(actor) {
      if (contradicted === null) return;
      const successor = await unusedSuccessor(deps, origin);
      const renamed = await store.renameLog({ origin: successor, actor, now: now() });
      origin = renamed.origin;
      contradicted = null;
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

    async findReceipt(auditId) {
      try {
        return await findReceipt(store, prover, auditId);
      } catch (error) {
        if (error instanceof LogDamaged) damaged = error.message;
        throw error;
      }
    },

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

/** `pass.example.cn/audit` goes on as `pass.example.cn/audit/2`, and that as `…/3`. */
function successorOf(origin: string): string {
  const [, name = origin, number = '1'] = /^(.*\/audit)\/(\d{1,9})$/.exec(origin) ?? [];
  return `${name}/${Number(number) + 1}`;
}

/** A name that nothing was published under: a backup may have been put back before. */
async function unusedSuccessor(
  { checkpointFile, headFile }: AuditLogDeps,
  origin: string,
): Promise<string> {
  const files = [checkpointFile, headFile].filter((path) => path !== null);
  const used = new Set((await Promise.all(files.map(originsIn))).flatMap((names) => [...names]));
  let name = successorOf(origin);
  while (used.has(name)) name = successorOf(name);
  return name;
}

async function remembered(
  { checkpointFile, headFile, log }: AuditLogDeps,
  origin: string,
  keys: LogKeys,
): Promise<Remembered> {
  const files = [checkpointFile, headFile].filter((path) => path !== null);
  const found = await Promise.all(files.map((path) => readCheckpointFile(path, origin, keys)));
  const malformed = found.reduce((sum, each) => sum + each.malformed, 0);
  if (malformed > 0)
    log.warn({ lines: malformed }, 'the checkpoint file has lines that are no checkpoint');
  return {
    checkpoints: found.flatMap(({ checkpoints }) => checkpoints),
    strangers: found.reduce((sum, each) => sum + each.strangers, 0),
    malformed,
  };
}

/** The 32 bytes of an Ed25519 key. @see RFC 8037 §2 */
function publicKeyOf(publicJwk: string | null): Uint8Array {
  const { x = '' } = JSON.parse(publicJwk ?? '{}') as { x?: string };
  return new Uint8Array(Buffer.from(x, 'base64url'));
}

/** Why the log must not go on, in words; null: what others remember is of this log. */
async function contradiction(
  { store }: AuditLogDeps,
  { checkpoints, strangers }: Remembered,
): Promise<string | null> {
  if (strangers > 0)
    return 'checkpoints are remembered under the name of this log that none of its keys has signed';
  const [newest] = checkpoints.toSorted((a, b) => b.size - a.size);
  const tree = await store.readLogTree();
  if (newest === undefined || tree === null) return null;
  const outcome = await checkAgainst(store, tree, newest);
  switch (outcome.kind) {
    case 'consistent':
      return null;
    case 'ahead':
      return `a checkpoint of ${newest.size} entries was published, and the log has ${tree.size}: it was cut, or restored from a backup`;
    case 'forked':
      return `the published checkpoint of ${newest.size} entries is of another log: it was rewritten`;
  }
}

/** After a crash the newest checkpoint may not have been published yet. */
async function offerLatest(store: LogStore, publisher: Publisher): Promise<void> {
  const latest = await store.latestCheckpoint();
  if (latest !== null) publisher.offer(latest);
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

/** Null: a tile is missing, or too short. */
async function inclusion(
  prover: Prover,
  leaf: number,
  size: number,
): Promise<readonly Hash[] | null> {
  try {
    return await prover.inclusion(leaf, size);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Nobody is handed a receipt that does not hold. @throws LogDamaged where there can be none */
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
  const { size, root } = readCheckpoint(latest.note);
  const proof = await inclusion(prover, leaf, size);
  const leafHash = hashLeaf(entry);
  if (proof === null || !verifyInclusion({ leafHash, leaf, size, proof, root }))
    throw new LogDamaged(`the tiles do not lead from entry ${leaf} to the root of ${size} entries`);
  const receipt = formatReceipt({
    entry: Buffer.from(entry),
    leaf,
    proof,
    checkpoint: latest.note,
  });
  return { ...about, receipt };
}
