/** Points, sanctions and appeals on a real database: what follows from an alert, in its own transaction. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/clock.ts';
import { type AlertId, type CourierId, formatIdentifier } from '../../src/domain/identifier.ts';
import type { PassRecord } from '../../src/store/store.ts';
import { type OpenDatabase, openTestDatabase } from '../support/database.ts';
import { type SpeedAlerts, speedAlerts } from '../support/speed-alerts.ts';
import { entriesOf } from '../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, openSession, unique, type World } from '../support/store-world.ts';

const MANAGER = 'key:key_0000000000001';
const OTHER = 'key:key_0000000000002';

let open: OpenDatabase;
let world: World;
let alerts: SpeedAlerts;
beforeEach(async () => {
  open = openTestDatabase();
  world = await makeWorld(open);
  alerts = speedAlerts(open, world);
});
afterEach(() => open.close());

async function newRider(name = unique('rider')): Promise<{ pass: PassRecord; courier: CourierId }> {
  const pass = await world.rider(name);
  return { pass, courier: await world.courier(name) };
}

const conductOf = async (courier: CourierId, now = NOON) =>
  (await open.store.listConduct(courier, now)).find(
    ({ communityId }) => communityId === world.community.id,
  );

const balanceOf = async (courier: CourierId) => (await conductOf(courier))?.conduct ?? 0;

async function appeal(courierId: CourierId, alertId: AlertId, now = NOON) {
  const filed = await open.store.fileAppeal({
    courierId,
    alertId,
    communityId: null,
    text: '雷达照的是旁边的汽车',
    now,
  });
  if (filed.kind !== 'filed') throw new Error(filed.kind);
  return filed.appeal;
}

const decide = (
  alertId: AlertId,
  appealId: Awaited<ReturnType<typeof appeal>>['id'],
  decision: 'upheld' | 'rejected',
  { actor = OTHER, now = NOON } = {},
) =>
  open.store.decideAppeal({
    communityId: world.community.id,
    alertId,
    appealId,
    decision,
    reason: '录像为证',
    actor,
    now,
  });

describe('an alert and its points', () => {
  it('costs its points in its own transaction, and says so on the log', async () => {
    const { pass, courier } = await newRider();
    let alertId = '' as AlertId;
    const entries = await entriesOf(open.store, async () => {
      alertId = alerts.raise(pass, NOON).alert.id;
    });
    expect(await balanceOf(courier)).toBe(-2);
    const { points, alert, speed } = await alerts.find(alertId);
    expect({ points, level: alert.level, peak: speed?.peakKmh }).toEqual({
      points: 2,
      level: 'warning',
      peak: 21.5,
    });
    expect(entries.map(({ members }) => members['type'])).toEqual(['alert.raised', 'points.moved']);
    expect(entries[1]?.members).toMatchObject({ points: -2, cause: 'alert', reference: alertId });
    expect(entries.every(({ text }) => !text.includes(courier))).toBe(true);
  });

  it('is gone with its alert when the transaction fails', async () => {
    const { pass, courier } = await newRider();
    const failing = () =>
      open.inTransaction(() => {
        expect(alerts.raiseWithin(pass, NOON).alert.level).toBe('warning');
        throw new Error('the disk is full');
      });
    expect(failing).toThrow(/disk is full/);
    expect(await conductOf(courier)).toBeUndefined();
    const page = { limit: 10, after: null };
    const { items } = await open.store.listRiderAlerts({ courierId: courier, page, now: NOON });
    expect(items).toEqual([]);
  });

  it('a phone’s word is a notice without points', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON, { source: 'phone', baseLevel: 'notice' });
    expect(alert.level).toBe('notice');
    expect(await conductOf(courier)).toBeUndefined();
  });

  it('grows with its episode, and costs the difference', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON, { endAt: null });
    expect(alert.endedAt).toBeNull();
    const end = NOON + 20 * SECOND_MS;
    const grown = alerts.update(alert.id, pass, end, {
      startAt: NOON,
      endAt: end,
      baseLevel: 'serious',
      peakKmh: 31,
    });
    expect(grown.alert).toMatchObject({ level: 'serious', endedAt: end, at: NOON });
    expect(await balanceOf(courier)).toBe(-6);
    expect((await alerts.find(alert.id)).points).toBe(6);
  });

  it('withdrawn, it costs nothing and binds nobody', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON, { baseLevel: 'serious' });
    expect((await conductOf(courier))?.sanctions).toHaveLength(1);
    alerts.withdraw(alert.id, NOON + MINUTE_MS);
    expect(await conductOf(courier)).toMatchObject({ conduct: 0, sanctions: [] });
    expect(await alerts.find(alert.id)).toMatchObject({
      points: 0,
      withdrawnAt: NOON + MINUTE_MS,
    });
  });

  it('counts in its own community only', async () => {
    const { pass, courier } = await newRider();
    alerts.raise(pass, NOON);
    const elsewhere = await makeWorld(open);
    const all = await open.store.listConduct(courier, NOON);
    expect(all.map(({ communityId }) => communityId)).toEqual([world.community.id]);
    expect(elsewhere.community.id).not.toBe(world.community.id);
  });

  it('no movement is ever changed or deleted', async () => {
    const { pass } = await newRider();
    alerts.raise(pass, NOON);
    const { sqlite } = open.context;
    expect(() => sqlite.exec('UPDATE point_movements SET points = 0')).toThrow(/never changed/);
    expect(() => sqlite.exec('DELETE FROM point_movements')).toThrow(/never deleted/);
  });
});

describe('what an alert leads to at the gate', () => {
  it('a serious alert makes the next entries wait for a guard, for 24 hours', async () => {
    const { pass } = await newRider();
    const at = NOON + MINUTE_MS;
    expect(await world.reason({ pass, at: NOON })).toBe('granted');
    await world.scan({ pass, at: NOON + 1, direction: 'out' });
    alerts.raise(pass, at, { baseLevel: 'serious' });
    expect(await world.reason({ pass, at: at + MINUTE_MS })).toBe('guard_confirmation_required');
    const later = at + 24 * HOUR_MS;
    await world.deliver({ delivery: unique('order'), riderId: 'x', now: later });
    const again = await newRiderOf(pass, later);
    expect(await world.reason({ pass: again, at: later - 1 })).toBe('guard_confirmation_required');
    expect(await world.reason({ pass: again, at: later + 2 * MINUTE_MS })).toBe('granted');
  });

  /** The same rider with a live delivery, days later. */
  async function newRiderOf(pass: PassRecord, now: number): Promise<PassRecord> {
    const name = riderNames.get(pass.id) ?? '';
    return world.rider(name, now - 1);
  }
  const riderNames = new Map<string, string>();
  beforeEach(() => {
    const { rider } = world;
    Object.assign(world, {
      rider: async (name: string, now?: number) => {
        const pass = await rider(name, now);
        riderNames.set(pass.id, name);
        return pass;
      },
    });
  });

  it('the threshold of points suspends, in this community and until its end', async () => {
    const { pass, courier } = await newRider();
    const before = await open.store.readStatusBits(world.community.id, NOON);
    for (let count = 0; count < 4; count++)
      alerts.raise(pass, NOON + count, {
        baseLevel: 'serious',
        startAt: NOON - count * 8 * DAY_MS,
      });
    expect(await balanceOf(courier)).toBe(-24);
    expect(await world.reason({ pass, at: NOON + MINUTE_MS })).toBe('rider_suspended');
    const bits = await open.store.readStatusBits(world.community.id, NOON + MINUTE_MS);
    expect(bits?.set).toContain(pass.statusIndex);
    expect(bits?.version).toBeGreaterThan(before?.version ?? 0);
    const shown = await open.store.listCourierPasses(courier, NOON + MINUTE_MS);
    expect(shown[0]?.refusal).toBe('rider_suspended');
    const later = NOON + 72 * HOUR_MS + 3;
    const again = await world.rider(riderNames.get(pass.id) ?? '', later);
    expect(await world.reason({ pass: again, at: later })).not.toBe('rider_suspended');
  });

  it('rules may ask a guard for whoever has lost so many points', async () => {
    const confirmation = { hours: [], vehicles: [], conductPoints: 4 };
    world = await makeWorld(open, { rules: { guardConfirmation: confirmation } });
    alerts = speedAlerts(open, world);
    const pass = await world.rider(unique('rider'));
    alerts.raise(pass, NOON, { startAt: NOON - 20 * DAY_MS });
    expect(await world.reason({ pass, at: NOON })).toBe('granted');
    await world.scan({ pass, at: NOON + 1, direction: 'out' });
    alerts.raise(pass, NOON + 2);
    expect(await world.reason({ pass, at: NOON + 2 * MINUTE_MS })).toBe(
      'guard_confirmation_required',
    );
  });

  it('a manager binds a rider on the ground of an alert, and lifts it again', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    const { id: communityId } = world.community;
    const until = NOON + DAY_MS;
    const sanction = { communityId, alertId: alert.id, kind: 'suspension' as const, until };
    const set = await open.store.setSanction({ ...sanction, actor: MANAGER, now: NOON });
    if (typeof set === 'string') throw new Error(set);
    expect(await world.reason({ pass, at: NOON + 1 })).toBe('rider_suspended');
    const lift = { communityId, sanctionId: set.sanction.id, actor: OTHER, now: NOON + 2 };
    expect(await open.store.liftSanction(lift)).not.toBeNull();
    expect(await open.store.liftSanction(lift)).toBeNull();
    expect(await world.reason({ pass, at: NOON + 3 })).toBe('granted');
    expect(await balanceOf(courier)).toBe(-2);
  });
});

