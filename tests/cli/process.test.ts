/** The command line as a process of its own: exit codes, streams, signals, and the key on this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeGate, verify } from '../support/world.ts';
import { type ListeningService, listenService } from './support.ts';

let listening: ListeningService;
let dataDir: string;

beforeAll(async () => {
  listening = await listenService();
  dataDir = await mkdtemp(join(tmpdir(), 'courier-pass-cli-'));
  await writeFile(join(dataDir, 'admin-api-key'), `${listening.service.operatorKey}\n`, {
    mode: 0o600,
  });
});
afterAll(async () => {
  await listening.stop();
  await rm(dataDir, { recursive: true });
});

function cli(...given: string[]) {
  const { COURIER_PASS_URL } = listening.environment;
  const environment = { PATH: process.env['PATH'], DATA_DIR: dataDir, COURIER_PASS_URL };
  return spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...given], {
    env: environment,
  });
}

async function ended(child: ReturnType<typeof cli>) {
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), exited(child)]);
  return { code: child.exitCode, signal: child.signalCode, out, err };
}
async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

test('the key that the first start left in the data directory is used; 0 is done', async () => {
  const made = await ended(cli('communities', 'create', '东湖花园', '--json'));
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(made.out)).toMatchObject({ name: '东湖花园' });
});

test('1 is refused, 2 is wrong usage, 3 is unreachable', async () => {
  const runs = await Promise.all([
    ended(cli('communities', 'show', 'com_0123456789abc')),
    ended(cli('communities', 'show')),
    ended(cli('communities', 'list', '--server', 'http://127.0.0.1:1')),
  ]);
  expect(runs.map(({ code, out }) => ({ code, out }))).toEqual([
    { code: 1, out: '' },
    { code: 2, out: '' },
    { code: 3, out: '' },
  ]);
  expect(runs[0].err).toMatch(/^There is no such thing here \(404 not_found\)\.\n/);
});

test('rules are read from standard input, and a long answer reaches a pipe whole', async () => {
  const community = JSON.parse(
    (await ended(cli('communities', 'create', '江城', '--json'))).out,
  ).id;
  const hours = Array.from({ length: 50 }, () => ({ from: '06:00', to: '23:00' }));
  for (let version = 2; version <= 30; version++) {
    await listening.json(['rules', 'put', community, '-'], JSON.stringify({ hours }));
  }
  const child = cli('rules', 'put', community, '-', '--json');
  child.stdin.end(JSON.stringify({ hours }));
  expect(JSON.parse((await ended(child)).out).version).toBe(31);
  const { out } = await ended(cli('rules', 'history', community, '--all', '--json'));
  expect(out.length).toBeGreaterThan(100_000);
  expect(JSON.parse(out).items).toHaveLength(31);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends follow with 0', async (signal) => {
  const { id } = await listening.json(['communities', 'create', '江城']);
  const child = cli('decisions', 'follow', id);
  await once(child.stderr, 'data');
  child.kill(signal);
  expect(await ended(child)).toMatchObject({ code: 0, signal: null });
});

test('a reader that has read enough ends follow quietly', async () => {
  const { service } = listening;
  const { id } = await listening.json(['communities', 'create', '江城']);
  const gate = await makeGate(service, id);
  const child = cli('decisions', 'follow', id, '--json');
  await once(child.stderr, 'data');
  await verify(service, gate, { code: 'CP1:' });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const errors = text(child.stderr);
  await verify(service, gate, { code: 'CP1:' });
  await exited(child);
  expect(child.exitCode).toBe(0);
  expect(await errors).toBe('');
});
