/** Speeds that gates report, from the request to what managers see. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { type EventSource, eventSource } from '../support/event-source.ts';
import { DeviceLog, sendLog } from '../support/gate-batch.ts';
import { type Service, startService } from '../support/service.ts';
import {
  changeRules,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  presentCode,
  readPasses,
  signIn,
  verify,
} from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let service: Service;
let platform: PlatformHandle;
let riders = 0;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuai');
});
afterAll(() => service.stop());

async function place() {
  const communityId = await makeCommunity(service);
  return { communityId, gate: await makeGate(service, communityId) };
}

async function rider(communityId: string, members: object = {}) {
  const riderId = `r-${++riders}`;
  const order = { communityId, deliveryId: `d-${riders}`, riderId };
  await makeDelivery(service, platform, { ...order, ...members });
  const session = await signIn(service, platform, riderId);
  const { items } = await readPasses(service, session);
  return { ...session, passId: items[0].id, code: await presentCode(service, session) };
}

async function judge(afterMs = 6 * SECOND) {
  service.clock.advance(afterMs);
  await judgeSpeeds(service.deps);
}

async function speeding(communityId: string) {
  const path = `/v1/communities/${communityId}/alerts`;
  const { items } = (await service.call('GET', path, { token: service.operatorKey })).body;
  return items.filter(({ kind }: { kind: string }) => kind === 'speeding');
}

async function listen(communityId: string): Promise<EventSource> {
  const response = await service.app.request(`/v1/communities/${communityId}/events`, {
    headers: { authorization: `Bearer ${service.operatorKey}` },
  });
  expect(response.status).toBe(200);
  return eventSource(response);
}

/** What comes until something else has changed. */
async function heard(events: EventSource): Promise<(string | undefined)[]> {
  const types: (string | undefined)[] = [];
  for (;;) {
    const event = await events.next();
    if (event === null) return types;
    if (event.comment !== undefined) continue;
    types.push(event.event);
    if (event.event === 'changed') return types;
  }
}

describe('a radar at a gate', () => {
  it('that measures at the scan leads to a warning, live', async () => {
    const { communityId, gate } = await place();
    const { code, passId } = await rider(communityId);
    const question = { code, lane: '1', speedKmh: 21, accuracyKmh: 1 };
    const answer = await verify(service, gate, question);
    expect(answer.body).toMatchObject({ reason: 'granted', speedLimitKmh: 15 });
    const events = await listen(communityId);
    await judge();
    expect(await heard(events)).toEqual(['alert', 'changed']);
    await events.close();
    expect(await speeding(communityId)).toMatchObject([
      {
        level: 'warning',
        passId,
        visitId: answer.body.visitId,
        gateId: gate.id,
        details: { source: 'radar', limitKmh: 15, marginKmh: 3, peakKmh: 21 },
      },
    ]);
  });

  it('that reports an hour later is recorded and rings no bell', async () => {
    const { communityId, gate } = await place();
    const { code } = await rider(communityId);
    const log = new DeviceLog(service.clock.now() - MINUTE);
    const at = service.clock.now();
    await verify(service, gate, { code, lane: '2' });
    log.write(at + 3 * SECOND, 'speed', { speedKmh: 40, accuracyKmh: 1, lane: '2' });
    service.clock.advance(10 * MINUTE);
    await sendLog(service, gate, log);
    const events = await listen(communityId);
    await judge();
    await judge();
    expect(await heard(events)).toEqual(['changed']);
    await events.close();
    expect(await speeding(communityId)).toMatchObject([
      { at: new Date(at + 3 * SECOND).toISOString(), level: 'serious', details: { late: true } },
    ]);
  });

  it('is believed as far as the rules of the community say', async () => {
    const { communityId, gate } = await place();
    await changeRules(service, communityId, {
      speedLimitKmh: 20,
      speedMargin: { accuracyFactor: 2, absoluteKmh: 1, percent: 50 },
    });
    const measured = async (speedKmh: number) => {
      const { code } = await rider(communityId);
      await verify(service, gate, { code, speedKmh, accuracyKmh: 1.5 });
      await judge();
      return (await speeding(communityId)).length;
    };
    expect(await measured(33)).toBe(0);
    expect(await measured(33.1)).toBe(1);
  });

  it('keeps no number plate with the event', async () => {
    const { communityId, gate } = await place();
    const { code } = await rider(communityId, { plate: '鲁L·12345', vehicle: 'e-bike' });
    await verify(service, gate, { code });
    const log = new DeviceLog(service.clock.now() - MINUTE);
    log.write(service.clock.now(), 'speed', { speedKmh: 30, accuracyKmh: 1, plate: '鲁L12345' });
    service.clock.advance(SECOND);
    const answer = await sendLog(service, gate, log);
    expect(answer.body.rejected).toEqual([]);
    await judge(7 * SECOND);
    await judge(7 * SECOND);
    expect(await speeding(communityId)).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['a negative speed', { speedKmh: -1 }],
    ['a text', { speedKmh: '30' }],
    ['more than can be written', { speedKmh: 501 }],
    ['a place that is none', { checkpointId: 'Not A Place', speedKmh: 30 }],
  ])('that reports %s is told so, and the rest of its log is taken', async (_, data) => {
    const { gate } = await place();
    const log = new DeviceLog(service.clock.now() - MINUTE);
    log.write(service.clock.now(), 'speed', data);
    log.write(service.clock.now(), 'speed', { speedKmh: 30 });
    const { body } = await sendLog(service, gate, log);
    expect(body).toMatchObject({ ackedThrough: 2, rejected: [{ seq: 1, code: 'invalid_data' }] });
  });
});

it('two riders in one lane are each held to their own speed', async () => {
  const { communityId, gate } = await place();
  const [first, second] = [await rider(communityId), await rider(communityId)];
  const log = new DeviceLog(service.clock.now() - MINUTE);
  await verify(service, gate, { code: first.code, lane: '1' });
  service.clock.advance(4 * SECOND);
  await verify(service, gate, { code: second.code, lane: '1' });
  log.write(service.clock.now() - SECOND, 'speed', { speedKmh: 31, accuracyKmh: 1, lane: '1' });
  service.clock.advance(SECOND);
  await sendLog(service, gate, log);
  await judge();
  await judge();
  expect(await speeding(communityId)).toMatchObject([{ passId: second.passId }]);
});
