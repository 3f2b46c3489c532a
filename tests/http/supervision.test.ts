import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Service, startService } from '../support/service.ts';
import {
  changeRules,
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
  readPasses,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let rider: RiderHandle;
let manager: string;
let count = 0;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());
beforeEach(async () => {
  nextHour(service);
  count++;
  communityId = await makeCommunity(service);
  manager = await makeKey(service, { kind: 'community', communityId });
  gate = await makeGate(service, communityId);
  await makeDelivery(service, platform, {
    communityId,
    deliveryId: `d-${count}`,
    riderId: `r-${count}`,
  });
  rider = await signIn(service, platform, `r-${count}`);
});

const at = (offset = 0) => new Date(service.clock.now() + offset).toISOString();
const get = (path: string, token = manager) =>
  service.call('GET', `/v1/communities/${communityId}${path}`, { token });
const put = (path: string, body: unknown, token = manager) =>
  service.call('PUT', path, { token, body });
const enter = async (at: GateHandle = gate) =>
  verify(service, at, { code: await presentCode(service, rider) });
const leave = () => verify(service, gate, { direction: 'out' });

/** Callers that may not see the community. */
async function strangers(): Promise<[string, string][]> {
  const elsewhere = await makeCommunity(service, { district: '武昌' });
  const guard = await makeGate(service, elsewhere, { kind: 'guard', directions: ['in'] });
  return [
    ['a manager elsewhere', await makeKey(service, { kind: 'community', communityId: elsewhere })],
    ['a district elsewhere', await makeKey(service, { kind: 'district', district: '武昌' })],
    ['a platform', platform.apiKey],
    ['a guard elsewhere', guard.token],
    ['an ordinary gate of the place', gate.token],
  ];
}

/** Each of these endpoints is closed to strangers and to nobody, whatever the rest of the request says. */
describe('who may see a community', () => {
  const endpoints = (): [string, string][] => [
    ['GET', `/v1/communities/${communityId}/decisions`],
    ['GET', `/v1/communities/${communityId}/visits`],
    ['GET', `/v1/communities/${communityId}/blocks`],
    ['GET', `/v1/communities/${communityId}/events`],
    ['PUT', `/v1/communities/${communityId}/blocks/cou_0123456789abc`],
    ['DELETE', `/v1/communities/${communityId}/blocks/cou_0123456789abc`],
    ['PUT', `/v1/communities/${communityId}/posture`],
    ['PUT', `/v1/gates/${gate.id}/posture`],
    ['POST', `/v1/communities/${communityId}/admissions`],
  ];
  const bodies: Record<string, object> = {
    posture: { posture: 'normal' },
    admissions: { gateId: 'gat_0123456789abc', reason: 'x' },
    blocks: { reason: 'x', until: '2026-12-01T00:00:00Z' },
  };
  const bodyFor = (path: string) =>
    Object.entries(bodies).find(([word]) => path.includes(word))?.[1];

  test('nobody without a credential: 401, before the body is judged', async () => {
    for (const [method, path] of endpoints()) {
      const body = method === 'GET' ? undefined : '{';
      const answers = [await service.call(method, path, { ...(body && { body }) })];
      answers.push(await service.call(method, path, { token: 'rubbish', ...(body && { body }) }));
      expect(
        answers.map(({ status }) => status),
        `${method} ${path}`,
      ).toEqual([401, 401]);
    }
  });

  test('nobody from elsewhere: 404', async () => {
    for (const [who, token] of await strangers()) {
      for (const [method, path] of endpoints()) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : bodyFor(path);
        const answer = await service.call(method, path, { token, ...(body && { body }) });
        expect(answer.status, `${who}: ${method} ${path}`).toBe(404);
      }
    }
  });

  test('the operator, the district, the manager and the guard', async () => {
    const home = await makeCommunity(service, { district: '西湖' });
    const guard = await makeGate(service, home, { kind: 'guard', directions: ['in'] });
    const keys = [
      service.operatorKey,
      await makeKey(service, { kind: 'district', district: '西湖' }),
      await makeKey(service, { kind: 'community', communityId: home }),
      guard.token,
    ];
    for (const token of keys) {
      expect(
        (await service.call('GET', `/v1/communities/${home}/decisions`, { token })).status,
      ).toBe(200);
      expect((await service.call('GET', `/v1/communities/${home}/visits`, { token })).status).toBe(
        200,
      );
      const body = { posture: 'lockdown', until: at(MINUTE), reason: 'drill' };
      expect((await put(`/v1/communities/${home}/posture`, body, token)).status).toBe(200);
    }
  });

  test('what is not an identifier names nothing: 404', async () => {
    for (const id of ['com_x', 'COM_0123456789ABC', 'gat_0123456789abc', 'com_0123456789abc']) {
      const answer = await service.call('GET', `/v1/communities/${id}/decisions`, {
        token: service.operatorKey,
      });
      expect(answer.status).toBe(404);
    }
  });
});

