import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseCourierCode } from '../../src/domain/courier-code.ts';
import { type Service, startService } from '../support/service.ts';
import {
  changeRules,
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  nextHour,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  readPasses,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let rider: RiderHandle;
let riderId: string;
let deliveryId: string;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());

let count = 0;
beforeEach(async () => {
  nextHour(service, 11_250); // 11.25 s into a window
  count++;
  riderId = `r-${count}`;
  deliveryId = `d-${count}`;
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  rider = await signIn(service, platform, riderId);
});

const deliver = (more: object = {}) =>
  makeDelivery(service, platform, { communityId, deliveryId, riderId, ...more });
const finish = () => sendCallback(service, platform, { deliveryId, status: 'delivered' });
const get = (query: string) =>
  service.call('GET', `/v1/rider/passes${query}`, { token: rider.token });
const courierOf = async () =>
  (
    await service.call('GET', `/v1/communities/${communityId}/visits`, {
      token: service.operatorKey,
    })
  ).body.items[0].courierId;
const directionsOf = (pass: { codes: { code: string }[] }) =>
  pass.codes.map(({ code }) => parseCourierCode(code)?.directions);

describe('codes', () => {
  test('are 8 unless said otherwise, from the window that holds serverTime on', async () => {
    await deliver();
    const { items, serverTime } = await readPasses(service, rider);
    expect(serverTime).toBe(new Date(service.clock.now()).toISOString());
    const { codes } = items[0];
    expect(codes).toHaveLength(8);
    const start = service.clock.now() - 11_250;
    codes.forEach((each: { code: string; notBefore: string; notAfter: string }, index: number) => {
      expect(each.notBefore).toBe(new Date(start + index * 30_000).toISOString());
      expect(each.notAfter).toBe(new Date(start + (index + 1) * 30_000).toISOString());
      expect(parseCourierCode(each.code)).toMatchObject({
        directions: 3,
        communityId,
        passId: items[0].id,
        notBefore: Date.parse(each.notBefore) / 1000,
        lifetimeSeconds: 30,
      });
    });
  });

  test.each([1, 2, 240])('are exactly %i when asked for', async (codes) => {
    await deliver();
    expect((await readPasses(service, rider, `?codes=${codes}`)).items[0].codes).toHaveLength(
      codes,
    );
  });

  test('after a notBefore are the ones that follow it, with no gap and no overlap', async () => {
    await deliver();
    const first = (await readPasses(service, rider, '?codes=5')).items[0].codes;
    const after = encodeURIComponent(first[4].notBefore);
    const next = (await readPasses(service, rider, `?codes=3&after=${after}`)).items[0].codes;
    const all = (await readPasses(service, rider, '?codes=8')).items[0].codes;
    expect([...first, ...next]).toEqual(all);
  });

  test('after a notBefore long past are those of now', async () => {
    await deliver();
    const after = new Date(service.clock.now() - HOUR).toISOString();
    const [code] = (await readPasses(service, rider, `?codes=1&after=${after}`)).items[0].codes;
    expect(code).toEqual((await readPasses(service, rider, '?codes=1')).items[0].codes[0]);
  });

  test('are the same for every phone', async () => {
    await deliver();
    const other = await signIn(service, platform, riderId);
    expect((await readPasses(service, other)).items).toEqual(
      (await readPasses(service, rider)).items,
    );
  });

  test('end at most three hours ahead', async () => {
    await deliver();
    const windows = (ahead: number) => new Date(service.clock.now() - 11_250 + ahead).toISOString();
    expect((await get(`?codes=1&after=${windows(3 * HOUR - 60_000)}`)).status).toBe(200);
    const answer = await get(`?codes=1&after=${windows(3 * HOUR - 30_000)}`);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: 'after' }]);
  });

  test.each([
    '?codes=0',
    '?codes=241',
    '?codes=-1',
    '?codes=x',
    '?codes=',
    '?codes=1.5',
    '?codes=1e1',
    '?codes=%208',
  ])('%s is 422', async (query) => {
    const answer = await get(query);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: 'codes' }]);
  });

  test.each(['?after=', '?after=yesterday', '?after=1795233600', '?after=2026-11-21T04:00:00'])(
    '%s is 422',
    async (query) => {
      const answer = await get(query);
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toMatchObject([{ path: 'after' }]);
    },
  );

  test('fetched ahead open the gate later, and each one once', async () => {
    await deliver();
    const codes = (await readPasses(service, rider, '?codes=20')).items[0].codes;
    service.clock.set(Date.parse(codes[19].notBefore) + 1_000);
    expect((await verify(service, gate, { code: codes[19].code })).body.reason).toBe('granted');
    expect((await verify(service, gate, { code: codes[3].code })).body.reason).toBe('code_expired');
  });
});

