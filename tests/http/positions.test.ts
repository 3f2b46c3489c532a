import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeSpeeds } from '../../src/access/judge-speeds.ts';
import { type Service, startService } from '../support/service.ts';
import {
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  presentCode,
  type RiderHandle,
  readPasses,
  signIn,
  verify,
} from '../support/world.ts';

const SECOND = 1_000;
let service: Service;
let platform: PlatformHandle;
let communityId: string;
let gate: GateHandle;
let riders = 0;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuai');
  communityId = await makeCommunity(service);
  gate = await makeGate(service, communityId);
});
afterAll(() => service.stop());

interface Inside extends RiderHandle {
  readonly passId: string;
}

/** A rider who has a pass. */
async function rider(): Promise<Inside> {
  const riderId = `r-${++riders}`;
  await makeDelivery(service, platform, { communityId, deliveryId: `d-${riders}`, riderId });
  const { token } = await signIn(service, platform, riderId);
  const { items } = await readPasses(service, { token });
  return { token, passId: items[0].id };
}

/** A rider who has entered and consented. */
async function inside(): Promise<Inside> {
  const entered = await rider();
  const code = await presentCode(service, entered);
  expect((await verify(service, gate, { code })).body.reason).toBe('granted');
  await consent(entered, 'PUT');
  return entered;
}

const consent = ({ token }: RiderHandle, method: string) =>
  service.call(method, '/v1/rider/consents/positions', { token });

function position(at: number, speedMps: unknown, members: object = {}) {
  const t = new Date(at).toISOString();
  return { t, lat: 35.42, lon: 119.46, speedMps, speedAccuracyMps: 0.2, accuracyM: 5, ...members };
}

const send = ({ token, passId }: Inside, positions: readonly unknown[], members: object = {}) =>
  service.call('POST', '/v1/rider/positions', {
    token,
    body: { passId, positions, ...members },
  });

describe('the consent to positions', () => {
  it('is given, stays, and is taken back', async () => {
    const { token } = await rider();
    expect((await consent({ token }, 'GET')).body).toEqual({});
    const given = await consent({ token }, 'PUT');
    expect(given.body).toEqual({ givenAt: new Date(service.clock.now()).toISOString() });
    service.clock.advance(SECOND);
    expect((await consent({ token }, 'PUT')).body).toEqual(given.body);
    expect((await consent({ token }, 'GET')).body).toEqual(given.body);
    expect((await consent({ token }, 'DELETE')).status).toBe(204);
    expect((await consent({ token }, 'DELETE')).status).toBe(204);
    expect((await consent({ token }, 'GET')).body).toEqual({});
  });

  it('is asked for before the visit is', async () => {
    const someone = await rider();
    const refused = await send(someone, []);
    expect([refused.status, refused.body.code]).toEqual([403, 'consent_required']);
    await consent(someone, 'PUT');
    const early = await send(someone, []);
    expect([early.status, early.body.code]).toEqual([409, 'no_open_visit']);
  });

  it('is the rider’s own to give', async () => {
    for (const token of [gate.token, service.operatorKey, platform.apiKey, 'nobody'])
      expect((await consent({ token }, 'PUT')).status).toBe(401);
  });
});

describe('positions', () => {
  it('that are fast enough for long enough are a notice on the rider’s own list', async () => {
    const someone = await inside();
    service.clock.advance(10 * SECOND);
    const from = service.clock.now() - 8 * SECOND;
    const fast = Array.from({ length: 6 }, (_, n) => position(from + n * SECOND, 8));
    const sent = await send(someone, fast);
    expect(sent.status).toBe(200);
    expect(sent.body).toEqual({
      visitId: expect.stringMatching(/^vis_/),
      accepted: 6,
      dropped: { invalid: 0, implausible: 0, future: 0, outsideVisit: 0 },
    });
    service.clock.advance(6 * SECOND);
    await judgeSpeeds(service.deps);
    const alerts = await service.call('GET', `/v1/communities/${communityId}/alerts`, {
      token: service.operatorKey,
    });
    expect(alerts.body.items[0]).toMatchObject({
      kind: 'speeding',
      level: 'notice',
      passId: someone.passId,
      visitId: sent.body.visitId,
      at: new Date(from).toISOString(),
    });
  });

  it('that cannot be are left out and counted, and the others are taken', async () => {
    const someone = await inside();
    service.clock.advance(10 * SECOND);
    const now = service.clock.now();
    const sent = await send(someone, [
      position(now - 5 * SECOND, 3),
      position(now - 4 * SECOND, -1),
      position(now - 4 * SECOND, null),
      position(now - 4 * SECOND, 'fast'),
      position(now - 4 * SECOND, 3, { lat: 91 }),
      position(now - 4 * SECOND, 3, { t: 'now' }),
      null,
      [],
      position(now - 4 * SECOND, 400 / 3.6),
      position(now - 4 * SECOND, 3, { speedAccuracyMps: 4 }),
      position(now - 4 * SECOND, 3, { accuracyM: 101 }),
      position(now + 3 * SECOND, 3),
      position(now - 3_600 * SECOND, 3),
      { t: new Date(now - SECOND).toISOString(), lat: 35.42, lon: 119.46, speedMps: 2 },
    ]);
    expect(sent.body).toMatchObject({
      accepted: 2,
      dropped: { invalid: 7, implausible: 3, future: 1, outsideVisit: 1 },
    });
  });

  it('are refused as NaN, which JSON does not know', async () => {
    const someone = await inside();
    const body = `{"passId":"${someone.passId}","positions":[{"speedMps":NaN}]}`;
    const { token } = someone;
    expect((await service.call('POST', '/v1/rider/positions', { token, body })).status).toBe(400);
  });

  it('are at most three hundred a request', async () => {
    const someone = await inside();
    service.clock.advance(400 * SECOND);
    const from = service.clock.now() - 350 * SECOND;
    const many = Array.from({ length: 301 }, (_, n) => ({
      t: new Date(from + n * SECOND).toISOString(),
      lat: 35,
      lon: 119,
      speedMps: 3,
    }));
    expect((await send(someone, many.slice(1))).body.accepted).toBe(300);
    const refused = await send(someone, many);
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0].path).toBe('positions');
  });

  it('of another rider’s pass are of no pass', async () => {
    const [one, other] = [await inside(), await inside()];
    expect((await send({ ...one, passId: other.passId }, [])).status).toBe(404);
    expect((await send({ ...one, passId: 'pas_0000000000000' }, [])).status).toBe(404);
    expect((await send({ ...one, passId: 'x' }, [])).status).toBe(422);
  });

  it('by a phone whose clock is wrong are put right by when they were sent', async () => {
    const someone = await inside();
    service.clock.advance(10 * SECOND);
    const wrong = 20 * 60 * SECOND;
    const now = service.clock.now();
    const one = [position(now - 5 * SECOND + wrong, 3)];
    expect((await send(someone, one)).body.dropped.future).toBe(1);
    const sentAt = new Date(now + wrong).toISOString();
    expect((await send(someone, one, { sentAt })).body.accepted).toBe(1);
  });
});
