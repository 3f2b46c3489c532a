import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { Direction } from '../../../src/domain/gate.ts';
import type { PassId } from '../../../src/domain/identifier.ts';
import { freshStore, type OpenStore, readLog } from '../../support/store-under-test.ts';
import { makeWorld, NOON, unique, type World } from '../../support/store-world.ts';

const NOTHING = { passesEnded: 0, visitsClosed: 0, couriers: [], communities: [] };

export function describeUpkeep(open: OpenStore): void {
  const under = freshStore(open);
  /** What time ends; visits that only last too long are another matter. */
  async function sweep(now: number, limit = 100) {
    const { riderAlerts: _, ...swept } = await under.store.sweep({ now, limit });
    return swept;
  }
  const visit = async (world: World) =>
    (
      await under.store.listVisits({
        communityId: world.community.id,
        open: null,
        page: { limit: 5, after: null },
      })
    ).items[0];

  /** A rider with an order who is inside. */
  async function inside(world: World) {
    await world.deliver({ delivery: '1', riderId: 'r-1' });
    const pass = await world.findPass('r-1');
    const { visitId } = await world.scan({ pass: pass?.id as PassId, at: NOON });
    return { id: pass?.id as PassId, visitId };
  }

  async function status(pass: PassId) {
    const [row] = await under.sql(`SELECT status, ended_at FROM passes WHERE id = '${pass}'`);
    return [row?.['status'], row?.['ended_at']];
  }

  describe('lapse', () => {
    it('ends a pass two hours after the newest callback of its last delivery, to the millisecond', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const courier = await world.courier('r-1');
      const lapse = NOON + 2 * HOUR_MS;
      expect(await sweep(lapse - 1)).toEqual(NOTHING);
      expect(await world.reason({ pass, at: lapse - 1 })).toBe('granted');
      await world.scan({ pass, at: lapse - 1, direction: 'out' });
      expect(await world.reason({ pass, at: lapse })).toBe('delivery_not_active');
      expect(await sweep(lapse)).toEqual({
        passesEnded: 1,
        visitsClosed: 0,
        couriers: [courier],
        communities: [world.community.id],
      });
      expect(await status(pass.id)).toEqual(['ended', lapse]);
      expect(await sweep(lapse)).toEqual(NOTHING);
    });

    it('counts from the time that the platform gave, not from that of arrival', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1', at: NOON - HOUR_MS, now: NOON });
      expect(await sweep(NOON + HOUR_MS - 1)).toMatchObject({ passesEnded: 0 });
      expect(await sweep(NOON + HOUR_MS)).toMatchObject({ passesEnded: 1 });
    });

    it('is put off by every newer callback, and by other deliveries', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      await world.deliver({ delivery: '2', riderId: 'r-1', now: NOON + HOUR_MS });
      await world.deliver({
        delivery: '1',
        riderId: 'r-1',
        status: 'arriving',
        now: NOON + HOUR_MS / 2,
      });
      // At the first delivery's lapse the pass is looked at and goes on: it has not ended.
      expect(await sweep(NOON + 2.5 * HOUR_MS)).toMatchObject({ passesEnded: 0 });
      expect(await sweep(NOON + 3 * HOUR_MS - 1)).toMatchObject({ passesEnded: 0 });
      expect(await sweep(NOON + 3 * HOUR_MS)).toMatchObject({ passesEnded: 1 });
    });

    it('leaves a pass leaving while its visit is open', async () => {
      const world = await makeWorld(under, { rules: { maxDwellMinutes: 120 } });
      const { id } = await inside(world);
      expect(await sweep(NOON + 2 * HOUR_MS)).toMatchObject({ passesEnded: 0, visitsClosed: 0 });
      expect((await status(id))[0]).toBe('leaving');
      await world.scan({ pass: id, at: NOON + 3 * HOUR_MS, direction: 'out' });
      expect(await status(id)).toEqual(['ended', NOON + 3 * HOUR_MS]);
    });

    it('ends a station’s pass at its end, to the millisecond', async () => {
      const world = await makeWorld(under, { kind: 'station' });
      const ask = {
        courierId: await world.courier('r-1'),
        communityId: world.community.id,
        vouchedSince: NOON,
        now: NOON,
      };
      await under.store.requestStationPass({ ...ask, expiresAt: NOON + 2 * HOUR_MS });
      expect(await sweep(NOON + 2 * HOUR_MS - 1)).toMatchObject({ passesEnded: 0 });
      expect(await sweep(NOON + 2 * HOUR_MS)).toMatchObject({ passesEnded: 1 });
    });
  });

  describe('visits without an exit', () => {
    it('closes a visit after twice the dwell allowed, to the millisecond, marked as timed out', async () => {
      const world = await makeWorld(under);
      const { visitId } = await inside(world);
      const courier = await world.courier('r-1');
      const timeout = NOON + 60 * MINUTE_MS;
      expect(await sweep(timeout - 1)).toEqual(NOTHING);
      const swept = {
        passesEnded: 0,
        visitsClosed: 1,
        couriers: [courier],
        communities: [world.community.id],
      };
      expect(await sweep(timeout)).toEqual(swept);
      expect(await visit(world)).toMatchObject({
        id: visitId,
        closedAt: timeout,
        closedBy: 'timeout',
        exitGateId: null,
      });
      expect(await world.findPass('r-1', timeout)).toMatchObject({
        status: 'active',
        visitOpen: false,
      });
    });

    it.each<[string, readonly Direction[], number, string]>([
      [
        '5 minutes after the last delivery’s end where no gate reads exits',
        ['in'],
        5 * MINUTE_MS + 2,
        'delivery_end',
      ],
      ['at the timeout where a gate does', ['in', 'out'], 60 * MINUTE_MS, 'timeout'],
    ])(
      'closes a visit %s, and the leaving pass ends with it',
      async (_when, directions, due, closedBy) => {
        const world = await makeWorld(under, { directions });
        const { id } = await inside(world);
        await world.deliver({ delivery: '2', riderId: 'r-1', now: NOON + 1 });
        await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: NOON + 1 });
        await world.deliver({ delivery: '2', riderId: 'r-1', status: 'delivered', now: NOON + 2 });
        expect((await status(id))[0]).toBe('leaving');
        expect(await sweep(NOON + due - 1)).toEqual(NOTHING);
        expect(await sweep(NOON + due)).toMatchObject({ passesEnded: 1, visitsClosed: 1 });
        expect(await visit(world)).toMatchObject({ closedAt: NOON + due, closedBy });
        expect(await status(id)).toEqual(['ended', NOON + due]);
      },
    );

    it('waits for the timeout when another delivery came within the 5 minutes', async () => {
      const world = await makeWorld(under, { directions: ['in'] });
      await inside(world);
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: NOON + 1 });
      await world.deliver({ delivery: '2', riderId: 'r-1', now: NOON + 2 });
      expect(await sweep(NOON + 30 * MINUTE_MS)).toEqual(NOTHING);
      expect(await sweep(NOON + 60 * MINUTE_MS)).toMatchObject({ visitsClosed: 1 });
    });

    it('never puts the timeout off: a delivery that ends late closes the visit no later', async () => {
      const world = await makeWorld(under, { directions: ['in'] });
      await inside(world);
      await world.deliver({
        delivery: '1',
        riderId: 'r-1',
        status: 'delivered',
        now: NOON + 58 * MINUTE_MS,
      });
      expect(await sweep(NOON + 60 * MINUTE_MS - 1)).toEqual(NOTHING);
      expect(await sweep(NOON + 60 * MINUTE_MS)).toMatchObject({ visitsClosed: 1 });
      expect(await visit(world)).toMatchObject({ closedBy: 'timeout' });
    });

    it('closes no visit before it opened, however far the clock was set back meanwhile', async () => {
      const world = await makeWorld(under, { directions: ['in'] });
      await inside(world);
      const setBack = NOON - 20 * MINUTE_MS;
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: setBack });
      expect(await sweep(setBack + 5 * MINUTE_MS)).toMatchObject({ visitsClosed: 1 });
      expect(await visit(world)).toMatchObject({
        openedAt: NOON,
        closedAt: NOON,
        closedBy: 'delivery_end',
      });
    });

    it('lets the place go to the next rider', async () => {
      const world = await makeWorld(under, { rules: { capacity: 1 } });
      await inside(world);
      const next = await world.rider('r-2', NOON + 59 * MINUTE_MS);
      expect(await world.reason({ pass: next, at: NOON + 60 * MINUTE_MS })).toBe(
        'capacity_reached',
      );
      await sweep(NOON + 60 * MINUTE_MS);
      expect(await world.reason({ pass: next, at: NOON + 60 * MINUTE_MS })).toBe('granted');
    });
  });

  it('does at most so much of each a call, and all of it in the end', async () => {
    const world = await makeWorld(under, { rules: { maxDwellMinutes: 60 } });
    const riders = Array.from({ length: 5 }, (_, index) => `r-${index}`);
    for (const riderId of riders) await world.scan({ pass: await world.rider(riderId), at: NOON });
    const leave = riders.slice(3).map((riderId) => world.rider(riderId));
    for (const pass of await Promise.all(leave))
      await world.scan({ pass, at: NOON + 1, direction: 'out' });
    const due = NOON + 2 * HOUR_MS;
    const closed: number[] = [];
    for (;;) {
      const swept = await sweep(due, 2);
      expect(swept.visitsClosed).toBeLessThanOrEqual(2);
      if (swept.visitsClosed + swept.passesEnded === 0) break;
      closed.push(swept.visitsClosed);
    }
    expect(closed.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(await under.sql(`SELECT id FROM passes WHERE status <> 'ended'`)).toEqual([]);
  });

  it('forgets at most so many credentials a call', async () => {
    const { platform } = await makeWorld(under);
    const link = (expiresAt: number) =>
      under.store.createRiderLink({
        platform,
        riderId: 'r',
        tokenHash: unique('link'),
        expiresAt,
        now: NOON,
      });
    for (let index = 0; index < 5; index++) await link(NOON + 1);
    const kept = async () => (await under.sql('SELECT hash FROM rider_links')).length;
    await sweep(NOON + 1, 2);
    expect(await kept()).toBe(3);
    await sweep(NOON + 1, 2);
    await sweep(NOON + 1, 2);
    expect(await kept()).toBe(0);
  });

  it('ends each pass and closes each visit once, though two sweeps run at the same time', async () => {
    const world = await makeWorld(under, { rules: { maxDwellMinutes: 60 } });
    for (const riderId of ['a', 'b', 'c'])
      await world.scan({ pass: await world.rider(riderId), at: NOON });
    const before = (await readLog(under.store)).length;
    const swept = await Promise.all([sweep(NOON + 2 * HOUR_MS), sweep(NOON + 2 * HOUR_MS)]);
    expect(swept.map(({ visitsClosed }) => visitsClosed)).toEqual([3, 0]);
    const types = (await readLog(under.store)).slice(before).map(({ members }) => members['type']);
    expect(types.filter((type) => type === 'visit.closed')).toHaveLength(3);
    expect(types.filter((type) => type === 'pass.ended')).toHaveLength(3);
  });

  it('answers that it is ready', async () => {
    await expect(under.store.ping(NOON)).resolves.toBeUndefined();
  });
}