describe('decisions', () => {
  test('are listed newest first: the gate’s answer and what it had asked', async () => {
    const requestId = randomUUID();
    const granted = await verify(service, gate, {
      requestId,
      code: await presentCode(service, rider),
    });
    service.clock.advance(MINUTE);
    const denied = await verify(service, gate, { code: 'x', medium: 'nfc' });
    service.clock.advance(MINUTE);
    const exit = await leave();
    const { body } = await get('/decisions');
    expect(body.next).toBeNull();
    expect(body.items.map(({ auditId }: { auditId: string }) => auditId)).toEqual([
      exit.body.auditId,
      denied.body.auditId,
      granted.body.auditId,
    ]);
    expect(body.items[2]).toEqual({
      ...granted.body,
      gateId: gate.id,
      direction: 'in',
      medium: 'qr',
      requestId,
      at: granted.body.serverTime,
      source: 'online',
      rulesVersion: 1,
      flags: [],
    });
    expect(body.items[1]).toMatchObject({ reason: 'malformed_code', medium: 'nfc', openForMs: 0 });
  });

  test('come in pages', async () => {
    const sent = [];
    for (let index = 0; index < 5; index++)
      sent.push((await verify(service, gate, { code: 'x' })).body.auditId);
    const seen: string[] = [];
    let after = '';
    for (let pages = 0; pages < 3; pages++) {
      const { body } = await get(`/decisions?limit=2${after}`);
      seen.push(...body.items.map(({ auditId }: { auditId: string }) => auditId));
      after = `&after=${body.next}`;
      expect(body.next === null).toBe(pages === 2);
    }
    expect(seen).toEqual(sent.reverse());
  });

  test.each(['?limit=0', '?limit=201', '?limit=x', '?limit=', '?after=%20', '?after='])(
    '%s is 422',
    async (query) => {
      expect((await get(`/decisions${query}`)).status).toBe(422);
    },
  );
});

describe('a guard’s confirmation', () => {
  const confirm = (auditId: string, token = manager) =>
    service.call('POST', `/v1/decisions/${auditId}/confirm`, { token });
  let waiting: string;
  beforeEach(async () => {
    const guardConfirmation = { hours: [], vehicles: ['e-bike'], conductPoints: null };
    await changeRules(service, communityId, { guardConfirmation });
    const { body } = await enter();
    expect(body.reason).toBe('guard_confirmation_required');
    waiting = body.auditId;
  });

  test('lets the rider in on a decision of its own', async () => {
    service.clock.advance(10_000);
    const answer = await confirm(waiting);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      decision: 'granted',
      reason: 'granted_by_guard',
      openForMs: 3000,
      gateId: gate.id,
      source: 'guard',
      at: at(),
      visitId: expect.stringMatching(/^vis_/),
    });
    expect(answer.body.auditId).not.toBe(waiting);
    expect((await get('/visits?open=true')).body.items).toHaveLength(1);
  });

  test('works from a guard’s device', async () => {
    const guard = await makeGate(service, communityId, { kind: 'guard', directions: ['in'] });
    expect((await confirm(waiting, guard.token)).body.reason).toBe('granted_by_guard');
  });

  test('works once', async () => {
    expect((await confirm(waiting)).status).toBe(200);
    const again = await confirm(waiting);
    expect(again.status).toBe(409);
    expect(again.body.code).toBe('not_confirmable');
  });

  test.each([
    [2 * MINUTE - 1, 200],
    [2 * MINUTE, 409],
  ])('%i ms later is %i', async (age, status) => {
    service.clock.advance(age);
    expect((await confirm(waiting)).status).toBe(status);
  });

  test('judges again: a delivery that has ended meanwhile is not let in', async () => {
    await sendCallback(service, platform, { deliveryId: `d-${count}`, status: 'cancelled' });
    expect((await confirm(waiting)).body).toMatchObject({
      decision: 'denied',
      reason: 'delivery_not_active',
    });
  });

  test('of something else is 404: other decisions, other communities', async () => {
    const { body } = await verify(service, gate, { code: 'x' });
    expect((await confirm(body.auditId)).status).toBe(404);
    expect((await confirm('A'.repeat(43))).status).toBe(404);
    expect((await confirm('x')).status).toBe(404);
    for (const [who, token] of await strangers())
      expect((await confirm(waiting, token)).status, who).toBe(404);
    expect((await service.call('POST', `/v1/decisions/${waiting}/confirm`)).status).toBe(401);
    expect((await confirm(waiting)).status).toBe(200);
  });
});

