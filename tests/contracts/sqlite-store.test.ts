import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { freshStore, type Row, type StoreUnderTest } from '../support/store-under-test.ts';
import { ACTOR, NOON } from '../support/store-world.ts';
import { describeStore } from './store.contract.ts';

/** In memory where there is such a folder: what a crash leaves behind is tested in tests/faults. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

async function open(): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(FOLDER, 'courier-pass-store-'));
  const path = join(folder, 'store.sqlite');
  let store = await openSqliteStore({ path });
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await openSqliteStore({ path });
    },
    async sql(text) {
      const database = new Database(path);
      try {
        const statement = database.prepare<[], Row>(text);
        if (statement.reader) return statement.all();
        statement.run();
        return [];
      } finally {
        database.close();
      }
    },
    async dispose() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describeStore('sqlite', open);

describe('the audit log of the sqlite store', () => {
  const under = freshStore(open);

  it('refuses to put another entry in the place of one', async () => {
    await under.store.createApiKey({
      name: 'x',
      scope: { kind: 'all' },
      hash: 'hash',
      actor: ACTOR,
      now: NOON,
    });
    const forge = "INSERT OR REPLACE INTO audit_entries (seq, entry) VALUES (1, 'forged')";
    await expect(under.sql(forge)).rejects.toThrow(/audit entries are appended, never replaced/);
  });
});
