import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Service, startService } from '../support/service.ts';
import { readStatusList } from '../support/status-list.ts';
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
  sendCallback,
} from '../support/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;

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

const get = (path: string, token = gate.token, headers: Record<string, string> = {}) =>
  service.call('GET', path, { token, headers });
const bundle = async (token = gate.token) =>
  expectStatus(await get('/v1/gate/bundle', token), 200).body;
const statusList = (token = gate.token) => get(`/v1/communities/${communityId}/status-list`, token);
const jwks = async () => (await service.call('GET', '/.well-known/jwks.json')).body;
const readList = async (jwt: string) => readStatusList(jwt, await jwks(), service.clock.now());
const iso = (at: number) => new Date(at).toISOString();

const deliver = (name: string) =>
  makeDelivery(service, platform, { communityId, deliveryId: name, riderId: `r-${name}` });
const finish = (name: string) =>
  sendCallback(service, platform, { deliveryId: name, status: 'delivered' });
async function setPosture(path: string, posture: string) {
  const body = { posture, until: iso(service.clock.now() + HOUR), reason: '演练' };
  expectStatus(await service.call('PUT', path, { token: service.operatorKey, body }), 200);
}

describe('the bundle', () => {
  test('holds what a gate judges by when it is alone', async () => {
    const body = await bundle();
    expect(body).toEqual({
      serverTime: iso(service.clock.now()),
      version: expect.any(Number),
      maxStaleMinutes: 30,
      gate: { id: gate.id, directions: ['in', 'out'], lanes: [] },
      jwks: await jwks(),
      statusList: expect.any(String),
      posture: {
        community: { posture: 'normal', until: null },
        gate: { posture: 'normal', until: null },
      },
      openIntervals: [
        { from: iso(service.clock.now() - HOUR), to: iso(service.clock.now() + 49 * HOUR) },
      ],
      rules: {
        version: 1,
        communityId,
        kind: 'standard',
        forRiders: true,
        passageSensor: false,
        rescanGraceSeconds: 20,
        speedLimitKmh: 15,
        offline: { allow: true },
        confirmationIntervals: [],
      },
    });
    expect((await readList(body.statusList)).set).toEqual([]);
  });

  test('writes opening hours in UTC, in the community’s own time zone', async () => {
    await changeRules(service, communityId, {
      hours: [
        { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '06:00', to: '23:00' },
      ],
      guardConfirmation: {
        hours: [{ days: ['sat', 'sun'], from: '20:00', to: '22:00' }],
        vehicles: [],
        conductPoints: null,
      },
    });
    const body = await bundle();
    const day = iso(service.clock.now() + 24 * HOUR).slice(0, 10);
    const dayAfter = iso(service.clock.now() + 48 * HOUR).slice(0, 10);
    // 06:00 in Shanghai is 22:00 of the day before.
    const yesterday = iso(service.clock.now()).slice(0, 10);
    expect(body.openIntervals).toContainEqual({
      from: `${yesterday}T22:00:00.000Z`,
      to: `${day}T15:00:00.000Z`,
    });
    expect(body.openIntervals.at(-1).to >= `${dayAfter}T00`).toBe(true);
    expect(body.rules.version).toBe(2);
    for (const { from } of body.rules.confirmationIntervals) expect(from).toMatch(/T12:00/);
  });

  test('is 304 while nothing has changed, and 200 after each change', async () => {
    const first = await get('/v1/gate/bundle');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    const again = (tag: string) => get('/v1/gate/bundle', gate.token, { 'if-none-match': tag });
    service.clock.advance(1_000);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const known = await again(tag);
      expect(known.status).toBe(304);
      expect(known.text).toBe('');
      expect(known.headers.get('etag')).toBe(etag);
      expect(known.headers.get('x-request-id')).not.toBeNull();
    }
    expect((await again('"other"')).status).toBe(200);

    await deliver('a');
    const changes: (() => Promise<unknown>)[] = [
      () => finish('a'),
      () => changeRules(service, communityId, { speedLimitKmh: 10 }),
      () => setPosture(`/v1/communities/${communityId}/posture`, 'lockdown'),
      () => setPosture(`/v1/gates/${gate.id}/posture`, 'closed'),
      () => service.call('POST', '/v1/keys/status-list/rotate', { token: service.operatorKey }),
    ];
    let tag = etag;
    let version = first.body.version;
    for (const change of changes) {
      await change();
      const changed = await again(tag);
      expect(changed.status).toBe(200);
      expect(changed.body.version).toBeGreaterThan(version);
      tag = changed.headers.get('etag') ?? '';
      version = changed.body.version;
      expect((await again(tag)).status).toBe(304);
    }
  });

  test('never grows old behind a 304: its list is signed anew within a tenth of the time it is good for', async () => {
    const first = await get('/v1/gate/bundle');
    const again = () =>
      get('/v1/gate/bundle', gate.token, { 'if-none-match': first.headers.get('etag') ?? '' });
    service.clock.advance(3 * MINUTE - 1);
    expect((await again()).status).toBe(304);
    service.clock.advance(1);
    const renewed = await again();
    expect(renewed.status).toBe(200);
    const { claims } = await readList(renewed.body.statusList);
    expect(claims.iat * 1_000).toBe(service.clock.now());
    expect(claims.exp - claims.iat).toBe(30 * 60);
    expect(claims.ttl).toBe(3 * 60);
  });

  test('says what applies to this gate', async () => {
    const other = await makeGate(service, communityId, { directions: ['in'], passageSensor: true });
    await changeRules(service, communityId, { gates: [{ gateId: gate.id }] });
    const mine = await bundle();
    const theirs = await bundle(other.token);
    expect(mine.rules.forRiders).toBe(true);
    expect(theirs.rules).toMatchObject({ forRiders: false, passageSensor: true });
    expect(theirs.gate).toEqual({ id: other.id, directions: ['in'], lanes: [] });
  });

  test('notes when the gate spoke and what it was given', async () => {
    const { version } = await bundle();
    const terms = await service.deps.store.readGateTerms(gate.id as never, service.clock.now());
    expect(version).toBe((terms?.bundleVersion ?? 0) + (terms?.statusVersion ?? 0));
  });

  test('is for gates: 401 for a revoked one, 401 and 404 for others', async () => {
    expect((await get('/v1/gate/bundle', 'nonsense')).status).toBe(401);
    expect((await get('/v1/gate/bundle', service.operatorKey)).status).toBe(401);
    await service.call('DELETE', `/v1/gates/${gate.id}`, { token: service.operatorKey });
    expect((await get('/v1/gate/bundle')).status).toBe(401);
  });

  test('of a community with 10,000 passes, 1 % of them ended, is under 16 KiB', async () => {
    const { store } = service.deps;
    const now = service.clock.now();
    const callback = (deliveryId: string, status: 'picked_up' | 'delivered') => ({
      platform: platform.slug,
      webhookId: `${communityId}-${deliveryId}-${status}`,
      timestamp: now,
      deliveryId: `${communityId}-${deliveryId}`,
      riderId: `many-${deliveryId}`,
      status,
      dropoff: { communityId: communityId as never },
    });
    const all = Array.from({ length: 10_000 }, (_, index) => String(index));
    await Promise.all(
      all.map((id) => store.recordDelivery({ callback: callback(id, 'picked_up'), now })),
    );
    const ended = all.filter((_, index) => index % 100 === 37);
    await Promise.all(
      ended.map((id) => store.recordDelivery({ callback: callback(id, 'delivered'), now })),
    );
    const answer = await get('/v1/gate/bundle');
    expect(Buffer.byteLength(answer.text)).toBeLessThan(16 * 1024);
    const list = await readList(answer.body.statusList);
    expect(list.set).toHaveLength(100);
    expect(list.length).toBeGreaterThanOrEqual(20_000);
  }, 60_000);
});