describe('an admission by hand', () => {
  const admit = (body: unknown, token = manager) =>
    service.call('POST', `/v1/communities/${communityId}/admissions`, { token, body });

  test('is on record as a decision', async () => {
    const answer = await admit({ gateId: gate.id, reason: '送水，无订单' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      decision: 'granted',
      reason: 'granted_by_guard',
      gateId: gate.id,
      source: 'guard',
      guardReason: '送水，无订单',
    });
    expect(answer.body).not.toHaveProperty('medium');
    expect(answer.body).not.toHaveProperty('passId');
    expect((await get('/decisions')).body.items).toEqual([answer.body]);
  });

  test('at a gate of another community, or none, is 404', async () => {
    const elsewhere = await makeGate(service, await makeCommunity(service));
    expect((await admit({ gateId: elsewhere.id, reason: 'x' })).status).toBe(404);
    expect((await admit({ gateId: 'gat_0123456789abc', reason: 'x' })).status).toBe(404);
  });

  test.each([
    ['gateId', { reason: 'x' }],
    ['gateId', { gateId: 'gat_x', reason: 'x' }],
    ['reason', { gateId: 'gat_0123456789abc' }],
    ['reason', { gateId: 'gat_0123456789abc', reason: '' }],
    ['reason', { gateId: 'gat_0123456789abc', reason: 'x'.repeat(201) }],
  ])('without a good %s is 422', async (path, body) => {
    const answer = await admit(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path }]);
  });
});

describe('visits', () => {
  test('say who is inside, and how they came and went', async () => {
    const start = at();
    const { body: entry } = await enter();
    const inside = (await get('/visits?open=true')).body;
    expect(inside).toEqual({
      items: [
        {
          id: entry.visitId,
          passId: entry.passId,
          courierId: expect.stringMatching(/^cou_/),
          communityId,
          openedAt: start,
          entryGateId: gate.id,
        },
      ],
      next: null,
    });
    expect((await get('/visits?open=false')).body.items).toEqual([]);
    service.clock.advance(10 * MINUTE);
    await verify(service, gate, { direction: 'out', code: await presentCode(service, rider) });
    expect((await get('/visits?open=true')).body.items).toEqual([]);
    const closed = [{ ...inside.items[0], closedAt: at(), exitGateId: gate.id, closedBy: 'exit' }];
    expect((await get('/visits?open=false')).body.items).toEqual(closed);
    expect((await get('/visits')).body.items).toEqual(closed);
  });

  test.each(['?open=1', '?open=', '?open=yes', '?limit=0'])('%s is 422', async (query) => {
    expect((await get(`/visits${query}`)).status).toBe(422);
  });
});

