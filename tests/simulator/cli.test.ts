import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { COURIER_CODE, pictureOf } from './support/courier-code-picture.ts';
import { ADMIN_KEY, FakeCity } from './support/fake-city.ts';
import { FakeService } from './support/fake-service.ts';
import { temporaryDirectory } from './support/state-dir.ts';

const MAIN = fileURLToPath(new URL('../../gate-simulator/src/main.ts', import.meta.url));
let service: FakeService;

beforeEach(async () => {
  service = await FakeService.start();
  return () => service.stop();
});

function start(args: string[], typed?: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args]);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  if (typed !== undefined) child.stdin.end(typed);
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, ...output }));
  });
  return { child, output, ended };
}

function simulate(args: string[], typed = '') {
  return start(args, typed).ended;
}

async function enrolled(): Promise<string> {
  const state = temporaryDirectory();
  const { code } = await simulate([
    'enroll',
    '--server',
    service.url,
    '--code',
    'c',
    '--state',
    state,
  ]);
  expect(code).toBe(0);
  return state;
}

async function pictureFile(directory: string): Promise<string> {
  const file = join(directory, 'code.png');
  writeFileSync(file, await pictureOf(COURIER_CODE, 300));
  return file;
}

describe('enroll', () => {
  it('exits 0 enrolled, 1 refused, 2 without an answer', async () => {
    const state = temporaryDirectory();
    const args = [
      'enroll',
      '--server',
      service.url,
      '--code',
      'c',
      '--state',
      state,
      '--name',
      '东门',
      '--json',
    ];
    const first = await simulate(args);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      gateId: expect.stringMatching(/^gat_/),
      name: '东门',
    });
    expect((await simulate(args)).stdout).toBe(first.stdout);
    service.faults['/v1/gates/enroll'] = [{ status: 404, body: { code: 'not_found' } }];
    expect((await simulate(args)).code).toBe(1);
    await service.stop();
    const noAnswer = await simulate(args);
    expect(noAnswer.code).toBe(2);
    expect(noAnswer.stderr).toMatch(/^not enrolled: /);
    service = await FakeService.start();
  });
});

