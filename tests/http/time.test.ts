/**
 * Limits of time through the whole stack, one millisecond on either side, by the server's clock alone. The window of
 * a code, the 10 minutes of a link, the 15 of an enrolment, the ends of blocks and of a community's posture and the
 * age of what a callback says stand in the tests of their own routes.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Service, startService } from '../support/service.ts';
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
  type RiderHandle,
  readPasses,
  sendCallback,
  signIn,
  verify,
} from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let service: Service;
let platform: PlatformHandle;
let communityId: string;

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
});
afterAll(() => service.stop());

/** Each test has its own community, and begins on a full hour. */
beforeEach(async () => {
  nextHour(service);
  communityId = await makeCommunity(service);
});

const iso = (instant: number) => new Date(instant).toISOString();

let riders = 0;
/** A rider who has just got an order. */
async function newRider(): Promise<RiderHandle> {
  const riderId = `r-${++riders}`;
  await makeDelivery(service, platform, { communityId, deliveryId: `d-${riders}`, riderId });
  return signIn(service, platform, riderId);
}

interface Window {
  readonly code: string;
  readonly notBefore: string;
}
async function codesOf(rider: RiderHandle, count: number): Promise<readonly Window[]> {
  return (await readPasses(service, rider, `?codes=${count}`)).items[0].codes;
}

async function reasonOf(gate: GateHandle, question: object): Promise<string> {
  return expectStatus(await verify(service, gate, question), 200).body.reason;
}

/** What a rider with a new order, at a gate with a new token, is told at an instant. */
async function reasonAt(instant: number): Promise<string> {
  service.clock.set(instant);
  const gate = await makeGate(service, communityId);
  const [window] = await codesOf(await newRider(), 1);
  return reasonOf(gate, { code: window?.code });
}

describe('the time of a scan is the server’s', () => {
  test.each([
    ['an hour slow', -HOUR],
    ['right', 0],
    ['an hour fast', HOUR],
  ])(
    'at a gate whose clock is %s a code is good in its own window and at no other time',
    async (_name, offset) => {
      const gate = await makeGate(service, communityId);
      const [, early, , good] = await codesOf(await newRider(), 4);
      if (early === undefined || good === undefined) throw new Error('there are too few codes');
      const at = async (instant: number, { code }: Window) => {
        service.clock.set(instant);
        const answer = await verify(service, gate, { code, scannedAt: iso(instant + offset) });
        expect(expectStatus(answer, 200).body.serverTime).toBe(iso(instant));
        return answer.body.reason;
      };
      const begins = Date.parse(early.notBefore) - 5 * SECOND;
      expect(await at(begins - 1, early)).toBe('code_not_yet_valid');
      expect(await at(begins, early)).toBe('granted');
      service.clock.advance(MINUTE);
      const ends = Date.parse(good.notBefore) + 45 * SECOND;
      expect(await at(ends - 1, good)).toBe('granted');
      expect(await at(ends, good)).toBe('code_expired');
    },
  );

  test('what the gate says of the time is kept beside it, and is no part of the question', async () => {
    const gate = await makeGate(service, communityId);
    const question = { requestId: '0b7c1c1e-8a53-4e59-9c0e-1d2f3a4b5c6d', code: 'x' };
    const first = await verify(service, gate, { ...question, scannedAt: iso(0) });
    const again = await verify(service, gate, { ...question, scannedAt: '2999-01-01T00:00:00Z' });
    expect(again.text).toBe(first.text);
  });
});

