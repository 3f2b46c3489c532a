import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pruneLog } from '../../src/access/prune-log.ts';
import { verifyReceipt } from '../../src/audit/receipt.ts';
import { parseVerifierKey } from '../../src/audit/signed-note.ts';
import { run } from '../cli/support.ts';
import { type Service, startService } from '../support/service.ts';
import { readLog } from '../support/store-under-test.ts';
import {
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  presentCode,
  signIn,
  verify,
} from '../support/world.ts';

const DAY_MS = 86_400_000;

let service: Service;
beforeEach(async () => {
  service = await startService({ environment: { AUDIT_RETENTION_DAYS: '184' } });
});
afterEach(() => service.stop());

async function addEntries(count: number): Promise<void> {
  const { deps, clock } = service;
  await Promise.all(
    Array.from({ length: count }, () =>
      deps.store.createApiKey({
        name: 'x',
        scope: { kind: 'all' },
        hash: randomUUID(),
        actor: 'key:key_0000000000000',
        now: clock.now(),
      }),
    ),
  );
  await deps.audit.run();
}
const database = () => join(service.deps.config.dataDir, 'courier-pass.db');
function sql<Row>(text: string): Row[] {
  const opened = new Database(database());
  try {
    const statement = opened.prepare<[], Row>(text);
    if (statement.reader) return statement.all();
    statement.run();
    return [];
  } finally {
    opened.close();
  }
}
const key = () => service.deps.audit.publishedKeys()[0]?.verifierKey ?? '';
const size = () => sql<{ size: number }>('SELECT size FROM log_tree')[0]?.size ?? 0;
const left = async () => (await readLog(service.deps.store)).length;