describe('scan', () => {
  it('exits 0 granted, 1 denied, 2 could not be judged; the screen is Chinese first', async () => {
    const state = await enrolled();
    const scan = ['scan', await pictureFile(state), '--state', state, '--passage', '0'];
    const granted = await simulate(scan);
    expect(granted).toMatchObject({ code: 0, stderr: '' });
    expect(granted.stdout.split('\n').slice(0, 2)).toEqual([
      '请进 · 前往 12 号楼 · 限速 15 km/h',
      'Welcome · building 12 · speed limit 15 km/h',
    ]);
    service.verdict = 'denied';
    expect((await simulate(scan)).code).toBe(1);
    service.faults['/v1/verify'] = [{ status: 500 }, { status: 500 }, { status: 500 }];
    const unjudged = await simulate([...scan, '--json']);
    expect(unjudged.code).toBe(2);
    expect(JSON.parse(unjudged.stdout)).toMatchObject({ decision: 'none', opened: false });
    expect(unjudged.stdout).not.toContain('CP1:');
  });

  it('repeats a scan under its requestId', async () => {
    const state = await enrolled();
    const requestId = '0b7c6a52-6d3c-4c4e-9b1e-0d2f8a3b4c5d';
    const scan = ['scan', await pictureFile(state), '--state', state, '--passage', '0', '--json'];
    const { stdout } = await simulate([...scan, '--request-id', requestId]);
    expect(JSON.parse(stdout)).toMatchObject({ requestId, decision: 'granted', reason: 'granted' });
    expect(service.bodiesAt('/v1/verify')[0]).toMatchObject({ requestId });
  });

  it.each([
    ['no file', ['scan', '/nowhere.png', '--state', '/nowhere']],
    ['no state', ['scan', MAIN, '--state', '/nowhere']],
    ['no UUID', ['scan', MAIN, '--state', '/nowhere', '--request-id', 'x']],
    ['no such direction', ['scan', MAIN, '--state', '/nowhere', '--direction', 'up']],
    ['no such command', ['open']],
  ])('with %s exits 2 and says what is wrong, without a stack', async (_, args) => {
    const { code, stderr } = await simulate(args);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('run', () => {
  it('judges each line of standard input as it was typed, and ends with it', async () => {
    const state = await enrolled();
    const run = ['run', '--state', state, '--passage', '0', '--json'];
    const { code, stdout } = await simulate(run, `${COURIER_CODE}\r\n B \nC`);
    expect(code).toBe(0);
    expect(service.bodiesAt('/v1/verify').map((body) => body.code)).toEqual([
      COURIER_CODE,
      ' B ',
      'C',
    ]);
    const decisions = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).decision);
    expect(decisions).toEqual(['granted', 'granted', 'granted']);
  });

  it('judges pictures that appear, goes on after standard input has ended, and stops at SIGTERM', async () => {
    const state = await enrolled();
    const folder = temporaryDirectory();
    const run = [
      'run',
      '--state',
      state,
      '--watch',
      folder,
      '--passage',
      '0',
      '--direction',
      'out',
    ];
    const { child, output, ended } = start(run, '');
    await vi.waitFor(() => expect(existsSync(join(folder, 'done'))).toBe(true), 20_000);
    await pictureFile(folder);
    await vi.waitFor(() => expect(readdirSync(join(folder, 'done'))).toEqual(['code.png']), 20_000);
    expect(service.bodiesAt('/v1/verify')).toMatchObject([
      { code: COURIER_CODE, direction: 'out' },
    ]);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(output.stdout).toContain('请进');
  });

  it('stops at SIGINT while the scanner is silent', async () => {
    const state = await enrolled();
    const { child, output, ended } = start(['run', '--state', state]);
    await vi.waitFor(() => expect(output.stderr).toContain('is ready'), 20_000);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stdout: '' });
  });

  it('boots without a network: no entry, every exit', async () => {
    const state = await enrolled();
    await service.stop();
    const entry = await simulate(['run', '--state', state, '--passage', '0'], 'A\n');
    expect(entry.stdout).toContain('请找保安');
    const exit = await simulate(
      ['run', '--state', state, '--passage', '0', '--direction', 'out'],
      'A\n',
    );
    expect(exit.stdout).toContain('gate open');
    service = await FakeService.start();
  });
});

describe('swarm', () => {
  it('exits 0 when all is as expected and 1 when not, with plain progress lines', async () => {
    const city = new FakeCity(service);
    const swarm = [
      'swarm',
      '--server',
      service.url,
      '--admin-key',
      ADMIN_KEY,
      '--riders',
      '5',
      '--orders',
      '4',
    ];
    const good = await simulate([...swarm, '--rate', '0', '--json']);
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ orders: 20, errors: {}, unexpected: {} });
    expect(good.stderr).toMatch(/20\/20 orders/);
    expect(good.stderr).not.toContain('\r');
    city.entryReason = 'granted_open';
    expect((await simulate([...swarm, '--rate', '0'])).code).toBe(1);
  });

  it('starts no new order after its duration', async () => {
    new FakeCity(service);
    const flags = ['--riders', '1000', '--orders', '1000', '--rate', '50', '--duration', '0.5'];
    const swarm = ['swarm', '--server', service.url, '--admin-key', ADMIN_KEY, ...flags, '--json'];
    const { code, stdout } = await simulate(swarm);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).elapsedSeconds).toBeLessThan(10);
  });

  it('exits 2 when the stage cannot be set', async () => {
    new FakeCity(service);
    const { code, stderr } = await simulate([
      'swarm',
      '--server',
      service.url,
      '--admin-key',
      'wrong',
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('401')]);
  });
});