describe('opening hours', () => {
  test('that cross midnight belong to the day on which they begin', async () => {
    await changeRules(service, communityId, {
      hours: [{ days: ['sat'], from: '22:00', to: '06:00' }],
    });
    // Shanghai is 8 hours ahead and has no daylight-saving time.
    const shanghai = (day: number, hour: number) => Date.UTC(2027, 1, day, hour - 8);
    for (const [instant, reason] of [
      [shanghai(5, 22), 'outside_hours'], // Friday
      [shanghai(6, 6) - 1, 'outside_hours'],
      [shanghai(6, 22) - 1, 'outside_hours'],
      [shanghai(6, 22), 'granted'], // Saturday
      [shanghai(7, 0) - 1, 'granted'],
      [shanghai(7, 0), 'granted'], // Sunday
      [shanghai(7, 6) - 1, 'granted'],
      [shanghai(7, 6), 'outside_hours'],
      [shanghai(7, 22), 'outside_hours'],
    ] as const)
      expect([iso(instant), await reasonAt(instant)]).toEqual([iso(instant), reason]);
  });

  const inBerlin = async (hours: object) => {
    const path = `/v1/communities/${communityId}`;
    const body = { timezone: 'Europe/Berlin' };
    const token = service.operatorKey;
    expectStatus(await service.call('PATCH', path, { token, body }), 200);
    await changeRules(service, communityId, { hours: [hours] });
  };

  test('that are skipped when the clocks go forward never open; those after them do', async () => {
    // On 2027-03-28 the clocks of Berlin go from 02:00 to 03:00, at 01:00 UTC.
    await inBerlin({ days: ['sun'], from: '01:30', to: '02:30' });
    const utc = (hour: number, minute: number) => Date.UTC(2027, 2, 28, hour, minute);
    for (const [instant, reason] of [
      [utc(0, 30) - 1, 'outside_hours'], // 01:29:59.999
      [utc(0, 30), 'granted'],
      [utc(1, 0) - 1, 'granted'], // 01:59:59.999
      [utc(1, 0), 'outside_hours'], // 03:00
      [utc(1, 30), 'outside_hours'],
    ] as const)
      expect([iso(instant), await reasonAt(instant)]).toEqual([iso(instant), reason]);
  });

  test('that cross midnight into the day on which the clocks go forward end by the wall clock', async () => {
    await inBerlin({ days: ['sat'], from: '23:00', to: '04:00' });
    const utc = (day: number, hour: number) => Date.UTC(2028, 2, day, hour);
    for (const [instant, reason] of [
      [utc(25, 22) - 1, 'outside_hours'], // Saturday, 22:59:59.999
      [utc(25, 22), 'granted'],
      [utc(26, 1), 'granted'], // Sunday, 03:00, an hour after 01:00
      [utc(26, 2) - 1, 'granted'], // 03:59:59.999
      [utc(26, 2), 'outside_hours'], // 04:00, after four hours
    ] as const)
      expect([iso(instant), await reasonAt(instant)]).toEqual([iso(instant), reason]);
  });

  test('that come twice when the clocks go back open twice', async () => {
    // On 2028-10-29 the clocks of Berlin go from 03:00 to 02:00, at 01:00 UTC.
    await inBerlin({ days: ['sun'], from: '02:00', to: '02:30' });
    const utc = (hour: number, minute: number) => Date.UTC(2028, 9, 29, hour, minute);
    for (const [instant, reason] of [
      [utc(0, 0) - 1, 'outside_hours'], // 01:59:59.999
      [utc(0, 0), 'granted'],
      [utc(0, 30) - 1, 'granted'],
      [utc(0, 30), 'outside_hours'],
      [utc(1, 0) - 1, 'outside_hours'], // 02:59:59.999
      [utc(1, 0), 'granted'], // 02:00 again
      [utc(1, 30) - 1, 'granted'],
      [utc(1, 30), 'outside_hours'],
    ] as const)
      expect([iso(instant), await reasonAt(instant)]).toEqual([iso(instant), reason]);
  });
});

