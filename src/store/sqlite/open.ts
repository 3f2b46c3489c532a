import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BacktestStore } from '../backtest-store.ts';
import { type Store, StoreUnavailable } from '../store.ts';
import type { SqliteOptions } from './database.ts';
import { type Call, decodeResponse, encode, type Reply, type Response } from './messages.ts';
import { OPERATION_KINDS } from './operations/operation.ts';

export interface OpenOptions {
  /** The database file; its folder exists. */
  readonly path: string;
  /** How long a transaction waits for another process's lock. */
  readonly busyTimeoutMs?: number;
  /** Operations that may wait; past it they are refused at once. */
  readonly queueLength?: number;
  /** Called once when the database thread has died: nothing can be answered any more. */
  readonly onFailure?: (error: Error) => void;
}

/** The most operations in one transaction. */
const GROUP_SIZE = 512;

/** From the sources (tests) the thread runs the built file: a worker cannot load TypeScript on Node 20. */
const WORKER = import.meta.url.endsWith('.ts')
  ? new URL('../../../dist/store/sqlite/worker.js', import.meta.url)
  : new URL('./worker.js', import.meta.url);

/** What reads long, and therefore in a thread of its own. */
const LOOKING_BACK: readonly string[] = [
  'backtestRules',
  'readSpeedFigures',
  'backtestSpeed',
] satisfies readonly (keyof BacktestStore)[];
/** Such reads that may wait for each other; past it they are refused at once. */
const LOOKING_BACK_LENGTH = 100;

/** Opens the embedded store. @throws when the file cannot be opened or brought to the newest schema */
export async function openSqliteStore(options: OpenOptions): Promise<Store> {
  const { path, busyTimeoutMs = 1_000, queueLength = 20_000 } = options;
  const worker = await startThread({ path, busyTimeoutMs, role: 'writes' });
  const queue = new CommitQueue(worker, queueLength, options.onFailure);
  const beside = new LookingBack({ path, busyTimeoutMs, role: 'looksBack' });
  const names = Object.keys(OPERATION_KINDS);
  const calls = names.map((name) => {
    const { call } = LOOKING_BACK.includes(name) ? beside : { call: queue.call.bind(queue) };
    return [name, (...args: unknown[]) => call(name, args)];
  });
  async function close(): Promise<void> {
    await Promise.all([queue.close(), beside.close()]);
  }
  return { ...Object.fromEntries(calls), close } as Store;
}

async function startThread(workerData: SqliteOptions): Promise<Worker> {
  const worker = new Worker(WORKER, { workerData, name: `sqlite ${workerData.role}` });
  await once(worker, 'message');
  return worker;
}

/** The second thread: started when it is first needed, and anew after it has died. */
class LookingBack {
  readonly #options: SqliteOptions;
  #queue: Promise<CommitQueue> | null = null;
  #closed = false;

  constructor(options: SqliteOptions) {
    this.#options = options;
  }

  readonly call = async (operation: string, args: readonly unknown[]): Promise<unknown> => {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
    this.#queue ??= this.#start();
    return (await this.#queue).call(operation, args);
  };

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#queue?.catch(() => null))?.close();
  }

  async #start(): Promise<CommitQueue> {
    const startAnew = () => {
      this.#queue = null;
    };
    try {
      const worker = await startThread(this.#options);
      return new CommitQueue(worker, LOOKING_BACK_LENGTH, startAnew);
    } catch (cause) {
      startAnew();
      throw new StoreUnavailable('the past cannot be read now', { cause });
    }
  }
}

interface Waiting {
  readonly call: Call;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Collects what arrives while the disk is busy and hands it over as one group: the busier, the larger the group. */
class CommitQueue {
  readonly #worker: Worker;
  readonly #limit: number;
  readonly #ahead: Waiting[][] = [];
  #waiting: Waiting[] = [];
  #scheduled = false;
  #dead = false;
  #closing: Promise<void> | null = null;

  constructor(worker: Worker, limit: number, onFailure: ((error: Error) => void) | undefined) {
    this.#worker = worker;
    this.#limit = limit;
    worker.on('message', (text: string) => this.#answered(decodeResponse(text)));
    worker.on('error', (error) => {
      this.#fail(error);
      onFailure?.(error);
    });
  }

  call(operation: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#dead || this.#closing !== null)
        return reject(new StoreUnavailable('the store is closed'));
      if (this.#waiting.length >= this.#limit)
        return reject(new StoreUnavailable('too much is waiting to be stored'));
      this.#waiting.push({ call: { operation, args }, resolve, reject });
      this.#schedule();
    });
  }

  /** From the first call on nothing more is accepted, so that what was accepted comes to an end. */
  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#ahead.length > 0) await new Promise(setImmediate);
    if (this.#dead) return;
    const exit = once(this.#worker, 'exit');
    this.#worker.postMessage(encode({ kind: 'close' }));
    await exit;
  }

  /** Whatever the present turn of the event loop still brings goes into the same group. */
  #schedule(): void {
    if (this.#scheduled || !this.#mayHandOver()) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /**
   * One group is under way and one lies ready behind it, so that the thread never waits for the main one. The second
   * goes as soon as it is as large as the first: in small ones each operation would pay more of a commit.
   */
  #mayHandOver(): boolean {
    const [underWay, ready] = this.#ahead;
    if (this.#waiting.length === 0 || ready !== undefined) return false;
    return underWay === undefined || this.#waiting.length >= underWay.length;
  }

  #flush(): void {
    if (!this.#mayHandOver()) return;
    const group = this.#waiting.splice(0, GROUP_SIZE);
    this.#ahead.push(group);
    this.#worker.postMessage(encode({ kind: 'group', calls: group.map(({ call }) => call) }));
    if (this.#waiting.length > 0) this.#schedule();
  }

  #answered(response: Response): void {
    if (response.kind !== 'group') return;
    const group = this.#ahead.shift() ?? [];
    this.#flush();
    for (const [index, waiting] of group.entries()) settle(waiting, response.replies[index]);
  }

  #fail(cause: Error): void {
    this.#dead = true;
    const error = new StoreUnavailable('the database thread has died', { cause });
    for (const { reject } of [...this.#ahead.flat(), ...this.#waiting]) reject(error);
    this.#ahead.length = 0;
    this.#waiting = [];
  }
}

function settle({ resolve, reject }: Waiting, reply: Reply | undefined): void {
  if (reply === undefined) reject(new StoreUnavailable('no reply'));
  else if (reply.ok) resolve(reply.value);
  else reject(reply.unavailable ? new StoreUnavailable(reply.message) : new Error(reply.message));
}