describe('a block', () => {
  let courierId: string;
  let path: string;
  beforeEach(async () => {
    await enter();
    service.clock.advance(10 * MINUTE);
    await verify(service, gate, { direction: 'out', code: await presentCode(service, rider) });
    courierId = (await get('/visits')).body.items[0].courierId;
    path = `/v1/communities/${communityId}/blocks/${courierId}`;
  });

  test('keeps a courier out until its end, and no longer', async () => {
    const code = (await readPasses(service, rider, '?codes=8')).items[0].codes[7];
    const until = Date.parse(code.notBefore) + 10_000;
    const set = await put(path, { reason: '超速', until: new Date(until).toISOString() });
    expect(set.status).toBe(200);
    expect(set.body).toEqual({
      courierId,
      reason: '超速',
      until: new Date(until).toISOString(),
      createdAt: at(),
    });
    service.clock.set(until - 1);
    expect((await verify(service, gate, { code: code.code })).body.reason).toBe('rider_blocked');
    service.clock.set(until);
    expect((await verify(service, gate, { code: code.code })).body.reason).toBe('granted');
  });

  test('counts in its own community only', async () => {
    const elsewhere = await makeCommunity(service);
    await makeDelivery(service, platform, {
      communityId: elsewhere,
      deliveryId: `e-${count}`,
      riderId: `r-${count}`,
    });
    await put(path, { reason: 'x', until: at(DAY) });
    const { items } = await readPasses(service, rider);
    const pass = items.find(
      ({ community }: { community: { id: string } }) => community.id === elsewhere,
    );
    expect(pass).not.toHaveProperty('refusal');
  });

  test('is listed while it lasts, replaced by the next, and ended before its time', async () => {
    await put(path, { reason: 'first', until: at(DAY) });
    await put(path, { reason: 'second', until: at(MINUTE) });
    expect((await get('/blocks')).body.items).toMatchObject([
      { courierId, reason: 'second', until: at(MINUTE) },
    ]);
    expect((await service.call('DELETE', path, { token: manager })).status).toBe(204);
    expect((await get('/blocks')).body.items).toEqual([]);
    expect((await readPasses(service, rider)).items[0]).not.toHaveProperty('refusal');
    expect((await service.call('DELETE', path, { token: manager })).status).toBe(404);
  });

  test('that has ended is not listed', async () => {
    await put(path, { reason: 'x', until: at(MINUTE) });
    service.clock.advance(MINUTE);
    expect((await get('/blocks')).body.items).toEqual([]);
  });

  test('of nobody is 404', async () => {
    const nobody = `/v1/communities/${communityId}/blocks/cou_0123456789abc`;
    expect((await put(nobody, { reason: 'x', until: at(DAY) })).status).toBe(404);
    expect((await service.call('DELETE', nobody, { token: manager })).status).toBe(404);
  });

  test('needs a reason and an end within a year', async () => {
    const good = { reason: 'x', until: at(DAY) };
    const wrong: [string, object][] = [
      ['reason', { reason: undefined }],
      ['reason', { reason: '' }],
      ['reason', { reason: 'x'.repeat(201) }],
      ['until', { until: undefined }],
      ['until', { until: null }],
      ['until', { until: 'soon' }],
      ['until', { until: at() }],
      ['until', { until: at(-1) }],
      ['until', { until: at(365 * DAY + 1) }],
    ];
    for (const [path_, change] of wrong) {
      const answer = await put(path, { ...good, ...change });
      expect(answer.status, JSON.stringify(change)).toBe(422);
      expect(answer.body.errors).toMatchObject([{ path: path_ }]);
    }
    for (const until of [at(1), at(365 * DAY)]) {
      expect((await put(path, { ...good, until })).status, until).toBe(200);
    }
  });
});

