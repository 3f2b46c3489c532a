import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenOptions, openSqliteStore } from '../../src/store/sqlite/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { expectNothingHalfWritten, expectWholeLog } from '../support/log-checks.ts';
import { readLog, sha256 } from '../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique } from '../support/store-world.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function open(options: Partial<OpenOptions> = {}): Promise<{ store: Store; path: string }> {
  const path = options.path ?? join(temporaryFolder(), 'store.sqlite');
  const store = await openSqliteStore({ ...options, path });
  onTestFinished(() => store.close());
  return { store, path };
}

function createKey(store: Store, hash = sha256(unique('key'))) {
  return store.createApiKey({
    name: 'x',
    scope: { kind: 'all' },
    hash,
    actor: ACTOR,
    now: NOON,
  });
}

/** Another process's write lock, as far as SQLite can tell. */
function lock(path: string): Database.Database {
  const other = new Database(path);
  other.exec('BEGIN IMMEDIATE');
  return other;
}

describe('a locked database', () => {
  it('fails writes after the time allowed, answers reads, and goes on when the lock is gone', async () => {
    const { store, path } = await open({ busyTimeoutMs: 50 });
    const world = await makeWorld({ store });
    const pass = await world.rider('r-1');
    const attempt = world.attempt({ pass, at: NOON });
    const before = await readLog(store);
    const other = lock(path);
    await expect(store.redeem(attempt)).rejects.toBeInstanceOf(StoreUnavailable);
    const mixed = await Promise.allSettled([
      store.redeem(attempt),
      store.findCommunity(world.community.id),
      world.deliver({ delivery: 'new', riderId: 'r-1' }),
    ]);
    expect(mixed.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    expect(await readLog(store)).toEqual(before);
    other.exec('ROLLBACK');
    other.close();
    expect(await store.redeem(attempt)).toMatchObject({
      kind: 'decided',
      record: { reason: 'granted' },
    });
    await expectWholeLog(store);
  });

  it('waits for a lock that is given back in time', async () => {
    const { store, path } = await open({ busyTimeoutMs: 20_000 });
    const world = await makeWorld({ store });
    const pass = await world.rider('r-1');
    const other = lock(path);
    const redeemed = world.scan({ pass, at: NOON });
    // Handed over with the next turn of the event loop: the database thread waits from then on.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    other.exec('COMMIT');
    other.close();
    expect(await redeemed).toMatchObject({ reason: 'granted' });
  });

  it('never gives a sequence number twice, though a foreign connection appended an entry', async () => {
    const { store, path } = await open();
    await createKey(store);
    const foreign = new Database(path);
    foreign.exec('INSERT INTO audit_entries (seq, entry) VALUES (2, \'{"foreign":true}\')');
    foreign.close();
    await createKey(store).catch(() => undefined);
    await createKey(store);
    const seqs = (await readLog(store)).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });
});

describe('an operation that fails in a group', () => {
  it('fails alone, and what came before and after it in the group is durable', async () => {
    const { store, path } = await open();
    const taken = sha256(unique('taken'));
    await createKey(store, taken);
    const world = await makeWorld({ store });
    const pass = await world.rider('r-1');
    const before = (await readLog(store)).length;
    // All in one turn of the event loop: one group.
    const settled = await Promise.allSettled([
      createKey(store),
      createKey(store, taken),
      world.scan({ pass, at: NOON }),
      createKey(store, taken),
      store.findApiKey(taken),
      store.createRiderLink({
        platform: 'nobody',
        riderId: 'r',
        tokenHash: 'x',
        expiresAt: NOON,
        now: NOON,
      }),
      world.deliver({ delivery: 'new', riderId: 'r-2' }),
    ]);
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).not.toBeInstanceOf(StoreUnavailable);
    }
    await store.close();
    const { store: reopened } = await open({ path });
    const log = await expectWholeLog(reopened);
    expect(log.slice(before).map(({ members }) => members['type'])).toEqual([
      'api_key.created',
      'decision',
      'pass.created',
    ]);
    expectNothingHalfWritten(path);
  });

  it('forgets what it had read or written in memory: the next sees the table', async () => {
    const { store } = await open();
    const taken = sha256(unique('taken'));
    await createKey(store, taken);
    const platform = {
      name: 'x',
      adapter: 'standard',
      districts: null,
      sealedSecret: 's',
      apiKeyName: 'k',
      actor: ACTOR,
      now: NOON,
    };
    const slug = unique('kuai');
    const [failed, second] = await Promise.allSettled([
      store.createPlatform({ ...platform, slug, apiKeyHash: taken }),
      store.createPlatform({ ...platform, slug, apiKeyHash: sha256(unique('key')) }),
    ]);
    expect(failed.status).toBe('rejected');
    expect(second).toMatchObject({ status: 'fulfilled', value: { kind: 'ok' } });
    await expectWholeLog(store);
  });
});

