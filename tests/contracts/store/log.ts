import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TreeBuilder } from '../../../src/audit/tree-builder.ts';
import type { LogRun } from '../../../src/store/log-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { freshStore, type OpenStore, readLog } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique } from '../../support/store-world.ts';

const EMPTY_ROOT = createHash('sha256').digest('base64');
const ORIGIN = 'pass.example.cn/audit';
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Appends so many entries, whatever they are of. */
export async function appendEntries(store: Store, count: number): Promise<void> {
  const made = Array.from({ length: count }, () =>
    store.createApiKey({
      name: 'x',
      scope: { kind: 'all' },
      hash: unique('hash'),
      actor: ACTOR,
      now: NOON,
    }),
  );
  await Promise.all(made);
}

/** What a sequencer would write for everything that has no place, in batches of at most `limit`. */
async function growAll(store: Store, builder: TreeBuilder, limit = 1_000): Promise<LogRun[]> {
  const all: LogRun[] = [];
  for (;;) {
    const { leafHashes, runs } = await store.readUnsequenced(limit);
    if (runs.length === 0) return all;
    const from = builder.size;
    const grown = builder.append(Buffer.from(leafHashes, 'base64'));
    const tiles = grown.map((tile) => ({ ...tile, hashes: base64(tile.hashes) }));
    const root = base64(builder.root());
    const next = { from, to: builder.size, root, runs, tiles, now: NOON };
    expect(await store.growLog(next)).toBe('grown');
    all.push(...runs);
  }
}

const opened = (store: Store) =>
  store.openLog({ origin: ORIGIN, emptyRoot: EMPTY_ROOT, now: NOON });

