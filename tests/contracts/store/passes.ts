import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { CommunityId, CourierId, PassId } from '../../../src/domain/identifier.ts';
import { entriesOf, type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique } from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

const NO_COURIER = 'cou_0000000000000' as CourierId;
const NO_COMMUNITY = 'com_0000000000000' as CommunityId;
const NO_PASS = 'pas_0000000000000' as PassId;

export function describePasses(open: OpenStore): void {
  const under = sharedStore(open);

  describe('passes made by deliveries', () => {
    it('shows where the rider goes on each delivery', async () => {
      const world = await makeWorld(under);
      await world.deliver({
        delivery: '8841',
        riderId: 'r-1',
        label: '快送 #18',
        vehicle: 'e-bike',
        deadlineAt: NOON + HOUR_MS,
      });
      const pass = await world.findPass('r-1');
      expect(pass).toMatchObject({
        community: {
          id: world.community.id,
          name: '东港花园',
          kind: 'standard',
          timezone: 'Asia/Shanghai',
        },
        status: 'active',
        expiresAt: null,
        createdAt: NOON,
        endedAt: null,
        visitOpen: false,
        rulesVersion: 1,
        refusal: null,
      });
      expect(pass?.stops).toEqual([
        {
          platform: world.platform,
          deliveryId: '8841',
          leg: 'dropoff',
          status: 'picked_up',
          newestAt: NOON,
          label: '快送 #18',
          building: '12',
          unit: '2',
          floor: 18,
          vehicle: 'e-bike',
          deadlineAt: NOON + HOUR_MS,
        },
      ]);
    });

    it('makes one pass for a courier and community, shared by all deliveries', async () => {
      const world = await makeWorld(under);
      const first = await world.rider('r-1');
      const second = await world.rider('r-1');
      expect(second.id).toBe(first.id);
      expect(second.stops).toHaveLength(2);
      const [other] = [await world.rider('r-2')];
      expect(other.id).not.toBe(first.id);
    });

    it.each([
      ['dropoff', 'assigned', false],
      ['dropoff', 'at_pickup', false],
      ['dropoff', 'picked_up', true],
      ['dropoff', 'arriving', true],
      ['dropoff', 'delivered', false],
      ['dropoff', 'cancelled', false],
      ['dropoff', 'failed', false],
      ['pickup', 'assigned', true],
      ['pickup', 'at_pickup', true],
      ['pickup', 'picked_up', false],
      ['pickup', 'arriving', false],
      ['pickup', 'failed', false],
    ] as const)(
      'authorises by the status of the leg: %s of an order %s: %s',
      async (leg, status, authorises) => {
        const world = await makeWorld(under);
        const communityId = world.community.id;
        const legs =
          leg === 'dropoff'
            ? { dropoff: { communityId } }
            : { pickup: { communityId }, dropoff: { building: '1' } };
        await world.deliver({ delivery: '1', riderId: 'r-1', status, ...legs });
        expect((await world.findPass('r-1')) !== null).toBe(authorises);
      },
    );

    it('ends the pass with its last delivery, and makes a new one for the next', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      await world.deliver({ delivery: '2', riderId: 'r-1' });
      const first = await world.findPass('r-1');
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: NOON + 1 });
      expect(await world.findPass('r-1', NOON + 1)).toMatchObject({
        id: first?.id,
        status: 'active',
      });
      await world.deliver({ delivery: '2', riderId: 'r-1', status: 'cancelled', now: NOON + 2 });
      expect(await world.findPass('r-1', NOON + 2)).toBeNull();
      await world.deliver({ delivery: '3', riderId: 'r-1', now: NOON + 3 });
      const next = await world.findPass('r-1', NOON + 3);
      expect(next?.id).not.toBe(first?.id);
      expect(await world.reason({ pass: first?.id as PassId, at: NOON + 3 })).toBe(
        'delivery_not_active',
      );
      expect(await world.reason({ pass: next?.id as PassId, at: NOON + 3 })).toBe('granted');
    });

    it('leaves no life in a pass that has lapsed, whether or not anybody swept: the next callback makes a new one', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'early' });
      await world.deliver({ delivery: '2', riderId: 'late' });
      const [early, late] = [await world.findPass('early'), await world.findPass('late')];
      const lapse = NOON + 2 * HOUR_MS;
      await world.deliver({ delivery: '1', riderId: 'early', status: 'arriving', now: lapse - 1 });
      await world.deliver({ delivery: '2', riderId: 'late', status: 'arriving', now: lapse });
      expect((await world.findPass('early', lapse))?.id).toBe(early?.id);
      expect((await world.findPass('late', lapse))?.id).not.toBe(late?.id);
      expect(await world.reason({ pass: late?.id as PassId, at: lapse })).toBe(
        'delivery_not_active',
      );
    });

    it('is leaving while its visit is open: no entry, an ordinary exit, then ended', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const pass = await world.findPass('r-1');
      const id = pass?.id as PassId;
      await world.scan({ pass: id, at: NOON });
      await world.deliver({
        delivery: '1',
        riderId: 'r-1',
        status: 'delivered',
        now: NOON + MINUTE_MS,
      });
      expect(await world.findPass('r-1', NOON + MINUTE_MS)).toMatchObject({
        id,
        status: 'leaving',
        visitOpen: true,
      });
      expect(await world.reason({ pass: id, at: NOON + 2 * MINUTE_MS })).toBe(
        'delivery_not_active',
      );
      const exit = await world.scan({ pass: id, at: NOON + 3 * MINUTE_MS, direction: 'out' });
      expect(exit).toMatchObject({ reason: 'granted_exit', flags: [] });
      expect(await world.findPass('r-1', NOON + 3 * MINUTE_MS)).toBeNull();
      expect(await world.reason({ pass: id, at: NOON + 4 * MINUTE_MS })).toBe(
        'delivery_not_active',
      );
    });

    it('becomes active again from leaving when another delivery comes', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const pass = await world.findPass('r-1');
      await world.scan({ pass: pass?.id as PassId, at: NOON });
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: NOON + 1 });
      await world.deliver({ delivery: '2', riderId: 'r-1', now: NOON + 2 });
      expect(await world.findPass('r-1', NOON + 2)).toMatchObject({
        id: pass?.id,
        status: 'active',
      });
    });

    it('shows a right that has lapsed as ended before anybody swept', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const courierId = await world.courier('r-1');
      const find = async (now: number) =>
        (await under.store.findCourierPass({ courierId, passId: pass.id, now }))?.status;
      expect(await find(NOON + 2 * HOUR_MS - 1)).toBe('active');
      expect(await find(NOON + 2 * HOUR_MS)).toBe('ended');
    });

    it('is found by its own courier only', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const [own, other] = [await world.courier('r-1'), await world.courier('r-2')];
      expect(
        await under.store.findCourierPass({ courierId: own, passId: pass.id, now: NOON }),
      ).toEqual(pass);
      expect(
        await under.store.findCourierPass({ courierId: other, passId: pass.id, now: NOON }),
      ).toBeNull();
      expect(
        await under.store.findCourierPass({ courierId: own, passId: NO_PASS, now: NOON }),
      ).toBeNull();
      expect(await under.store.listCourierPasses(NO_COURIER, NOON)).toEqual([]);
    });

    it('is found by its own platform’s rider and community only', async () => {
      const [world, other] = [await makeWorld(under), await makeWorld(under)];
      const pass = await world.rider('r-1');
      const find = (platform: string, riderId: string, communityId: CommunityId) =>
        under.store.findRiderPass({ platform, riderId, communityId, now: NOON });
      expect(await find(world.platform, 'r-1', world.community.id)).toEqual(pass);
      expect(await find(other.platform, 'r-1', world.community.id)).toBeNull();
      expect(await find(world.platform, 'r-2', world.community.id)).toBeNull();
      expect(await find(world.platform, 'r-1', other.community.id)).toBeNull();
      expect(await find(world.platform, 'r-1', NO_COMMUNITY)).toBeNull();
    });

    it('lists a courier’s passes newest first, ended ones for two hours', async () => {
      const [here, there] = [await makeWorld(under), await makeWorld(under)];
      await here.deliver({ delivery: '1', riderId: 'r-1' });
      await here.deliver({
        delivery: '2',
        riderId: 'r-1',
        dropoff: { communityId: there.community.id },
      });
      await here.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: NOON + 1 });
      const courierId = await here.courier('r-1');
      const list = async (now: number) =>
        (await under.store.listCourierPasses(courierId, now)).map(({ community, status }) => [
          community.id,
          status,
        ]);
      const ended = [here.community.id, 'ended'];
      expect(await list(NOON + 1)).toEqual([[there.community.id, 'active'], ended]);
      expect(await list(NOON + 1 + 2 * HOUR_MS)).toContainEqual(ended);
      expect(await list(NOON + 2 + 2 * HOUR_MS)).not.toContainEqual(ended);
    });

    it('says of a pass why every gate refuses it for good', async () => {
      const world = await makeWorld(under, { rules: { vehicles: ['foot'] } });
      await world.deliver({ delivery: '1', riderId: 'r-1', vehicle: 'motorcycle' });
      expect(await world.findPass('r-1')).toMatchObject({ refusal: 'vehicle_not_allowed' });
      const excluded = await makeWorld(under, {
        rules: { platforms: { mode: 'only', slugs: ['other'] } },
      });
      expect(await excluded.rider('r-1')).toMatchObject({ refusal: 'platform_not_allowed' });
    });
  });

  describe('stations', () => {
    const station = () => makeWorld(under, { kind: 'station' });
    function ask(
      courierId: CourierId,
      communityId: CommunityId,
      now = NOON,
      vouchedSince = now - 30 * DAY_MS,
    ) {
      return under.store.requestStationPass({
        courierId,
        communityId,
        vouchedSince,
        expiresAt: now + 2 * HOUR_MS,
        now,
      });
    }

    it('gives a known rider a pass until its end and not a millisecond longer, without an order', async () => {
      const world = await station();
      const asked = await ask(await world.courier('r-1'), world.community.id);
      expect(asked).toMatchObject({
        kind: 'ok',
        value: { status: 'active', expiresAt: NOON + 2 * HOUR_MS, stops: [] },
      });
      const pass = asked.kind === 'ok' ? asked.value : NO_PASS;
      expect(await world.reason({ pass, at: NOON + 2 * HOUR_MS - 1 })).toBe('granted_rider');
      expect(await world.reason({ pass, at: NOON + 2 * HOUR_MS })).toBe('delivery_not_active');
    });

    it('asks for a platform that vouched within the time named, and not a millisecond earlier', async () => {
      const world = await station();
      const courier = await world.courier('r-1', NOON);
      expect(await ask(courier, world.community.id, NOON + DAY_MS, NOON + 1)).toEqual({
        kind: 'not_vouched',
      });
      expect(await ask(courier, world.community.id, NOON + DAY_MS, NOON)).toMatchObject({
        kind: 'ok',
      });
    });

    it('counts a callback as vouching', async () => {
      const [world, elsewhere] = [await station(), await makeWorld(under)];
      const courier = await elsewhere.courier('r-1', NOON);
      await elsewhere.deliver({
        delivery: '1',
        riderId: 'r-1',
        status: 'assigned',
        now: NOON + HOUR_MS,
      });
      expect(await ask(courier, world.community.id, NOON + DAY_MS, NOON + HOUR_MS)).toMatchObject({
        kind: 'ok',
      });
    });

    it('gives passes at stations only, to couriers that exist', async () => {
      const [world, gated] = [await station(), await makeWorld(under)];
      const courier = await world.courier('r-1');
      expect(await ask(courier, gated.community.id)).toEqual({ kind: 'not_a_station' });
      expect(await ask(courier, NO_COMMUNITY)).toEqual({ kind: 'not_found' });
      expect(await ask(NO_COURIER, world.community.id)).toEqual({ kind: 'not_found' });
    });

    it('prolongs a live pass and says so on the log', async () => {
      const world = await station();
      const courier = await world.courier('r-1');
      const first = await ask(courier, world.community.id);
      const later = NOON + 2 * HOUR_MS - 1;
      const entries = await entriesOf(under.store, async () => {
        const second = await ask(courier, world.community.id, later);
        expect(second).toMatchObject({
          kind: 'ok',
          value: { status: 'active', expiresAt: later + 2 * HOUR_MS },
        });
        if (first.kind === 'ok' && second.kind === 'ok')
          expect(second.value.id).toBe(first.value.id);
      });
      expect(entries).toHaveLength(1);
      await under.store.sweep({ now: later + 2 * HOUR_MS - 1, limit: 100 });
      if (first.kind === 'ok')
        expect(await world.reason({ pass: first.value, at: later + 2 * HOUR_MS - 1 })).toBe(
          'granted_rider',
        );
    });

    it('makes a new pass when the last one has expired, whether or not anybody swept', async () => {
      const world = await station();
      const courier = await world.courier('r-1');
      const first = await ask(courier, world.community.id);
      const second = await ask(courier, world.community.id, NOON + 2 * HOUR_MS);
      expect(second).toMatchObject({ kind: 'ok', value: { status: 'active' } });
      if (first.kind === 'ok' && second.kind === 'ok')
        expect(second.value.id).not.toBe(first.value.id);
    });

    it('makes one pass though the rider asks twenty times at once', async () => {
      const world = await station();
      const courier = await world.courier('r-1');
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => ask(courier, world.community.id)),
      );
      const ids = new Set(
        answers.map((answer) => (answer.kind === 'ok' ? answer.value.id : answer.kind)),
      );
      expect(ids.size).toBe(1);
    });
  });

  describe('blocks', () => {
    const block = (
      communityId: CommunityId,
      courierId: CourierId,
      until: number,
      reason = '违规',
    ) => under.store.putBlock({ communityId, courierId, reason, until, actor: ACTOR, now: NOON });
    const list = (communityId: CommunityId, now = NOON) =>
      expectPaged((page) => under.store.listBlocks(communityId, page, now));

    it('holds at every gate until its end and not a millisecond longer', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const courier = await world.courier('r-1');
      const until = NOON + 20_000;
      expect(await block(world.community.id, courier, until)).toEqual({
        kind: 'ok',
        value: { courierId: courier, reason: '违规', until, createdAt: NOON },
        couriers: [courier],
        communities: [world.community.id],
      });
      expect(await world.findPass('r-1')).toMatchObject({
        status: 'active',
        refusal: 'rider_blocked',
      });
      expect(await world.reason({ pass, at: until - 1 })).toBe('rider_blocked');
      expect(await world.reason({ pass, at: until })).toBe('granted');
    });

    it('holds in its own community only', async () => {
      const [here, there] = [await makeWorld(under), await makeWorld(under)];
      await here.deliver({
        delivery: '1',
        riderId: 'r-1',
        dropoff: { communityId: there.community.id },
      });
      const pass = await under.store.findRiderPass({
        platform: here.platform,
        riderId: 'r-1',
        communityId: there.community.id,
        now: NOON,
      });
      await block(here.community.id, await here.courier('r-1'), NOON + HOUR_MS);
      expect(await there.reason({ pass: pass?.id as PassId, at: NOON })).toBe('granted');
    });

    it('is replaced by a newer one and gone when it is taken back', async () => {
      const world = await makeWorld(under);
      const { id } = world.community;
      const courierId = await world.courier('r-1');
      await block(id, courierId, NOON + HOUR_MS);
      await block(id, courierId, NOON + MINUTE_MS, '再犯');
      expect(await list(id)).toEqual([
        { courierId, reason: '再犯', until: NOON + MINUTE_MS, createdAt: NOON },
      ]);
      const unblock = { communityId: id, courierId, actor: ACTOR, now: NOON };
      expect(await under.store.deleteBlock(unblock)).toMatchObject({
        kind: 'ok',
        couriers: [courierId],
        communities: [id],
      });
      expect(await list(id)).toEqual([]);
      expect(await under.store.deleteBlock(unblock)).toEqual({ kind: 'not_found' });
    });

    it('is not found for strangers', async () => {
      const world = await makeWorld(under);
      const courierId = await world.courier('r-1');
      expect(await block(NO_COMMUNITY, courierId, NOON + HOUR_MS)).toEqual({ kind: 'not_found' });
      expect(await block(world.community.id, NO_COURIER, NOON + HOUR_MS)).toEqual({
        kind: 'not_found',
      });
      const unblock = { actor: ACTOR, now: NOON };
      expect(
        await under.store.deleteBlock({ communityId: NO_COMMUNITY, courierId, ...unblock }),
      ).toEqual({ kind: 'not_found' });
      expect(
        await under.store.deleteBlock({
          communityId: world.community.id,
          courierId: NO_COURIER,
          ...unblock,
        }),
      ).toEqual({ kind: 'not_found' });
      expect(await list(NO_COMMUNITY)).toEqual([]);
    });

    it('lists those in force page by page', async () => {
      const world = await makeWorld(under);
      const couriers = [];
      for (let index = 0; index < 5; index++) couriers.push(await world.courier(`r-${index}`));
      for (const [index, courier] of couriers.entries())
        await block(world.community.id, courier, NOON + HOUR_MS + index);
      const listed = async (now: number) =>
        (await list(world.community.id, now)).map(({ courierId }) => courierId).toSorted();
      expect(await listed(NOON)).toEqual(couriers.toSorted());
      expect(await listed(NOON + HOUR_MS)).toEqual(couriers.slice(1).toSorted());
    });
  });

  describe('status indices', () => {
    it('gives every live pass of a community an index of its own below the published length', async () => {
      const world = await makeWorld(under);
      // More than half of the first published length, so that the list has to grow.
      const riders = Array.from({ length: 600 }, (_, index) => `r-${index}`);
      const length = async () => {
        const [row] = await under.sql(
          `SELECT status_next, status_list_length FROM communities WHERE id = '${world.community.id}'`,
        );
        return [Number(row?.['status_next']), Number(row?.['status_list_length'])] as const;
      };
      const lengths = [(await length())[1]];
      for (let done = 0; done < riders.length; done += 100) {
        await Promise.all(
          riders
            .slice(done, done + 100)
            .map((riderId) => world.deliver({ delivery: riderId, riderId })),
        );
        const [next, published] = await length();
        expect(published).toBeGreaterThanOrEqual(2 * next);
        lengths.push(published);
      }
      expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
      expect(lengths.at(-1)).toBeGreaterThan(lengths[0] ?? 0);
      const passes = await Promise.all(riders.map((riderId) => world.findPass(riderId)));
      const indices = passes.map((pass) => pass?.statusIndex ?? -1);
      expect(new Set(indices).size).toBe(riders.length);
      expect(Math.min(...indices)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...indices)).toBeLessThan((await length())[0]);
    });

    it('lets the index of an ended pass rest for 24 hours, to the millisecond', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const first = await world.findPass('r-1');
      const ended = NOON + 1;
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: ended });
      const early = await world.rider('early', ended + DAY_MS - 1);
      expect(early.statusIndex).not.toBe(first?.statusIndex);
      const rested = await world.rider('rested', ended + DAY_MS);
      expect(rested.statusIndex).toBe(first?.statusIndex);
      const next = await world.rider('next', ended + DAY_MS);
      expect([first?.statusIndex, early.statusIndex]).not.toContain(next.statusIndex);
    });

    it('keeps the indices of communities apart', async () => {
      const [one, other] = [await makeWorld(under), await makeWorld(under)];
      const [first, second] = [await one.rider(unique('r')), await other.rider(unique('r'))];
      expect(first.statusIndex).toBe(second.statusIndex);
    });
  });
}
