/** The service when its database cannot be written: the disk is full, or another process holds the lock. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { newGateKey } from '../support/gate-key.ts';
import { expectNothingHalfWritten } from '../support/log-checks.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import type { Answer } from '../support/service.ts';
import { smallDisks } from '../support/small-disk.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  type RiderHandle,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

const DISKS = smallDisks({ mebibytes: 16, database: join('data', 'courier-pass.db') });

const started: RunningService[] = [];
afterAll(() => Promise.all(started.map((service) => service.dispose())));

/** A service with a gate, and riders with their codes. */
interface World {
  readonly service: RunningService;
  readonly platform: PlatformHandle;
  readonly communityId: string;
  readonly gate: GateHandle;
  readonly rider: RiderHandle;
  readonly codes: readonly string[];
}

async function startWorld(dataDir?: string): Promise<World> {
  const service = await runService(dataDir === undefined ? {} : { dataDir });
  started.push(service);
  const platform = await makePlatform(service, 'kuaisong');
  const communityId = await makeCommunity(service);
  const gate = await makeGate(service, communityId);
  const rider = await signIn(service, platform, 'r-0');
  const codes: string[] = [];
  for (let index = 0; index < 6; index++) {
    const riderId = `r-${index}`;
    await makeDelivery(service, platform, { communityId, deliveryId: `d-${index}`, riderId });
    const body = { riderId, communityId, codes: 1 };
    const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body });
    codes.push(expectStatus(answer, 200).body.codes[0].code);
  }
  return { service, platform, communityId, gate, rider, codes };
}

const question = (code: string, direction = 'in') => ({
  requestId: randomUUID(),
  code,
  direction,
});

/** An answer that says: not now, nothing was recorded, come again; and nothing of the database. */
function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(answer.headers.get('x-request-id')).toBeTruthy();
  expect(answer.body).toMatchObject({ status: 503, code: 'store_unavailable' });
  expect(answer.text).not.toMatch(/sqlite|database|disk|locked|stack|\.js/i);
}

async function decisions({ service, communityId }: World): Promise<Map<string, string>> {
  const path = `/v1/communities/${communityId}/decisions?limit=200`;
  const answer = await service.call('GET', path, { token: service.operatorKey });
  const items: { requestId: string; auditId: string }[] = expectStatus(answer, 200).body.items;
  return new Map(items.map(({ requestId, auditId }) => [requestId, auditId]));
}

/** Everything that writes says 503. */
async function expectNoWrites(world: World): Promise<void> {
  const { service, platform, communityId, gate } = world;
  const token = service.operatorKey;
  const { publicJwk } = await newGateKey();
  const enrolment = { enrollmentCode: 'cpe_unknown', publicKey: publicJwk };
  const data = { deliveryId: 'd-new', riderId: 'r-new', status: 'assigned' };
  const answers = await Promise.all([
    verify(service, gate, question('CP1:X')),
    verify(service, gate, question('CP1:X', 'out')),
    sendCallback(service, platform, data),
    service.call('POST', '/v1/rider-links', { token: platform.apiKey, body: { riderId: 'r-9' } }),
    service.call('POST', '/v1/communities', { token, body: { name: 'x', kind: 'open' } }),
    service.call('POST', '/v1/platforms', { token, body: { slug: 'other', name: 'x' } }),
    service.call('PUT', `/v1/communities/${communityId}/posture`, {
      token,
      body: { posture: 'normal' },
    }),
    service.call('POST', `/v1/communities/${communityId}/admissions`, {
      token,
      body: { gateId: gate.id, reason: 'x' },
    }),
  ]);
  for (const answer of answers) expectUnavailable(answer);
  // Nothing was to be written for these, so they may be answered as ever; if not, then in the same words.
  const refused = await service.call('POST', '/v1/gates/enroll', { body: enrolment });
  if (refused.status !== 401) expectUnavailable(refused);
}

/** What only reads is answered. */
async function expectReads({ service, rider, communityId }: World): Promise<void> {
  expectStatus(await service.call('GET', '/healthz'), 200);
  expectStatus(await service.call('GET', '/openapi.json'), 200);
  expectStatus(await service.call('GET', '/.well-known/jwks.json'), 200);
  expectStatus(await service.call('GET', '/metrics', { token: service.operatorKey }), 200);
  const passes = await service.call('GET', '/v1/rider/passes?codes=1', { token: rider.token });
  expect(expectStatus(passes, 200).body.items[0].codes).toHaveLength(1);
  for (const list of ['visits', 'gates', 'blocks', 'rules'])
    expectStatus(
      await service.call('GET', `/v1/communities/${communityId}/${list}`, {
        token: service.operatorKey,
      }),
      200,
    );
  expect([200, 503]).toContain((await service.call('GET', '/readyz')).status);
}

