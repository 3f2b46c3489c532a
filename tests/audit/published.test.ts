/** Checkpoints that others remember: how they get there, and what they say of a log at its next start. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditLog } from '../../src/audit/audit.ts';
import { openCheckpoint } from '../../src/audit/checkpoint.ts';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';
import { createPost } from '../../src/audit/outbound.ts';
import { parseVerifierKey } from '../../src/audit/signed-note.ts';
import { readConfig } from '../../src/config.ts';
import { openKeyring } from '../../src/keys/keyring.ts';
import type { Keys } from '../../src/keys/keys.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import type { Store } from '../../src/store/store.ts';
import { appendEntries } from '../contracts/store/log.ts';
import { readLog } from '../support/store-under-test.ts';
import { NOON } from '../support/store-world.ts';

const ORIGIN = 'pass.example.cn/audit';
const { limits } = readConfig({});
const post = createPost({ timeoutMs: 2_000, answerBytes: 1_000 });

let folder: string;
let file: string;
let warnings: string[];
let store: Store;
let keys: Keys;

const database = (name: string) => join(folder, name);

async function openStore(name = 'store.sqlite', keyEncryptionKey = new Uint8Array(32)) {
  store = await openSqliteStore({ path: database(name) });
  keys = await openKeyring({ store, keyEncryptionKey, limits }, NOON);
}

function openLog(webhook: string | null = null, checkpointFile: string | null = file) {
  return openAuditLog({
    store,
    keys,
    origin: ORIGIN,
    checkpointFile,
    headFile: null,
    restored: null,
    checkpointWebhookUrl: webhook === null ? null : new URL(webhook),
    witness: null,
    post,
    now: () => NOON,
    log: { warn: (_, message) => warnings.push(message) },
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courier-pass-published-'));
  file = join(folder, 'checkpoints.ndjson');
  warnings = [];
  await openStore();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const lines = () =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { at: string; checkpoint: string });
const keysOf = (log: AuditLog) =>
  log.publishedKeys().map(({ verifierKey }) => parseVerifierKey(verifierKey));

/** Entries, their checkpoint, and its publication. */
async function grow(log: AuditLog, entries = 3): Promise<void> {
  await appendEntries(store, entries);
  await log.run();
  await log.publish();
}

describe('the checkpoint file', () => {
  it('gets each checkpoint that is new, as one line', async () => {
    const log = await openLog();
    await log.publish();
    await grow(log);
    await log.publish();
    await log.run();
    await log.publish();
    await grow(log);
    const sizes = lines().map(({ checkpoint }) => openCheckpoint(checkpoint, keysOf(log)).size);
    expect(sizes).toHaveLength(2);
    expect(sizes[1]).toBe((sizes[0] ?? 0) + 3);
    expect(lines()[0]?.at).toBe(new Date(NOON).toISOString());
  });

  it('gets what a crash left unpublished, at the next start', async () => {
    const log = await openLog();
    await appendEntries(store, 3);
    await log.run();
    const again = await openLog();
    await again.publish();
    const [line] = lines();
    expect(openCheckpoint(line?.checkpoint ?? '', keysOf(log)).size).toBeGreaterThan(2);
  });

  it('a line that was left half written is passed over, and the next begins anew', async () => {
    writeFileSync(file, '{"at":"2026-11-2');
    const log = await openLog();
    expect(log.halted()).toBeNull();
    expect(warnings).toEqual(['the checkpoint file has lines that are no checkpoint']);
    await grow(log);
    const [, whole = ''] = readFileSync(file, 'utf8').split('\n');
    expect(openCheckpoint(JSON.parse(whole).checkpoint, keysOf(log)).size).toBeGreaterThan(0);
  });

  it('that cannot be written is said, and is made up for', async () => {
    const log = await openLog(null, join(folder, 'nowhere', 'file'));
    await appendEntries(store, 1);
    await log.run();
    await expect(log.publish()).rejects.toThrow(/not published/);
    const { mkdirSync } = await import('node:fs');
    mkdirSync(join(folder, 'nowhere'));
    await log.publish();
    expect(readFileSync(join(folder, 'nowhere', 'file'), 'utf8')).toContain(ORIGIN);
  });
});