describe('those who are told', () => {
  it('hear nothing of what only a phone says, however little they ask for', async () => {
    const owner = { kind: 'community', communityId: world.community.id } as const;
    const endpoint = await open.store.createNotifyEndpoint({
      id: formatIdentifier('ntf', randomBytes(8)),
      owner,
      kind: 'webhook',
      name: '值班室',
      shown: 'https://example.com/hook',
      sealed: 'sealed',
      events: ['alert.raised'],
      leastLevel: 'notice',
      most: 5,
      actor: ACTOR,
      now: NOON,
    });
    if (typeof endpoint === 'string') throw new Error(endpoint);
    const { pass } = await newRider();
    alerts.raise(pass, NOON, { source: 'phone', baseLevel: 'notice' });
    const page = { limit: 10, after: null };
    const listing = { owner, id: endpoint.id, state: null, page };
    expect((await open.store.listNotifications(listing))?.items).toEqual([]);
    const { alert } = alerts.raise(pass, NOON + 1, { baseLevel: 'notice' });
    expect((await open.store.listNotifications(listing))?.items).toMatchObject([
      { content: { alertId: alert.id, level: 'notice' } },
    ]);
  });
});

describe('a sanction by hand', () => {
  const bind = (alertId: AlertId, now = NOON) => {
    const { id: communityId } = world.community;
    const sanction = { communityId, alertId, kind: 'suspension' as const, until: now + DAY_MS };
    return open.store.setSanction({ ...sanction, actor: MANAGER, now });
  };

  it('needs more than a phone’s word', async () => {
    const { pass } = await newRider();
    const { alert } = alerts.raise(pass, NOON, { source: 'phone', baseLevel: 'notice' });
    expect(await bind(alert.id)).toBe('phone');
    expect(await world.reason({ pass, at: NOON + 1 })).toBe('granted');
  });

  it('needs an alert that stands', async () => {
    const { pass } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    alerts.withdraw(alert.id, NOON + 1);
    expect(await bind(alert.id, NOON + 2)).toBe('withdrawn');
    expect(await world.reason({ pass, at: NOON + 3 })).toBe('granted');
  });

  it('ends with its alert, when that is withdrawn', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    await bind(alert.id);
    expect(await world.reason({ pass, at: NOON + 1 })).toBe('rider_suspended');
    alerts.withdraw(alert.id, NOON + 2);
    expect((await conductOf(courier))?.sanctions).toEqual([]);
    expect(await world.reason({ pass, at: NOON + 3 })).toBe('granted');
  });
});