describe('a pass', () => {
  test('is shared by all orders for one community', async () => {
    await deliver();
    await deliver({ deliveryId: `${deliveryId}-b`, dropoff: { communityId, building: '3' } });
    const { items } = await readPasses(service, rider);
    expect(items).toHaveLength(1);
    expect(items[0].deliveries).toHaveLength(2);
    expect(items[0].stops.map(({ building }: { building: string }) => building).sort()).toEqual([
      '12',
      '3',
    ]);
  });

  test('whose both legs lead here names its delivery once and each stop', async () => {
    const legs = { pickup: { communityId }, dropoff: { communityId, building: '9' } };
    await sendCallback(service, platform, { deliveryId, riderId, status: 'assigned', ...legs });
    const [pass] = (await readPasses(service, rider)).items;
    expect(pass.deliveries).toEqual([{ platform: 'kuaisong', deliveryId, status: 'assigned' }]);
  });

  test('tells a late rider nothing less: the deadline ends nothing', async () => {
    await deliver({ deadlineAt: new Date(service.clock.now() - HOUR).toISOString() });
    expect(
      (await verify(service, gate, { code: await presentCode(service, rider) })).body.reason,
    ).toBe('granted');
  });

  test('is ended with its last delivery, shown for two hours more and has no codes', async () => {
    await deliver();
    expectStatus(await finish(), 202);
    const [pass] = (await readPasses(service, rider)).items;
    expect(pass).toMatchObject({ status: 'ended', codes: [] });
    service.clock.advance(2 * HOUR);
    expect((await readPasses(service, rider)).items).toHaveLength(1);
    service.clock.advance(1);
    expect((await readPasses(service, rider)).items).toEqual([]);
  });

  test('never revives: the next delivery makes a new one', async () => {
    await deliver();
    const before = (await readPasses(service, rider)).items[0].id;
    expectStatus(await finish(), 202);
    await deliver({ deliveryId: `${deliveryId}#2` });
    const live = (await readPasses(service, rider)).items.find(
      ({ status }: { status: string }) => status === 'active',
    );
    expect(live.id).not.toBe(before);
  });

  test('whose rider is inside is leaving after its last delivery: exit-only codes', async () => {
    await deliver();
    await verify(service, gate, { code: await presentCode(service, rider) });
    expectStatus(await finish(), 202);
    const [pass] = (await readPasses(service, rider)).items;
    expect(pass.status).toBe('leaving');
    expect(directionsOf(pass)).toEqual(Array(8).fill(2));
    service.clock.advance(60_000);
    const exit = await verify(service, gate, {
      direction: 'out',
      code: await presentCode(service, rider),
    });
    expect(exit.body.reason).toBe('granted_exit');
    expect((await readPasses(service, rider)).items[0]).toMatchObject({
      status: 'ended',
      codes: [],
    });
  });

  test('without news for two hours lapses', async () => {
    await deliver();
    service.clock.advance(2 * HOUR - 1);
    expect((await readPasses(service, rider)).items[0].status).toBe('active');
    service.clock.advance(1);
    expect(
      (await readPasses(service, rider)).items.map(({ status }: { status: string }) => status),
    ).not.toContain('active');
  });

  test('of nobody is an empty list', async () => {
    expect((await readPasses(service, rider)).items).toEqual([]);
  });
});

