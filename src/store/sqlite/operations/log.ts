/** The Merkle log over the audit entries: their places, the tree's tiles, and checkpoints. */
import type { CommunityId, PassId } from '../../../domain/identifier.ts';
import type { FoundEntry, LogTile, LogTree, StoredCheckpoint } from '../../log-store.ts';
import type { Context, SqliteDatabase } from '../database.ts';
import { courierId } from './couriers.ts';
import type { Operations } from './operation.ts';

type LogOperations = Pick<
  Operations,
  | 'openLog'
  | 'renameLog'
  | 'readLogTree'
  | 'readUnsequenced'
  | 'growLog'
  | 'readLogTile'
  | 'putCheckpoint'
  | 'latestCheckpoint'
  | 'readLogLeaves'
  | 'findLogEntry'
>;

const HASH_BYTES = 32;
const TILE_WIDTH = 256;
/** Leaves of one segment of the look-up: its pages fit into the cache while it grows. */
const SEGMENT_LEAVES = 65_536;
/** Bytes of a leaf hash that the look-up holds. */
const PREFIX_BYTES = 6;
const CHECKPOINTS_KEPT = 1_024;

interface Run {
  readonly firstLeaf: number;
  readonly firstSeq: number;
  readonly count: number;
}

export function logOperations(context: Context): LogOperations {
  const { sqlite, audit } = context;
  const places = statements(sqlite);

  /** The last entry that has a place. Numbers are given in the order of commits, so all before it have one too. */
  function lastSeq(): number {
    const last = places.lastRun.get();
    return last === undefined ? 0 : last.firstSeq + last.count - 1;
  }

  return {
    openLog({ origin, emptyRoot, now }) {
      places.open.run(origin, emptyRoot, now);
      const tree = places.tree.get();
      if (tree === undefined) throw new Error('the log cannot be opened');
      return tree;
    },

    renameLog({ origin, actor, now }) {
      const tree = places.tree.get();
      if (tree === undefined) throw new Error('there is no log to go on with');
      const { size, root } = tree;
      audit.append('log.renamed', now, null, { actor, from: tree.origin, to: origin, size, root });
      places.rename.run(origin);
      places.forgetAllCheckpoints.run();
      return { ...tree, origin };
    },

    readLogTree: () => places.tree.get() ?? null,

    readUnsequenced(limit) {
      const after = lastSeq();
      const auditIds = audit.auditIdsAfter(after, limit);
      const hashes = auditIds.map((auditId) => Buffer.from(auditId, 'base64url'));
      return {
        leafHashes: Buffer.concat(hashes).toString('base64'),
        runs: auditIds.length === 0 ? [] : [{ firstSeq: after + 1, count: auditIds.length }],
      };
    },

    growLog({ from, to, root, runs, tiles, now }) {
      const [run, ...more] = runs;
      const fits =
        places.tree.get()?.size === from &&
        run !== undefined &&
        more.length === 0 &&
        run.count === to - from &&
        run.firstSeq === lastSeq() + 1 &&
        places.entry.get(run.firstSeq + run.count - 1) !== undefined;
      if (!fits) return 'conflict';
      places.addRun.run(from, run.firstSeq, run.count);
      for (const tile of tiles)
        places.putTile.run(tile.level, tile.tile, Buffer.from(tile.hashes, 'base64'));
      for (const { prefix, leaf } of lookUps(tiles, from, to))
        places.addLookUp.run(segmentOf(leaf), prefix, leaf);
      places.grow.run(to, root, now);
      return 'grown';
    },

    readLogTile: (level, tile) =>
      Buffer.from(places.tile.get(level, tile)?.hashes ?? '').toString('base64'),

    putCheckpoint({ size, note, at }) {
      if (size > (places.tree.get()?.size ?? 0))
        throw new RangeError(`the log has not ${size} entries`);
      const newest = places.checkpoint.get();
      if (newest !== undefined && newest.size > size) return 'outdated';
      places.putCheckpoint.run(size, note, at);
      places.forgetCheckpoints.run();
      return 'kept';
    },

    latestCheckpoint: () => places.checkpoint.get() ?? null,

    readLogLeaves({ from, limit }) {
      const size = places.tree.get()?.size ?? 0;
      const leaves: { leaf: number; seq: number; entry: string | null }[] = [];
      for (let leaf = from; leaf < Math.min(from + limit, size); leaf++) {
        const seq = seqOf(leaf);
        leaves.push({ leaf, seq, entry: places.entry.get(seq)?.entry ?? null });
      }
      return leaves;
    },

    findLogEntry(auditId) {
      const hash = Buffer.from(auditId, 'base64url');
      if (hash.length !== HASH_BYTES) return null;
      const leaf = leafOf(hash);
      const seq = leaf === null ? audit.seqBehind(lastSeq(), auditId) : seqOf(leaf);
      const entry = seq === null ? undefined : places.entry.get(seq)?.entry;
      return entry === undefined ? null : { entry, leaf, ...namedIn(context, entry) };
    },
  };

  /** Where a leaf hash is in the tree; the newest segments first, since most ask about what was just answered. */
  function leafOf(hash: Buffer): number | null {
    const prefix = hash.readUIntBE(0, PREFIX_BYTES);
    const size = places.tree.get()?.size ?? 0;
    for (let segment = segmentOf(Math.max(0, size - 1)); segment >= 0; segment--) {
      for (const { leaf } of places.lookUp.all(segment, prefix))
        if (leafHashAt(leaf).equals(hash)) return leaf;
    }
    return null;
  }

  function leafHashAt(leaf: number): Buffer {
    // Whatever somebody has put there: SQLite keeps texts in columns of bytes.
    const hashes = Buffer.from(places.tile.get(0, Math.floor(leaf / TILE_WIDTH))?.hashes ?? '');
    const start = (leaf % TILE_WIDTH) * HASH_BYTES;
    return hashes.subarray(start, start + HASH_BYTES);
  }

  function seqOf(leaf: number): number {
    const run = places.runOf.get(leaf);
    if (run === undefined || leaf >= run.firstLeaf + run.count)
      throw new Error(`leaf ${leaf} has no entry`);
    return run.firstSeq + leaf - run.firstLeaf;
  }
}

