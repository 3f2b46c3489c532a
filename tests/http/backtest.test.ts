/** What a draft of the rules would have changed: told without changing anything. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../../src/domain/clock.ts';
import { type Service, startService } from '../support/service.ts';
import {
  changeRules,
  expectStatus,
  forge,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makePlatform,
  nextHour,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let counted = 0;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());
beforeEach(async () => {
  nextHour(service);
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
});

async function newRider(vehicle = 'e-bike'): Promise<RiderHandle> {
  counted += 1;
  const riderId = `rider-${counted}`;
  const rider = await signIn(service, platform, riderId);
  await makeDelivery(service, platform, { communityId, riderId, deliveryId: riderId, vehicle });
  return rider;
}

async function enter(rider: RiderHandle): Promise<string> {
  const code = await presentCode(service, rider);
  return (await verify(service, gate, { code })).body.reason;
}
async function leave(rider: RiderHandle): Promise<void> {
  await verify(service, gate, { code: await presentCode(service, rider), direction: 'out' });
}

const backtest = (rules: object, days = 7, token = service.operatorKey) =>
  service.call('POST', `/v1/communities/${communityId}/rules/backtest`, {
    token,
    body: { rules, days },
  });
const run = async (rules: object) => expectStatus(await backtest(rules), 200).body;

describe('a backtest of rules', () => {
  test('reproduces what was decided, whatever it was, when the draft is what was in force', async () => {
    const rider = await newRider();
    expect(await enter(rider)).toBe('granted');
    service.clock.advance(MINUTE_MS / 4);
    expect(await enter(rider)).toBe('granted_rescan');
    service.clock.advance(MINUTE_MS / 2);
    expect(await enter(rider)).toBe('already_inside');
    await leave(rider);
    for (let count = 0; count < 3; count++) {
      service.clock.advance(2 * MINUTE_MS);
      await enter(rider);
      await leave(rider);
    }
    const body = await run({});
    expect(body).toMatchObject({
      entries: 6,
      judged: 6,
      notReproduced: 0,
      unchanged: 6,
      changes: [],
    });
  });

  test('tells whom other vehicles would have kept out, with examples', async () => {
    const [one, two] = [await newRider('e-bike'), await newRider('bicycle')];
    await enter(one);
    await enter(two);
    const body = await run({ vehicles: ['bicycle'] });
    expect(body).toMatchObject({ judged: 2, unchanged: 1, newlyDenied: 1, newlyGranted: 0 });
    const [change] = body.changes;
    expect(change).toMatchObject({ from: 'granted', to: 'vehicle_not_allowed', count: 1 });
    const decisions = await service.call('GET', `/v1/communities/${communityId}/decisions`, {
      token: service.operatorKey,
    });
    const shown = decisions.body.items.map(({ auditId }: { auditId: string }) => auditId);
    expect(shown).toContain(change.examples[0].auditId);
  });

  test('tells whom more entries, and other hours, would have let in', async () => {
    await changeRules(service, communityId, { maxEntriesPerDelivery: 1 });
    const rider = await newRider();
    await enter(rider);
    await leave(rider);
    service.clock.advance(5 * MINUTE_MS);
    expect(await enter(rider)).toBe('entries_exhausted');
    expect(await run({ maxEntriesPerDelivery: 2 })).toMatchObject({
      newlyGranted: 1,
      changes: [{ from: 'entries_exhausted', to: 'granted', count: 1 }],
    });
    const shut = { hours: [{ days: ['mon'], from: '03:00', to: '03:01' }] };
    expect(await run(shut)).toMatchObject({ newlyDenied: 1 });
  });

  test('tells whom a capacity would have kept waiting', async () => {
    for (let count = 0; count < 3; count++) {
      await enter(await newRider());
      service.clock.advance(1_000);
    }
    expect(await run({ capacity: 2 })).toMatchObject({
      judged: 3,
      changes: [{ from: 'granted', to: 'capacity_reached', count: 1 }],
    });
  });

  test('leaves out what no rule has a say in', async () => {
    const rider = await newRider();
    const code = await presentCode(service, rider);
    expect((await verify(service, gate, { code: forge(code) })).body.reason).toBe('bad_signature');
    expect((await verify(service, gate, { code: 'x' })).body.reason).toBe('malformed_code');
    expect(await run({ vehicles: ['van'] })).toMatchObject({ entries: 2, judged: 0, changes: [] });
  });

  test('changes nothing', async () => {
    const rider = await newRider();
    await enter(rider);
    const before = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 10_000 });
    await run({ vehicles: ['van'] });
    const after = await service.deps.store.listAuditEntries({ afterSeq: 0, limit: 10_000 });
    expect(after.length).toBe(before.length);
  });

  test('holds up no gate: attempts are decided while it runs', async () => {
    const rider = await newRider();
    const code = await presentCode(service, rider);
    const running = Array.from({ length: 4 }, () => backtest({}));
    expect((await verify(service, gate, { code })).body.reason).toBe('granted');
    for (const answer of await Promise.all(running)) expect(answer.status).toBe(200);
  });

  test('refuses a draft that makes no sense, and whoever does not reach the community', async () => {
    const unsound = await backtest({ gates: ['gat_0123456789abc'] });
    expect([unsound.status, unsound.body.errors[0].path]).toEqual([422, 'rules.gates[0].gateId']);
    expect((await backtest({}, 0)).status).toBe(422);
    const other = await makeCommunity(service);
    const stranger = await makeKey(service, { kind: 'community', communityId: other });
    expect((await backtest({}, 7, stranger)).status).toBe(404);
  });

  test('looks at a bounded number of entries, the newest, and says so', async () => {
    const bounded = await startService({
      limits: { backtestEntries: 2 },
      now: service.clock.now(),
    });
    try {
      const slow = await makePlatform(bounded, 'kuaisong');
      const id = await makeCommunity(bounded);
      const door = await makeGate(bounded, id);
      const rider = await signIn(bounded, slow);
      await makeDelivery(bounded, slow, { communityId: id });
      for (let count = 0; count < 3; count++) {
        await verify(bounded, door, { code: await presentCode(bounded, rider) });
        bounded.clock.advance(2 * MINUTE_MS);
      }
      const { body } = await bounded.call('POST', `/v1/communities/${id}/rules/backtest`, {
        token: bounded.operatorKey,
        body: { rules: {} },
      });
      expect(body).toMatchObject({ entries: 2, extent: 'cut' });
    } finally {
      await bounded.stop();
    }
  });
});
