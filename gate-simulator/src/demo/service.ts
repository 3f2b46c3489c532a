import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The service as it is shipped: the build of the package around this one. */
const SERVICE_MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

const START_TIMEOUT_MS = 15_000;
const READY = /^courier-pass listening on (http:\/\/\S+)$/;
/** How much of the log a failed start shows. */
const LOG_TAIL_CHARACTERS = 2_000;

/**
 * The service in a process of its own, with all that it keeps in a folder of its own. It can be ended and
 * started again: then it comes back at the same address, with the same data. It goes when this process exits.
 */
export class Service {
  readonly dataDir: string;
  readonly logFile: string;
  #child: ChildProcess | undefined;
  /** Any free port at first, the same one ever after. */
  #port = '0';

  constructor(folder: string) {
    this.dataDir = join(folder, 'data');
    this.logFile = join(folder, 'service.log');
    mkdirSync(this.dataDir, { mode: 0o700 });
    process.once('exit', () => this.#child?.kill('SIGKILL'));
  }

  get isRunning(): boolean {
    return this.#child !== undefined && exitOf(this.#child) === undefined;
  }

  /** @returns its address, when it says that it listens @throws {Error} with the end of its log */
  async start(): Promise<string> {
    const log = openSync(this.logFile, 'a', 0o600);
    const { PATH } = process.env;
    const child = spawn(process.execPath, [SERVICE_MAIN], {
      env: { PATH, DATA_DIR: this.dataDir, PORT: this.#port, LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'pipe', log],
      // Ctrl-C is for the demo, which ends the service itself.
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    const origin = await readyAt(child);
    if (origin === undefined)
      throw new Error(`the service did not start\n${await this.#logTail()}`);
    this.#port = new URL(origin).port;
    return origin;
  }

  /** Sends the signal and waits for the end. @returns how it ended, in words */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    const child = this.#child;
    if (child === undefined) return 'never started';
    child.kill(signal);
    return exitOf(child) ?? (await onceExited(child));
  }

  async #logTail(): Promise<string> {
    return (await readFile(this.logFile, 'utf8')).slice(-LOG_TAIL_CHARACTERS);
  }
}

/** The address that it prints; undefined when it ends or stays silent instead. */
async function readyAt(child: ChildProcess): Promise<string | undefined> {
  const { stdout } = child;
  if (stdout === null) return undefined;
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  try {
    for await (const line of createInterface({ input: stdout })) {
      const origin = READY.exec(line)?.[1];
      if (origin !== undefined) return origin;
    }
    return undefined;
  } finally {
    clearTimeout(timer);
    stdout.resume();
  }
}

function onceExited(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve(exitOf(child) ?? 'ended'));
  });
}

function exitOf({ exitCode, signalCode }: ChildProcess): string | undefined {
  if (exitCode !== null) return `exit code ${exitCode}`;
  return signalCode === null ? undefined : `killed by ${signalCode}`;
}
