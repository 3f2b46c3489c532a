/** The command line in this process, and a service that listens for it. */
import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run.ts';
import { attach, listen, originOf } from '../../src/http/server.ts';
import { NOON, type Service, startService } from '../support/service.ts';

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface RunResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command line that is running. */
export interface Running {
  readonly result: Promise<RunResult>;
  /** What it has written until now. */
  soFar(): { readonly out: string; readonly err: string };
  /** Resolves when standard output, or standard error, holds the text. */
  says(text: string): Promise<void>;
  /** As an interrupt does. */
  interrupt(): void;
}

export function start(given: readonly string[], options: RunOptions = {}): Running {
  const interrupted = new AbortController();
  let out = '';
  let err = '';
  let ended = false;
  const io: Io = {
    environment: { DATA_DIR: '/nonexistent', ...options.environment },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    read: (path) => (path === '-' ? Promise.resolve(options.stdin ?? '') : readFile(path, 'utf8')),
    lines: async function* (path) {
      yield* path === '-'
        ? (options.stdin ?? '').split('\n')
        : createInterface({ input: createReadStream(path) });
    },
    save: async (path, chunks) => {
      if (path !== '-') return pipeline(chunks, createWriteStream(path));
      for await (const chunk of chunks) out += Buffer.from(chunk).toString('utf8');
    },
    append: (path, line) => appendFile(path, `${line}\n`),
    terminal: null,
    now: () => NOON,
    stopSignal: () => interrupted.signal,
  };
  const result = runCli(given, io).then((code) => ({ code, out, err }));
  const end = () => {
    ended = true;
  };
  result.then(end, end);
  return {
    result,
    soFar: () => ({ out, err }),
    async says(text) {
      while (!out.includes(text) && !err.includes(text)) {
        if (ended) throw new Error(`it ended without saying ${text}: ${out}${err}`);
        await setImmediate();
      }
    },
    interrupt: () => interrupted.abort(),
  };
}

export function run(given: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return start(given, options).result;
}

export interface ListeningService {
  readonly service: Service;
  readonly environment: {
    readonly COURIER_PASS_URL: string;
    readonly COURIER_PASS_API_KEY: string;
  };
  /** Runs a command line against it, with the operator's key. */
  cli(given: readonly string[], stdin?: string): Promise<RunResult>;
  /** The same with `--json`: what standard output holds, which must be one document. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  json(given: readonly string[], stdin?: string): Promise<any>;
  stop(): Promise<void>;
}

export async function listenService(): Promise<ListeningService> {
  const service = await startService();
  const server = await listen({ ...service.deps.config, host: '127.0.0.1', port: 0 }, null);
  attach(server, { hono: service.app, endStreams() {} }, (error) => {
    throw error;
  });
  const environment = {
    COURIER_PASS_URL: originOf(server, '127.0.0.1', false),
    COURIER_PASS_API_KEY: service.operatorKey,
  };
  const cli = (given: readonly string[], stdin = '') => run(given, { environment, stdin });
  return {
    service,
    environment,
    cli,
    async json(given, stdin) {
      const { code, out, err } = await cli([...given, '--json'], stdin);
      if (code !== 0) throw new Error(`exit code ${code}: ${err}`);
      return JSON.parse(out);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await service.stop();
    },
  };
}
