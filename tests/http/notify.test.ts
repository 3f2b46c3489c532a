/** Notifications from an alert to a receiver, over the real queue and real sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { sendNotifications } from '../../src/access/send-notifications.ts';
import { sweep } from '../../src/access/sweep.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/clock.ts';
import { refuseWebhook } from '../../src/platforms/standard-webhooks.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makePlatform,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let receiver: TestReceiver;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let rider: RiderHandle;

beforeEach(async () => {
  service = await startService({ environment: { OUTBOUND_LOOPBACK: 'allowed' } });
  receiver = await startReceiver();
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
  rider = await signIn(service, platform);
});
afterEach(async () => {
  await receiver.close();
  await service.stop();
});

const call = (method: string, path: string, body?: object, token = service.operatorKey) =>
  service.call(method, path, { token, ...(body && { body }) });
const ENDPOINTS = () => `/v1/communities/${communityId}/notify-endpoints`;

async function makeEndpoint(members: object = {}, path = ENDPOINTS()) {
  const body = { kind: 'webhook', name: '值班', url: receiver.url, ...members };
  return expectStatus(await call('POST', path, body), 201).body;
}

/** A rider passes the gate's radar. */
async function ride(speedKmh: number): Promise<void> {
  await makeDelivery(service, platform, { communityId });
  const code = await presentCode(service, rider);
  const question = { code, lane: '1', speedKmh, accuracyKmh: 1 };
  expect((await verify(service, gate, question)).body.decision).toBe('granted');
  service.clock.advance(90 * SECOND_MS);
  await verify(service, gate, { code: await presentCode(service, rider), direction: 'out' });
  service.clock.advance(10 * SECOND_MS);
  await judgeSpeeds(service.deps);
}

const send = () => sendNotifications(service.deps);
const notifications = async (id: string, query = '') =>
  expectStatus(await call('GET', `${ENDPOINTS()}/${id}/notifications${query}`), 200).body.items;

describe('a webhook of a community', () => {
  test('is told of an alert, signed, once', async () => {
    const { id, webhookSecret } = await makeEndpoint();
    await ride(21);
    await send();
    await send();
    expect(receiver.received).toHaveLength(1);
    const [sent] = receiver.received;
    const body = JSON.parse(sent?.body ?? '');
    expect(body).toMatchObject({
      type: 'alert.raised',
      data: { communityId, kind: 'speeding', level: 'warning', peakKmh: 21, limitKmh: 15 },
    });
    expect(body.data.riderId).toBeUndefined();
    const header = (name: string) => String(sent?.headers[name]);
    const callback = {
      id: header('webhook-id'),
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
      body: Buffer.from(sent?.body ?? ''),
    };
    expect(refuseWebhook(callback, [webhookSecret], service.clock.now(), MINUTE_MS)).toBeNull();
    expect(await notifications(id)).toMatchObject([{ state: 'sent', attempts: 0 }]);
  });

  test('is told no more than it asked for', async () => {
    await makeEndpoint({ leastLevel: 'serious' });
    await makeEndpoint({ events: ['appeal.filed'] });
    await ride(21);
    await send();
    expect(receiver.received).toEqual([]);
    await ride(40);
    await send();
    const types = receiver.received.map(({ body }) => JSON.parse(body).type);
    expect(types).toEqual(['alert.raised', 'sanction.set']);
  });

  test('hears of appeals', async () => {
    await makeEndpoint({ events: ['appeal.filed', 'appeal.decided'] });
    await ride(21);
    const { items } = (await call('GET', `/v1/rider/alerts`, undefined, rider.token)).body;
    const path = `/v1/rider/alerts/${items[0].id}/appeals`;
    const filed = expectStatus(await call('POST', path, { text: '机密的理由' }, rider.token), 201);
    const decision = `/v1/communities/${communityId}/alerts/${items[0].id}/appeals/${filed.body.id}/decision`;
    await call('POST', decision, { decision: 'rejected', reason: '另一句机密' });
    await send();
    const bodies = receiver.received.map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ type }) => type)).toEqual(['appeal.filed', 'appeal.decided']);
    expect(JSON.stringify(bodies)).not.toContain('机密');
  });

  test('shows neither its address nor its secret again', async () => {
    const made = await makeEndpoint({ url: `${receiver.url}?token=geheim` });
    const listed = expectStatus(await call('GET', ENDPOINTS()), 200);
    expect(listed.body.items).toMatchObject([{ id: made.id, address: receiver.url }]);
    expect(listed.text).not.toMatch(/geheim|whsec_/);
  });
});

