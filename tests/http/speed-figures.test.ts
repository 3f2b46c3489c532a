/** Figures and the backtest of limits, over what gates really measured. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { SECOND_MS } from '../../src/domain/clock.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makePlatform,
  presentCode,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let communityId: string;

beforeAll(async () => {
  service = await startService();
  const platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
  const gate = await makeGate(service, communityId);
  for (const [index, speedKmh] of [8, 10, 17, 21, 40].entries()) {
    const riderId = `rider-${index}`;
    await makeDelivery(service, platform, { communityId, riderId, deliveryId: riderId });
    const rider = await signIn(service, platform, riderId);
    const measured = { lane: '1', speedKmh, accuracyKmh: 1 };
    await verify(service, gate, { code: await presentCode(service, rider), ...measured });
    service.clock.advance(30 * SECOND_MS);
  }
  await judgeSpeeds(service.deps);
});
afterAll(() => service.stop());

const get = (path: string, token = service.operatorKey) =>
  service.call('GET', `/v1/communities/${communityId}${path}`, { token });
const draft = (body: object) =>
  service.call('POST', `/v1/communities/${communityId}/speed/backtest`, {
    token: service.operatorKey,
    body,
  });

test('tell the share over the limit, the 85th percentile and the alerts, by hour, gate and zone', async () => {
  const { body } = expectStatus(await get('/speed/figures'), 200);
  const all = {
    visits: 5,
    measured: 5,
    overShare: 0.6,
    p85Kmh: 40,
    alerts: 2,
    alertsPerThousandVisits: 400,
  };
  expect(body).toMatchObject({ extent: 'whole', all, byZone: [{ zone: null, ...all }] });
  expect(body.byHour).toEqual([{ hour: 12, ...all }]);
  expect(body.byGate).toHaveLength(1);
});

test('an alert that was taken back counts no more', async () => {
  const { body } = await get('/alerts');
  const worst = body.items.find(({ level }: { level: string }) => level === 'serious');
  const { courierId } = (await get('/visits')).body.items[0];
  const filed = await service.deps.store.fileAppeal({
    courierId,
    alertId: worst.id,
    communityId: null,
    text: '不是我',
    now: service.clock.now(),
  });
  if (filed.kind !== 'filed') throw new Error(filed.kind);
  const path = `/v1/communities/${communityId}/alerts/${worst.id}/appeals/${filed.appeal.id}/decision`;
  const decision = { decision: 'upheld', reason: '已核实' };
  expectStatus(
    await service.call('POST', path, { token: service.operatorKey, body: decision }),
    200,
  );
  expect((await get('/speed/figures')).body.all).toMatchObject({ alerts: 1 });
});

test('a backtest tells what a changed limit would have done', async () => {
  const same = expectStatus(await draft({}), 200).body;
  expect(same.before).toEqual({ alerts: 2, serious: 1, visits: 2 });
  expect(same.after).toEqual(same.before);
  const lower = expectStatus(await draft({ speedLimitKmh: 10 }), 200).body;
  expect(lower.after).toEqual({ alerts: 3, serious: 3, visits: 3 });
  expect(lower.stricter).toMatchObject([{ peakKmh: 17 }]);
  const wider = expectStatus(await draft({ speedMargin: { absoluteKmh: 10 } }), 200).body;
  expect(wider.after).toMatchObject({ alerts: 1 });
});

test('belong to those who manage the community, and a draft must make sense', async () => {
  const other = await makeCommunity(service);
  const stranger = await makeKey(service, { kind: 'community', communityId: other });
  expect((await get('/speed/figures', stranger)).status).toBe(404);
  expect((await get('/speed/figures?days=91')).status).toBe(422);
  expect((await draft({ speedLimitKmh: 0 })).status).toBe(422);
  const unknown = await draft({ zoneSpeedLimits: [{ zoneId: 'nowhere', speedLimitKmh: 5 }] });
  expect(unknown.status).toBe(422);
});
