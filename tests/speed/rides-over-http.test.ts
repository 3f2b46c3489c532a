/** Labelled rides through the whole service: phones over HTTP, radars and clocks in the signed log of a gate. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ourJudge, ROAD_RULES } from '../../bench/ride-judges.ts';
import { RiderPhone } from '../../gate-simulator/src/platform/rider-phone.ts';
import { CLOCK_ERROR_MS, type Sighting } from '../../gate-simulator/src/rides/mounted.ts';
import type { PhoneBatch } from '../../gate-simulator/src/rides/phone.ts';
import { labelledRides, type Ride, SECTION_ALONG } from '../../gate-simulator/src/rides/rides.ts';
import { roadZones } from '../../gate-simulator/src/rides/road.ts';
import type { Transport } from '../../gate-simulator/src/wire/transport.ts';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { sendBatch } from '../support/gate-batch.ts';
import { type Service, startService } from '../support/service.ts';
import {
  changeRules,
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makeLink,
  makePlatform,
  verify,
} from '../support/world.ts';

const SECOND = 1_000;
const SEED = 77;
const OF_EACH = 3;

let service: Service;
/** In the order of {@link rides}: what stands on the list of alerts in the end. */
let judged: {
  ride: Ride;
  alerts: { at: string; level: string; details: { limitKmh: number } }[];
}[];

/** The service without a socket. */
const transport: Pick<Transport, 'call'> = {
  async call({ method, url, headers, body }) {
    const { pathname, search } = new URL(url);
    const sent = { method, headers: { ...headers }, ...(body === undefined ? {} : { body }) };
    const answer = await service.app.request(`${pathname}${search}`, sent);
    return {
      status: answer.status,
      headers: {},
      body: Buffer.from(await answer.arrayBuffer()),
    };
  },
};

async function putPlaces(communityId: string): Promise<void> {
  const put = async (kind: string, body: object) =>
    expectStatus(
      await service.call('PUT', `/v1/communities/${communityId}/${kind}`, {
        token: service.operatorKey,
        body,
      }),
      200,
    );
  await put('zones', roadZones());
  const clockUncertaintyMs = CLOCK_ERROR_MS;
  const clocks = SECTION_ALONG.map((_, n) => `clock-${n}`);
  await put('checkpoints', {
    checkpoints: [
      { id: 'radar-0', name: 'A', zoneId: 'avenue', clockUncertaintyMs },
      { id: 'radar-1', name: 'B', clockUncertaintyMs },
      { id: 'radar-2', name: 'C', zoneId: 'playground', clockUncertaintyMs },
      ...clocks.map((id) => ({ id, name: id, clockUncertaintyMs })),
    ],
  });
  await put('distances', {
    distances: SECTION_ALONG.slice(1).map((along, n) => ({
      from: `clock-${n}`,
      to: `clock-${n + 1}`,
      metres: along - (SECTION_ALONG[n] ?? 0),
    })),
  });
  const { zoneSpeedLimits } = ROAD_RULES;
  await changeRules(service, communityId, { zoneSpeedLimits });
}

interface Riding {
  readonly ride: Ride;
  readonly phone: RiderPhone;
  readonly passId: string;
  readonly requestId: string;
}