describe('a receiver that is down', () => {
  test('for a day gets everything once it is back, each with the identifier that it had', async () => {
    const { id } = await makeEndpoint();
    receiver.answer = { status: 503 };
    await ride(21);
    await send();
    service.clock.advance(5 * MINUTE_MS);
    await ride(21);
    for (let hour = 0; hour < 24; hour++) {
      service.clock.advance(HOUR_MS);
      await send();
    }
    expect(await notifications(id, '?state=waiting')).toHaveLength(2);
    const tried = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    expect(tried.size).toBe(2);
    receiver.received.length = 0;
    receiver.answer = { status: 200 };
    for (
      let hour = 0;
      hour < 24 && (await notifications(id, '?state=waiting')).length > 0;
      hour++
    ) {
      service.clock.advance(HOUR_MS);
      await send();
    }
    expect(await notifications(id, '?state=sent')).toHaveLength(2);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(tried);
    expect(receiver.received).toHaveLength(2);
  });

  test('for four days is given up, and told again on demand', async () => {
    const { id } = await makeEndpoint();
    receiver.answer = { status: 500 };
    await ride(21);
    for (let hour = 0; hour < 96; hour++) {
      await send();
      service.clock.advance(HOUR_MS);
    }
    const [dead] = await notifications(id, '?state=dead');
    expect(dead).toMatchObject({ state: 'dead', failure: 'http_500', attempts: 10 });
    expect((await call('GET', ENDPOINTS())).body.items).toMatchObject([{ waiting: 0, dead: 1 }]);
    receiver.answer = { status: 200 };
    receiver.received.length = 0;
    const replay = await call('POST', `${ENDPOINTS()}/${id}/replay`, { notificationId: dead.id });
    expect(expectStatus(replay, 200).body).toEqual({ replayed: 1 });
    await send();
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.headers['webhook-id']).toBe(dead.id);
    expect((await call('POST', `${ENDPOINTS()}/${id}/replay`, {})).body).toEqual({ replayed: 0 });
  });

  test('holds up nobody else', async () => {
    const other = await startReceiver();
    receiver.answer = { status: 500 };
    await makeEndpoint();
    await makeEndpoint({ url: other.url });
    await ride(21);
    await send();
    expect(other.received).toHaveLength(1);
    await other.close();
  });

  test('leaves the gates alone: a decision waits for no receiver', async () => {
    receiver.answer = null;
    await makeEndpoint();
    await ride(21);
    const sending = send();
    await makeDelivery(service, platform, { communityId });
    service.clock.advance(2 * MINUTE_MS);
    const { body } = await verify(service, gate, { code: await presentCode(service, rider) });
    expect(body.decision).toBe('granted');
    service.deps.notifier.close();
    await sending;
  });
});

describe('a receiver that redirects, or hides behind a name', () => {
  test('is not followed, and its message is kept', async () => {
    const other = await startReceiver();
    const { id } = await makeEndpoint();
    receiver.answer = { status: 302, headers: { location: other.url } };
    await ride(21);
    await send();
    expect(other.received).toEqual([]);
    expect(await notifications(id)).toMatchObject([
      { state: 'waiting', attempts: 1, failure: 'http_302' },
    ]);
    await other.close();
  });

  test.each([
    'http://example.com/hook',
    'https://10.1.2.3/hook',
    'https://192.168.1.10/hook',
    'https://[fd00::1]/hook',
    'gopher://example.com/',
    'https://user:pass@example.com/',
  ])('%s is refused when it is given', async (url) => {
    const made = await call('POST', ENDPOINTS(), { kind: 'webhook', name: 'x', url });
    expect([made.status, made.body.errors?.[0]?.path]).toEqual([422, 'url']);
  });
});

