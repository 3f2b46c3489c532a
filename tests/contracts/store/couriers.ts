import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { CourierId } from '../../../src/domain/identifier.ts';
import type { PassRecord, VisitRecord } from '../../../src/store/store.ts';
import { type OpenStore, readLog, sha256, sharedStore } from '../../support/store-under-test.ts';
import {
  ACTOR,
  makePlatform,
  makeWorld,
  NOON,
  openSession,
  unique,
  type World,
  type WorldOptions,
} from '../../support/store-world.ts';

export function describeCouriers(open: OpenStore): void {
  const under = sharedStore(open);

  function link(
    platform: string,
    riderId: string,
    tokenHash: string,
    expiresAt = NOON + 10 * MINUTE_MS,
  ) {
    return under.store.createRiderLink({ platform, riderId, tokenHash, expiresAt, now: NOON });
  }
  function signIn(linkHash: string, now: number, join: CourierId | null = null) {
    const session = { sessionHash: sha256(unique('session')), sessionExpiresAt: now + 30 * DAY_MS };
    return under.store.openRiderSession({ linkHash, ...session, join, now });
  }
  const find = (sessionHash: string, now: number) =>
    under.store.findRiderSession({ sessionHash, now });

  describe('rider links', () => {
    it('opens one session, however many try at the same time', async () => {
      const { platform } = await makeWorld(under);
      const hash = sha256(unique('link'));
      await link(platform, 'r-1', hash);
      const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(hash, NOON)));
      expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
      expect(await signIn(hash, NOON)).toBeNull();
    });

    it('works until its end and not a millisecond longer', async () => {
      const { platform } = await makeWorld(under);
      const expiresAt = NOON + 10 * MINUTE_MS;
      const [early, late] = [sha256(unique('link')), sha256(unique('link'))];
      await link(platform, 'r-1', early, expiresAt);
      await link(platform, 'r-1', late, expiresAt);
      expect(await signIn(early, expiresAt - 1)).toMatchObject({ couriers: [], communities: [] });
      expect(await signIn(late, expiresAt)).toBeNull();
    });

    it('says whose it is until its end, and is used up by that for nobody', async () => {
      const world = await makeWorld(under);
      const hash = sha256(unique('link'));
      const expiresAt = NOON + 10 * MINUTE_MS;
      await link(world.platform, 'r-1', hash, expiresAt);
      const courierId = await world.courier('r-1');
      const whose = (now: number) => under.store.findRiderLink({ linkHash: hash, now });
      expect(await whose(NOON)).toEqual({ courierId });
      expect(await whose(expiresAt - 1)).toEqual({ courierId });
      expect(await whose(expiresAt)).toBeNull();
      expect(await signIn(hash, NOON)).not.toBeNull();
      expect(await whose(NOON)).toBeNull();
    });

    it('opens nothing when nobody was given it', async () => {
      expect(await signIn(sha256(unique('link')), NOON)).toBeNull();
    });

    it('leads to the courier that callbacks name', async () => {
      const world = await makeWorld(under);
      const courier = await world.courier('r-1');
      const { couriers } = await world.deliver({ delivery: '1', riderId: 'r-1' });
      expect(couriers).toEqual([courier]);
      expect(await world.courier('r-2')).not.toBe(courier);
    });

    it('keeps riders of different platforms apart though they have the same name', async () => {
      const [one, other] = [await makeWorld(under), await makeWorld(under)];
      expect(await one.courier('r-1')).not.toBe(await other.courier('r-1'));
    });
  });

  describe('rider sessions', () => {
    async function session(): Promise<{ hash: string; courierId: CourierId; expiresAt: number }> {
      const { platform } = await makeWorld(under);
      const hash = sha256(unique('session'));
      const courierId = await openSession(under, { platform, riderId: 'r-1', sessionHash: hash });
      return { hash, courierId, expiresAt: NOON + 30 * DAY_MS };
    }

    it('is good until its end and not a millisecond longer', async () => {
      const { hash, courierId, expiresAt } = await session();
      expect(await find(hash, expiresAt - 1)).toEqual({ courierId, expiresAt, slidAt: NOON });
      expect(await find(hash, expiresAt)).toBeNull();
    });

    it('has its end moved while it lasts, and not when it is over', async () => {
      const { hash, courierId, expiresAt } = await session();
      const slide = (now: number) =>
        under.store.slideRiderSession({ sessionHash: hash, extendTo: now + 30 * DAY_MS, now });
      await slide(expiresAt);
      expect(await find(hash, expiresAt)).toBeNull();
      const slidAt = expiresAt - 1;
      await slide(slidAt);
      await under.reopen();
      const slid = { courierId, expiresAt: slidAt + 30 * DAY_MS, slidAt };
      expect(await find(hash, slid.expiresAt - 1)).toEqual(slid);
      expect(await find(hash, slid.expiresAt)).toBeNull();
    });

    it('ends when it is ended', async () => {
      const { hash } = await session();
      await under.store.endRiderSession({ sessionHash: hash, now: NOON });
      expect(await find(hash, NOON)).toBeNull();
      await under.store.endRiderSession({ sessionHash: hash, now: NOON });
    });

    it('is not found when nobody opened it', async () => {
      expect(await find(sha256(unique('session')), NOON)).toBeNull();
    });

    it('is forgotten with links when it has expired, not a millisecond before', async () => {
      const { hash, expiresAt } = await session();
      const { platform } = await makeWorld(under);
      const linkHash = sha256(unique('link'));
      await link(platform, 'r-1', linkHash, expiresAt);
      const kept = async () => {
        const links = await under.sql(`SELECT hash FROM rider_links WHERE hash = '${linkHash}'`);
        return [
          ...links,
          ...(await under.sql(`SELECT hash FROM rider_sessions WHERE hash = '${hash}'`)),
        ].length;
      };
      await under.store.sweep({ now: expiresAt - 1, limit: 1_000 });
      expect(await kept()).toBe(2);
      await under.store.sweep({ now: expiresAt, limit: 1_000 });
      expect(await kept()).toBe(0);
    });
  });

  describe('joining', () => {
    interface Pair {
      readonly world: World;
      readonly secondPlatform: string;
      readonly elder: CourierId;
      readonly younger: CourierId;
      readonly elderSession: string;
      readonly youngerSession: string;
    }

    /** Two couriers: `a` of the first platform is the elder, `b` of the second the younger. */
    async function pair(options: WorldOptions = {}): Promise<Pair> {
      const world = await makeWorld(under, options);
      const secondPlatform = unique('er');
      await makePlatform(under, secondPlatform);
      const [elderSession, youngerSession] = [sha256(unique('session')), sha256(unique('session'))];
      const elder = await openSession(under, {
        platform: world.platform,
        riderId: 'a',
        sessionHash: elderSession,
      });
      const younger = await openSession(under, {
        platform: secondPlatform,
        riderId: 'b',
        sessionHash: youngerSession,
      });
      return { world, secondPlatform, elder, younger, elderSession, youngerSession };
    }

    function join({ secondPlatform, elder }: Pair, now = NOON): Promise<CourierId> {
      return openSession(under, { platform: secondPlatform, riderId: 'b', join: elder, now });
    }

    async function passOf(courierId: CourierId, now = NOON): Promise<readonly PassRecord[]> {
      return under.store.listCourierPasses(courierId, now);
    }

    async function visitsOf({ world }: Pair): Promise<readonly VisitRecord[]> {
      return (
        await under.store.listVisits({
          communityId: world.community.id,
          open: null,
          page: { limit: 50, after: null },
        })
      ).items;
    }

    const order = (on: Pair, rider: 'a' | 'b', delivery: string, now = NOON) =>
      on.world.deliver({
        delivery,
        riderId: rider,
        now,
        ...(rider === 'b' ? { platform: on.secondPlatform } : {}),
      });

    it.each([
      ['the elder opens the younger’s link', true],
      ['the younger opens the elder’s link', false],
    ])('lets the elder courier stay when %s', async (_who, elderAsks) => {
      const on = await pair();
      const [platform, riderId, other] = elderAsks
        ? [on.secondPlatform, 'b', on.elder]
        : [on.world.platform, 'a', on.younger];
      expect(await openSession(under, { platform, riderId, join: other })).toBe(on.elder);
    });

    it('names both couriers and every community whose pass changed', async () => {
      const on = await pair();
      await order(on, 'b', '1');
      const linkHash = sha256(unique('link'));
      await link(on.secondPlatform, 'b', linkHash);
      const joined = await signIn(linkHash, NOON, on.elder);
      expect(joined?.couriers.toSorted()).toEqual([on.elder, on.younger].toSorted());
      expect(joined?.communities).toEqual([on.world.community.id]);
    });

    it('takes sessions, links, accounts and the old identifier to the elder', async () => {
      const on = await pair();
      const spare = sha256(unique('link'));
      await link(on.secondPlatform, 'b', spare);
      await order(on, 'b', '1');
      await join(on);
      expect(await find(on.youngerSession, NOON)).toMatchObject({ courierId: on.elder });
      expect(await find(on.elderSession, NOON)).toMatchObject({ courierId: on.elder });
      expect(await signIn(spare, NOON)).toMatchObject({ courierId: on.elder });
      expect((await order(on, 'b', '2')).couriers).toEqual([on.elder]);
      expect((await order(on, 'a', '3')).couriers).toEqual([on.elder]);
      expect(await passOf(on.younger)).toEqual(await passOf(on.elder));
      expect(await passOf(on.elder)).toHaveLength(1);
    });

    it('hands a pass that only the younger held to the elder, and its codes go on', async () => {
      const on = await pair();
      await order(on, 'b', '1');
      const [before] = await passOf(on.younger);
      await join(on);
      const [after] = await passOf(on.elder);
      expect(after).toEqual(before);
      expect(await on.world.scan({ pass: before?.id as never, at: NOON })).toMatchObject({
        reason: 'granted',
        passId: before?.id,
      });
    });

    it.each([
      ['the elder courier’s', ['a', 'b'] as const],
      ['the younger courier’s', ['b', 'a'] as const],
    ])(
      'ends the younger of two passes for one community and moves its deliveries: %s stays',
      async (_which, [first, second]) => {
        const on = await pair();
        await order(on, first, 'first');
        await order(on, second, 'second');
        const ids = { a: on.elder, b: on.younger };
        const [[staying], [ending]] = [await passOf(ids[first]), await passOf(ids[second])];
        await join(on, NOON + 1_000);
        const passes = await passOf(on.elder, NOON + 1_000);
        expect(passes.map(({ id, status }) => [id, status]).toSorted()).toEqual(
          [
            [staying?.id, 'active'],
            [ending?.id, 'ended'],
          ].toSorted(),
        );
        const kept = passes.find(({ id }) => id === staying?.id);
        expect(kept?.stops.map(({ deliveryId }) => deliveryId).toSorted()).toEqual([
          'first',
          'second',
        ]);
        expect(await on.world.reason({ pass: ending?.id as never, at: NOON + 1_000 })).toBe(
          'delivery_not_active',
        );
        expect(await on.world.reason({ pass: staying?.id as never, at: NOON + 1_000 })).toBe(
          'granted',
        );
      },
    );

    it('keeps the staying pass alive by the deliveries that moved to it', async () => {
      const on = await pair();
      await order(on, 'a', 'first');
      await order(on, 'b', 'second');
      const [staying] = await passOf(on.elder);
      await join(on);
      await on.world.deliver({
        delivery: 'first',
        riderId: 'a',
        status: 'delivered',
        now: NOON + 1,
      });
      expect(await on.world.findPass('a', NOON + 1)).toMatchObject({
        id: staying?.id,
        status: 'active',
      });
      await on.world.deliver({
        delivery: 'second',
        riderId: 'b',
        status: 'delivered',
        now: NOON + 2,
        platform: on.secondPlatform,
      });
      expect(await on.world.findPass('a', NOON + 2)).toBeNull();
    });

    it('lets the younger’s open visit go on under the pass that stays', async () => {
      const on = await pair();
      await order(on, 'a', 'first');
      await order(on, 'b', 'second');
      const [[staying], [ending]] = [await passOf(on.elder), await passOf(on.younger)];
      const { visitId } = await on.world.scan({ pass: ending?.id as never, at: NOON });
      await join(on, NOON + 1_000);
      expect(await visitsOf(on)).toMatchObject([
        { id: visitId, passId: staying?.id, courierId: on.elder, closedAt: null },
      ]);
      expect(
        (await passOf(on.elder, NOON + 1_000)).find(({ id }) => id === staying?.id)?.visitOpen,
      ).toBe(true);
      const out = await on.world.scan({
        pass: staying?.id as never,
        direction: 'out',
        at: NOON + 90_000,
      });
      expect(out).toMatchObject({ visitId, flags: [] });
    });

    it('counts a courier who was inside twice once: the younger’s visit closes by the join', async () => {
      const on = await pair({ rules: { capacity: 2 } });
      await order(on, 'a', 'first');
      await order(on, 'b', 'second');
      const [[staying], [ending]] = [await passOf(on.elder), await passOf(on.younger)];
      const elders = await on.world.scan({ pass: staying?.id as never, at: NOON });
      const youngers = await on.world.scan({ pass: ending?.id as never, at: NOON });
      const third = await on.world.rider('third');
      expect(await on.world.reason({ pass: third, at: NOON })).toBe('capacity_reached');
      await join(on, NOON + 1_000);
      expect(await visitsOf(on)).toMatchObject([
        { id: youngers.visitId, closedBy: 'join', closedAt: NOON + 1_000 },
        { id: elders.visitId, closedAt: null },
      ]);
      expect(await on.world.reason({ pass: third, at: NOON + 1_000 })).toBe('granted');
    });

    it.each([
      ['the elder’s', ['a', 'b'] as const],
      ['the younger’s', ['b', 'a'] as const],
    ])(
      'adds entries up: %s pass stays, and what was entered by the other counts',
      async (_which, [first, second]) => {
        const on = await pair({ rules: { maxEntriesPerDelivery: 1 } });
        await order(on, first, 'first');
        await order(on, second, 'second');
        const ids = { a: on.elder, b: on.younger };
        const [[staying], [ending]] = [await passOf(ids[first]), await passOf(ids[second])];
        const enter = async (pass: PassRecord | undefined, minute: number) => {
          const at = NOON + minute * MINUTE_MS;
          const reason = await on.world.reason({ pass: pass?.id as never, at });
          await on.world.scan({ pass: pass?.id as never, at: at + 1_000, direction: 'out' });
          return reason;
        };
        expect(await enter(ending, 0)).toBe('granted');
        expect(await enter(ending, 1)).toBe('entries_exhausted');
        await join(on, NOON + 2 * MINUTE_MS);
        expect(await enter(staying, 3)).toBe('granted');
        expect(await enter(staying, 4)).toBe('entries_exhausted');
      },
    );

    it.each([
      ['in two windows', MINUTE_MS],
      ['in one window', 2_000],
    ])('adds entries up: two orders, entered once each before %s, leave none', async (_, apart) => {
      const on = await pair({ rules: { maxEntriesPerDelivery: 1 } });
      await order(on, 'a', 'first');
      await order(on, 'b', 'second');
      const [[staying], [ending]] = [await passOf(on.elder), await passOf(on.younger)];
      for (const [index, pass] of [staying, ending].entries()) {
        const at = NOON + index * apart;
        expect(await on.world.reason({ pass: pass?.id as never, at })).toBe('granted');
        await on.world.scan({ pass: pass?.id as never, at: at + 1_000, direction: 'out' });
      }
      await join(on, NOON + 2 * MINUTE_MS);
      const third = { pass: staying?.id as never, at: NOON + 3 * MINUTE_MS };
      expect(await on.world.reason(third)).toBe('entries_exhausted');
    });

    it('adds blocks up: of two the longer stays, one elsewhere comes along', async () => {
      const on = await pair();
      const elsewhere = await makeWorld(under);
      const block = (courierId: CourierId, communityId: World['community']['id'], until: number) =>
        under.store.putBlock({
          communityId,
          courierId,
          reason: 'r',
          until,
          actor: ACTOR,
          now: NOON,
        });
      const here = on.world.community.id;
      await block(on.elder, here, NOON + HOUR_MS);
      await block(on.younger, here, NOON + 2 * HOUR_MS);
      await block(on.younger, elsewhere.community.id, NOON + HOUR_MS);
      await join(on);
      const blocks = (id: World['community']['id']) =>
        under.store.listBlocks(id, { limit: 10, after: null }, NOON);
      expect((await blocks(here)).items).toMatchObject([
        { courierId: on.elder, until: NOON + 2 * HOUR_MS },
      ]);
      expect((await blocks(elsewhere.community.id)).items).toMatchObject([
        { courierId: on.elder, until: NOON + HOUR_MS },
      ]);
    });

    it('keeps the longer block when it was the elder’s', async () => {
      const on = await pair();
      const communityId = on.world.community.id;
      const block = (courierId: CourierId, until: number) =>
        under.store.putBlock({
          communityId,
          courierId,
          reason: 'r',
          until,
          actor: ACTOR,
          now: NOON,
        });
      await block(on.elder, NOON + 2 * HOUR_MS);
      await block(on.younger, NOON + HOUR_MS);
      await join(on);
      const { items } = await under.store.listBlocks(communityId, { limit: 10, after: null }, NOON);
      expect(items).toMatchObject([{ courierId: on.elder, until: NOON + 2 * HOUR_MS }]);
    });

    it('blocks the elder where the younger’s old identifier is blocked, and says whose views are out of date', async () => {
      const on = await pair();
      await order(on, 'a', 'first');
      await join(on);
      const { id } = on.world.community;
      const block = { communityId: id, courierId: on.younger, actor: ACTOR, now: NOON };
      const put = await under.store.putBlock({ ...block, reason: 'r', until: NOON + HOUR_MS });
      expect(put).toMatchObject({
        kind: 'ok',
        value: { courierId: on.elder },
        couriers: [on.elder],
        communities: [id],
      });
      const pass = await on.world.findPass('a');
      expect(await on.world.reason({ pass: pass?.id as never, at: NOON })).toBe('rider_blocked');
      expect(await under.store.deleteBlock(block)).toMatchObject({
        kind: 'ok',
        couriers: [on.elder],
      });
    });

    it('joins a courier with itself and loses nothing', async () => {
      const on = await pair();
      await order(on, 'b', '1');
      const before = await passOf(on.younger);
      expect(
        await openSession(under, { platform: on.secondPlatform, riderId: 'b', join: on.younger }),
      ).toBe(on.younger);
      expect(await passOf(on.younger)).toEqual(before);
    });

    it('joins three into the eldest, by whatever steps', async () => {
      const on = await pair();
      const thirdPlatform = unique('san');
      await makePlatform(under, thirdPlatform);
      const third = await openSession(under, { platform: thirdPlatform, riderId: 'c' });
      expect(
        await openSession(under, { platform: thirdPlatform, riderId: 'c', join: on.younger }),
      ).toBe(on.younger);
      expect(await join(on)).toBe(on.elder);
      for (const id of [on.younger, third]) {
        expect(
          await openSession(under, { platform: on.world.platform, riderId: 'a', join: id }),
        ).toBe(on.elder);
      }
      expect(await openSession(under, { platform: thirdPlatform, riderId: 'c' })).toBe(on.elder);
    });

    it('says on the log which passes changed hands, by a new commitment, and which ended', async () => {
      const on = await pair();
      await order(on, 'b', '1');
      const before = (await readLog(under.store)).length;
      await join(on);
      const types = (await readLog(under.store))
        .slice(before)
        .map(({ members }) => members['type']);
      expect(types).toEqual(['rider_link.created', 'pass.holder_changed', 'rider.signed_in']);
    });
  });
}
