/** The store's operations in this thread, on a real database: for what one operation does inside another's transaction. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, openDatabase } from '../../src/store/sqlite/database.ts';
import { operations } from '../../src/store/sqlite/operations/index.ts';
import type { Store } from '../../src/store/store.ts';

const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface OpenDatabase {
  readonly context: Context;
  /** The port on the same database. */
  readonly store: Store;
  /** Runs what belongs together in one transaction. */
  inTransaction<T>(run: () => T): T;
  close(): void;
}

export function openTestDatabase(): OpenDatabase {
  const folder = mkdtempSync(join(FOLDER, 'courier-pass-database-'));
  const context = openDatabase({
    path: join(folder, 'store.sqlite'),
    busyTimeoutMs: 1_000,
    role: 'writes',
  });
  context.sqlite.pragma('synchronous = OFF');
  const perform = operations(context);
  function inTransaction<T>(run: () => T): T {
    context.sqlite.exec('BEGIN IMMEDIATE');
    try {
      const value = run();
      context.sqlite.exec('COMMIT');
      return value;
    } catch (error) {
      context.sqlite.exec('ROLLBACK');
      context.audit.forget();
      context.reference.forget();
      throw error;
    }
  }
  const calls = Object.entries(perform).map(([name, run]) => [
    name,
    async (...args: unknown[]) =>
      inTransaction(() => (run as (...given: unknown[]) => unknown)(...args)),
  ]);
  return {
    context,
    store: Object.fromEntries(calls) as Store,
    inTransaction,
    close() {
      context.sqlite.close();
      context.lock?.close();
      rmSync(folder, { recursive: true });
    },
  };
}