describe('the status list', () => {
  test('is a signed token list of this community, served under its own address', async () => {
    const answer = await statusList();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/statuslist+jwt');
    const { claims, kid, length } = await readList(answer.text);
    expect(kid).toMatch(/^sl-/);
    expect(claims).toEqual({
      sub: `http://localhost/v1/communities/${communityId}/status-list`,
      iat: Math.floor(service.clock.now() / 1_000),
      exp: Math.floor(service.clock.now() / 1_000) + 30 * 60,
      ttl: 180,
      version: 1,
      status_list: { bits: 1, lst: expect.stringMatching(/^[\w-]+$/) },
    });
    expect(length).toBe(1_024);
  });

  test('has the bit of a delivered order’s pass in the very next answer, with a higher version', async () => {
    await deliver('b');
    const before = await readList((await statusList()).text);
    expect(before.set).toEqual([]);
    await finish('b');
    const after = await readList((await statusList()).text);
    expect(after.set).toEqual([0]);
    expect(after.claims.version).toBe(before.claims.version + 1);
    service.clock.advance(3 * HOUR);
    const later = await readList(
      expectStatus(await statusList((await freshToken()).token), 200).text,
    );
    expect(later.set).toEqual([]);
    expect(later.claims.version).toBe(after.claims.version);
  });

  /** A token that is good for now: another gate of the same community serves as well. */
  const freshToken = () => makeGate(service, communityId);

  test('is 304 for whoever has it', async () => {
    const first = await statusList();
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    const path = `/v1/communities/${communityId}/status-list`;
    expect((await get(path, gate.token, headers)).status).toBe(304);
    await deliver('c');
    await finish('c');
    expect((await get(path, gate.token, headers)).status).toBe(200);
  });

  test('is signed once for all gates that ask at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => statusList()));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test('is for the gates of its community', async () => {
    const elsewhere = await makeGate(service, await makeCommunity(service));
    expect((await statusList(elsewhere.token)).status).toBe(404);
    expect((await statusList(service.operatorKey)).status).toBe(401);
  });
});

test.each(['/v1/gate/bundle', '/v1/communities/{id}/status-list'])(
  'the document says of %s that it may be 304',
  async (path) => {
    const { body } = await service.call('GET', '/openapi.json');
    const { responses } = body.paths[path].get;
    expect(responses['304'].headers).toHaveProperty('etag');
    expect(responses['304']).not.toHaveProperty('content');
  },
);
