/**
 * The thread that owns the database: the event loop of the server never waits for a disk. A second one of its kind
 * looks back, so that what reads long holds up nothing.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { StoreUnavailable } from '../store.ts';
import { type ItemResult, runGroup } from './commit-queue.ts';
import { openBeside, openDatabase, type SqliteOptions } from './database.ts';
import { type Call, decodeRequest, encode, type Reply } from './messages.ts';
import { operations } from './operations/index.ts';
import { OPERATION_KINDS, type Operations } from './operations/operation.ts';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');

const options = workerData as SqliteOptions;
const open = options.role === 'writes' ? openDatabase : openBeside;
const context = thrownWhole(() => open(options));
const perform = thrownWhole(() => operations(context));

/** What ends the thread must say why: an SqliteError is no native error, and leaves its message and stack behind. */
function thrownWhole<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const whole = new Error(error.message);
    if (error.stack !== undefined) whole.stack = error.stack;
    throw 'code' in error ? Object.assign(whole, { code: error.code }) : whole;
  }
}

function item({ operation, args }: Call) {
  const name = operation as keyof Operations;
  const run = perform[name] as (...given: readonly unknown[]) => unknown;
  return { writes: OPERATION_KINDS[name] === 'writes', run: () => run(...args) };
}

function reply(result: ItemResult): Reply {
  if (result.ok) return result;
  const { error } = result;
  const message = error instanceof Error ? describe(error) : String(error);
  return { ok: false, unavailable: error instanceof StoreUnavailable, message };
}

function describe(error: Error): string {
  return error.cause instanceof Error
    ? `${error.message}: ${error.cause.message}`
    : `${error.stack ?? error.message}`;
}

port.on('message', (text: string) => {
  const request = decodeRequest(text);
  if (request.kind === 'close') {
    context.sqlite.close();
    context.lock?.close();
    port.close();
    return;
  }
  // What was kept in memory of rows that the writing thread may have changed since.
  if (options.role === 'looksBack') context.reference.forget();
  const replies = thrownWhole(() => runGroup(context, request.calls.map(item))).map(reply);
  port.postMessage(encode({ kind: 'group', replies }));
});

port.postMessage(encode({ kind: 'ready' }));
