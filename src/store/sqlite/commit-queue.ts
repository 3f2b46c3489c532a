import { StoreUnavailable } from '../store.ts';
import type { Context } from './database.ts';
import { isFault } from './faults.ts';

function asReported(error: unknown): unknown {
  return isFault(error)
    ? new StoreUnavailable('the database cannot answer', { cause: error })
    : error;
}

/** One operation waiting for its group. */
export interface Item {
  readonly writes: boolean;
  run(): unknown;
}

export type ItemResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/**
 * Runs a group of operations in one transaction with one fsync, in order, each seeing what those before it did.
 * An operation that throws fails alone; whatever makes SQLite give up the transaction fails the whole group, as does
 * a failed commit. Nothing is reported as done before the commit has returned.
 */
export function runGroup(context: Context, items: readonly Item[]): ItemResult[] {
  if (!items.some((item) => item.writes)) return items.map(runAlone);
  try {
    return inTransaction(context, items, runUnguarded);
  } catch (error) {
    if (isFault(error)) return failGroup(items, error);
  }
  // Some operation threw. Nothing was answered and all is rolled back: once more, each in its own savepoint.
  try {
    return inTransaction(context, items, runInSavepoint);
  } catch (error) {
    return failGroup(items, error);
  }
}

type Run = (context: Context, item: Item) => ItemResult;

function inTransaction(context: Context, items: readonly Item[], run: Run): ItemResult[] {
  const { sqlite } = context;
  try {
    sqlite.exec('BEGIN IMMEDIATE');
    const results = items.map((item) => run(context, item));
    sqlite.exec('COMMIT');
    return results;
  } catch (error) {
    if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
    forgetMemory(context);
    throw error;
  }
}

/** The common case: nothing throws, so no savepoint is paid for. */
function runUnguarded(_context: Context, item: Item): ItemResult {
  return { ok: true, value: item.run() };
}

/** @throws when SQLite has given up the whole transaction */
function runInSavepoint(context: Context, item: Item): ItemResult {
  if (!item.writes) return runAlone(item);
  const { sqlite } = context;
  sqlite.exec('SAVEPOINT item');
  try {
    const value = item.run();
    sqlite.exec('RELEASE item');
    return { ok: true, value };
  } catch (error) {
    if (!sqlite.inTransaction) throw error;
    sqlite.exec('ROLLBACK TO item; RELEASE item');
    forgetMemory(context);
    return { ok: false, error: asReported(error) };
  }
}

function runAlone(item: Item): ItemResult {
  try {
    return { ok: true, value: item.run() };
  } catch (error) {
    return { ok: false, error: asReported(error) };
  }
}

/** The writes fail together; what only reads is still answered. */
function failGroup(items: readonly Item[], cause: unknown): ItemResult[] {
  const error = new StoreUnavailable('the database could not commit', { cause });
  return items.map((item) => (item.writes ? { ok: false, error } : runAlone(item)));
}

/** What was kept in memory of rows that a rollback took back. */
function forgetMemory({ audit, reference }: Context): void {
  audit.forget();
  reference.forget();
}
