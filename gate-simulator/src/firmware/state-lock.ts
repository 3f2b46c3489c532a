import { open, readFile, rm } from 'node:fs/promises';
import { isObject } from '../wire/json.ts';

/** Another process is this gate: two would give one number to two events. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse';
}

/**
 * Makes this process the gate whose lock lies at `path`. The lock of a process that has died is taken over, also when
 * its number has gone to another process meanwhile, as it does after a power cut. A disk that takes no lock is no
 * reason not to boot: a gate that does not boot opens no exit.
 *
 * @returns gives it up again
 * @throws {StateInUse} while another process is the gate
 */
export async function lockState(path: string): Promise<() => Promise<void>> {
  const nobody = async (): Promise<void> => undefined;
  const holder = await readOr(path, '');
  const [pid = ''] = holder.split(' ');
  if (Number(pid) !== process.pid && holder === (await processName(Number(pid)))) {
    throw new StateInUse(`process ${pid} is this gate already; if not, delete ${path}`);
  }
  try {
    await rm(path, { force: true });
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile((await processName(process.pid)) ?? '');
    } finally {
      await file.close();
    }
    return () => rm(path, { force: true }).catch(nobody);
  } catch (error) {
    if (!isObject(error) || error.code !== 'EEXIST') return nobody;
    throw new StateInUse(`another process has just become this gate; see ${path}`);
  }
}

/**
 * What a living process has and no other ever had: its number, and where the system tells (Linux) the boot and the
 * tick at which it started. Undefined: there is none of this number.
 */
export async function processName(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  const boot = await readOr('/proc/sys/kernel/random/boot_id', '');
  const stat = await readOr(`/proc/${pid}/stat`, '');
  // After the name in brackets, which may hold anything, the start is field 22 of proc(5).
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return [pid, boot.trim(), started].join(' ').trim();
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isObject(error) && error.code === 'EPERM';
  }
}