describe('appeals', () => {
  it('upheld, it gives the points back and lifts what followed', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON, { baseLevel: 'serious' });
    const { id } = await appeal(courier, alert.id);
    const entries = await entriesOf(open.store, () => decide(alert.id, id, 'upheld'));
    expect(await conductOf(courier)).toMatchObject({ conduct: 0, sanctions: [] });
    expect(await world.reason({ pass, at: NOON + 1 })).toBe('granted');
    expect(entries.map(({ members }) => members['type'])).toEqual([
      'appeal.decided',
      'points.moved',
      'sanction.lifted',
    ]);
    expect(entries.every(({ text }) => !text.includes('录像'))).toBe(true);
    const found = await alerts.find(alert.id);
    expect(found.appeal).toMatchObject({ state: 'upheld', reason: '录像为证' });
    expect(found.points).toBe(0);
  });

  it('lifts also what followed from another alert that was serious only by its company', async () => {
    const { pass, courier } = await newRider();
    const [one, , three] = [0, 1, 2].map((day) =>
      alerts.raise(pass, NOON + day * DAY_MS, { startAt: NOON + day * DAY_MS }),
    );
    expect(three?.alert.level).toBe('serious');
    const { id } = await appeal(courier, one?.alert.id as AlertId);
    await decide(one?.alert.id as AlertId, id, 'upheld', { now: NOON + 2 * DAY_MS + 1 });
    expect(await balanceOf(courier)).toBe(-4);
    expect((await alerts.find(three?.alert.id as AlertId)).alert.level).toBe('warning');
    expect((await conductOf(courier, NOON + 2 * DAY_MS + 2))?.sanctions).toEqual([]);
  });

  it('rejected, everything stays', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON, { baseLevel: 'serious' });
    const { id } = await appeal(courier, alert.id);
    await decide(alert.id, id, 'rejected');
    expect((await conductOf(courier))?.conduct).toBe(-6);
    expect((await conductOf(courier))?.sanctions).toHaveLength(1);
  });

  it('of decisions made at once the first counts, and only it', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    const { id } = await appeal(courier, alert.id);
    const outcomes = await Promise.all(
      (['upheld', 'rejected', 'upheld', 'upheld'] as const).map((decision) =>
        decide(alert.id, id, decision),
      ),
    );
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual([
      'decided',
      'decided_before',
      'decided_before',
      'decided_before',
    ]);
    expect(await balanceOf(courier)).toBe(0);
  });

  it('is not decided by whoever set a sanction by hand', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    const { id: communityId } = world.community;
    const sanction = { communityId, alertId: alert.id, kind: 'suspension' as const };
    await open.store.setSanction({ ...sanction, until: NOON + DAY_MS, actor: MANAGER, now: NOON });
    const { id } = await appeal(courier, alert.id);
    expect((await decide(alert.id, id, 'upheld', { actor: MANAGER })).kind).toBe('own_sanction');
    expect((await decide(alert.id, id, 'upheld')).kind).toBe('decided');
    expect(await world.reason({ pass, at: NOON + 1 })).toBe('granted');
    const again = { ...sanction, until: NOON + DAY_MS, actor: MANAGER, now: NOON };
    expect(await open.store.setSanction(again)).toBe('upheld');
  });

  it('is the rider’s own alone, and filed once', async () => {
    const { pass, courier } = await newRider();
    const { courier: stranger } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    const file = (courierId: CourierId) =>
      open.store.fileAppeal({
        courierId,
        alertId: alert.id,
        communityId: null,
        text: 'x',
        now: NOON,
      });
    expect((await file(stranger)).kind).toBe('not_found');
    expect((await file(courier)).kind).toBe('filed');
    expect((await file(courier)).kind).toBe('appealed_before');
    expect(
      await open.store.findRiderAlert({
        courierId: stranger,
        alertId: alert.id,
        as: 'shown',
        now: NOON,
      }),
    ).toBeNull();
  });
});

