import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  lockState,
  processName,
  StateInUse,
} from '../../gate-simulator/src/firmware/state-lock.ts';
import { temporaryDirectory } from './support/state-dir.ts';

describe('one process is the gate', () => {
  it('as long as it lives; then another may be', async () => {
    const path = join(temporaryDirectory(), 'gate.lock');
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    writeFileSync(path, (await processName(other.pid ?? 0)) ?? '');
    await expect(lockState(path)).rejects.toThrow(StateInUse);
    other.kill('SIGKILL');
    await new Promise((resolve) => other.once('close', resolve));
    const unlock = await lockState(path);
    expect(readFileSync(path, 'utf8')).toBe(await processName(process.pid));
    await unlock();
    expect(existsSync(path)).toBe(false);
  });

  it.skipIf(process.platform !== 'linux')(
    'and a number that has gone to another process since is nobody’s',
    async () => {
      const path = join(temporaryDirectory(), 'gate.lock');
      const name = (await processName(process.ppid)) ?? '';
      for (const stale of [String(process.ppid), name.replace(/\d+$/, '1')]) {
        writeFileSync(path, stale);
        await (await lockState(path))();
      }
      writeFileSync(path, name);
      await expect(lockState(path)).rejects.toThrow(StateInUse);
    },
  );

  it('and a disk that takes no lock keeps no gate from booting', async () => {
    const path = temporaryDirectory(); // no file can be made under the name of a folder
    await (await lockState(path))();
    expect(existsSync(path)).toBe(true);
  });

  it.each(['', 'x', '-1', '0', '99999999'])(
    'and a lock of nobody (%s) is taken over',
    async (text) => {
      const path = join(temporaryDirectory(), 'gate.lock');
      writeFileSync(path, text);
      await (await lockState(path))();
    },
  );
});
