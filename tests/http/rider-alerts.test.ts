/** Speed alerts over HTTP: from a radar at the gate to points, evidence, appeal and what follows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/clock.ts';
import { eventSource } from '../support/event-source.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
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
let counted = 0;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());

interface Inside {
  readonly communityId: string;
  readonly gate: GateHandle;
  readonly rider: RiderHandle;
  readonly courierId: string;
  /** Rides past a radar. */
  speeds(kmh: number): Promise<void>;
}

/** A rider who has come in, and may come in again at any speed. */
async function rideIn(): Promise<Inside> {
  counted += 1;
  nextHour(service);
  const riderId = `rider-${counted}`;
  const communityId = await makeCommunity(service);
  const gate = await makeGate(service, communityId);
  const deliver = () =>
    makeDelivery(service, platform, { communityId, riderId, deliveryId: `${riderId}-order` });
  await deliver();
  const rider = await signIn(service, platform, riderId);
  async function speeds(speedKmh: number): Promise<void> {
    const question = {
      code: await presentCode(service, rider),
      lane: '1',
      speedKmh,
      accuracyKmh: 1,
    };
    expect((await verify(service, gate, question)).body.decision).toBe('granted');
    const out = { code: await presentCode(service, rider), direction: 'out', lane: '2' };
    service.clock.advance(90 * SECOND_MS);
    await verify(service, gate, out);
    service.clock.advance(10 * SECOND_MS);
    await judgeSpeeds(service.deps);
  }
  await speeds(8);
  const visits = await get(`/v1/communities/${communityId}/visits`);
  return { communityId, gate, rider, courierId: visits.body.items[0].courierId, speeds };
}

const get = (path: string, token = service.operatorKey) => service.call('GET', path, { token });
const post = (path: string, body: object | undefined, token = service.operatorKey) =>
  service.call('POST', path, { token, ...(body && { body }) });

/** Follows a live stream. */
async function follow(path: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const source = eventSource(await service.app.request(path, { headers }));
  return {
    /** The data of the next event of a kind. */
    async first(kind: string): Promise<unknown> {
      for (;;) {
        const event = await source.next();
        if (event === null) throw new Error(`the stream ended before ${kind}`);
        if (event.event === kind) return event.data;
      }
    },
    close: () => source.close(),
  };
}

async function speedAlert({ communityId }: Inside) {
  const { body } = expectStatus(await get(`/v1/communities/${communityId}/alerts`), 200);
  return body.items.find(({ kind }: { kind: string }) => kind === 'speeding');
}

