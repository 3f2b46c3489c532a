/** The sequencer over a real store: what it signs, and what every failure leaves behind. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/audit/checkpoint.ts';
import { LogDamaged, tileReader } from '../../src/audit/log-state.ts';
import { Prover, verifyConsistency } from '../../src/audit/proof.ts';
import { createSequencer, type Sequencer } from '../../src/audit/sequencer.ts';
import { verifierKey } from '../../src/audit/signed-note.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { appendEntries } from '../contracts/store/log.ts';
import { readLog } from '../support/store-under-test.ts';
import { NOON } from '../support/store-world.ts';
import { SlowTree } from './slow-tree.ts';

const ORIGIN = 'pass.example.cn/audit';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = verifierKey(
  ORIGIN,
  Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
);

let folder: string;
let path: string;
let store: Store;
/** Every checkpoint that was ever announced: what somebody outside may remember. */
let published: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'courier-pass-log-'));
  path = join(folder, 'store.sqlite');
  store = await openSqliteStore({ path });
  published = [];
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function sequencer(over: Store = store, now = () => NOON): Sequencer {
  return createSequencer({
    store: over,
    origin: ORIGIN,
    verifierKeys: () => [KEY],
    sign: (_, text) => [{ key: KEY, signature: sign(null, Buffer.from(text), privateKey) }],
    now,
    onCheckpoint: ({ note }) => published.push(note),
  });
}

/** Checks the whole log against its entries by the slow tree, and every checkpoint that was published against it. */
async function checkLog(size: number): Promise<void> {
  const log = await readLog(store);
  const slow = new SlowTree(log.map(({ text }) => Buffer.from(text)));
  const tree = await store.readLogTree();
  expect(tree?.size).toBe(size);
  expect(tree?.root).toBe(slow.mth(0, size).toString('base64'));
  const prover = new Prover(tileReader(store));
  for (let leaf = 0; leaf < size; leaf += 97)
    expect(Buffer.concat(await prover.inclusion(leaf, size))).toEqual(
      Buffer.concat(slow.path(leaf, 0, size)),
    );
  const stored = await store.latestCheckpoint();
  for (const note of stored === null ? published : [...published, stored.note]) {
    const checkpoint = openCheckpoint(note, [KEY]);
    const root = slow.mth(0, checkpoint.size);
    expect(Buffer.from(checkpoint.root).equals(root)).toBe(true);
    const proof = await prover.consistency(checkpoint.size, size);
    expect(
      verifyConsistency({
        from: checkpoint.size,
        fromRoot: checkpoint.root,
        to: size,
        toRoot: slow.mth(0, size),
        proof,
      }),
    ).toBe(true);
  }
}

const latestSize = async () => (await store.latestCheckpoint())?.size;

describe('the sequencer', () => {
  it('covers every entry with a checkpoint', async () => {
    const runs = sequencer();
    for (const count of [1, 254, 1, 1, 300]) {
      await appendEntries(store, count);
      await runs.run();
      const { length } = await readLog(store);
      await checkLog(length);
      expect(await latestSize()).toBe(length);
    }
    expect(published).toHaveLength(5);
  });

  it('signs an empty log once, and does nothing while nothing happens', async () => {
    const runs = sequencer();
    await runs.run();
    await runs.run();
    await appendEntries(store, 3);
    await runs.run();
    for (let idle = 0; idle < 5; idle++) await runs.run();
    expect(published.map((note) => openCheckpoint(note, [KEY]).size)).toEqual([0, 3]);
  });

  it('works off a backlog in batches, with a checkpoint every second meanwhile', async () => {
    await appendEntries(store, 3_000);
    let now = NOON;
    const slowClock = () => {
      now += 300;
      return now;
    };
    await sequencer(store, slowClock).run();
    await checkLog(3_000);
    expect(published.length).toBeGreaterThan(1);
    expect(await latestSize()).toBe(3_000);
  });

  it('goes on where another process stopped', async () => {
    await appendEntries(store, 700);
    await sequencer().run();
    await store.close();
    store = await openSqliteStore({ path });
    await appendEntries(store, 70);
    await sequencer().run();
    await checkLog(770);
  });

  it('of several at once, all go on and none forks the log', async () => {
    const several = [sequencer(), sequencer(), sequencer()];
    for (let round = 0; round < 12; round++) {
      const appended = appendEntries(store, 1 + round * 13);
      await Promise.all([...several.map((each) => each.run()), appended]);
    }
    await Promise.all(several.map((each) => each.run()));
    const { length } = await readLog(store);
    await checkLog(length);
    expect(await latestSize()).toBe(length);
  });
});