describe('retention', () => {
  it('drops whole bundles that are old enough, and says so in the log before it does', async () => {
    const platform = await makePlatform(service, 'kuai');
    const communityId = await makeCommunity(service);
    const gate = await makeGate(service, communityId);
    await makeDelivery(service, platform, { communityId });
    const code = await presentCode(service, await signIn(service, platform));
    await verify(service, gate, { code });
    await verify(service, gate, { code, direction: 'out' });
    await addEntries(600);
    const before = size();
    service.clock.advance(100 * DAY_MS);
    await addEntries(100);
    service.clock.advance(84 * DAY_MS); // 184 days: as old as that is not older
    await pruneLog(service.deps);
    expect(await left()).toBe(size());
    service.clock.advance(1);
    await pruneLog(service.deps);
    expect(before).toBeLessThan(3 * 256);
    expect(await left()).toBe(size() - 2 * 256);
    const pruned = (await readLog(service.deps.store)).at(-1);
    expect(pruned?.members).toMatchObject({ type: 'audit.pruned', from: 0, through: 512 });
    expect(sql('SELECT * FROM attempts')).toEqual([]);
    expect(sql('SELECT * FROM visits')).toEqual([]);
    expect(service.lines.find(({ message }) => message === 'dropped old audit entries')).toEqual({
      level: 'info',
      message: 'dropped old audit entries',
      members: { entries: 512 },
    });
    await pruneLog(service.deps);
    expect(await left()).toBe(size() - 2 * 256);
  });

  it('leaves every proof of what is kept, and a log that verifies', async () => {
    await addEntries(700);
    const remembered = join(service.deps.config.dataDir, 'remembered');
    const check = () =>
      run(
        ['audit', 'verify', '--database', database(), '--key', key(), '--remembered', remembered],
        { environment: {} },
      );
    expect(await check()).toMatchObject({ code: 0 });
    service.clock.advance(200 * DAY_MS);
    await pruneLog(service.deps);
    const verdict = await check();
    expect(verdict.code, verdict.out).toBe(0);
    expect(verdict.out).toContain(', 512 dropped after their time.');
    const keys = [parseVerifierKey(key())];
    const token = service.operatorKey;
    for (const { auditId, text } of (await readLog(service.deps.store)).slice(0, 40)) {
      const receipt = await service.call('GET', `/v1/audit/receipts/${auditId}`, { token });
      expect(receipt.status).toBe(200);
      expect(verifyReceipt(receipt.text, keys)).toMatchObject({ entry: text, auditId });
    }
    const exported = await service.call('GET', '/v1/audit/export', { token });
    expect(exported.text.trimEnd().split('\n')).toHaveLength((await left()) + 2);
  });

  it('has no receipt of what was dropped, and no bundle', async () => {
    await addEntries(300);
    const [first] = await readLog(service.deps.store);
    service.clock.advance(200 * DAY_MS);
    await pruneLog(service.deps);
    const token = service.operatorKey;
    const receipt = `/v1/audit/receipts/${first?.auditId}`;
    expect((await service.call('GET', receipt, { token })).status).toBe(404);
    const bundle = '/v1/audit/tile/entries/000';
    expect((await service.call('GET', bundle, { token })).status).toBe(404);
    expect((await service.call('GET', '/v1/audit/tile/0/000')).status).toBe(200);
  });

  it('is found out where entries were dropped without it', async () => {
    await addEntries(700);
    service.clock.advance(200 * DAY_MS);
    await pruneLog(service.deps);
    sql('DROP TRIGGER audit_entries_no_delete');
    sql('DELETE FROM audit_entries WHERE seq <= 600');
    const { code, out } = await run(['audit', 'verify', '--database', database(), '--key', key()], {
      environment: {},
    });
    expect(code).toBe(4);
    expect(out).toContain('Entries 512 to 599 are missing: taken out of the log.');
  });

  it('is the only way out: neither a row of the announcement nor an entry alone lets anything go', async () => {
    await addEntries(700);
    expect(() => sql('DELETE FROM audit_entries WHERE seq = 1')).toThrow(/never deleted/);
    const announce = (through: number, seq: number, announced: number) =>
      sql(`INSERT INTO log_prunings VALUES (${through}, ${seq}, ${announced})`);
    expect(() => announce(256, 257, size())).toThrow(/is announced in it/);
    service.clock.advance(200 * DAY_MS);
    const now = service.clock.now();
    const step = () => service.deps.store.pruneLog({ before: now, limit: 100, now });
    expect(await step()).toEqual({ kind: 'announced', through: 512 });
    // Announced, but not covered by a checkpoint yet.
    expect(await step()).toEqual({ kind: 'nothing' });
    expect(() => sql('DELETE FROM audit_entries WHERE seq = 1')).toThrow(/never deleted/);
    await service.deps.audit.run();
    expect(() => sql('DELETE FROM audit_entries WHERE seq = 513')).toThrow(/never deleted/);
    expect(await step()).toEqual({ kind: 'dropped', entries: 100 });
    expect(() => sql('UPDATE log_prunings SET through = 1024')).toThrow(/stays/);
    expect(() => sql('DELETE FROM log_prunings')).toThrow(/stays/);
  });

  it('drops old alerts behind those that nobody has ended, and keeps the young', async () => {
    await addEntries(300);
    const { deps, clock } = service;
    const begun = clock.now();
    clock.advance(200 * DAY_MS);
    const lasting = (gate: number) =>
      `INSERT INTO alerts (id, community_no, kind, gate_no, at, ended_at, details)
       VALUES ('old-${gate}', 1, 'gate_offline', ${gate}, ${begun}, NULL, '{}')`;
    for (let gate = 1; gate <= 10; gate++) sql(lasting(gate));
    for (const [id, at] of [
      ['ended', begun],
      ['young', clock.now()],
    ])
      sql(`INSERT INTO alerts (id, community_no, kind, gate_no, at, ended_at, details)
           VALUES ('${id}', 1, 'tamper', 11, ${at}, ${at}, '{}')`);
    const now = clock.now();
    const step = () => deps.store.pruneLog({ before: now, limit: 10, now });
    expect(await step()).toMatchObject({ kind: 'announced' });
    await deps.audit.run();
    for (let round = 0; round < 3; round++) await step();
    expect(sql('SELECT id FROM alerts')).toEqual([{ id: 'young' }]);
  });

  it('goes on after it was interrupted', async () => {
    await addEntries(700);
    service.clock.advance(200 * DAY_MS);
    const now = service.clock.now();
    const step = () => service.deps.store.pruneLog({ before: now, limit: 300, now });
    await step();
    await service.deps.audit.run();
    expect(await step()).toEqual({ kind: 'dropped', entries: 300 });
    await pruneLog(service.deps);
    expect(await left()).toBe(size() - 512);
  });

  it('drops nothing where the newest time in a bundle is not over', async () => {
    await addEntries(200);
    service.clock.advance(200 * DAY_MS);
    await addEntries(200);
    await pruneLog(service.deps);
    expect(await left()).toBe(size());
  });
});