describe('the queue', () => {
  it('refuses at once what is more than may wait, and keeps what it accepted', async () => {
    const { store } = await open({ queueLength: 5 });
    const order: string[] = [];
    const calls = Array.from({ length: 20 }, (_, index) =>
      createKey(store).then(
        () => order.push(`accepted ${index}`),
        (error: unknown) => {
          expect(error).toBeInstanceOf(StoreUnavailable);
          order.push(`refused ${index}`);
        },
      ),
    );
    await Promise.all(calls);
    expect(order.slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, n) => `refused ${n + 5}`));
    expect(order.slice(15)).toEqual(Array.from({ length: 5 }, (_, n) => `accepted ${n}`));
    expect(await expectWholeLog(store)).toHaveLength(5);
    await expect(createKey(store)).resolves.toBeDefined();
  });

  it('answers in the order of the calls, however many groups they make', async () => {
    const { store } = await open();
    const order: number[] = [];
    const calls = Array.from({ length: 3_000 }, (_, index) =>
      createKey(store).then(() => order.push(index)),
    );
    await Promise.all(calls);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).toHaveLength(3_000);
  });

  it('lets each operation see what was called before it, in the same turn too', async () => {
    const { store } = await open();
    const hash = sha256(unique('key'));
    const [missing, made, found] = await Promise.all([
      store.findApiKey(hash),
      createKey(store, hash),
      store.findApiKey(hash),
    ]);
    expect(missing).toBeNull();
    expect(found).toEqual(made);
  });
});

describe('closing', () => {
  it('resolves when everything accepted is durable, and each promise with it', async () => {
    const { store, path } = await open();
    let answered = 0;
    const calls = Array.from({ length: 3_000 }, () =>
      createKey(store).then(() => {
        answered += 1;
      }),
    );
    await store.close();
    await Promise.all(calls);
    expect(answered).toBe(3_000);
    const { store: reopened } = await open({ path });
    expect(await expectWholeLog(reopened)).toHaveLength(3_000);
  });

  it('accepts nothing more from then on, and may be asked for twice', async () => {
    const { store } = await open();
    const accepted = createKey(store);
    const closing = store.close();
    await expect(createKey(store)).rejects.toBeInstanceOf(StoreUnavailable);
    await Promise.all([closing, store.close()]);
    await expect(accepted).resolves.toBeDefined();
    await expect(store.ping(NOON)).rejects.toBeInstanceOf(StoreUnavailable);
    await store.close();
  });
});

describe('opening', () => {
  it('fails where there is no folder', async () => {
    const path = join(temporaryFolder(), 'missing', 'store.sqlite');
    await expect(openSqliteStore({ path })).rejects.toThrow();
  });

  it('fails on a file that is no database, and leaves it as it is', async () => {
    const path = join(temporaryFolder(), 'store.sqlite');
    writeFileSync(path, 'not a database, but long enough to be looked at '.repeat(100));
    await expect(openSqliteStore({ path })).rejects.toThrow();
  });

  it('fails while another process has it open, and works once that has ended', async () => {
    const { store, path } = await open();
    await expect(openSqliteStore({ path })).rejects.toThrow('another process uses');
    await store.close();
    const again = await openSqliteStore({ path });
    await again.close();
  });
});
