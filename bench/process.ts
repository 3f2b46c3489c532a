import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Job, Report } from './load.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A server in a process of its own, on a free port of the loopback interface. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export function startScript(file: string): Promise<Server> {
  return start(['--import', 'tsx', here(file)], {});
}

export interface StartOptions {
  /** A module of this folder that is loaded before the service. */
  readonly preload?: string;
}

export function startService(
  env: Record<string, string>,
  { preload }: StartOptions = {},
): Promise<Server> {
  const before = preload === undefined ? [] : ['--import', here(preload)];
  return start([...before, here('../dist/main.js')], { HOST: '127.0.0.1', PORT: '0', ...env });
}

async function start(args: readonly string[], env: Record<string, string>): Promise<Server> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await addressOf(child);
  const { pid = 0 } = child;
  return {
    port,
    pid,
    async stop() {
      if (child.exitCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** The port on the line that a server prints when it is ready. */
async function addressOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /listening on https?:\/\/[^ ]*:(\d+)/.exec(line)?.[1];
    if (port !== undefined) {
      child.stdout.resume();
      return Number(port);
    }
  }
  throw new Error('the server ended before it was ready');
}

/** The process that makes the load. */
export class Load {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn(process.execPath, ['--import', 'tsx', here('./load.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (this.#child.stdout === null) throw new Error('no standard output');
    const lines: Interface = createInterface({ input: this.#child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async run(job: Job): Promise<Report> {
    this.#child.stdin?.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the load ended');
    return JSON.parse(value) as Report;
  }

  stop(): void {
    this.#child.kill();
  }
}
