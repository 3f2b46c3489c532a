import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Store } from '../../src/store/store.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A store with what a contract needs besides the port. */
export interface StoreUnderTest {
  /** The store that is open now: another one after {@link reopen}. */
  readonly store: Store;
  /** Closes the store and opens it again: what was in memory only is gone. */
  reopen(): Promise<void>;
  /** Runs SQL behind the port's back: for what no operation shows. Rejects as the database does. */
  sql(text: string): Promise<readonly Row[]>;
  /** Closes the store and removes what it kept. */
  dispose(): Promise<void>;
}

/** Opens an empty store. */
export type OpenStore = () => Promise<StoreUnderTest>;

/** One store for all tests of the surrounding block, which make worlds of their own in it. */
export function sharedStore(open: OpenStore): StoreUnderTest {
  return hold(open, beforeAll, afterAll);
}

/** A store of its own for each test of the surrounding block. */
export function freshStore(open: OpenStore): StoreUnderTest {
  return hold(open, beforeEach, afterEach);
}

function hold(open: OpenStore, before: typeof beforeAll, after: typeof afterAll): StoreUnderTest {
  let held: StoreUnderTest | null = null;
  const under = () => {
    if (held === null) throw new Error('the store is open while tests run only');
    return held;
  };
  before(async () => {
    held = await open();
  });
  after(async () => {
    await held?.dispose();
    held = null;
  });
  return {
    get store() {
      return under().store;
    },
    reopen: () => under().reopen(),
    sql: (text) => under().sql(text),
    dispose: () => under().dispose(),
  };
}

/** An entry of the audit log with its text. */
export interface LoggedEntry {
  readonly seq: number;
  readonly auditId: string;
  readonly text: string;
  readonly members: Readonly<Record<string, unknown>>;
}

/** The whole audit log, read page by page. */
export async function readLog(store: Store): Promise<LoggedEntry[]> {
  const log: LoggedEntry[] = [];
  for (;;) {
    const page = await store.listAuditEntries({ afterSeq: log.at(-1)?.seq ?? 0, limit: 500 });
    if (page.length === 0) return log;
    for (const { seq, auditId, entry } of page)
      log.push({ seq, auditId, text: entry, members: JSON.parse(entry) });
  }
}

/** Entries appended while an action ran. */
export async function entriesOf(
  store: Store,
  action: () => Promise<unknown>,
): Promise<LoggedEntry[]> {
  const before = (await readLog(store)).length;
  await action();
  return (await readLog(store)).slice(before);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
