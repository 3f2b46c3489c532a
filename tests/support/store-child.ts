import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { OpenOptions } from '../../src/store/sqlite/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';

/** A store that a process of its own has open. */
export interface StoreChild {
  readonly store: Store;
  readonly pid: number;
  /** Closes the store and waits until the process has ended. */
  end(): Promise<void>;
}

interface Answer {
  readonly id: number;
  readonly ok: boolean;
  readonly value?: unknown;
  readonly name?: string;
  readonly message?: string;
}

/** Starts a script of this folder on the built files; it is killed when the test has ended before it. */
export function startScript(name: string, ...args: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** The lines that a process prints, a last one that is not whole left out. */
export async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of child.stdout ?? []) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Opens a store in a process of its own, so that its limits can be changed and its memory is its own. */
export async function openStoreChild(options: Omit<OpenOptions, 'onFailure'>): Promise<StoreChild> {
  const child = startScript('store-child.mjs', JSON.stringify(options));
  const { stdin, stdout, pid } = child;
  if (stdin === null || stdout === null || pid === undefined) throw new Error('no process');
  const waiting = new Map<number, (answer: Answer) => void>();
  createInterface({ input: stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  await new Promise<unknown>((resolve) => waiting.set(0, resolve));

  let calls = 0;
  async function call(operation: string, args: readonly unknown[]): Promise<unknown> {
    calls += 1;
    const id = calls;
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
    stdin?.write(`${JSON.stringify({ id, operation, args })}\n`);
    const { ok, value, name, message } = await answered;
    if (ok) return value;
    throw name === 'StoreUnavailable' ? new StoreUnavailable(message) : new Error(message);
  }

  const store = new Proxy({} as Store, {
    // A promise that resolved to the store would otherwise take it for one.
    get: (_store, operation) =>
      operation === 'then' ? undefined : (...args: unknown[]) => call(String(operation), args),
  });
  async function end(): Promise<void> {
    await store.close();
    const exited = once(child, 'exit');
    stdin?.end();
    await exited;
  }
  return { store, pid, end };
}
