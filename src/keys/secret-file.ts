import { randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The content of a file that holds one secret; where there is none yet, `make` says what to write. The file is
 * whole or not there, is on disk when this resolves, and nobody but its owner may read it. Of two processes that
 * make it at once, both get the one that came first.
 */
export async function readOrMakeSecretFile(path: string, make: () => string): Promise<string> {
  return (await readSecretFile(path)) ?? makeSecretFile(path, make());
}

/** The content of a file without the line break at its end; null: there is no such file. */
export async function readSecretFile(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function makeSecretFile(path: string, secret: string): Promise<string> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  await writeDurably(draft, `${secret}\n`);
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return (await readFile(path, 'utf8')).trim();
  } finally {
    await unlink(draft);
  }
  await syncDirectory(dirname(path));
  return secret;
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