describe('at the next start a log', () => {
  it('that has grown since goes on', async () => {
    const log = await openLog();
    await grow(log);
    await appendEntries(store, 5);
    await log.run();
    expect((await openLog()).halted()).toBeNull();
  });

  it('that is yesterday’s backup is halted: it neither grows nor signs, and says why', async () => {
    const log = await openLog();
    await grow(log);
    await store.close();
    copyFileSync(database('store.sqlite'), database('backup.sqlite'));
    await openStore();
    await grow(await openLog());
    await store.close();

    await openStore('backup.sqlite');
    const restored = await openLog();
    expect(restored.halted()).toMatch(
      /was published, and the log has \d+: it was cut, or restored/,
    );
    expect(warnings).toContain('the audit log is halted');
    const before = [await store.readLogTree(), await restored.checkpoint()];
    await appendEntries(store, 10); // as many as were lost, and more
    await restored.run();
    await restored.publish();
    expect([await store.readLogTree(), await restored.checkpoint()]).toEqual(before);
    expect(lines()).toHaveLength(2);
    // Longer than what was published, it is still another log.
    expect((await openLog()).halted()).not.toBeNull();
  });

  it('whose entries were rewritten, with every hash made to fit, is halted', async () => {
    const log = await openLog();
    await grow(log, 20);
    await store.close();
    // Another log under the same name and the same keys: what a rewriting leaves, down to the signatures.
    const { default: Database } = await import('better-sqlite3');
    const other = new Database(database('store.sqlite'));
    for (const { name } of other
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
      .all())
      other.exec(`DROP TRIGGER \`${name}\``);
    other.exec(
      "DELETE FROM log_tree; DELETE FROM log_tiles; DELETE FROM log_runs; DELETE FROM log_lookup; DELETE FROM log_checkpoints; UPDATE audit_entries SET entry = replace(entry, 'api_key', 'api-key')",
    );
    other.close();
    await openStore();
    // Alone it holds together …
    const alone = await openLog(null, null);
    await alone.run();
    expect(alone.halted()).toBeNull();
    expect(openCheckpoint((await alone.checkpoint()) ?? '', keysOf(alone)).size).toBeGreaterThan(
      20,
    );
    // … and only the checkpoint outside shows what was done.
    expect((await openLog()).halted()).toMatch(/of another log: it was rewritten/);
  });

  it('whose keys are others is halted: a new database under the name of an old log', async () => {
    await grow(await openLog());
    await store.close();
    await openStore('new.sqlite');
    expect((await openLog()).halted()).toMatch(/none of its keys has signed/);
  });

  it.each([
    [
      'a hash in the midst',
      "UPDATE log_tiles SET hashes = CAST(x'00000000' || substr(hashes, 5) AS BLOB) WHERE level = 0 AND tile = 0",
    ],
    [
      'a hash above',
      "UPDATE log_tiles SET hashes = CAST(substr(hashes, 1, 32) || x'00000000' || substr(hashes, 37) AS BLOB) WHERE level = 1",
    ],
    ['a tile', 'DELETE FROM log_tiles WHERE level = 1'],
  ])(
    'hands out no receipt that does not hold, and stops, when somebody spoilt %s',
    async (_, text) => {
      const log = await openLog();
      await grow(log, 600);
      const [, entry] = await readLog(store);
      await store.close();
      const { default: Database } = await import('better-sqlite3');
      const spoilt = new Database(database('store.sqlite'));
      spoilt.exec('DROP TRIGGER log_tiles_no_change; DROP TRIGGER log_tiles_no_delete');
      spoilt.exec(text);
      spoilt.close();
      await openStore();
      const again = await openLog(null, null);
      await expect(again.findReceipt(entry?.auditId ?? '')).rejects.toThrow(/tiles do not lead/);
      expect(again.halted()).toMatch(/tiles do not lead/);
      await appendEntries(store, 1);
      const before = await store.readLogTree();
      await again.run();
      expect(await store.readLogTree()).toEqual(before);
    },
  );

  it('whose key was revoked goes on: what that key signed is no stranger’s', async () => {
    await grow(await openLog());
    const [active] = keys.checkpointKeys().filter(({ state }) => state === 'active');
    await keys.revoke('checkpoint', active?.kid ?? '', 'system', NOON);
    await store.close();
    await openStore();
    const log = await openLog();
    expect(log.halted()).toBeNull();
    await grow(log);
    const newest = lines().at(-1)?.checkpoint ?? '';
    expect(openCheckpoint(newest, keysOf(log)).size).toBeGreaterThan(3);
  });

  it('grows once when it is run twice at the same time', async () => {
    const log = await openLog();
    await appendEntries(store, 3_000);
    await Promise.all([log.run(), log.run(), log.run()]);
    expect(log.halted()).toBeNull();
    const { size } = openCheckpoint((await log.checkpoint()) ?? '', keysOf(log));
    await log.run();
    expect(openCheckpoint((await log.checkpoint()) ?? '', keysOf(log)).size).toBe(size);
    expect(size).toBeGreaterThanOrEqual(3_000);
  });

  it('goes on under another name when it was decided, and an entry says so', async () => {
    const log = await openLog();
    await grow(log);
    await store.close();
    copyFileSync(database('store.sqlite'), database('backup.sqlite'));
    await openStore();
    await grow(await openLog());
    await store.close();
    await openStore('backup.sqlite');
    const restored = await openLog();
    const kept = (await store.readLogTree())?.size ?? 0;
    await restored.goOnRenamed('key:key_1');
    expect(restored.halted()).toBeNull();
    expect(restored.origin).toBe(`${ORIGIN}/2`);
    await grow(restored);
    const opened = openCheckpoint((await restored.checkpoint()) ?? '', keysOf(restored));
    expect(opened).toMatchObject({ origin: `${ORIGIN}/2`, size: kept + 4 });
    const renamed = (await readLog(store)).find(({ members }) => members['type'] === 'log.renamed');
    expect(renamed?.members).toMatchObject({
      actor: 'key:key_1',
      from: ORIGIN,
      to: `${ORIGIN}/2`,
      size: kept,
    });
    expect((await openLog()).halted()).toBeNull();
    await restored.goOnRenamed('key:key_1');
    expect(restored.origin).toBe(`${ORIGIN}/2`);
  });

  it('is not halted by the checkpoints of another log', async () => {
    const other = await openAuditLog({
      store,
      keys,
      origin: 'other.example/audit',
      checkpointFile: file,
      headFile: null,
      restored: null,
      checkpointWebhookUrl: null,
      witness: null,
      post,
      now: () => NOON,
      log: { warn: () => {} },
    });
    await grow(other);
    await store.close();
    await openStore('new.sqlite');
    expect((await openLog()).halted()).toBeNull();
  });
});

