import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Item, type ItemResult, runGroup } from '../../src/store/sqlite/commit-queue.ts';
import { type Context, openDatabase } from '../../src/store/sqlite/database.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { NOON } from '../support/store-world.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function open(): Context {
  const path = join(temporaryFolder(), 'store.sqlite');
  const context = openDatabase({ path, busyTimeoutMs: 50, role: 'writes' });
  onTestFinished(() => void context.sqlite.close());
  context.sqlite.exec('CREATE TABLE notes (text TEXT PRIMARY KEY)');
  return context;
}

const write = (run: () => unknown): Item => ({ writes: true, run });
const read = (run: () => unknown): Item => ({ writes: false, run });

/** Writes a note with its audit entry, as operations do. */
function note(context: Context, text: string): Item {
  return write(() => {
    context.sqlite.prepare('INSERT INTO notes VALUES (?)').run(text);
    return context.audit.append('note', NOON, null, { text }).seq;
  });
}

/** Writes a note and its entry, then throws. */
function failing(context: Context, text: string, error: Error): Item {
  const { run } = note(context, text);
  return write(() => {
    run();
    throw error;
  });
}

function notes({ sqlite }: Context): string[] {
  const rows = sqlite.prepare<[], { text: string }>('SELECT text FROM notes ORDER BY rowid').all();
  return rows.map(({ text }) => text);
}

function entries({ sqlite }: Context): [number, string][] {
  const select =
    "SELECT seq, json_extract(entry, '$.text') AS text FROM audit_entries ORDER BY seq";
  const rows = sqlite.prepare<[], { seq: number; text: string }>(select).all();
  return rows.map(({ seq, text }) => [seq, text]);
}

const values = (results: readonly ItemResult[]) =>
  results.map((result) => (result.ok ? result.value : 'failed'));
const errors = (results: readonly ItemResult[]) =>
  results.flatMap((result) => (result.ok ? [] : [result.error]));

const fault = (code: string) => Object.assign(new Error(code), { code });

/** SQLite's way with a full disk: the transaction is gone, and then it says so. */
function giveUp({ sqlite }: Context, error: Error): Item {
  return write(() => {
    sqlite.exec('ROLLBACK');
    throw error;
  });
}

describe('a group', () => {
  it('is one transaction, in order, each seeing what those before it did', () => {
    const context = open();
    const results = runGroup(context, [
      note(context, 'a'),
      read(() => notes(context)),
      note(context, 'b'),
      read(() => notes(context)),
    ]);
    expect(values(results)).toEqual([1, ['a'], 2, ['a', 'b']]);
    expect(context.sqlite.inTransaction).toBe(false);
  });

  it('of reads only begins no transaction', () => {
    const context = open();
    const results = runGroup(context, [read(() => context.sqlite.inTransaction)]);
    expect(values(results)).toEqual([false]);
  });

  it('of reads only reports a failing one alone', () => {
    const context = open();
    const results = runGroup(context, [
      read(() => {
        throw new RangeError('no such thing');
      }),
      read(() => 'fine'),
    ]);
    expect(values(results)).toEqual(['failed', 'fine']);
    expect(errors(results)).toEqual([new RangeError('no such thing')]);
  });

  it('loses an operation that throws and keeps the others, with no gap in the sequence', () => {
    const context = open();
    const boom = new RangeError('boom');
    const results = runGroup(context, [
      note(context, 'a'),
      failing(context, 'lost', boom),
      note(context, 'b'),
      note(context, 'a'),
      note(context, 'c'),
    ]);
    expect(values(results)).toEqual([1, 'failed', 2, 'failed', 3]);
    expect(errors(results)[0]).toBe(boom);
    expect(notes(context)).toEqual(['a', 'b', 'c']);
    expect(entries(context)).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  it('keeps its writes when a read among them throws', () => {
    const context = open();
    const results = runGroup(context, [
      note(context, 'a'),
      read(() => {
        throw new RangeError('no such thing');
      }),
      note(context, 'b'),
    ]);
    expect(values(results)).toEqual([1, 'failed', 2]);
    expect(notes(context)).toEqual(['a', 'b']);
  });

  it.each(['SQLITE_FULL', 'SQLITE_IOERR_FSYNC', 'SQLITE_BUSY', 'SQLITE_NOMEM'])(
    'fails whole, reads excepted, on a fault of the database: %s',
    (code) => {
      const context = open();
      runGroup(context, [note(context, 'before')]);
      let runs = 0;
      const results = runGroup(context, [
        note(context, 'a'),
        write(() => {
          runs += 1;
        }),
        giveUp(context, fault(code)),
        read(() => notes(context)),
        note(context, 'b'),
      ]);
      expect(values(results)).toEqual(['failed', 'failed', 'failed', ['before'], 'failed']);
      expect(runs).toBe(1); // trying once more would only wait once more
      for (const error of errors(results)) expect(error).toBeInstanceOf(StoreUnavailable);
      expect(entries(context)).toEqual([[1, 'before']]);
      expect(values(runGroup(context, [note(context, 'after')]))).toEqual([2]);
    },
  );

  it('fails whole when SQLite gives up the transaction in the second run, whatever the error', () => {
    const context = open();
    const results = runGroup(context, [
      note(context, 'a'),
      giveUp(context, new RangeError('boom')),
      note(context, 'b'),
      read(() => notes(context)),
    ]);
    expect(values(results)).toEqual(['failed', 'failed', 'failed', []]);
    for (const error of errors(results)) expect(error).toBeInstanceOf(StoreUnavailable);
    expect(context.sqlite.inTransaction).toBe(false);
    expect(values(runGroup(context, [note(context, 'after')]))).toEqual([1]);
  });

  it('fails whole when the commit fails: nothing is reported as done before it has returned', () => {
    const context = open();
    const { sqlite } = context;
    // A constraint that is checked at the commit and not before.
    sqlite.pragma('foreign_keys = ON');
    sqlite.exec('CREATE TABLE due (text REFERENCES notes (text) DEFERRABLE INITIALLY DEFERRED)');
    const results = runGroup(context, [
      note(context, 'a'),
      write(() => sqlite.prepare("INSERT INTO due VALUES ('nothing')").run()),
      read(() => notes(context)),
    ]);
    expect(values(results)).toEqual(['failed', 'failed', []]);
    for (const error of errors(results)) expect(error).toBeInstanceOf(StoreUnavailable);
    expect(sqlite.inTransaction).toBe(false);
    expect(entries(context)).toEqual([]);
    expect(values(runGroup(context, [note(context, 'after')]))).toEqual([1]);
  });

  it('fails whole when another holds the lock past the time allowed', () => {
    const context = open();
    const other = new Database(context.sqlite.name);
    other.exec('BEGIN IMMEDIATE');
    const results = runGroup(context, [note(context, 'a'), read(() => notes(context))]);
    expect(values(results)).toEqual(['failed', []]);
    expect(errors(results)[0]).toBeInstanceOf(StoreUnavailable);
    other.exec('ROLLBACK');
    other.close();
    expect(values(runGroup(context, [note(context, 'a')]))).toEqual([1]);
  });
});

describe('how a commit reaches the disk', () => {
  it('is synced before it returns: write-ahead log, full synchronisation', () => {
    const { sqlite } = open();
    expect(sqlite.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(sqlite.pragma('synchronous', { simple: true })).toBe(2);
  });
});
