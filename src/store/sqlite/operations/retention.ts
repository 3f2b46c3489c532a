import type { Millis } from '../../../domain/clock.ts';
import type { PruneOutcome } from '../../retention-store.ts';
import type { Context } from '../database.ts';
import type { Operations } from './operation.ts';

const TILE_WIDTH = 256;
/** Bundles that one announcement looks at: some milliseconds. */
const BUNDLES_AT_ONCE = 8;

interface Pruning {
  readonly through: number;
  readonly seq: number;
  readonly announcedSeq: number;
}

export function retentionOperations(context: Context): Pick<Operations, 'pruneLog'> {
  const { sqlite, audit } = context;
  const newest = sqlite.prepare<[], Pruning>(
    'SELECT through, seq, announced_seq AS announcedSeq FROM log_prunings ORDER BY through DESC LIMIT 1',
  );
  const oldestEntry = sqlite.prepare<[], { seq: number | null }>(
    'SELECT min(seq) AS seq FROM audit_entries',
  );
  const checkpoint = sqlite.prepare<[], { size: number | null }>(
    'SELECT max(size) AS size FROM log_checkpoints',
  );
  const seqAt = sqlite.prepare<[number, number], { seq: number }>(
    `SELECT first_seq + ? - first_leaf AS seq FROM log_runs WHERE first_leaf <= ? ORDER BY first_leaf DESC LIMIT 1`,
  );
  const entries = sqlite.prepare<[number, number], { entry: string }>(
    'SELECT entry FROM audit_entries WHERE seq >= ? AND seq < ?',
  );
  const announce = sqlite.prepare<[number, number, number]>(
    'INSERT INTO log_prunings (through, seq, announced_seq) VALUES (?, ?, ?)',
  );
  const dropEntries = sqlite.prepare<[number]>('DELETE FROM audit_entries WHERE seq < ?');
  const dropAttempts = sqlite.prepare<[number]>('DELETE FROM attempts WHERE seq < ?');
  const dropOld = OLD_ROWS.map((text) => sqlite.prepare<[number, Millis]>(text));

  /** The number of the entry at a place. */
  const seqOf = (leaf: number) => seqAt.get(leaf, leaf)?.seq ?? 0;

  /** Whether every entry of a bundle is older; what a gate decided alone is as old as when it became known. */
  function isOld(bundle: number, before: Millis): boolean {
    const rows = entries.all(seqOf(bundle * TILE_WIDTH), seqOf((bundle + 1) * TILE_WIDTH));
    return rows.every(({ entry }) => {
      const { at, receivedAt } = JSON.parse(entry) as { at: string; receivedAt?: string };
      return Math.max(Date.parse(at), Date.parse(receivedAt ?? at)) < before;
    });
  }

  function announceNext(from: number, size: number, before: Millis, now: Millis): PruneOutcome {
    let through = from;
    for (let count = 0; count < BUNDLES_AT_ONCE; count++) {
      if (through + TILE_WIDTH >= size || !isOld(through / TILE_WIDTH, before)) break;
      through += TILE_WIDTH;
    }
    if (through === from) return { kind: 'nothing' };
    const olderThan = new Date(before).toISOString();
    const { seq } = audit.append('audit.pruned', now, null, { from, through, olderThan });
    announce.run(through, seqOf(through), seq);
    return { kind: 'announced', through };
  }

  function drop(oldest: number, { seq }: Pruning, limit: number, before: Millis): PruneOutcome {
    const to = Math.min(seq, oldest + limit);
    const dropped = dropEntries.run(to).changes;
    dropAttempts.run(to);
    for (const statement of dropOld) statement.run(limit, before);
    return { kind: 'dropped', entries: dropped };
  }

  return {
    pruneLog({ before, limit, now }) {
      const size = checkpoint.get()?.size ?? 0;
      const last = newest.get();
      const oldest = oldestEntry.get()?.seq ?? 0;
      if (last === undefined || oldest >= last.seq)
        return announceNext(last?.through ?? 0, size, before, now);
      const covered = size > 0 && last.announcedSeq <= seqOf(size - 1);
      return covered ? drop(oldest, last, limit, before) : { kind: 'nothing' };
    },
  };
}

/** What is as old as the entries that tell of it, oldest first: (rows looked at, older than). */
const OLD_ROWS: readonly string[] = [
  ['visits', 'no', 'closed_at'],
  ['gate_events', 'no', 'received_at'],
  ['gate_commands', 'no', 'created_at'],
  // One that nobody ends any more would keep all behind it for ever.
  ['alerts', 'no', 'coalesce(ended_at, at)'],
].map(
  ([table, no, at]) =>
    `DELETE FROM ${table} WHERE ${no} IN (
       SELECT ${no} FROM (SELECT ${no}, ${at} AS at FROM ${table} ORDER BY ${no} LIMIT ?) WHERE at < ?)`,
);