describe('the webhook', () => {
  let server: Server;
  let received: { readonly body: string; readonly type: string | undefined }[];
  let status: number;
  let url: string;

  beforeEach(async () => {
    received = [];
    status = 204;
    server = createServer((request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        received.push({ body, type: request.headers['content-type'] });
        const location = status === 302 ? { location: `${url}/elsewhere` } : {};
        response.writeHead(status, location).end(status === 200 ? 'x'.repeat(2_000) : '');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => server.close());

  it('gets the newest checkpoint as a note, once', async () => {
    const log = await openLog(url);
    await grow(log);
    await log.publish();
    expect(received).toEqual([{ body: await log.checkpoint(), type: 'text/plain; charset=utf-8' }]);
  });

  it('that fails is tried again with what is then the newest; the file does not wait for it', async () => {
    const log = await openLog(url);
    status = 500;
    await appendEntries(store, 1);
    await log.run();
    await expect(log.publish()).rejects.toThrow(/not published/);
    expect(lines()).toHaveLength(1);
    status = 204;
    await grow(log);
    expect(received).toHaveLength(2);
    expect(received[1]?.body).toBe(await log.checkpoint());
  });

  it('is not followed elsewhere, and its answer is bounded', async () => {
    status = 302;
    await expect(post(new URL(url), 'x', 'text/plain')).resolves.toMatchObject({ status: 302 });
    expect(received).toHaveLength(1);
    status = 200;
    await expect(post(new URL(url), 'x', 'text/plain')).rejects.toThrow(/too_large/);
  });
});