describe('robots', () => {
  test('get Markdown, and a pause between two messages', async () => {
    receiver.answer = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };
    const { id } = await makeEndpoint({ kind: 'wecom' });
    await ride(40);
    await send();
    expect(receiver.received).toHaveLength(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '').msgtype).toBe('markdown');
    service.clock.advance(3 * SECOND_MS);
    await send();
    expect(receiver.received).toHaveLength(2);
    expect(await notifications(id, '?state=waiting')).toEqual([]);
  });

  test('that have had too much are left alone, and nothing counts as failed', async () => {
    receiver.answer = { status: 200, body: '{"errcode":130101}' };
    const { id } = await makeEndpoint({ kind: 'dingtalk', secret: 'SEC1' });
    await ride(21);
    await send();
    service.clock.advance(9 * MINUTE_MS);
    await send();
    expect(receiver.received).toHaveLength(1);
    receiver.answer = { status: 200, body: '{"errcode":0}' };
    service.clock.advance(2 * MINUTE_MS);
    await send();
    expect(await notifications(id)).toMatchObject([{ state: 'sent', attempts: 0 }]);
  });
});

describe('who manages receivers', () => {
  test('a manager those of the community, the operator those of platforms', async () => {
    const { id } = await makeEndpoint();
    const other = await makeCommunity(service);
    const stranger = await makeKey(service, { kind: 'community', communityId: other });
    const elsewhere = `/v1/communities/${other}/notify-endpoints`;
    expect((await call('GET', ENDPOINTS(), undefined, stranger)).status).toBe(404);
    expect((await call('DELETE', `${elsewhere}/${id}`, undefined, stranger)).status).toBe(404);
    expect(
      (await call('GET', `${elsewhere}/${id}/notifications`, undefined, stranger)).status,
    ).toBe(404);
    const ofPlatform = '/v1/platforms/kuaisong/notify-endpoints';
    expect((await call('GET', ofPlatform, undefined, stranger)).status).toBe(404);
    expect((await call('GET', ofPlatform, undefined, platform.apiKey)).status).toBe(404);
    const unknown = { name: 'x', url: receiver.url };
    expect((await call('POST', '/v1/platforms/nobody/notify-endpoints', unknown)).status).toBe(404);
    expect((await call('DELETE', `${ENDPOINTS()}/${id}`)).status).toBe(204);
    expect((await call('DELETE', `${ENDPOINTS()}/${id}`)).status).toBe(404);
    await ride(21);
    await send();
    expect(receiver.received).toEqual([]);
  });
});

describe('a platform', () => {
  const ofPlatform = '/v1/platforms/kuaisong/notify-endpoints';
  const later = async (ms: number) => {
    service.clock.advance(ms);
    await sweep(service.deps);
    await send();
  };
  const seen = async () =>
    expectStatus(await call('GET', '/v1/rider/alerts', undefined, rider.token), 200).body.items;

  test('is told nothing unless the operator has given it a receiver', async () => {
    await ride(40);
    await seen();
    await later(10 * DAY_MS);
    await makeEndpoint({}, ofPlatform);
    await later(10 * DAY_MS);
    expect(receiver.received).toEqual([]);
  });

  test('is told of a serious alert 72 hours after its rider saw it, not before, and once', async () => {
    await makeEndpoint({}, ofPlatform);
    await ride(21);
    await ride(40);
    await later(80 * HOUR_MS);
    expect(receiver.received).toEqual([]);
    await seen();
    await later(72 * HOUR_MS - SECOND_MS);
    expect(receiver.received).toEqual([]);
    await later(2 * SECOND_MS);
    await later(HOUR_MS);
    expect(receiver.received.map(({ body }) => JSON.parse(body).data)).toMatchObject([
      { level: 'serious', peakKmh: 40, riderId: 'r-17' },
    ]);
  });

  test.each([
    ['upheld', 0],
    ['rejected', 1],
  ] as const)('after an appeal that was %s it is told %i times', async (decision, times) => {
    await makeEndpoint({}, ofPlatform);
    await ride(40);
    const [{ id }] = await seen();
    const path = `/v1/communities/${communityId}/alerts/${id}/appeals`;
    const filed = await call('POST', path, { text: '不是我' }, rider.token);
    await later(10 * DAY_MS);
    expect(receiver.received).toEqual([]);
    await call('POST', `${path}/${filed.body.id}/decision`, { decision, reason: '已核实' });
    await later(MINUTE_MS);
    await later(10 * DAY_MS);
    expect(receiver.received).toHaveLength(times);
  });
});
