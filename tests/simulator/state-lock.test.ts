import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockState, StateInUse } from '../../gate-simulator/src/firmware/state-lock.ts';
import { temporaryDirectory } from './support/state-dir.ts';

describe('one process is the gate', () => {
  it('as long as it lives; then another may be', async () => {
    const path = join(temporaryDirectory(), 'gate.lock');
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    writeFileSync(path, String(other.pid));
    await expect(lockState(path)).rejects.toThrow(StateInUse);
    other.kill('SIGKILL');
    await new Promise((resolve) => other.once('close', resolve));
    const unlock = await lockState(path);
    expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
    await unlock();
    expect(existsSync(path)).toBe(false);
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