describe('the posture of a community', () => {
  const set = (body: object) => put(`/v1/communities/${communityId}/posture`, body);

  test('lockdown keeps everybody out until its end, and lets everybody leave', async () => {
    const codes = (await readPasses(service, rider, '?codes=12')).items[0].codes;
    const answer = await set({ posture: 'lockdown', until: at(5 * MINUTE), reason: '火警' });
    expect(answer.status).toBe(200);
    const posture = { posture: 'lockdown', until: at(5 * MINUTE), reason: '火警' };
    expect(answer.body).toEqual(posture);
    const listed = async () => (await get('')).body.posture;
    expect(await listed()).toEqual(posture);
    expect((await verify(service, gate, { code: codes[0].code })).body.reason).toBe(
      'community_lockdown',
    );
    expect((await leave()).body.decision).toBe('granted');
    service.clock.advance(5 * MINUTE - 1);
    expect((await verify(service, gate, { code: codes[10].code })).body.reason).toBe(
      'community_lockdown',
    );
    service.clock.advance(1);
    expect(await listed()).toEqual({ posture: 'normal', until: null });
    expect((await verify(service, gate, { code: codes[10].code })).body.reason).toBe('granted');
  });

  test('open lets authentic codes in', async () => {
    await set({ posture: 'open', until: at(MINUTE), reason: '地震' });
    expect((await enter()).body.reason).toBe('granted_open');
    expect((await verify(service, gate, { code: 'x' })).body.reason).toBe('malformed_code');
  });

  test('normal ends it, without an end or a reason', async () => {
    await set({ posture: 'lockdown', until: at(DAY), reason: 'x' });
    for (const body of [
      { posture: 'normal' },
      { posture: 'normal', until: null, reason: '演习结束' },
      { posture: 'normal', until: at(DAY) },
    ]) {
      const answer = await set(body);
      expect(answer.status).toBe(200);
      const { reason } = body;
      expect(answer.body).toEqual({ posture: 'normal', until: null, ...(reason && { reason }) });
    }
    expect((await enter()).body.reason).toBe('granted');
  });

  test('needs an end within 7 days, and a reason', async () => {
    const good = { posture: 'lockdown', until: at(DAY), reason: 'x' };
    const wrong: [string, object][] = [
      ['posture', { posture: undefined }],
      ['posture', { posture: 'closed' }],
      ['posture', { posture: 'panic' }],
      ['until', { until: undefined }],
      ['until', { until: null }],
      ['until', { until: at() }],
      ['until', { until: at(7 * DAY + 1) }],
      ['until', { until: 'tonight' }],
      ['reason', { reason: undefined }],
      ['reason', { reason: '' }],
      ['reason', { reason: 'x'.repeat(201) }],
    ];
    for (const [path, change] of wrong) {
      const answer = await set({ ...good, ...change });
      expect(answer.status, JSON.stringify(change)).toBe(422);
      expect(answer.body.errors).toMatchObject([{ path }]);
    }
    expect((await set({ ...good, until: at(1) })).status).toBe(200);
    expect((await set({ ...good, until: at(7 * DAY) })).status).toBe(200);
  });
});

describe('the posture of a gate', () => {
  const set = (body: object, id = gate.id) => put(`/v1/gates/${id}/posture`, body);

  test('closed keeps everybody out here and nowhere else', async () => {
    const other = await makeGate(service, communityId);
    const posture = { posture: 'closed', until: at(DAY), reason: '修路' };
    expect((await set(posture)).body).toEqual(posture);
    const listed = (await get('/gates')).body.items;
    expect(listed).toContainEqual(expect.objectContaining({ id: gate.id, posture }));
    expect((await enter()).body.reason).toBe('gate_closed');
    expect((await leave()).body.decision).toBe('granted');
    expect((await enter(other)).body.reason).toBe('granted');
  });

  test('lockdown of the community comes before open of the gate', async () => {
    await set({ posture: 'open', until: at(DAY), reason: 'x' });
    await put(`/v1/communities/${communityId}/posture`, {
      posture: 'lockdown',
      until: at(DAY),
      reason: 'x',
    });
    expect((await enter()).body.reason).toBe('community_lockdown');
  });

  test('of a gate that is not there is 404', async () => {
    expect((await set({ posture: 'normal' }, 'gat_0123456789abc')).status).toBe(404);
    expect((await set({ posture: 'normal' }, 'gat_x')).status).toBe(404);
    expectStatus(await service.call('DELETE', `/v1/gates/${gate.id}`, { token: manager }), 204);
    expect((await set({ posture: 'normal' })).status).toBe(404);
  });
});
