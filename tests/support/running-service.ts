/**
 * The service as it is started: the built `dist/main.js` in a process of its own, which a test may kill, end and
 * start again on the same data folder.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, type CallOptions, PUBLIC_URL } from './service.ts';
import type { Reachable } from './world.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface RunningService extends Reachable {
  readonly dataDir: string;
  /** The database file. */
  readonly database: string;
  /** Of the process that runs now: another one after each start. */
  readonly port: number;
  readonly pid: number;
  /** All that was written on standard error, by every process so far. */
  log(): string;
  /** Starts the service again by nothing but its ordinary command. */
  start(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGTERM. @returns the exit code */
  terminate(): Promise<number | null>;
  /** Kills what still runs and removes the folder. */
  dispose(): Promise<void>;
}

export interface RunOptions {
  /** Made where it is not there; a new temporary folder unless said otherwise. */
  readonly dataDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A request that was sent, or could not be sent, and has no answer: the service is gone. */
export class NoAnswer extends Error {
  /** As Node names it: ECONNREFUSED, ECONNRESET. */
  readonly code: string;

  constructor(cause: Error) {
    super(`no answer: ${cause.message}`, { cause });
    this.code = 'code' in cause ? String(cause.code) : '';
  }
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Starts the service on a data folder. The caller disposes of it, whatever happens. */
export async function runService(options: RunOptions = {}): Promise<RunningService> {
  const folder = mkdtempSync(join(tmpdir(), 'courier-pass-running-'));
  const dataDir = options.dataDir ?? join(folder, 'data');
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  let running: { child: ChildProcess; port: number } | null = null;
  let log = '';

  function current() {
    if (running === null) throw new NoAnswer(new Error('the service does not run'));
    return running;
  }

  async function start(): Promise<void> {
    const env = {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: '0',
      PUBLIC_URL,
      DATA_DIR: dataDir,
      ...options.environment,
    };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    alive.add(child);
    child.once('exit', () => alive.delete(child));
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    running = { child, port: await portOf(child, () => log) };
  }

  /** Until the process has gone its port is still asked, as a gate would. */
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = current();
    const gone = once(child, 'close');
    child.kill(signal);
    const [code] = await gone;
    running = null;
    return code;
  }

  async function dispose(): Promise<void> {
    if (running !== null) await end('SIGKILL');
    agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    await start();
    const operatorKey = (await readFile(join(dataDir, 'admin-api-key'), 'utf8')).trim();
    return {
      dataDir,
      database: join(dataDir, 'courier-pass.db'),
      operatorKey,
      clock: { now: () => Date.now() },
      get port() {
        return current().port;
      },
      get pid() {
        return current().child.pid ?? 0;
      },
      log: () => log,
      call: async (method, path, call = {}) => send(agent, current().port, method, path, call),
      start,
      async kill() {
        await end('SIGKILL');
      },
      terminate: () => end('SIGTERM'),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The port on the line that the service prints when it is ready. */
function portOf(child: ChildProcess, log: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      const port = /listening on http:\/\/127\.0\.0\.1:(\d+)\n/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('close', () => {
      reject(new Error(`the service ended before it was ready: ${log()}`));
    });
  });
}

/** Sends a request over a socket. @throws NoAnswer where no whole answer came */
export function send(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  { token, body, headers }: CallOptions,
): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const sent: Record<string, string> = { ...headers };
  if (token !== undefined) sent['authorization'] = `Bearer ${token}`;
  if (text !== undefined) sent['content-type'] ??= 'application/json';
  if (text !== undefined) sent['content-length'] = String(Buffer.byteLength(text));
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new NoAnswer(error));
    request({ agent, host: '127.0.0.1', port, method, path, headers: sent })
      .on('response', (response) => read(response).then(resolve, fail))
      .on('error', fail)
      .end(text);
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(response.headersDistinct))
    for (const value of values) headers.append(name, value);
  const isJson = text !== '' && headers.get('content-type')?.includes('json');
  const body = isJson ? JSON.parse(text) : undefined;
  return { status: response.statusCode ?? 0, headers, text, body };
}