function segmentOf(leaf: number): number {
  return Math.floor(leaf / SEGMENT_LEAVES);
}

/** New rows of the look-up in the order of its index, so that each page is touched once. */
function lookUps(
  tiles: readonly LogTile[],
  from: number,
  to: number,
): readonly { readonly prefix: number; readonly leaf: number }[] {
  const rows: { prefix: number; leaf: number }[] = [];
  for (const { level, tile, hashes } of tiles) {
    if (level !== 0) continue;
    const bytes = Buffer.from(hashes, 'base64');
    const first = tile * TILE_WIDTH;
    const last = Math.min(to, first + bytes.length / HASH_BYTES);
    for (let leaf = Math.max(from, first); leaf < last; leaf++) {
      const prefix = bytes.readUIntBE((leaf - first) * HASH_BYTES, PREFIX_BYTES);
      rows.push({ prefix, leaf });
    }
  }
  return rows.toSorted(
    (a, b) => segmentOf(a.leaf) - segmentOf(b.leaf) || a.prefix - b.prefix || a.leaf - b.leaf,
  );
}

/** Whose an entry is: what it names, as far as that is still known. */
function namedIn(
  context: Context,
  entry: string,
): Pick<FoundEntry, 'communityId' | 'district' | 'courierId'> {
  const { community, pass } = JSON.parse(entry) as { community?: CommunityId; pass?: PassId };
  const row = community === undefined ? null : context.reference.communityById(community);
  const holder =
    pass === undefined
      ? undefined
      : context.sqlite
          .prepare<[string], { courierNo: number | null }>(
            'SELECT courier_no AS courierNo FROM passes WHERE id = ?',
          )
          .get(pass);
  return {
    communityId: row?.id ?? null,
    district: row?.district ?? null,
    courierId: courierId(context, holder?.courierNo ?? null),
  };
}

function statements(sqlite: SqliteDatabase) {
  return {
    open: sqlite.prepare<[string, string, number]>(
      'INSERT OR IGNORE INTO log_tree (one, origin, size, root, grown_at) VALUES (1, ?, 0, ?, ?)',
    ),
    tree: sqlite.prepare<[], LogTree>('SELECT origin, size, root FROM log_tree WHERE one = 1'),
    grow: sqlite.prepare<[number, string, number]>(
      'UPDATE log_tree SET size = ?, root = ?, grown_at = ? WHERE one = 1',
    ),
    rename: sqlite.prepare<[string]>('UPDATE log_tree SET origin = ? WHERE one = 1'),
    forgetAllCheckpoints: sqlite.prepare('DELETE FROM log_checkpoints'),
    lastRun: sqlite.prepare<[], Run>(
      `SELECT first_leaf AS firstLeaf, first_seq AS firstSeq, count FROM log_runs
         ORDER BY first_leaf DESC LIMIT 1`,
    ),
    runOf: sqlite.prepare<[number], Run>(
      `SELECT first_leaf AS firstLeaf, first_seq AS firstSeq, count FROM log_runs
         WHERE first_leaf <= ? ORDER BY first_leaf DESC LIMIT 1`,
    ),
    addRun: sqlite.prepare<[number, number, number]>(
      'INSERT INTO log_runs (first_leaf, first_seq, count) VALUES (?, ?, ?)',
    ),
    tile: sqlite.prepare<[number, number], { hashes: Buffer }>(
      'SELECT hashes FROM log_tiles WHERE level = ? AND tile = ?',
    ),
    putTile: sqlite.prepare<[number, number, Buffer]>(
      `INSERT INTO log_tiles (level, tile, hashes) VALUES (?, ?, ?)
         ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes`,
    ),
    lookUp: sqlite.prepare<[number, number], { leaf: number }>(
      'SELECT leaf FROM log_lookup WHERE segment = ? AND prefix = ?',
    ),
    addLookUp: sqlite.prepare<[number, number, number]>(
      'INSERT INTO log_lookup (segment, prefix, leaf) VALUES (?, ?, ?)',
    ),
    entry: sqlite.prepare<[number], { entry: string }>(
      'SELECT entry FROM audit_entries WHERE seq = ?',
    ),
    checkpoint: sqlite.prepare<[], StoredCheckpoint>(
      'SELECT size, note, at FROM log_checkpoints ORDER BY size DESC LIMIT 1',
    ),
    putCheckpoint: sqlite.prepare<[number, string, number]>(
      `INSERT INTO log_checkpoints (size, note, at) VALUES (?, ?, ?)
         ON CONFLICT (size) DO UPDATE SET note = excluded.note`,
    ),
    forgetCheckpoints: sqlite.prepare(
      `DELETE FROM log_checkpoints WHERE size <=
         (SELECT size FROM log_checkpoints ORDER BY size DESC LIMIT 1 OFFSET ${CHECKPOINTS_KEPT})`,
    ),
  };
}
