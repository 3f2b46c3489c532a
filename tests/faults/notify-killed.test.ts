/** `kill -9` of the service while a receiver is down: what is to be told is told by the next process. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  presentCode,
  signIn,
  verify,
} from '../support/world.ts';

let service: RunningService;
let receiver: TestReceiver;

beforeEach(async () => {
  receiver = await startReceiver();
  service = await runService({ environment: { OUTBOUND_LOOPBACK: 'allowed' } });
}, 60_000);
afterEach(async () => {
  await service.dispose();
  await receiver.close();
});

test('a receiver that was down when the service was killed hears of everything from the next one, in order', async () => {
  receiver.answer = { status: 503 };
  const platform = await makePlatform(service, 'kuaisong');
  const communityId = await makeCommunity(service);
  const path = `/v1/communities/${communityId}/notify-endpoints`;
  const body = { kind: 'webhook', name: '值班室', url: receiver.url };
  expectStatus(await service.call('POST', path, { token: service.operatorKey, body }), 201);
  const gate = await makeGate(service, communityId);
  await makeDelivery(service, platform, { communityId });
  const rider = await signIn(service, platform);
  const measured = { lane: '1', speedKmh: 40, accuracyKmh: 1 };
  const entry = { code: await presentCode(service, rider), ...measured };
  expect((await verify(service, gate, entry)).body.decision).toBe('granted');
  await receiver.arrived(1);
  const first = receiver.received[0]?.headers['webhook-id'];
  await service.kill();
  receiver.received.length = 0;
  receiver.answer = { status: 204 };
  await service.start();
  await receiver.arrived(2);
  const told = receiver.received.map(({ body: text }) => JSON.parse(text).type);
  expect(told).toEqual(['alert.raised', 'sanction.set']);
  expect(receiver.received[0]?.headers['webhook-id']).toBe(first);
}, 120_000);
