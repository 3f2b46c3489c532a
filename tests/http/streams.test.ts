import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CommunityId } from '../../src/domain/identifier.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makeLink,
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

let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let rider: RiderHandle;
let count = 0;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());
beforeEach(async () => {
  nextHour(service);
  count++;
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  rider = await signIn(service, platform, `r-${count}`);
  return async () => {
    for (const close of closing.splice(0)) await close();
  };
});

interface Listener {
  readonly response: Response;
  /** The next event or comment; null at the end. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into events of every shape
  next(): Promise<{ event?: string; data?: any; comment?: string } | null>;
}

async function listen(path: string, token: string): Promise<Listener> {
  const response = await service.app.request(path, {
    headers: { authorization: `Bearer ${token}` },
  });
  expectStatus({ status: response.status, headers: response.headers, text: '', body: null }, 200);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  closing.push(() => reader.cancel().catch(() => {}));
  let buffered = '';
  return {
    response,
    async next() {
      for (;;) {
        const end = buffered.indexOf('\n\n');
        if (end >= 0) {
          const lines = buffered.slice(0, end).split('\n');
          buffered = buffered.slice(end + 2);
          const field = (name: string) =>
            lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
          if (field('retry') !== undefined) continue;
          if (lines[0]?.startsWith(':')) return { comment: lines[0] };
          return { event: field('event')!, data: JSON.parse(field('data') ?? 'null') };
        }
        const { done, value } = await reader.read();
        if (done) return null;
        buffered += value;
      }
    },
  };
}

const deliver = (more: object = {}) =>
  makeDelivery(service, platform, {
    communityId,
    deliveryId: `d-${count}`,
    riderId: `r-${count}`,
    ...more,
  });
const end = () =>
  sendCallback(service, platform, { deliveryId: `d-${count}`, status: 'delivered' });
const riderStream = (query = '') => listen(`/v1/rider/stream${query}`, rider.token);
const communityStream = (token = service.operatorKey) =>
  listen(`/v1/communities/${communityId}/events`, token);

describe('the rider’s stream', () => {
  test('sends the passes at once, as the list has them', async () => {
    await deliver();
    const stream = await riderStream();
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.response.headers.get('cache-control')).toBe('no-store');
    expect(await stream.next()).toEqual({
      event: 'passes',
      data: await readPasses(service, rider),
    });
  });

  test('sends as many codes as asked for', async () => {
    await deliver();
    const first = await (await riderStream('?codes=2')).next();
    expect(first?.data.items[0].codes).toHaveLength(2);
    const wrong = await service.call('GET', '/v1/rider/stream?codes=241', { token: rider.token });
    expect(wrong.status).toBe(422);
  });

  test('sends them anew with each change: a delivery, an entry, an exit, the end', async () => {
    const stream = await riderStream();
    expect((await stream.next())?.data.items).toEqual([]);
    await deliver();
    expect((await stream.next())?.data.items).toMatchObject([{ status: 'active' }]);
    await verify(service, gate, { code: await presentCode(service, rider) });
    expect(await stream.next()).toMatchObject({
      event: 'decision',
      data: {
        decision: 'granted',
        reason: 'granted',
        direction: 'in',
        guidance: { building: '12' },
      },
    });
    expect(await stream.next()).toMatchObject({
      event: 'passes',
      data: { items: [{ inside: true, speedLimitKmh: 15 }] },
    });
    await end();
    expect((await stream.next())?.data.items).toMatchObject([{ status: 'leaving' }]);
    service.clock.advance(120_000);
    await verify(service, gate, { direction: 'out', code: await presentCode(service, rider) });
    expect(await stream.next()).toMatchObject({ event: 'decision', data: { direction: 'out' } });
    expect((await stream.next())?.data.items).toMatchObject([{ status: 'ended', codes: [] }]);
  });

  test('tells of a block', async () => {
    await deliver();
    await verify(service, gate, { code: await presentCode(service, rider) });
    const visits = await service.call('GET', `/v1/communities/${communityId}/visits`, {
      token: service.operatorKey,
    });
    const stream = await riderStream();
    await stream.next();
    const body = { reason: 'x', until: new Date(service.clock.now() + 60_000).toISOString() };
    const path = `/v1/communities/${communityId}/blocks/${visits.body.items[0].courierId}`;
    expectStatus(await service.call('PUT', path, { token: service.operatorKey, body }), 200);
    expect((await stream.next())?.data.items).toMatchObject([
      { refusal: { reason: 'rider_blocked' } },
    ]);
  });

  test('sends many changes at once as few, the last of them included', async () => {
    const stream = await riderStream();
    await stream.next();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => deliver({ deliveryId: `d-${count}-${index}` })),
    );
    let seen = 0;
    for (let events = 0; seen < 20; events++) {
      expect(events).toBeLessThan(21);
      seen = (await stream.next())?.data.items[0]?.deliveries.length ?? 0;
    }
    expect(seen).toBe(20);
  });

  test('tells nothing of others', async () => {
    const stream = await riderStream();
    await stream.next();
    await deliver({ deliveryId: `o-${count}`, riderId: `other-${count}` });
    await deliver();
    expect((await stream.next())?.data.items[0].deliveries).toMatchObject([
      { deliveryId: `d-${count}` },
    ]);
  });

  test('ends when its session does, and no other stream with it', async () => {
    const other = await signIn(service, platform, `r-${count}`);
    const [mine, theirs] = [await riderStream(), await listen('/v1/rider/stream', other.token)];
    await Promise.all([mine.next(), theirs.next()]);
    expectStatus(await service.call('DELETE', '/v1/rider-sessions', { token: rider.token }), 204);
    expect(await mine.next()).toBeNull();
    expect(await theirs.next()).toMatchObject({ event: 'passes' });
    await deliver();
    expect((await theirs.next())?.data.items).toMatchObject([{ status: 'active' }]);
  });

  test('follows the rider who is joined to an elder one', async () => {
    const elder = await makePlatform(service, `elder-${count}`);
    const first = await signIn(service, elder, 'first');
    service.clock.advance(1_000);
    const younger = await signIn(service, platform, `younger-${count}`);
    const stream = await listen('/v1/rider/stream', younger.token);
    await stream.next();
    const token = await makeLink(service, platform, `younger-${count}`);
    const joined = await service.call('POST', '/v1/rider-sessions', {
      token: first.token,
      body: { token, join: true },
    });
    expectStatus(joined, 200);
    expect(await stream.next()).toMatchObject({ event: 'passes' });
    await makeDelivery(service, elder, { communityId, deliveryId: `e-${count}`, riderId: 'first' });
    expect((await stream.next())?.data.items).toMatchObject([
      { deliveries: [{ platform: elder.slug }] },
    ]);
  });
});

describe('the events of a community', () => {
  test('are decisions as they happen, as the list has them', async () => {
    await deliver();
    const stream = await communityStream();
    const { body } = await verify(service, gate, { code: await presentCode(service, rider) });
    const event = await stream.next();
    const { body: list } = await service.call('GET', `/v1/communities/${communityId}/decisions`, {
      token: service.operatorKey,
    });
    expect(event).toEqual({ event: 'decision', data: list.items[0] });
    expect(event?.data.auditId).toBe(body.auditId);
  });

  test('tell a repeated request once', async () => {
    const stream = await communityStream();
    const question = { requestId: crypto.randomUUID(), code: 'x' };
    await verify(service, gate, question);
    await verify(service, gate, question);
    const { body } = await verify(service, gate, { code: 'y' });
    expect((await stream.next())?.data.requestId).toBe(question.requestId);
    expect((await stream.next())?.data.auditId).toBe(body.auditId);
  });

  test('hold admissions by hand', async () => {
    const stream = await communityStream();
    const path = `/v1/communities/${communityId}/admissions`;
    await service.call('POST', path, {
      token: service.operatorKey,
      body: { gateId: gate.id, reason: 'x' },
    });
    expect(await stream.next()).toMatchObject({ event: 'decision', data: { source: 'guard' } });
  });

  test('say that something else has changed: a delivery, the posture', async () => {
    const stream = await communityStream();
    await deliver();
    expect(await stream.next()).toEqual({ event: 'changed', data: {} });
    const path = `/v1/communities/${communityId}/posture`;
    await service.call('PUT', path, { token: service.operatorKey, body: { posture: 'normal' } });
    expect(await stream.next()).toEqual({ event: 'changed', data: {} });
  });

  test('tell nothing of other communities', async () => {
    const elsewhere = await makeGate(service, await makeCommunity(service));
    const stream = await communityStream();
    await verify(service, elsewhere, { code: 'x' });
    const { body } = await verify(service, gate, { code: 'y' });
    expect((await stream.next())?.data.auditId).toBe(body.auditId);
  });

  test('reach a guard’s device', async () => {
    const guard = await makeGate(service, communityId, { kind: 'guard', directions: ['in'] });
    const stream = await communityStream(guard.token);
    await verify(service, gate, { code: 'x' });
    expect(await stream.next()).toMatchObject({ event: 'decision' });
  });
});

test('the stream of a guard’s device ends at once when the device is revoked', async () => {
  const guard = await makeGate(service, communityId, { kind: 'guard', directions: ['in'] });
  const stream = await communityStream(guard.token);
  expectStatus(
    await service.call('DELETE', `/v1/gates/${guard.id}`, { token: service.operatorKey }),
    204,
  );
  expect(await stream.next()).toBeNull();
});

describe('when the community moves to another district', () => {
  const district = () => `old-${count}`;
  const move = (to: string) =>
    service.call('PATCH', `/v1/communities/${communityId}`, {
      token: service.operatorKey,
      body: { district: to },
    });
  const keyOf = (name: string) => makeKey(service, { kind: 'district', district: name });
  beforeEach(async () => {
    expectStatus(await move(district()), 200);
  });

  test('the streams of its old district end before the next decision', async () => {
    const stream = await communityStream(await keyOf(district()));
    expectStatus(await move(`new-${count}`), 200);
    await verify(service, gate, { code: 'x' });
    expect(await stream.next()).toBeNull();
  });

  test('those who reach it still go on, in order', async () => {
    const stream = await communityStream();
    await verify(service, gate, { code: 'x' });
    expectStatus(await move(`new-${count}`), 200);
    await verify(service, gate, { code: 'y' });
    const events = [await stream.next(), await stream.next(), await stream.next()];
    expect(events.map((event) => event?.event)).toEqual(['decision', 'changed', 'decision']);
  });
});

describe('every 15 seconds', () => {
  const beat = () => vi.advanceTimersByTimeAsync(15_000);
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    return () => vi.useRealTimers();
  });

  test('a comment says that the stream lives', async () => {
    const streams = [await communityStream(), await riderStream()];
    await streams[1]!.next();
    const comments = streams.map((stream) => stream.next());
    await beat();
    expect(await Promise.all(comments)).toEqual([{ comment: ':' }, { comment: ':' }]);
  });

  test('it is asked whether the key that opened it is in force still', async () => {
    const made = await service.call('POST', '/v1/api-keys', {
      token: service.operatorKey,
      body: { name: 'x', scope: { kind: 'community', communityId } },
    });
    const stream = await communityStream(made.body.key);
    expectStatus(
      await service.call('DELETE', `/v1/api-keys/${made.body.id}`, { token: service.operatorKey }),
      204,
    );
    const last = stream.next();
    await beat();
    expect(await last).toBeNull();
  });

  test('it is asked whether the key reaches the community still', async () => {
    const now = service.clock.now();
    const move = (district: string) =>
      service.deps.store.updateCommunity({
        id: communityId as CommunityId,
        district,
        actor: 'test',
        now,
      });
    await move(`old-${count}`);
    const key = await makeKey(service, { kind: 'district', district: `old-${count}` });
    const stream = await communityStream(key);
    await move(`new-${count}`); // by another process: its word may be lost
    const last = stream.next();
    await beat();
    expect(await last).toBeNull();
  });

  test('a session that has run out ends its stream', async () => {
    const stream = await riderStream();
    await stream.next();
    service.clock.advance(30 * 24 * 3_600_000);
    const last = stream.next();
    await beat();
    expect(await last).toBeNull();
  });
});

test('streams end when the service goes down', async () => {
  const other = await startService();
  const community = await makeCommunity(other);
  const response = await other.app.request(`/v1/communities/${community}/events`, {
    headers: { authorization: `Bearer ${other.operatorKey}` },
  });
  const text = response.text();
  await other.stop();
  expect(await text).toBe('retry: 2000\n\n');
});

test('a key of another community is told nothing', async () => {
  const key = await makeKey(service, {
    kind: 'community',
    communityId: await makeCommunity(service),
  });
  expect(
    (await service.call('GET', `/v1/communities/${communityId}/events`, { token: key })).status,
  ).toBe(404);
});
