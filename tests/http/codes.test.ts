import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseCourierCode } from '../../src/domain/courier-code.ts';
import { type Service, startService } from '../support/service.ts';
import {
  changeRules,
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makeLink,
  makePlatform,
  nextHour,
  type PlatformHandle,
  readPasses,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
let platform: PlatformHandle;
let other: PlatformHandle;
let communityId: string;
let riderId: string;
let count = 0;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
  other = await makePlatform(service, 'paotui');
});
afterAll(() => service.stop());
beforeEach(async () => {
  nextHour(service, 4_000);
  riderId = `r-${++count}`;
  communityId = await makeCommunity(service);
});

const ask = (body: object, token = platform.apiKey) =>
  service.call('POST', '/v1/codes', { token, body });
const deliver = () =>
  makeDelivery(service, platform, { communityId, deliveryId: `d-${count}`, riderId });

test('a platform gets the codes of its own rider, the same as on the rider’s page', async () => {
  await deliver();
  const answer = await ask({ riderId, communityId });
  expect(answer.status).toBe(200);
  const [pass] = (await readPasses(service, await signIn(service, platform, riderId))).items;
  expect(answer.body).toEqual({
    passId: pass.id,
    status: 'active',
    codes: pass.codes,
    serverTime: new Date(service.clock.now()).toISOString(),
  });
  expect(answer.body.codes).toHaveLength(8);
  const gate = await makeGate(service, communityId);
  expect((await verify(service, gate, { code: answer.body.codes[0].code })).body.reason).toBe(
    'granted',
  );
});

test.each([1, 240])('exactly %i codes when asked for', async (codes) => {
  await deliver();
  expect((await ask({ riderId, communityId, codes })).body.codes).toHaveLength(codes);
});

test('after a notBefore come the next ones', async () => {
  await deliver();
  const { codes } = (await ask({ riderId, communityId, codes: 4 })).body;
  const next = await ask({ riderId, communityId, codes: 2, after: codes[1].notBefore });
  expect(next.body.codes).toEqual(codes.slice(2));
});

test('a refusal is named, and there are no codes', async () => {
  await changeRules(service, communityId, { vehicles: ['foot'] });
  await deliver();
  const { body } = await ask({ riderId, communityId });
  expect(body).toMatchObject({
    status: 'active',
    codes: [],
    refusal: { reason: 'vehicle_not_allowed' },
  });
});

test('a pass that is leaving has exit-only codes', async () => {
  await deliver();
  const gate = await makeGate(service, communityId);
  const { codes } = (await ask({ riderId, communityId })).body;
  await verify(service, gate, { code: codes[0].code });
  await sendCallback(service, platform, { deliveryId: `d-${count}`, status: 'delivered' });
  const { body } = await ask({ riderId, communityId, codes: 1 });
  expect(body.status).toBe('leaving');
  expect(parseCourierCode(body.codes[0].code)?.directions).toBe(2);
});

describe('404', () => {
  test('when the rider has no live pass there', async () => {
    expect((await ask({ riderId, communityId })).status).toBe(404);
    await deliver();
    expectStatus(
      await sendCallback(service, platform, { deliveryId: `d-${count}`, status: 'delivered' }),
      202,
    );
    expect((await ask({ riderId, communityId })).status).toBe(404);
  });

  test('for a community or a rider that does not exist', async () => {
    await deliver();
    expect((await ask({ riderId, communityId: 'com_0123456789abc' })).status).toBe(404);
    expect((await ask({ riderId: 'nobody', communityId })).status).toBe(404);
  });

  test('for another platform’s rider, by its key or by naming it', async () => {
    await deliver();
    expect((await ask({ riderId, communityId }, other.apiKey)).status).toBe(404);
    expect((await ask({ riderId, communityId, platform: 'kuaisong' }, other.apiKey)).status).toBe(
      404,
    );
  });

  test('for a community outside the platform’s districts, though the courier’s other platform serves it', async () => {
    const local = await makePlatform(service, `local-${count}`, ['西湖']);
    const outside = await makeCommunity(service, { district: '武昌' });
    const inside = await makeCommunity(service, { district: '西湖' });
    await makeDelivery(service, platform, {
      communityId: outside,
      deliveryId: `d-${count}`,
      riderId,
    });
    await makeDelivery(service, local, { communityId: inside, deliveryId: `l-${count}`, riderId });
    const session = await signIn(service, platform, riderId);
    const body = { token: await makeLink(service, local, riderId), join: true };
    expectStatus(
      await service.call('POST', '/v1/rider-sessions', { token: session.token, body }),
      200,
    );
    expect((await readPasses(service, session)).items).toHaveLength(2);
    const askedOf = async (by: PlatformHandle, community: string) =>
      (await ask({ riderId, communityId: community }, by.apiKey)).status;
    expect(await askedOf(platform, outside)).toBe(200);
    expect(await askedOf(local, inside)).toBe(200);
    expect(await askedOf(local, outside)).toBe(404);
    const asOperator = { riderId, communityId: outside, platform: `local-${count}` };
    expect((await ask(asOperator, service.operatorKey)).status).toBe(404);
  });

  test('when the pass has lapsed, before anybody has swept', async () => {
    await deliver();
    service.clock.advance(2 * 3_600_000 - 1);
    expect((await ask({ riderId, communityId })).status).toBe(200);
    service.clock.advance(1);
    expect((await ask({ riderId, communityId })).status).toBe(404);
  });

  test('for keys of a district or a community', async () => {
    await deliver();
    const key = await makeKey(service, { kind: 'community', communityId });
    expect((await ask({ riderId, communityId, platform: 'kuaisong' }, key)).status).toBe(404);
  });
});

describe('the operator', () => {
  test('names the platform', async () => {
    await deliver();
    const answer = await ask({ riderId, communityId, platform: 'kuaisong' }, service.operatorKey);
    expect(answer.body.status).toBe('active');
    expect(
      (await ask({ riderId, communityId, platform: 'paotui' }, service.operatorKey)).status,
    ).toBe(404);
  });

  test('who does not is told so', async () => {
    const answer = await ask({ riderId, communityId }, service.operatorKey);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: 'platform' }]);
  });
});

test('a platform may name itself', async () => {
  await deliver();
  expect((await ask({ riderId, communityId, platform: 'kuaisong' })).status).toBe(200);
});

test.each([
  ['riderId', { riderId: undefined }],
  ['riderId', { riderId: '' }],
  ['riderId', { riderId: 'x'.repeat(65) }],
  ['communityId', { communityId: undefined }],
  ['communityId', { communityId: 'com_x' }],
  ['codes', { codes: 0 }],
  ['codes', { codes: 241 }],
  ['codes', { codes: 1.5 }],
  ['codes', { codes: '8' }],
  ['codes', { codes: null }],
  ['after', { after: 'now' }],
  ['after', { after: '2999-01-01T00:00:00Z' }],
])('422 at %s: %j', async (path, change) => {
  await deliver();
  const answer = await ask({ riderId, communityId, ...change });
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toMatchObject([{ path }]);
});

test('401 before 422', async () => {
  expect((await service.call('POST', '/v1/codes', { body: {} })).status).toBe(401);
  expect((await ask({}, 'cpk_rubbish')).status).toBe(401);
});