describe('what a rider is shown', () => {
  it('counts as shown from the first time on', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    expect((await alerts.find(alert.id)).shownAt).toBeNull();
    const page = { limit: 10, after: null };
    await open.store.listRiderAlerts({ courierId: courier, page, now: NOON + 5 });
    await open.store.findRiderAlert({
      courierId: courier,
      alertId: alert.id,
      as: 'shown',
      now: NOON + 9,
    });
    expect((await alerts.find(alert.id)).shownAt).toBe(NOON + 5);
  });

  it('must be shown again when it has become worse', async () => {
    const { pass, courier } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    const page = { limit: 10, after: null };
    await open.store.listRiderAlerts({ courierId: courier, page, now: NOON + 5 });
    const peak = { startAt: NOON, peakKmh: 22 };
    alerts.update(alert.id, pass, NOON + DAY_MS, peak);
    expect((await alerts.find(alert.id)).shownAt).toBe(NOON + 5);
    const worse = { startAt: NOON, baseLevel: 'serious' as const, peakKmh: 40 };
    alerts.update(alert.id, pass, NOON + 4 * DAY_MS, worse);
    expect(await alerts.find(alert.id)).toMatchObject({
      alert: { level: 'serious' },
      shownAt: null,
    });
  });

  it('follows the rules in force at its start, also when that moves', async () => {
    const { pass } = await newRider();
    const { alert } = alerts.raise(pass, NOON);
    const { rulesVersion } = await alerts.find(alert.id);
    const { id: communityId } = world.community;
    const change = { communityId, rules: world.rules, ifVersion: null, actor: ACTOR };
    const at = NOON + MINUTE_MS;
    await open.store.putRules({ ...change, agreedBy: ['manager'], effectiveFrom: at, now: at });
    const later = NOON + 2 * MINUTE_MS;
    alerts.update(alert.id, pass, later, { startAt: later });
    expect((await alerts.find(alert.id)).rulesVersion).toBe((rulesVersion ?? 0) + 1);
  });

  it('shows an exit without a visit to its rider, without points', async () => {
    const { pass, courier } = await newRider();
    await world.scan({ pass, at: NOON, direction: 'out' });
    const page = { limit: 10, after: null };
    const { items } = await open.store.listRiderAlerts({ courierId: courier, page, now: NOON });
    expect(items.map(({ alert, points }) => [alert.kind, points])).toEqual([
      ['exit_without_visit', 0],
    ]);
  });
});

