import { open, readFile, rm } from 'node:fs/promises';
import { isObject } from '../wire/json.ts';

/** Another process is this gate: two would give one number to two events. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse';
}

/**
 * Makes this process the gate whose lock lies at `path`. The lock of a process that has died is taken over.
 *
 * @returns gives it up again
 * @throws {StateInUse} while another process is the gate
 */
export async function lockState(path: string): Promise<() => Promise<void>> {
  const holder = Number(await readIfThere(path));
  if (holder !== process.pid && isAlive(holder)) {
    throw new StateInUse(`process ${holder} is this gate already; if not, delete ${path}`);
  }
  await rm(path, { force: true });
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    throw new StateInUse(`another process has just become this gate; see ${path}`);
  }
  return () => rm(path, { force: true });
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): unknown {
  return isObject(error) ? error.code : undefined;
}