/** The writes of a run, and what the fault does to them. */
const WRITES = ['openLog', 'growLog', 'putCheckpoint'] as const;
const READS = ['readUnsequenced', 'readLogTile', 'latestCheckpoint'] as const;

type Operation = (typeof WRITES)[number] | (typeof READS)[number];

/** A store of which one operation fails: before it was done, or after. */
function failing(operation: Operation, when: 'before' | 'after'): Store {
  return new Proxy(store, {
    get(target, name, receiver) {
      const own = Reflect.get(target, name, receiver);
      if (name !== operation) return own;
      return async (...args: unknown[]) => {
        if (when === 'after') await own.apply(target, args);
        throw new StoreUnavailable('the disk is gone');
      };
    },
  });
}

describe('after each write that fails', () => {
  const cases = [
    ...WRITES.flatMap((operation) => [
      { operation, when: 'before', what: 'and is not persisted' } as const,
      { operation, when: 'after', what: 'but is persisted' } as const,
    ]),
    ...READS.map((operation) => ({ operation, when: 'before', what: '(a read)' }) as const),
  ];

  it.each(cases)(
    '$operation fails $what: the log stays whole, and goes on',
    async ({ operation, when }) => {
      // Near the end of a tile, so that the failures fall on its last hashes and on the next one's first.
      await appendEntries(store, 254);
      await sequencer().run();
      let size = 254;
      await checkLog(size);
      for (let failure = 0; failure < 3; failure++) {
        await appendEntries(store, 3);
        const failed = sequencer(failing(operation, when));
        await expect(failed.run()).rejects.toThrow(StoreUnavailable);
        // The same instance again, as the clock would run it: what was persisted is not to be done any more.
        const again = await failed.run().then(
          () => 'nothing to do',
          () => 'failed',
        );
        if (when === 'before') expect(again).toBe('failed');
        size = (await store.readLogTree())?.size ?? 0;
        await checkLog(size);
      }
      await appendEntries(store, 1);
      await sequencer().run();
      await checkLog(264);
      expect(await latestSize()).toBe(264);
    },
  );

  it.each(cases)(
    '$operation fails once $what: the same sequencer recovers',
    async ({ operation, when }) => {
      await appendEntries(store, 255);
      let broken = true;
      const unreliable = new Proxy(store, {
        get: (target, name) =>
          Reflect.get(broken ? failing(operation, when) : target, name, target),
      });
      const runs = sequencer(unreliable);
      if (operation === 'readLogTile') await sequencer().run();
      await expect(runs.run()).rejects.toThrow(StoreUnavailable);
      broken = false;
      await appendEntries(store, 2);
      await runs.run();
      await checkLog(257);
      expect(await latestSize()).toBe(257);
    },
  );
});