describe('after an entry', () => {
  let gate: GateHandle;
  let other: GateHandle;
  let codes: readonly Window[];
  let enteredAt: number;

  /** The code of the window that holds the present instant. */
  const present = () => ({
    code: codes.findLast(({ notBefore }) => Date.parse(notBefore) <= service.clock.now())?.code,
  });

  beforeEach(async () => {
    await changeRules(service, communityId, { antiPassback: 'off' });
    gate = await makeGate(service, communityId);
    other = await makeGate(service, communityId);
    codes = await codesOf(await newRider(), 8);
    service.clock.advance(10 * SECOND + 1);
    enteredAt = service.clock.now();
    expect(await reasonOf(gate, present())).toBe('granted');
  });

  test.each([
    [MINUTE - 1, 'already_inside'],
    [MINUTE, 'granted'],
  ])(
    'another one at another gate %i ms later is %s, though anti-passback is off',
    async (later, reason) => {
      service.clock.set(enteredAt + later);
      expect(await reasonOf(other, present())).toBe(reason);
    },
  );

  test('an exit between the two ends the wait at once', async () => {
    service.clock.set(enteredAt + 25 * SECOND);
    expect(await reasonOf(other, { ...present(), direction: 'out' })).toBe('granted_exit');
    expect(await reasonOf(other, present())).toBe('granted');
  });

  test.each([
    [20 * SECOND - 1, 'granted_rescan'],
    [20 * SECOND, 'code_used'],
  ])('the same code at the same gate %i ms later is %s', async (later, reason) => {
    const scanned = present();
    service.clock.set(enteredAt + later);
    expect(await reasonOf(gate, scanned)).toBe(reason);
  });

  test('a rescan does not prolong the grace, and uses no other code up', async () => {
    const scanned = present();
    service.clock.set(enteredAt + 20 * SECOND - 1);
    const next = present();
    expect(next).not.toEqual(scanned);
    expect(await reasonOf(gate, next)).toBe('granted_rescan');
    service.clock.advance(1);
    expect(await reasonOf(gate, next)).toBe('already_inside');
    service.clock.set(enteredAt + 25 * SECOND);
    expect(await reasonOf(other, { ...next, direction: 'out' })).toBe('granted_exit');
    expect(await reasonOf(other, next)).toBe('granted');
  });
});

describe('ends that are excluded', () => {
  test('a gate’s posture holds until its end', async () => {
    const gate = await makeGate(service, communityId);
    const codes = await codesOf(await newRider(), 8);
    const until = service.clock.now() + 2 * MINUTE + 7;
    const path = `/v1/gates/${gate.id}/posture`;
    const body = { posture: 'closed', until: iso(until), reason: '维修' };
    expectStatus(await service.call('PUT', path, { token: service.operatorKey, body }), 200);
    const code = codes[4]?.code;
    service.clock.set(until - 1);
    expect(await reasonOf(gate, { code })).toBe('gate_closed');
    service.clock.set(until);
    expect(await reasonOf(gate, { code })).toBe('granted');
  });

  test('an end that is now has passed already: 422', async () => {
    const path = `/v1/communities/${communityId}/posture`;
    const put = (until: number) =>
      service.call('PUT', path, {
        token: service.operatorKey,
        body: { posture: 'lockdown', until: iso(until), reason: 'x' },
      });
    expect((await put(service.clock.now())).status).toBe(422);
    expect((await put(service.clock.now() + 1)).status).toBe(200);
  });

  test('a gate’s token is good until it expires', async () => {
    const gate = await makeGate(service, communityId);
    const expiresAt = service.clock.now() + 15 * MINUTE;
    service.clock.set(expiresAt - 1);
    expect((await verify(service, gate, { code: 'x' })).status).toBe(200);
    service.clock.set(expiresAt);
    expect((await verify(service, gate, { code: 'x' })).status).toBe(401);
  });
});

test('new rules judge from the instant on from which they are effective', async () => {
  const gate = await makeGate(service, communityId);
  const codes = await codesOf(await newRider(), 8);
  const from = service.clock.now() + 2 * MINUTE;
  const body = { effectiveFrom: iso(from), rules: { vehicles: ['foot'] } };
  const path = `/v1/communities/${communityId}/rules`;
  expectStatus(await service.call('PUT', path, { token: service.operatorKey, body }), 200);
  service.clock.set(from);
  expect(await reasonOf(gate, { code: codes[4]?.code })).toBe('vehicle_not_allowed');
  service.clock.set(from - 1);
  expect(await reasonOf(gate, { code: codes[4]?.code })).toBe('granted');
});

test.each([
  [-5 * MINUTE - 1, 401],
  [-5 * MINUTE, 202],
  [5 * MINUTE, 202],
  [5 * MINUTE + 1, 401],
])('a callback that was signed %i ms from now is %i', async (offset, status) => {
  const signedAt = service.clock.now() + 10 * MINUTE;
  service.clock.set(signedAt - offset);
  const data = { deliveryId: `d-${++riders}`, riderId: 'r-signed', status: 'assigned' };
  expect((await sendCallback(service, platform, data, { signedAt })).status).toBe(status);
});