describe('a refusal is known before riding there', () => {
  test('because of the vehicle', async () => {
    await changeRules(service, communityId, { vehicles: ['foot'] });
    await deliver({ vehicle: 'motorcycle' });
    const [pass] = (await readPasses(service, rider)).items;
    expect(pass.refusal).toEqual({
      reason: 'vehicle_not_allowed',
      message: { zh: expect.any(String), en: expect.any(String) },
    });
    expect(pass).toMatchObject({ status: 'active', codes: [] });
  });

  test('because of the platform', async () => {
    await changeRules(service, communityId, { platforms: { mode: 'except', slugs: ['kuaisong'] } });
    await deliver();
    expect((await readPasses(service, rider)).items[0]).toMatchObject({
      refusal: { reason: 'platform_not_allowed' },
      codes: [],
    });
  });

  test('because of a block; one who is inside can still leave', async () => {
    await deliver();
    await verify(service, gate, { code: await presentCode(service, rider) });
    const path = `/v1/communities/${communityId}/blocks/${await courierOf()}`;
    const body = { reason: '闯红灯', until: new Date(service.clock.now() + DAY).toISOString() };
    expectStatus(await service.call('PUT', path, { token: service.operatorKey, body }), 200);
    const [pass] = (await readPasses(service, rider)).items;
    expect(pass.refusal.reason).toBe('rider_blocked');
    expect(directionsOf(pass)).toEqual(Array(8).fill(2));
    service.clock.advance(60_000);
    const exit = await verify(service, gate, {
      direction: 'out',
      code: await presentCode(service, rider),
    });
    expect(exit.body.reason).toBe('granted_exit');
    expect((await readPasses(service, rider)).items[0].codes).toEqual([]);
  });
});

describe('a station', () => {
  const ask = (body: unknown, token = rider.token) =>
    service.call('POST', '/v1/rider/passes', { token, body });
  let station: string;
  beforeEach(async () => {
    station = await makeCommunity(service, { kind: 'station', name: '江城蜂巢' });
  });

  test('gives a pass of 2 hours to a known rider without any order, and its door opens', async () => {
    const door = await makeGate(service, station, { directions: ['in'] });
    const asked = await ask({ communityId: station });
    expect(asked.status).toBe(200);
    expect(asked.body).toMatchObject({
      community: { id: station, name: '江城蜂巢', kind: 'station' },
      status: 'active',
      deliveries: [],
      stops: [],
      expiresAt: new Date(service.clock.now() + 2 * HOUR).toISOString(),
      serverTime: new Date(service.clock.now()).toISOString(),
    });
    expect(asked.body.codes).toHaveLength(8);
    const answer = await verify(service, door, { code: asked.body.codes[0].code });
    expect(answer.body).toMatchObject({ decision: 'granted', reason: 'granted_rider' });
    expect((await readPasses(service, rider)).items).toMatchObject([{ id: asked.body.id }]);
  });

  test('prolongs a pass that is asked for again, and it ends when its time is over', async () => {
    const first = (await ask({ communityId: station })).body;
    service.clock.advance(HOUR);
    const second = (await ask({ communityId: station })).body;
    expect(second.id).toBe(first.id);
    service.clock.advance(2 * HOUR - 1);
    expect((await readPasses(service, rider)).items[0].status).toBe('active');
    service.clock.advance(1);
    expect(
      (await readPasses(service, rider)).items.map(({ status }: { status: string }) => status),
    ).not.toContain('active');
  });

  test('knows a rider for 30 days after the last word of a platform', async () => {
    service.clock.advance(30 * DAY - 1);
    expect((await ask({ communityId: station })).status).toBe(200);
    service.clock.advance(DAY);
    const answer = await ask({ communityId: station });
    expect(answer.status).toBe(409);
    expect(answer.body.code).toBe('not_vouched');
  });

  test('only is what gives passes on request', async () => {
    const answer = await ask({ communityId });
    expect(answer.status).toBe(409);
    expect(answer.body.code).toBe('not_a_station');
  });

  test('that does not exist is 404', async () => {
    expect((await ask({ communityId: 'com_0123456789abc' })).status).toBe(404);
  });

  test.each([
    {},
    { communityId: 'com_x' },
    { communityId: 7 },
    { communityId: 'gat_0123456789abc' },
  ])('%j is 422', async (body) => {
    const answer = await ask(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: 'communityId' }]);
  });

  test('is asked under a session: 401 before 422', async () => {
    expect((await service.call('POST', '/v1/rider/passes', { body: {} })).status).toBe(401);
  });
});

describe('credentials', () => {
  test.each(['/v1/rider/passes', '/v1/rider/passes?codes=x', '/v1/rider/stream'])(
    '%s without a session is 401',
    async (path) => {
      expect((await service.call('GET', path)).status).toBe(401);
      expect((await service.call('GET', path, { token: 'cps_rubbish' })).status).toBe(401);
      expect((await service.call('GET', path, { token: platform.apiKey })).status).toBe(401);
      expect((await service.call('GET', path, { token: gate.token })).status).toBe(401);
    },
  );

  test('a rider sees nobody else’s passes', async () => {
    await deliver();
    const other = await signIn(service, platform, `${riderId}-other`);
    expect((await readPasses(service, other)).items).toEqual([]);
  });
});
