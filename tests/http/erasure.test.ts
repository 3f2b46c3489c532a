import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetPersonal } from '../../src/access/forget-personal.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/clock.ts';
import { type Service, startService } from '../support/service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeKey,
  makePlatform,
  presentCode,
  readPasses,
  signIn,
  verify,
} from '../support/world.ts';

let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.stop());

/** A rider who has come and gone. */
async function beenThere() {
  const platform = await makePlatform(service, 'kuai');
  const communityId = await makeCommunity(service);
  const gate = await makeGate(service, communityId);
  await makeDelivery(service, platform, { communityId });
  const rider = await signIn(service, platform);
  const code = await presentCode(service, rider);
  expectStatus(await verify(service, gate, { code }), 200);
  const token = service.operatorKey;
  const path = `/v1/communities/${communityId}/visits`;
  const visits = () => service.call('GET', path, { token });
  const courierId: string = (await visits()).body.items[0].courierId;
  const end = async () => {
    expectStatus(await verify(service, gate, { code, direction: 'out' }), 200);
    await makeDelivery(service, platform, { communityId, status: 'delivered' });
  };
  return { platform, communityId, gate, rider, courierId, visits, end };
}

const erase = (courierId: string, token = service.operatorKey, body: object = {}) =>
  service.call('POST', `/v1/couriers/${courierId}/erasure`, { token, body });

describe('POST /v1/couriers/{id}/erasure', () => {
  it('erases: the session is worthless, the visit names nobody, the courier is 404', async () => {
    const { courierId, rider, visits, end } = await beenThere();
    await end();
    const erased = await erase(courierId);
    expect(erased.status).toBe(200);
    expect(erased.body).toEqual({
      courierId,
      status: 'erased',
      forgotten: { deliveries: 1, passes: 1, couriers: 1, restrictions: 0 },
    });
    const passes = await service.call('GET', '/v1/rider/passes', { token: rider.token });
    expect(passes.status).toBe(401);
    const [visit] = (await visits()).body.items;
    expect(visit).toMatchObject({ closedBy: 'exit' });
    expect(visit).not.toHaveProperty('courierId');
    expect((await erase(courierId)).status).toBe(404);
  });

  it('is pending while the rider is inside, and upkeep carries it out afterwards', async () => {
    const { courierId, rider, end } = await beenThere();
    const pending = await erase(courierId);
    expect(pending.body).toEqual({ courierId, status: 'pending', waitsFor: ['pass'] });
    expect((await readPasses(service, rider)).items).toHaveLength(1);
    await forgetPersonal(service.deps);
    expect((await erase(courierId)).status).toBe(200);
    await end();
    service.clock.advance(MINUTE_MS);
    await forgetPersonal(service.deps);
    expect((await erase(courierId)).status).toBe(404);
    expect(service.lines.filter(({ message }) => /forgot/.test(message))).toEqual([
      {
        level: 'info',
        message: 'forgot rows that name people',
        members: { deliveries: 1, passes: 1, couriers: 1, restrictions: 0, erased: 1 },
      },
    ]);
  });

  it('waits for the end of a block, or lifts it', async () => {
    const { courierId, communityId, end } = await beenThere();
    await end();
    const until = new Date(service.clock.now() + DAY_MS).toISOString();
    const path = `/v1/communities/${communityId}/blocks/${courierId}`;
    const block = { token: service.operatorKey, body: { reason: 'x', until } };
    expectStatus(await service.call('PUT', path, block), 200);
    expect((await erase(courierId)).body).toMatchObject({ waitsFor: ['block'] });
    expect((await erase(courierId, service.operatorKey, { blocks: 'lift' })).body).toMatchObject({
      status: 'erased',
      forgotten: { restrictions: 1 },
    });
  });

  it('is the operator’s: a courier is not one community’s alone', async () => {
    const { courierId, communityId, platform } = await beenThere();
    const manager = await makeKey(service, { kind: 'community', communityId });
    for (const token of [manager, platform.apiKey])
      expect((await erase(courierId, token)).status).toBe(404);
    expect((await erase('cou_0000000000000')).status).toBe(404);
    expect((await erase(courierId, service.operatorKey, { blocks: 'drop' })).status).toBe(422);
  });
});

describe('forgetting', () => {
  it('runs in rounds until nothing is left, after the configured time', async () => {
    await service.stop();
    service = await startService({
      environment: { PERSONAL_RETENTION_DAYS: '7' },
      limits: { forgetItems: 2 },
    });
    const platform = await makePlatform(service, 'kuai');
    const communityId = await makeCommunity(service);
    for (const rider of ['a', 'b', 'c', 'd', 'e'])
      await makeDelivery(service, platform, { communityId, deliveryId: rider, riderId: rider });
    service.clock.advance(7 * DAY_MS);
    await service.deps.store.sweep({ now: service.clock.now(), limit: 100 });
    await forgetPersonal(service.deps);
    expect(service.lines.filter(({ message }) => /forgot/.test(message))).toEqual([]);
    service.clock.advance(3 * HOUR_MS);
    service.clock.advance(7 * DAY_MS);
    await forgetPersonal(service.deps);
    expect(service.lines.find(({ message }) => /forgot/.test(message))?.members).toEqual({
      deliveries: 5,
      passes: 5,
      couriers: 5,
      restrictions: 0,
      erased: 0,
    });
  });
});