describe.runIf(DISKS.length > 0)('a full disk', () => {
  test.each(DISKS)(
    'is 503 for what would be recorded, never half of it; reads go on, and so does everything once there is space: %s',
    async (_name, make) => {
      const disk = make();
      const world = await startWorld(join(disk.folder, 'data'));
      const { service, gate, codes } = world;
      const before = question(codes[0]!);
      const first = expectStatus(await verify(service, gate, before), 200);
      expect(first.body.reason).toBe('granted');

      disk.fill(service);
      const answered = new Map<string, string>();
      const failed = [];
      // What room the log has already is used up first.
      for (let index = 0; failed.length < 3 && index < 500; index++) {
        const asked = question('CP1:X', index % 2 === 0 ? 'in' : 'out');
        const answer = await verify(service, gate, asked);
        if (answer.status === 200) answered.set(asked.requestId, answer.body.auditId);
        else {
          expectUnavailable(answer);
          failed.push(asked);
        }
      }
      expect(failed).toHaveLength(3);
      for (const code of codes.slice(1)) failed.push(question(code), question(code, 'out'));
      const answers = await Promise.all(failed.map((asked) => verify(service, gate, asked)));
      for (const answer of answers) expectUnavailable(answer);
      await expectNoWrites(world);
      await expectReads(world);
      const recorded = await decisions(world);
      expect(recorded.get(before.requestId)).toBe(first.body.auditId);
      for (const [requestId, auditId] of answered) expect(recorded.get(requestId)).toBe(auditId);
      for (const { requestId } of failed) expect(recorded.has(requestId)).toBe(false);
      // A retry of what was recorded needs no space.
      const retried = await verify(service, gate, before);
      if (retried.status !== 503) expect(retried.text).toBe(first.text);

      disk.free(service);
      const now = await Promise.all(
        failed.map(async (asked) => expectStatus(await verify(service, gate, asked), 200)),
      );
      for (const [index, asked] of failed.entries()) {
        const again = await verify(service, gate, asked);
        expect(again.text).toBe(now[index]?.text);
        if (asked.direction === 'out') expect(again.body.reason).toBe('granted_exit');
      }
      expect(now.filter(({ body }) => body.reason === 'granted')).toHaveLength(codes.length - 1);
      expect((await verify(service, gate, before)).text).toBe(first.text);
      expectStatus(await service.call('GET', '/readyz'), 200);

      const log = await decisions(world);
      expect(await service.terminate()).toBe(0);
      expectNothingHalfWritten(service.database);
      await service.start();
      expect(await decisions(world)).toEqual(log);
    },
    60_000,
  );

  test.each(DISKS)(
    'is survived by a service that is killed on it: it starts when there is space, and knows what it had recorded: %s',
    async (_name, make) => {
      const disk = make();
      const world = await startWorld(join(disk.folder, 'data'));
      const { service, gate, codes } = world;
      const before = question(codes[0]!);
      const first = expectStatus(await verify(service, gate, before), 200);
      disk.fill(service);
      const recorded = new Map<string, string>();
      for (let index = 0; index < 500; index++) {
        const asked = question('CP1:X');
        const answer = await verify(service, gate, asked);
        if (answer.status !== 200) break;
        recorded.set(asked.requestId, answer.body.auditId);
      }
      const lost = question(codes[1]!);
      expectUnavailable(await verify(service, gate, lost));
      await service.kill();
      if (disk.free.length === 0) disk.free({ pid: 0 });
      await service.start();
      expectStatus(await service.call('GET', '/readyz'), 200);
      const log = await decisions(world);
      for (const [requestId, auditId] of recorded) expect(log.get(requestId)).toBe(auditId);
      expect((await verify(service, gate, before)).text).toBe(first.text);
      expect((await verify(service, gate, lost)).body.reason).toBe('granted');
      expect(await service.terminate()).toBe(0);
      expectNothingHalfWritten(service.database);
    },
    60_000,
  );
});

describe('a database that another process has locked', () => {
  /** Holds the database's one write lock until it is released. */
  function lock({ service }: World): () => void {
    const database = new Database(service.database);
    database.exec('BEGIN IMMEDIATE');
    return () => {
      database.exec('ROLLBACK');
      database.close();
    };
  }

  test('is 503, at entry and at exit; the same requests are judged when it is released', async () => {
    const world = await startWorld();
    const { service, platform, gate, codes } = world;
    const [entry, exit] = [question(codes[0]!), question(codes[1]!, 'out')];
    const release = lock(world);
    const data = { deliveryId: 'd-new', riderId: 'r-new', status: 'assigned' };
    const asked = Promise.all([
      verify(service, gate, entry),
      verify(service, gate, exit),
      sendCallback(service, platform, data),
    ]);
    // The event loop waits for nobody.
    expectStatus(await service.call('GET', '/healthz'), 200);
    for (const answer of await asked) expectUnavailable(answer);
    const recorded = await decisions(world);
    expect(recorded.has(entry.requestId)).toBe(false);
    expect(recorded.has(exit.requestId)).toBe(false);

    release();
    const entered = expectStatus(await verify(service, gate, entry), 200);
    expect(entered.body.reason).toBe('granted');
    expect((await verify(service, gate, exit)).body.reason).toBe('granted_exit');
    expect((await verify(service, gate, entry)).text).toBe(entered.text);
    expect(await service.terminate()).toBe(0);
    expectNothingHalfWritten(service.database);
  }, 60_000);

  test('for a moment only is waited for', async () => {
    const world = await startWorld();
    const { service, gate, codes } = world;
    const release = lock(world);
    const asked = verify(service, gate, question(codes[0]!));
    expectStatus(await service.call('GET', '/healthz'), 200);
    release();
    expect((await asked).body.reason).toBe('granted');
  });
});