describe('clean visits', () => {
  it('give points back, one a visit, and not the one of the alert', async () => {
    const { pass, courier } = await newRider();
    const ride = async (at: number) => {
      const entry = await world.scan({ pass, at });
      await world.scan({ pass, at: at + MINUTE_MS, direction: 'out' });
      return entry.visitId;
    };
    const own = await world.scan({ pass, at: NOON });
    alerts.raise(pass, NOON + 1, own.visitId === null ? {} : { visitId: own.visitId });
    await world.scan({ pass, at: NOON + MINUTE_MS, direction: 'out' });
    await ride(NOON + 10 * MINUTE_MS);
    const sweep = (now: number) => open.store.sweep({ now, limit: 100 });
    await sweep(NOON + 12 * MINUTE_MS);
    expect(await balanceOf(courier)).toBe(-2);
    await sweep(NOON + 40 * MINUTE_MS);
    await sweep(NOON + 80 * MINUTE_MS);
    expect(await balanceOf(courier)).toBe(-1);
    await ride(NOON + 85 * MINUTE_MS);
    await sweep(NOON + 130 * MINUTE_MS);
    expect(await balanceOf(courier)).toBe(0);
  });
});

describe('a visit that lasts too long', () => {
  it('is told once, after the dwell and eight minutes for each further order, without points', async () => {
    const name = unique('rider');
    await world.deliver({ delivery: unique('order'), riderId: name });
    const pass = await world.rider(name);
    const courier = await world.courier(name);
    await world.scan({ pass, at: NOON });
    const due = NOON + 38 * MINUTE_MS;
    const sweep = async (now: number) =>
      (await open.store.sweep({ now, limit: 100 })).riderAlerts ?? [];
    expect(await sweep(due - 1)).toEqual([]);
    const [raised, ...more] = await sweep(due);
    expect(more).toEqual([]);
    expect(raised).toMatchObject({
      courierId: courier,
      alert: { kind: 'overstay', at: due, level: null },
    });
    expect(await sweep(due + MINUTE_MS)).toEqual([]);
    expect(await balanceOf(courier)).toBe(0);
  });
});

describe('two couriers who become one', () => {
  it('points, alerts and sanctions add up at the elder', async () => {
    const [one, two] = [unique('rider'), unique('rider')];
    const passes = [await world.rider(one), await world.rider(two)] as const;
    const elder = await world.courier(one);
    alerts.raise(passes[0], NOON);
    const { alert } = alerts.raise(passes[1], NOON + 1, { baseLevel: 'serious' });
    const joined = await openSession(open, { platform: world.platform, riderId: two, join: elder });
    expect(joined).toBe(elder);
    expect((await conductOf(elder))?.conduct).toBe(-8);
    expect((await conductOf(elder))?.sanctions).toHaveLength(1);
    const { id } = await appeal(elder, alert.id);
    await decide(alert.id, id, 'upheld');
    expect(await conductOf(elder)).toMatchObject({ conduct: -2, sanctions: [] });
  });
});

describe('the contribution account', () => {
  it('is another one: the same deed counts once, and no alert takes from it', async () => {
    const { pass, courier } = await newRider();
    const { id: communityId } = world.community;
    const deed = {
      communityId,
      courierId: courier,
      points: 5,
      reference: 'hazard-1',
      actor: ACTOR,
    };
    expect(await open.store.contribute({ ...deed, now: NOON })).toBe(true);
    expect(await open.store.contribute({ ...deed, now: NOON + 1 })).toBe(true);
    alerts.raise(pass, NOON, { baseLevel: 'serious' });
    expect(await conductOf(courier)).toMatchObject({ contribution: 5, conduct: -6 });
  });
});
