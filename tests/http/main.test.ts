/** The program as it is started: the built `dist/main.js` in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let folder: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'courier-pass-test-'));
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function launch(environment: Record<string, string> = {}) {
  const env = {
    PATH: process.env['PATH'],
    DATA_DIR: join(folder, 'data'),
    PORT: '0',
    ...environment,
  };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  return { child, output };
}

async function start(environment: Record<string, string> = {}) {
  const { child, output } = launch(environment);
  while (!output.stdout.includes('\n')) {
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(output.stderr)),
    ]);
  }
  expect(output.stdout).toMatch(/^courier-pass listening on http:\/\/127\.0\.0\.1:\d+\n$/);
  return { child, output, origin: output.stdout.trim().split(' ').at(-1) as string };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = await once(child, 'exit');
  return code;
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM');
  return exitOf(child);
}

/** Whether nothing answers at the origin's port. */
function isSilent(origin: string): Promise<boolean> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(false));
    socket.once('error', () => resolve(true));
  }).then((silent) => {
    socket.destroy();
    return silent as boolean;
  });
}

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

test('is ready when it says so, and ends cleanly', async () => {
  const { child, output, origin } = await start();
  expect((await fetch(`${origin}/readyz`)).status).toBe(200);
  expect(await stop(child)).toBe(0);
  expect(output.stdout.split('\n')).toHaveLength(2);
});

test('the first start writes the operator key for its owner only; it works after a restart too', async () => {
  const first = await start();
  const path = join(folder, 'data', 'admin-api-key');
  const key = (await readFile(path, 'utf8')).trim();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const made = await fetch(`${first.origin}/v1/communities`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'a', kind: 'standard' }),
  });
  expect(made.status).toBe(201);
  const { keys } = (await (await fetch(`${first.origin}/.well-known/jwks.json`)).json()) as {
    keys: unknown[];
  };
  await stop(first.child);

  const second = await start();
  const listed = await fetch(`${second.origin}/v1/communities`, bearer(key));
  expect(((await listed.json()) as { items: unknown[] }).items).toHaveLength(1);
  expect(await (await fetch(`${second.origin}/.well-known/jwks.json`)).json()).toEqual({ keys });
  await stop(second.child);
});

test('ADMIN_API_KEY is the first operator key, and is written nowhere', async () => {
  const ADMIN_API_KEY = 'chosen-by-the-operator-32-characters!';
  const { child, output, origin } = await start({ ADMIN_API_KEY, LOG_LEVEL: 'debug' });
  expect((await fetch(`${origin}/v1/platforms`, bearer(ADMIN_API_KEY))).status).toBe(200);
  await expect(stat(join(folder, 'data', 'admin-api-key'))).rejects.toThrow('ENOENT');
  await stop(child);
  expect(output.stderr).toContain('"route":"/v1/platforms"');
  expect(output.stderr).not.toContain(ADMIN_API_KEY);
});

test('without PUBLIC_URL the token endpoint is at the listening address', async () => {
  const { child, origin } = await start();
  const document = (await (await fetch(`${origin}/openapi.json`)).json()) as { servers: unknown };
  expect(document.servers).toEqual([{ url: origin }]);
  await stop(child);
});

test('an unusable environment is refused with what is wrong', async () => {
  const { child, output } = launch({ PORT: 'x', REDIS_URL: 'redis://cache' });
  expect(await exitOf(child)).toBe(1);
  expect(output.stderr).toMatch(/PORT: expected a port[\s\S]*REDIS_URL: Redis is not supported/);
  expect(output.stdout).toBe('');
});

test('listening on every address without PUBLIC_URL is refused', async () => {
  const { child, output } = launch({ HOST: '0.0.0.0' });
  expect(await exitOf(child)).toBe(1);
  expect(output.stderr).toMatch(/PUBLIC_URL: expected/);
  expect(output.stdout).toBe('');
});

test('the wrong key-encryption key is refused at the start', async () => {
  const { child } = await start();
  await stop(child);
  const second = launch({ KEY_ENCRYPTION_KEY: '00'.repeat(32) });
  expect(await exitOf(second.child)).toBe(1);
  expect(second.output.stderr).toContain('KEY_ENCRYPTION_KEY is not the one');
});

test('a database that cannot be opened is refused with the reason', async () => {
  await mkdir(join(folder, 'data'));
  await writeFile(
    join(folder, 'data', 'courier-pass.db'),
    'not a database, but long enough to look like one'.repeat(40),
  );
  await writeFile(join(folder, 'data', 'key-encryption-key'), `${'00'.repeat(32)}\n`);
  const { child, output } = launch();
  expect(await exitOf(child)).toBe(1);
  expect(output.stderr).toContain('file is not a database');
  expect(output.stderr).toContain('SQLITE_NOTADB');
});

/** Sends bytes as they are and gives what comes back until the other side closes, or `until` has come. */
async function exchange(origin: string, request: string, until: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  let answer = '';
  socket.write(request);
  for await (const chunk of socket) {
    answer += chunk;
    if (answer.includes(until)) break;
  }
  socket.destroy();
  return answer;
}

test('a chunked body past the limit is cut off with 413 while it is sent', async () => {
  const { child, origin } = await start();
  const head =
    'POST /v1/gates/enroll HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
  const answer = await exchange(origin, head + chunk.repeat(5), 'body_too_large');
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  await stop(child);
});

test('a request line or Host that cannot be read is 400 in the shape of every error', async () => {
  const { child, origin } = await start();
  const answer = await exchange(origin, 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', '}');
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('urn:courier-pass:problem:malformed_request');
  await stop(child);
});

test('going down ends idle connections at once', async () => {
  const { child, origin } = await start();
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  const closed = once(socket, 'close');
  socket.resume();
  expect(await stop(child)).toBe(0);
  await closed;
});

test('npm start ends with the npm process: SIGTERM to it leaves nothing listening', async () => {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    npm_config_update_notifier: 'false',
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
  };
  // In a group of its own: what npm would leave behind is ended with the test.
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const npm = spawn('npm', ['start'], { cwd: ROOT, env, stdio: [...stdio], detached: true });
  try {
    let text = '';
    let origin: string | undefined;
    for await (const chunk of npm.stdout) {
      text += chunk;
      origin = /listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(text)?.[1];
      if (origin !== undefined) break;
    }
    if (origin === undefined) throw new Error(`it never listened: ${text}`);
    expect(await isSilent(origin)).toBe(false);
    const ended = once(npm, 'exit', { signal: AbortSignal.timeout(10_000) });
    process.kill(npm.pid as number, 'SIGTERM');
    await ended;
    expect(await isSilent(origin)).toBe(true);
  } finally {
    endGroup(npm);
  }
});

function endGroup(leader: ChildProcess): void {
  try {
    if (leader.pid !== undefined) process.kill(-leader.pid, 'SIGKILL');
  } catch {
    // It has ended, as it should.
  }
}