export function describeLog(open: OpenStore): void {
  const under = freshStore(open);

  it('is made once: another name afterwards changes nothing', async () => {
    const { store } = under;
    expect(await store.readLogTree()).toBeNull();
    const made = { origin: ORIGIN, size: 0, root: EMPTY_ROOT };
    expect(await opened(store)).toEqual(made);
    const other = { origin: 'other.example/audit', emptyRoot: EMPTY_ROOT, now: NOON };
    expect(await store.openLog(other)).toEqual(made);
    await under.reopen();
    expect(await under.store.readLogTree()).toEqual(made);
  });

  it('gives every entry one place, in the order of its number, whatever the batches and restarts', async () => {
    const builder = new TreeBuilder();
    await opened(under.store);
    const runs: LogRun[] = [];
    for (const [count, limit] of [
      [3, 1],
      [0, 5],
      [300, 7],
      [260, 256],
    ] as const) {
      await appendEntries(under.store, count);
      if (count === 300) await under.reopen();
      runs.push(...(await growAll(under.store, builder, limit)));
    }
    const log = await readLog(under.store);
    const places = runs.flatMap(({ firstSeq, count }) =>
      Array.from({ length: count }, (_, n) => firstSeq + n),
    );
    expect(places).toEqual(log.map(({ seq }) => seq));
    const leaves = await under.store.readLogLeaves({ from: 0, limit: 1_000 });
    expect(leaves).toEqual(log.map(({ seq, text }, leaf) => ({ leaf, seq, entry: text })));
    expect(await under.store.readLogLeaves({ from: 561, limit: 9 })).toEqual(
      leaves.slice(561, 570),
    );
  });

  it('an entry that is appended while a batch is under way comes with the next', async () => {
    const { store } = under;
    await opened(store);
    await appendEntries(store, 2);
    const builder = new TreeBuilder();
    const first = await store.readUnsequenced(10);
    await appendEntries(store, 3);
    const tiles = builder
      .append(Buffer.from(first.leafHashes, 'base64'))
      .map((tile) => ({ ...tile, hashes: base64(tile.hashes) }));
    const root = base64(builder.root());
    await store.growLog({ from: 0, to: 2, root, runs: first.runs, tiles, now: NOON });
    expect((await store.readUnsequenced(10)).runs).toEqual([{ firstSeq: 3, count: 3 }]);
  });

  it('the hashes that it gives are those of the entries, also after a rollback and a restart', async () => {
    await opened(under.store);
    await appendEntries(under.store, 5);
    const hashes = async () => {
      const { leafHashes } = await under.store.readUnsequenced(100);
      const bytes = Buffer.from(leafHashes, 'base64');
      return Array.from({ length: bytes.length / 32 }, (_, n) =>
        bytes.toString('base64url', n * 32, n * 32 + 32),
      );
    };
    const ids = async () => (await readLog(under.store)).map(({ auditId }) => auditId);
    expect(await hashes()).toEqual(await ids());
    // Two keys with one hash: the second is refused, and its group is rolled back.
    const key = {
      name: 'x',
      scope: { kind: 'all' },
      hash: 'same',
      actor: ACTOR,
      now: NOON,
    } as const;
    await Promise.allSettled([under.store.createApiKey(key), under.store.createApiKey(key)]);
    await appendEntries(under.store, 2);
    expect(await hashes()).toEqual(await ids());
    expect(await hashes()).toHaveLength(8);
    await under.reopen();
    expect(await hashes()).toEqual(await ids());
  });

  describe('compares and swaps', () => {
    async function prepared() {
      const { store } = under;
      await opened(store);
      await appendEntries(store, 4);
      const builder = new TreeBuilder();
      const { leafHashes, runs } = await store.readUnsequenced(10);
      const tiles = builder
        .append(Buffer.from(leafHashes, 'base64'))
        .map((tile) => ({ ...tile, hashes: base64(tile.hashes) }));
      return { from: 0, to: 4, root: base64(builder.root()), runs, tiles, now: NOON };
    }

    it('of two that grow it at once one does', async () => {
      const growth = await prepared();
      const outcomes = await Promise.all([
        under.store.growLog(growth),
        under.store.growLog(growth),
        under.store.growLog({ ...growth, root: EMPTY_ROOT }),
      ]);
      expect(outcomes).toEqual(['grown', 'conflict', 'conflict']);
      expect(await under.store.readLogTree()).toMatchObject({ size: 4, root: growth.root });
    });

    it('refuses another size, entries twice, entries left out, and entries that are not there', async () => {
      const growth = await prepared();
      for (const wrong of [
        { ...growth, from: 1, to: 5 },
        { ...growth, to: 3 },
        { ...growth, runs: [] },
        { ...growth, runs: [{ firstSeq: 2, count: 4 }] },
        { ...growth, runs: [{ firstSeq: 1, count: 5 }], to: 5 },
      ])
        expect(await under.store.growLog(wrong)).toBe('conflict');
      expect(await under.store.readLogTree()).toMatchObject({ size: 0 });
      expect(await under.store.growLog(growth)).toBe('grown');
      expect(await under.store.growLog({ ...growth, from: 4, to: 8 })).toBe('conflict');
    });
  });

  it('tiles, places and the tree are never changed, cut or deleted', async () => {
    const { store } = under;
    await opened(store);
    await appendEntries(store, 300);
    await growAll(store, new TreeBuilder());
    for (const text of [
      "UPDATE log_tiles SET hashes = x'00' WHERE level = 0 AND tile = 0",
      'UPDATE log_tiles SET tile = 9 WHERE level = 0 AND tile = 0',
      'DELETE FROM log_tiles',
      'UPDATE log_runs SET first_seq = 7',
      'DELETE FROM log_runs',
      'INSERT INTO log_runs VALUES (5, 900, 1)',
      'INSERT INTO log_runs VALUES (305, 900, 1)',
      'UPDATE log_tree SET size = size - 1',
      "UPDATE log_tree SET root = 'x'",
      'DELETE FROM log_tree',
    ])
      await expect(under.sql(text), text).rejects.toThrow(
        /keeps its|never deleted|only grows|one after/,
      );
  });

  it('a tile is read as it is, and is empty where there is none', async () => {
    const { store } = under;
    await opened(store);
    await appendEntries(store, 300);
    const builder = new TreeBuilder();
    await growAll(store, builder, 100);
    const log = await readLog(store);
    const level0 = Buffer.concat(log.map(({ auditId }) => Buffer.from(auditId, 'base64url')));
    expect(await store.readLogTile(0, 0)).toBe(base64(level0.subarray(0, 256 * 32)));
    expect(await store.readLogTile(0, 1)).toBe(base64(level0.subarray(256 * 32)));
    expect(Buffer.from(await store.readLogTile(1, 0), 'base64')).toHaveLength(32);
    expect(await store.readLogTile(1, 1)).toBe('');
    expect(await store.readLogTile(5, 0)).toBe('');
  });

  describe('checkpoints', () => {
    const checkpoint = (size: number, note = `note ${size}`) => ({ size, note, at: NOON });

    it('the newest is kept, an older one does not take its place', async () => {
      const { store } = under;
      await opened(store);
      await appendEntries(store, 5);
      await growAll(store, new TreeBuilder());
      expect(await store.latestCheckpoint()).toBeNull();
      expect(await store.putCheckpoint(checkpoint(3))).toBe('kept');
      expect(await store.putCheckpoint(checkpoint(5))).toBe('kept');
      expect(await store.putCheckpoint(checkpoint(4))).toBe('outdated');
      expect(await store.putCheckpoint(checkpoint(5, 'with a cosignature'))).toBe('kept');
      await under.reopen();
      expect(await under.store.latestCheckpoint()).toEqual(checkpoint(5, 'with a cosignature'));
    });

    it('none is kept of a size that the tree never had', async () => {
      await opened(under.store);
      await expect(under.store.putCheckpoint(checkpoint(1))).rejects.toThrow();
      expect(await under.store.latestCheckpoint()).toBeNull();
    });
  });

  describe('finds an entry', () => {
    it('by its audit id, before and after it has its place', async () => {
      const { store } = under;
      await opened(store);
      const world = await makeWorld(under);
      const log = await readLog(store);
      const builder = new TreeBuilder();
      const about = async () => Promise.all(log.map(({ auditId }) => store.findLogEntry(auditId)));
      await store.readUnsequenced(1_000);
      expect((await about()).map((found) => found?.leaf)).toEqual(log.map(() => null));
      await growAll(store, builder);
      expect((await about()).map((found) => found?.leaf)).toEqual(log.map((_, leaf) => leaf));
      expect((await about()).map((found) => found?.entry)).toEqual(log.map(({ text }) => text));
      const ofCommunity = (await about()).filter((found) => found?.communityId);
      expect(ofCommunity.length).toBeGreaterThan(0);
      for (const found of ofCommunity) expect(found?.communityId).toBe(world.community.id);
    });

    it('that waits for its place, also right after a start and after a rollback', async () => {
      await opened(under.store);
      await appendEntries(under.store, 3);
      const waiting = async (): Promise<void> => {
        for (const { auditId, text } of await readLog(under.store))
          expect(await under.store.findLogEntry(auditId)).toMatchObject({
            entry: text,
            leaf: null,
          });
      };
      await waiting();
      await under.reopen();
      await waiting();
      const key = {
        name: 'x',
        scope: { kind: 'all' },
        hash: 'same',
        actor: ACTOR,
        now: NOON,
      } as const;
      await Promise.allSettled([under.store.createApiKey(key), under.store.createApiKey(key)]);
      await waiting();
      await growAll(under.store, new TreeBuilder());
      await appendEntries(under.store, 1);
      await under.reopen();
      const last = (await readLog(under.store)).at(-1);
      expect(await under.store.findLogEntry(last?.auditId ?? '')).toMatchObject({ leaf: null });
    });

    it('and none that is not there', async () => {
      await opened(under.store);
      await appendEntries(under.store, 3);
      for (const auditId of ['', 'x', 'A'.repeat(43), 'A'.repeat(44)])
        expect(await under.store.findLogEntry(auditId)).toBeNull();
    });
  });
}
