import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Command } from 'commander';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { textOf } from '../json.ts';
import { type Session, show, showDone, withSession } from '../session.ts';
import { showInstant } from '../when.ts';

const DATABASE = 'courier-pass.db';

/** `restore`: put a backup back, and go on with it. */
export function addRestore(program: Command, io: Io): void {
  const restore = program.command('restore').description('put a backup back, and go on with it');
  restore
    .command('put')
    .description('put a backup in the place of the database of a service that is stopped')
    .argument('<backup>', 'the file that VACUUM INTO has made')
    .option('--data-dir <folder>', 'else DATA_DIR, else ./data')
    .addHelpText(
      'after',
      '\nThe database that was there stays beside it as courier-pass.db.before-restore. At its next start the service is in\nlockdown until `restore confirm`.',
    )
    .action(withSession(io, put));
  restore
    .command('status')
    .description('whether a restored backup waits for a confirmation')
    .action(withSession(io, status));
  restore
    .command('confirm')
    .description('end the lockdown of a restored backup')
    .action(withSession(io, confirm));
}

async function put(
  session: Session,
  backup: string,
  { dataDir }: { readonly dataDir?: string },
): Promise<void> {
  const { io } = session;
  const folder = dataDir ?? (io.environment['DATA_DIR'] || './data');
  const to = join(folder, DATABASE);
  const copy = `${to}.restoring`;
  if (!existsSync(folder)) throw new UsageError(`${folder} is not there.`);
  const unlock = lock(to);
  try {
    examine(backup);
    copyFileSync(backup, copy);
    const at = new Date(io.now()).toISOString();
    const erased = existsSync(to) ? erasedSince(to) : [];
    const why = `the backup was put back by the command line at ${at}`;
    writeFileSync(`${to}.restored`, [why, ...erased].map((line) => `${line}\n`).join(''));
    if (existsSync(to)) renameSync(to, `${to}.before-restore`);
    for (const suffix of ['-wal', '-shm']) rmSync(`${to}${suffix}`, { force: true });
    renameSync(copy, to);
  } catch (error) {
    for (const file of [copy, `${to}.restored`]) rmSync(file, { force: true });
    if (!existsSync(to) && existsSync(`${to}.before-restore`))
      renameSync(`${to}.before-restore`, to);
    throw error instanceof UsageError
      ? error
      : new UsageError(`Nothing was done: ${messageOf(error)}.`);
  } finally {
    unlock();
  }
  showDone(
    session,
    `${to} is the backup now. Start the service, look at it, then: restore confirm.`,
  );
}

/** @throws UsageError while a service uses the database */
function lock(path: string): () => void {
  const held = new Database(`${path}.lock`, { timeout: 0 });
  try {
    held.exec('BEGIN EXCLUSIVE');
  } catch {
    held.close();
    throw new UsageError(`A service uses ${path}: stop it first.`);
  }
  return () => held.close();
}

/** @throws UsageError when it is no whole database of ours */
function examine(path: string): void {
  const database = new Database(path, { readonly: true });
  try {
    const ours = database
      .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'audit_entries'")
      .get();
    const isWhole = database.pragma('quick_check(1)', { simple: true }) === 'ok';
    if (ours === undefined || !isWhole)
      throw new UsageError(`Nothing was done: ${path} is no whole database of this service.`);
  } finally {
    database.close();
  }
}

/**
 * Whom the database that gives way has erased: they are in the backup again. What waits in its write-ahead log is
 * brought into the file, which is kept. One that cannot be read names nobody.
 */
function erasedSince(path: string): string[] {
  const database = new Database(path);
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
    return database
      .prepare<[], { name: string }>(
        `SELECT n.value AS name FROM audit_entries e, json_each(e.entry, '$.names') n
         WHERE json_extract(e.entry, '$.type') = 'courier.erased'`,
      )
      .all()
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Database.SqliteError) return [];
    throw error;
  } finally {
    database.close();
  }
}

async function status(session: Session): Promise<void> {
  const { body } = await session.client.ask({ method: 'GET', path: '/v1/restore' });
  show(session, body, () =>
    textOf(body, 'state') === 'none'
      ? 'No restored backup waits for a confirmation.\n'
      : `Since ${showInstant(textOf(body, 'since'))} a restored backup waits for a confirmation: ${textOf(body, 'why')}.\n`,
  );
}

async function confirm(session: Session): Promise<void> {
  await session.client.ask({ method: 'POST', path: '/v1/restore/confirm' });
  showDone(session, 'Confirmed: the lockdown has ended.');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