describe('a log that was tampered with', () => {
  /** Changes the file as somebody would who has it: without the triggers. */
  async function tamper(...statements: readonly string[]): Promise<void> {
    await store.close();
    const database = new Database(path);
    const triggers = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
      .all();
    for (const { name } of triggers) database.exec(`DROP TRIGGER \`${name}\``);
    for (const statement of statements) database.exec(statement);
    database.close();
    store = await openSqliteStore({ path });
  }

  beforeEach(async () => {
    await appendEntries(store, 300);
    await sequencer().run();
    await appendEntries(store, 1);
  });

  it.each([
    [
      'a hash of the partial tile',
      "UPDATE log_tiles SET hashes = CAST(x'00000000' || substr(hashes, 5) AS BLOB) WHERE level = 0 AND tile = 1",
    ],
    [
      'a hash above it',
      "UPDATE log_tiles SET hashes = CAST(x'00000000' || substr(hashes, 5) AS BLOB) WHERE level = 1",
    ],
    [
      'a tile cut short',
      'UPDATE log_tiles SET hashes = substr(hashes, 1, 320) WHERE level = 0 AND tile = 1',
    ],
    ['a tile deleted', 'DELETE FROM log_tiles WHERE level = 0 AND tile = 1'],
    ['the root', "UPDATE log_tree SET root = 'AAAA' || substr(root, 5)"],
    ['the size', 'UPDATE log_tree SET size = 299'],
    ['the size of the checkpoint', 'UPDATE log_checkpoints SET size = 299'],
    ['the text of the checkpoint', "UPDATE log_checkpoints SET note = replace(note, '300', '301')"],
    [
      'the signature of the checkpoint',
      "UPDATE log_checkpoints SET note = substr(note, 1, length(note) - 8) || 'AAAAAA=' || char(10)",
    ],
    ['the last entry, deleted', 'DELETE FROM audit_entries WHERE seq = 300'],
    ['the last entries, deleted', 'DELETE FROM audit_entries WHERE seq > 280'],
    [
      'one of the last entries, changed',
      "UPDATE audit_entries SET entry = replace(entry, 'v', 'w') WHERE seq = 290",
    ],
    [
      'two of the last entries, swapped',
      'UPDATE audit_entries SET seq = -1 WHERE seq = 290; UPDATE audit_entries SET seq = 290 WHERE seq = 291; UPDATE audit_entries SET seq = 291 WHERE seq = -1',
    ],
    ['the checkpoint, by no note at all', "UPDATE log_checkpoints SET note = 'hello'"],
  ])('is not gone on with: %s', async (_, statement) => {
    await tamper(statement);
    const before = await store.readLogTree();
    await expect(sequencer().run()).rejects.toThrow(LogDamaged);
    expect(await store.readLogTree()).toEqual(before);
  });

  it('numbers that had their places are not given again after the entries were taken away', async () => {
    await tamper('DELETE FROM audit_entries WHERE seq > 280');
    await appendEntries(store, 2);
    const log = await readLog(store);
    expect(log.slice(-3).map(({ seq }) => seq)).toEqual([280, 301, 302]);
  });

  it('any bit of any tile at the right edge, the root or the checkpoint shows', async () => {
    const rows = {
      tile: (await store.readLogTile(0, 1)).length,
      note: (await store.latestCheckpoint())?.note.length ?? 0,
    };
    expect(rows.tile).toBeGreaterThan(0);
    const bytes = Buffer.from(await store.readLogTile(0, 1), 'base64');
    for (let at = 0; at < bytes.length; at += 61) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const spoilt = new Proxy(store, {
        get: (target, name) =>
          name === 'readLogTile'
            ? async (level: number, tile: number) =>
                level === 0 && tile === 1
                  ? changed.toString('base64')
                  : target.readLogTile(level, tile)
            : Reflect.get(target, name, target),
      });
      await expect(sequencer(spoilt).run()).rejects.toThrow(LogDamaged);
    }
    const { note = '' } = (await store.latestCheckpoint()) ?? {};
    const text = Buffer.from(note);
    const nameEnd = note.indexOf(' ', note.indexOf('— ') + 2);
    for (let at = 0; at < text.length; at++) {
      const changed = Buffer.from(text);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const spoilt = new Proxy(store, {
        get: (target, name) =>
          name === 'latestCheckpoint'
            ? async () => ({ size: 300, at: NOON, note: changed.toString('utf8') })
            : Reflect.get(target, name, target),
      });
      const seen = published.length;
      const outcome = await sequencer(spoilt)
        .run()
        .then(
          () => 'signed anew',
          () => 'refused',
        );
      // The name and the id of the key are not signed: then it is nobody's signature, and the log signs anew.
      if (outcome === 'signed anew') {
        expect(published.length).toBe(seen + 1);
        expect(at).toBeGreaterThan(nameEnd - ORIGIN.length - 6);
      }
    }
  });
});