describe('a speed alert', () => {
  test('shows its evidence, its cost and the rules by which it was judged, to the manager and to the rider', async () => {
    const inside = await rideIn();
    await inside.speeds(21);
    const listed = await speedAlert(inside);
    expect(listed).toMatchObject({ level: 'warning', details: { peakKmh: 21, limitKmh: 15 } });
    expect(listed.message.zh).toContain('最高 21 km/h，限速 15 km/h');
    const path = `/v1/communities/${inside.communityId}/alerts/${listed.id}`;
    const whole = expectStatus(await get(path), 200).body;
    expect(whole).toMatchObject({
      points: 2,
      rulesVersion: 1,
      evidence: { source: 'radar', limitKmh: 15, marginKmh: 3, peakKmh: 21 },
      sanctions: [],
    });
    expect(whole.evidence.readings).toContainEqual(
      expect.objectContaining({ speedKmh: 21, accuracyKmh: 1, limitKmh: 15 }),
    );
    expect(whole.shownToRiderAt).toBeUndefined();
    const own = expectStatus(await get('/v1/rider/alerts', inside.rider.token), 200).body;
    expect(own.items).toHaveLength(1);
    expect(own.items[0]).toMatchObject({ id: listed.id, points: 2, evidence: whole.evidence });
    expect(expectStatus(await get(path), 200).body.shownToRiderAt).toBeDefined();
    const conduct = await get('/v1/rider/conduct', inside.rider.token);
    expect(conduct.body.items).toMatchObject([
      { communityId: inside.communityId, conduct: -2, contribution: 0 },
    ]);
  });

  test('is drawn as a picture that needs nothing but itself', async () => {
    const inside = await rideIn();
    await inside.speeds(21);
    const { id } = await speedAlert(inside);
    const paths = [
      [`/v1/communities/${inside.communityId}/alerts/${id}/evidence.svg`, service.operatorKey],
      [`/v1/rider/alerts/${id}/evidence.svg`, inside.rider.token],
    ] as const;
    for (const [path, token] of paths) {
      const picture = expectStatus(await get(path, token), 200);
      expect(picture.headers.get('content-type')).toBe('image/svg+xml');
      expect(picture.text).toMatch(/^<svg [\s\S]*<polyline class="limit"[\s\S]*<\/svg>$/);
      expect(picture.text).not.toMatch(/<script|href|url\(/);
      expect(picture.text).not.toContain('NaN');
    }
  });

  test('belongs to its community and its rider alone', async () => {
    const inside = await rideIn();
    await inside.speeds(21);
    const { id } = await speedAlert(inside);
    const other = await rideIn();
    expect((await get(`/v1/communities/${other.communityId}/alerts/${id}`)).status).toBe(404);
    expect((await get(`/v1/rider/alerts/${id}`, other.rider.token)).status).toBe(404);
    expect((await get(`/v1/rider/alerts/${id}/evidence.svg`, other.rider.token)).status).toBe(404);
    const stranger = await makeKey(service, { kind: 'community', communityId: other.communityId });
    expect((await get(`/v1/communities/${inside.communityId}/alerts/${id}`, stranger)).status).toBe(
      404,
    );
    const appeal = await post(
      `/v1/rider/alerts/${id}/appeals`,
      { text: '不是我' },
      other.rider.token,
    );
    expect(appeal.status).toBe(404);
  });

  test('is acknowledged once', async () => {
    const inside = await rideIn();
    await inside.speeds(21);
    const { id } = await speedAlert(inside);
    const path = `/v1/communities/${inside.communityId}/alerts/${id}/acknowledge`;
    const first = expectStatus(await post(path, undefined), 200).body.acknowledgedAt;
    service.clock.advance(MINUTE_MS);
    expect(expectStatus(await post(path, undefined), 200).body.acknowledgedAt).toBe(first);
  });

  test('a serious one makes the guard confirm the next entry', async () => {
    const inside = await rideIn();
    await inside.speeds(40);
    expect(await speedAlert(inside)).toMatchObject({ level: 'serious' });
    const code = await presentCode(service, inside.rider);
    const { body } = await verify(service, inside.gate, { code });
    expect(body.reason).toBe('guard_confirmation_required');
  });
});

describe('an appeal', () => {
  test('upheld gives the points back and opens the gate again', async () => {
    const inside = await rideIn();
    await inside.speeds(40);
    const { id } = await speedAlert(inside);
    const path = `/v1/communities/${inside.communityId}/alerts/${id}/appeals`;
    const filed = expectStatus(await post(path, { text: '旁边汽车超速' }, inside.rider.token), 201);
    expect(filed.body).toMatchObject({ alertId: id, state: 'open', text: '旁边汽车超速' });
    expect((await post(path, { text: '再来' }, inside.rider.token)).body.code).toBe(
      'appealed_before',
    );
    const open = await get(`/v1/communities/${inside.communityId}/appeals?state=open`);
    expect(open.body.items).toHaveLength(1);
    const decision = { decision: 'upheld', reason: '录像证实' };
    const decided = await post(`${path}/${filed.body.id}/decision`, decision);
    expect(expectStatus(decided, 200).body).toMatchObject({ state: 'upheld', reason: '录像证实' });
    const again = await post(`${path}/${filed.body.id}/decision`, decision);
    expect(again.body.code).toBe('appeal_decided');
    const conduct = await get(
      `/v1/communities/${inside.communityId}/couriers/${inside.courierId}/conduct`,
    );
    expect(conduct.body).toMatchObject({ conduct: 0, sanctions: [] });
    const code = await presentCode(service, inside.rider);
    expect((await verify(service, inside.gate, { code })).body.reason).toBe('granted');
    const moved = await get(
      `/v1/communities/${inside.communityId}/couriers/${inside.courierId}/movements`,
    );
    expect(moved.body.items.map(({ points }: { points: number }) => points)).toEqual([6, -6]);
  });

  test('is decided once, of many decisions at the same time', async () => {
    const inside = await rideIn();
    await inside.speeds(21);
    const { id } = await speedAlert(inside);
    const path = `/v1/communities/${inside.communityId}/alerts/${id}/appeals`;
    const filed = await post(path, { text: '不是我' }, inside.rider.token);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const decision = index % 2 === 0 ? 'upheld' : 'rejected';
        return post(`${path}/${filed.body.id}/decision`, { decision, reason: '已核实' });
      }),
    );
    const codes = answers.map(({ status, body }) => body.code ?? status);
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    expect(codes.filter((code) => code === 'appeal_decided')).toHaveLength(11);
    const decided = answers.find(({ status }) => status === 200)?.body.state;
    const conduct = await get('/v1/rider/conduct', inside.rider.token);
    expect(conduct.body.items[0].conduct).toBe(decided === 'upheld' ? 0 : -2);
  });

  test('is decided by another manager than the one who set a sanction', async () => {
    const inside = await rideIn();
    await inside.speeds(21);
    const { id } = await speedAlert(inside);
    const { communityId } = inside;
    const [one, two] = [
      await makeKey(service, { kind: 'community', communityId }),
      await makeKey(service, { kind: 'community', communityId }),
    ];
    const path = `/v1/communities/${communityId}/alerts/${id}`;
    const until = new Date(service.clock.now() + 60 * MINUTE_MS).toISOString();
    const set = await post(`${path}/sanctions`, { kind: 'suspension', until }, one);
    expect(expectStatus(set, 201).body).toMatchObject({ because: 'manager', until });
    const code = await presentCode(service, inside.rider).catch(() => null);
    expect(code).toBeNull();
    const filed = await post(
      `/v1/rider/alerts/${id}/appeals`,
      { text: '冤枉' },
      inside.rider.token,
    );
    const deciding = `${path}/appeals/${expectStatus(filed, 201).body.id}/decision`;
    const decision = { decision: 'upheld', reason: '同意' };
    expect((await post(deciding, decision, one)).body.code).toBe('own_sanction');
    expectStatus(await post(deciding, decision, two), 200);
    expect(await presentCode(service, inside.rider)).toMatch(/^CP1:/);
  });

  test('is no longer open to a rider who saw the alert more than 30 days ago', async () => {
    const inside = await rideIn();
    await inside.speeds(21);
    const { id } = await speedAlert(inside);
    expectStatus(await get(`/v1/rider/alerts/${id}`, inside.rider.token), 200);
    service.clock.advance(30 * 24 * 60 * MINUTE_MS);
    const rider = await signIn(service, platform, `rider-${counted}`);
    const filed = await post(`/v1/rider/alerts/${id}/appeals`, { text: '太晚' }, rider.token);
    expect([filed.status, filed.body.code]).toEqual([410, 'appeal_too_late']);
  });
});