beforeAll(async () => {
  const rides = labelledRides(SEED, OF_EACH);
  const startAt = rides[0]?.startAt ?? 0;
  service = await startService({ now: startAt - 10 * SECOND });
  const platform = await makePlatform(service, 'kuai');
  const communityId = await makeCommunity(service);
  await putPlaces(communityId);
  const gate = await makeGate(service, communityId);

  const riding: Riding[] = [];
  for (const [n, ride] of rides.entries()) {
    const riderId = `r-${n}`;
    await makeDelivery(service, platform, { communityId, deliveryId: `d-${n}`, riderId });
    const link = await makeLink(service, platform, riderId);
    const phone = await RiderPhone.signIn(transport as never, 'http://localhost', link);
    const [pass] = await phone.passes({ codes: 1 });
    const code = pass?.codes[0]?.code;
    const requestId = crypto.randomUUID();
    const entry = await verify(service, gate, { requestId, code });
    expect(entry.body.reason).toBe('granted');
    await phone.allowPositions();
    riding.push({ ride, phone, passId: pass?.id ?? '', requestId });
  }

  const logId = 'rides-log-0000000000';
  let seq = 0;
  const seen = async ({ requestId }: Riding, { at, ...sighting }: Sighting) => {
    const measured = Object.entries(sighting).filter(([, value]) => value !== null);
    const data = { ...Object.fromEntries(measured), requestId };
    seq += 1;
    const deviceTime = new Date(at).toISOString();
    const event = { seq, type: 'speed', deviceTime, data };
    const sent = { deviceTime: new Date(service.clock.now()).toISOString() };
    expectStatus(await sendBatch(service, gate, { logId, sent, events: [event] }), 200);
  };
  const send = ({ phone, passId }: Riding, batch: PhoneBatch) => phone.sendPositions(passId, batch);

  const happenings = riding
    .flatMap((each) => [
      ...each.ride.batches.map((batch) => ({ at: batch.arrivesAt, run: () => send(each, batch) })),
      ...each.ride.sightings.map((sighting) => ({
        at: sighting.at + SECOND,
        run: () => seen(each, sighting),
      })),
    ])
    .sort((a, b) => a.at - b.at);
  let judgedAt = startAt;
  for (const { at, run } of happenings) {
    service.clock.set(Math.max(service.clock.now(), Math.round(at)));
    // Tokens of gates last a quarter of an hour; all that gates see here happens in the first minutes.
    await run();
    if (service.clock.now() - judgedAt < SECOND) continue;
    judgedAt = service.clock.now();
    await judgeSpeeds(service.deps);
  }
  for (let minute = 0; minute < 3; minute += 1) {
    service.clock.advance(60 * SECOND);
    await judgeSpeeds(service.deps);
  }

  const path = `/v1/communities/${communityId}/alerts?limit=200`;
  const { items } = (await service.call('GET', path, { token: service.operatorKey })).body;
  judged = riding.map(({ ride, passId }) => ({
    ride,
    alerts: items
      .filter((alert: { kind: string; passId: string; details: { withdrawn?: true } }) => {
        const own = alert.kind === 'speeding' && alert.passId === passId;
        return own && alert.details.withdrawn !== true;
      })
      .toReversed(),
  }));
}, 120_000);
afterAll(() => service.stop());

const byTime = (a: { at: number }, b: { at: number }) => a.at - b.at;

describe('labelled rides through the service', () => {
  it('end with the alerts that the set of their readings shows, however they were delivered', () => {
    for (const { ride, alerts } of judged) {
      const shown = alerts.map(({ at, details }) => ({
        at: Date.parse(at),
        limit: details.limitKmh,
      }));
      const expected = ourJudge(ride).map(({ from, limitKmh }) => ({ at: from, limit: limitKmh }));
      const name = [ride.class, ride.seed];
      expect([...name, shown.sort(byTime)]).toEqual([
        ...name,
        expected
          .sort(byTime)
          .map(({ at, limit }) => ({ at: expect.closeTo(Math.round(at), -2), limit })),
      ]);
    }
  });

  it('bring no alert to a rider who never exceeded the limit by the margin', () => {
    const kept = judged.filter(({ ride }) => !ride.exceeded);
    expect(kept.length).toBeGreaterThan(4 * OF_EACH);
    expect(kept.flatMap(({ alerts }) => alerts)).toEqual([]);
  });

  it('are notices by a phone, and warnings or more by what is mounted', () => {
    for (const { ride, alerts } of judged)
      for (const { level } of alerts)
        expect([ride.class, level === 'notice']).toEqual([ride.class, ride.batches.length > 0]);
    const levels = new Set(judged.flatMap(({ alerts }) => alerts.map(({ level }) => level)));
    expect(levels.size).toBeGreaterThan(1);
  });
});
