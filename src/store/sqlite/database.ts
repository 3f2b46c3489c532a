import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { AuditLog } from './audit.ts';
import { prepareQueries, type Queries } from './queries.ts';
import { ReferenceData } from './reference-data.ts';
import * as schema from './schema.ts';

export type SqliteDatabase = Database.Database;

export interface SqliteOptions {
  /** The database file; its folder exists. */
  readonly path: string;
  /** How long a transaction waits for another process's lock. */
  readonly busyTimeoutMs: number;
  /** `looksBack`: beside the thread that writes, for what reads long. */
  readonly role: 'writes' | 'looksBack';
}

/** What every operation works with, inside the one writing thread. */
export interface Context {
  readonly sqlite: SqliteDatabase;
  /** Held until the end: see {@link takeForOneProcess}. Null: the writing thread holds it. */
  readonly lock: SqliteDatabase | null;
  readonly db: BetterSQLite3Database<typeof schema>;
  readonly audit: AuditLog;
  readonly reference: ReferenceData;
  readonly queries: Queries;
}

const MIGRATIONS = fileURLToPath(new URL('../../../drizzle/sqlite', import.meta.url));

/**
 * Takes the database for this process alone: what it keeps in memory of the rows is right only while nobody else
 * writes them. The lock is the operating system's and goes with the process, however that ends.
 * @throws when another process holds it
 */
function takeForOneProcess(path: string): SqliteDatabase {
  const lock = new Database(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(`another process uses ${path}`, { cause });
  }
  return lock;
}

/** Opens the file, brings it to the newest schema and sets it so that a commit is on disk when it returns. */
export function openDatabase(options: SqliteOptions): Context {
  const lock = takeForOneProcess(options.path);
  const sqlite = new Database(options.path, { timeout: options.busyTimeoutMs });
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('temp_store = MEMORY');
  sqlite.pragma('cache_size = -262144'); // KiB: 256 MiB
  sqlite.pragma('wal_autocheckpoint = 16384'); // pages: 64 MiB
  sqlite.pragma('secure_delete = FAST'); // erased rows leave no copy in their page
  keepStatements(sqlite);
  const db = drizzle(sqlite, { schema });
  migrate(db, { migrationsFolder: MIGRATIONS });
  const audit = new AuditLog(sqlite);
  return { sqlite, lock, db, audit, reference: new ReferenceData(db), queries: prepareQueries(db) };
}

/** Opens the file beside the thread that writes it: nothing can be written, and a read sees what is committed. */
export function openBeside(options: SqliteOptions): Context {
  const sqlite = new Database(options.path, { readonly: true, timeout: options.busyTimeoutMs });
  sqlite.pragma('temp_store = MEMORY');
  sqlite.pragma('cache_size = -65536'); // KiB: 64 MiB
  keepStatements(sqlite);
  const db = drizzle(sqlite, { schema });
  const audit = new AuditLog(sqlite);
  const reference = new ReferenceData(db);
  return { sqlite, lock: null, db, audit, reference, queries: prepareQueries(db) };
}

/** Distinct statements kept: the program's own are about 150; a list over many districts makes a few more. */
const STATEMENTS_KEPT = 500;

/**
 * Prepares each SQL text once: drizzle asks anew for every query, and parsing costs more than running it. A
 * statement is never shared between two that are under way, since every operation reads its rows to the end.
 */
function keepStatements(sqlite: SqliteDatabase): void {
  const kept = new Map<string, Database.Statement>();
  const prepare = sqlite.prepare.bind(sqlite);
  function prepareOnce(sql: string): Database.Statement {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    if (kept.size >= STATEMENTS_KEPT) kept.clear();
    const statement = prepare(sql);
    kept.set(sql, statement);
    return statement;
  }
  Object.defineProperty(sqlite, 'prepare', { value: prepareOnce });
}