describe('a sanction', () => {
  test('has an end within 30 days, and is lifted by hand', async () => {
    const inside = await rideIn();
    await inside.speeds(21);
    const { id } = await speedAlert(inside);
    const path = `/v1/communities/${inside.communityId}/alerts/${id}/sanctions`;
    const at = (minutes: number) =>
      new Date(service.clock.now() + minutes * MINUTE_MS).toISOString();
    const set = (until: string) => post(path, { kind: 'suspension', until });
    expect((await set(at(-1))).status).toBe(422);
    expect((await set(at(31 * 24 * 60))).status).toBe(422);
    const { body } = expectStatus(await set(at(60)), 201);
    const own = `/v1/communities/${inside.communityId}/sanctions/${body.id}`;
    const lift = () => service.call('DELETE', own, { token: service.operatorKey });
    expect((await lift()).status).toBe(204);
    expect((await lift()).status).toBe(404);
    expect(await presentCode(service, inside.rider)).toMatch(/^CP1:/);
  });
});

describe('contributions', () => {
  test('are another account', async () => {
    const inside = await rideIn();
    const path = `/v1/communities/${inside.communityId}/couriers/${inside.courierId}`;
    const deed = { points: 5, reference: '隐患-17' };
    for (let count = 0; count < 2; count++)
      expect((await post(`${path}/contributions`, deed)).status).toBe(204);
    expect((await get(`${path}/conduct`)).body).toMatchObject({ conduct: 0, contribution: 5 });
  });
});

describe('live', () => {
  test('a manager sees alerts and appeals, the rider the alert about them', async () => {
    const inside = await rideIn();
    const { communityId, rider } = inside;
    const manager = await follow(`/v1/communities/${communityId}/events`, service.operatorKey);
    const own = await follow('/v1/rider/stream', rider.token);
    await inside.speeds(21);
    const { id } = await speedAlert(inside);
    expect(await manager.first('alert')).toMatchObject({ id, kind: 'speeding', level: 'warning' });
    expect(await own.first('alert')).toMatchObject({ id, points: 2 });
    const found = await get(`/v1/communities/${communityId}/alerts/${id}`);
    expect(found.body.shownToRiderAt).toBeUndefined(); // announced, perhaps to a phone that is gone
    const filed = await post(`/v1/rider/alerts/${id}/appeals`, { text: '不是我' }, rider.token);
    expect(await manager.first('appeal')).toEqual({
      appealId: filed.body.id,
      alertId: id,
      state: 'open',
    });
    await manager.close();
    await own.close();
  });
});
