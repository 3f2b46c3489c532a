import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import { STANDARD_RULES } from '../../../src/domain/entry-rules.ts';
import type { CommunityId } from '../../../src/domain/identifier.ts';
import type { Scope } from '../../../src/store/store.ts';
import { entriesOf, type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique, type World } from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

const NOBODY = 'com_0000000000000' as CommunityId;

export function describeCommunities(open: OpenStore): void {
  const under = sharedStore(open);

  function create(district: string | null) {
    const place = {
      name: '阳光小区',
      kind: 'standard' as const,
      timezone: 'Asia/Shanghai',
      district,
    };
    return under.store.createCommunity({
      ...place,
      rules: STANDARD_RULES,
      actor: ACTOR,
      now: NOON,
    });
  }

  describe('communities', () => {
    it('is found as it was made, in normal posture, with version 1 of its rules in force', async () => {
      const community = await create('donggang');
      expect(community).toMatchObject({
        name: '阳光小区',
        kind: 'standard',
        timezone: 'Asia/Shanghai',
        district: 'donggang',
      });
      expect(community).toMatchObject({
        posture: { posture: 'normal', until: null },
        createdAt: NOON,
      });
      expect(community.id).toMatch(/^com_[0-9a-f][0-9a-hjkmnp-tv-z]{12}$/);
      expect(await under.store.findCommunity(community.id)).toEqual(community);
      expect(await under.store.currentRules(community.id, NOON)).toEqual({
        version: 1,
        author: ACTOR,
        agreedBy: [],
        createdAt: NOON,
        effectiveFrom: NOON,
        rules: STANDARD_RULES,
      });
    });

    it('does not find what does not exist', async () => {
      expect(await under.store.findCommunity(NOBODY)).toBeNull();
      expect(
        await under.store.updateCommunity({ id: NOBODY, name: 'x', actor: ACTOR, now: NOON }),
      ).toBeNull();
      const posture = {
        posture: 'open' as const,
        until: null,
        reason: 'x',
        actor: ACTOR,
        now: NOON,
      };
      expect(await under.store.setCommunityPosture({ id: NOBODY, ...posture })).toBe(false);
    });

    it('changes the members named and no others', async () => {
      const community = await create('donggang');
      const { id } = community;
      const renamed = await under.store.updateCommunity({
        id,
        name: '新名',
        actor: ACTOR,
        now: NOON + 1,
      });
      expect(renamed).toEqual({ ...community, name: '新名' });
      const moved = await under.store.updateCommunity({
        id,
        district: null,
        timezone: 'Asia/Urumqi',
        actor: ACTOR,
        now: NOON + 2,
      });
      expect(moved).toEqual({
        ...community,
        name: '新名',
        district: null,
        timezone: 'Asia/Urumqi',
      });
      expect(await under.store.findCommunity(id)).toEqual(moved);
    });

    it('leaves no trace of a change that changes nothing', async () => {
      const { id } = await create('donggang');
      const change = () => under.store.updateCommunity({ id, actor: ACTOR, now: NOON });
      expect(await entriesOf(under.store, change)).toEqual([]);
    });

    it('lists what a scope reaches, page by page, in the order of making', async () => {
      const [here, there] = [unique('district'), unique('district')];
      const made = [];
      for (const district of [here, there, here, here, null]) made.push(await create(district));
      const [first, second, third, fourth] = made;
      const list = (scope: Scope) =>
        expectPaged((page) => under.store.listCommunities(scope, page));
      expect(await list({ kind: 'district', district: here })).toEqual([first, third, fourth]);
      expect(await list({ kind: 'district', district: there })).toEqual([second]);
      expect(await list({ kind: 'community', communityId: first?.id ?? NOBODY })).toEqual([first]);
      expect(await list({ kind: 'community', communityId: NOBODY })).toEqual([]);
      expect((await list({ kind: 'all' })).slice(-5)).toEqual(made);
    });

    it('lists no community to a platform: it reaches none', async () => {
      const page = await under.store.listCommunities(
        { kind: 'platform', slug: 'kuai' },
        { limit: 10, after: null },
      );
      expect(page).toEqual({ items: [], next: null });
    });

    it('shows a posture at once, and after it has been opened again', async () => {
      const { id } = await create(null);
      const until = NOON + HOUR_MS;
      const lockdown = {
        posture: 'lockdown' as const,
        until,
        reason: '演练',
        actor: ACTOR,
        now: NOON,
      };
      const set = { posture: 'lockdown', until, reason: '演练' };
      const entries = await entriesOf(under.store, async () => {
        expect(await under.store.setCommunityPosture({ id, ...lockdown })).toBe(true);
      });
      expect(entries).toHaveLength(1);
      expect(JSON.stringify(entries)).not.toContain('演练');
      expect((await under.store.findCommunity(id))?.posture).toEqual(set);
      await under.reopen();
      expect((await under.store.findCommunity(id))?.posture).toEqual(set);
      const normal = { posture: 'normal', until: null, reason: null } as const;
      await under.store.setCommunityPosture({ id, ...normal, actor: ACTOR, now: NOON });
      expect((await under.store.findCommunity(id))?.posture).toEqual(normal);
    });

    it('holds a posture until its end and not a millisecond longer', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const until = NOON + 20_000;
      const lockdown = {
        posture: 'lockdown' as const,
        until,
        reason: '演练',
        actor: ACTOR,
        now: NOON,
      };
      await under.store.setCommunityPosture({ id: world.community.id, ...lockdown });
      expect(await world.reason({ pass, at: until - 1 })).toBe('community_lockdown');
      expect(await world.reason({ pass, at: until })).toBe('granted');
    });
  });

  describe('rules', () => {
    const changed = { ...STANDARD_RULES, speedLimitKmh: 10 };

    function put(
      world: World,
      options: { rules?: typeof changed; from?: number; ifVersion?: number | null; now?: number },
    ) {
      return under.store.putRules({
        communityId: world.community.id,
        rules: options.rules ?? changed,
        agreedBy: ['residents', 'riders'],
        effectiveFrom: options.from ?? NOON,
        ifVersion: options.ifVersion ?? null,
        actor: ACTOR,
        now: options.now ?? NOON,
      });
    }

    it('counts versions from 1 and never changes one that was stored', async () => {
      const world = await makeWorld(under);
      const { id } = world.community;
      const first = await under.store.currentRules(id, NOON);
      const second = await put(world, { ifVersion: 1 });
      expect(second).toMatchObject({
        kind: 'ok',
        value: { version: 2, agreedBy: ['residents', 'riders'], rules: changed },
      });
      const third = await put(world, { ifVersion: 2, rules: { ...changed, maxDwellMinutes: 60 } });
      expect(third).toMatchObject({ kind: 'ok', value: { version: 3 } });
      const versions = await expectPaged((page) => under.store.listRules(id, page));
      expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
      expect(versions[2]).toEqual(first);
      if (second.kind === 'ok') expect(versions[1]).toEqual(second.value);
    });

    it('refuses an author who had not seen the newest version, and changes nothing', async () => {
      const world = await makeWorld(under);
      await put(world, { ifVersion: 1 });
      const late = () => put(world, { ifVersion: 1, rules: { ...changed, speedLimitKmh: 99 } });
      const entries = await entriesOf(under.store, async () => {
        expect(await late()).toMatchObject({ kind: 'conflict' });
      });
      expect(entries).toEqual([]);
      expect(await put(world, { ifVersion: 3 })).toMatchObject({ kind: 'conflict' });
      expect(await under.store.currentRules(world.community.id, NOON)).toMatchObject({
        version: 2,
        rules: changed,
      });
    });

    it('lets one of two authors win who had both seen the same version', async () => {
      const world = await makeWorld(under);
      const authors = Array.from({ length: 20 }, () => put(world, { ifVersion: 1 }));
      const outcomes = (await Promise.all(authors)).map(({ kind }) => kind);
      expect(outcomes.filter((kind) => kind === 'ok')).toHaveLength(1);
      expect(outcomes.filter((kind) => kind === 'conflict')).toHaveLength(19);
    });

    it('finds no rules where there is no community', async () => {
      const world = await makeWorld(under);
      const rules = {
        rules: changed,
        agreedBy: [],
        effectiveFrom: NOON,
        ifVersion: null,
        actor: ACTOR,
        now: NOON,
      };
      expect(await under.store.putRules({ communityId: NOBODY, ...rules })).toEqual({
        kind: 'not_found',
      });
      expect(await under.store.currentRules(NOBODY, NOON)).toBeNull();
      expect(await under.store.listRules(NOBODY, { limit: 5, after: null })).toEqual({
        items: [],
        next: null,
      });
      expect(await under.store.currentRules(world.community.id, NOON)).toMatchObject({
        version: 1,
      });
    });

    it('puts an announced version in force at its instant, not a millisecond before', async () => {
      const world = await makeWorld(under);
      const from = NOON + DAY_MS;
      await put(world, { from });
      const version = async (now: number) =>
        (await under.store.currentRules(world.community.id, now))?.version;
      expect(await version(NOON)).toBe(1);
      expect(await version(from - 1)).toBe(1);
      expect(await version(from)).toBe(2);
    });

    it('names the version in force at the instant asked for, whatever was asked before', async () => {
      const world = await makeWorld(under);
      const [second, third] = [NOON + HOUR_MS, NOON + 2 * HOUR_MS];
      await put(world, { from: second });
      await put(world, { from: third });
      const version = async (now: number) =>
        (await under.store.currentRules(world.community.id, now))?.version;
      expect(await version(third)).toBe(3);
      expect(await version(third - 1)).toBe(2);
      expect(await version(second - 1)).toBe(1);
      expect(await version(third)).toBe(3);
    });

    it('lets the newer version win over one that was announced for later', async () => {
      const world = await makeWorld(under);
      await put(world, { from: NOON + DAY_MS });
      await put(world, { from: NOON + HOUR_MS });
      const version = async (now: number) =>
        (await under.store.currentRules(world.community.id, now))?.version;
      expect(await version(NOON + HOUR_MS)).toBe(3);
      expect(await version(NOON + DAY_MS)).toBe(3);
    });

    it('judges by the version in force and records which it was', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const from = NOON + 15_000;
      await put(world, { from, rules: { ...changed, vehicles: ['foot'] } as typeof changed });
      expect(await world.scan({ pass, at: from })).toMatchObject({
        reason: 'vehicle_not_allowed',
        rulesVersion: 2,
      });
      expect(await world.scan({ pass, at: from - 1 })).toMatchObject({
        reason: 'granted',
        rulesVersion: 1,
      });
    });

    describe('for a rider inside', () => {
      const less = {
        ...changed,
        authorisingStatuses: { dropoff: ['arriving' as const], pickup: [] },
      };
      const inside = async () => {
        const world = await makeWorld(under);
        const pass = await world.rider('r-1');
        expect(await world.reason({ pass, at: NOON })).toBe('granted');
        const status = async (now: number) => (await world.findPass('r-1', now))?.status;
        const stored = async () =>
          (await under.sql(`SELECT status FROM passes WHERE id = '${pass.id}'`))[0]?.['status'];
        return { world, pass, status, stored };
      };

      it('make the pass leaving where they authorise less, and active where they authorise again', async () => {
        const { world, pass, status, stored } = await inside();
        const [narrowed, widened] = [NOON + MINUTE_MS, NOON + 3 * MINUTE_MS];
        await put(world, { rules: less as typeof changed, from: narrowed, now: narrowed });
        expect([await stored(), await status(narrowed)]).toEqual(['leaving', 'leaving']);
        expect(await world.reason({ pass, at: NOON + 2 * MINUTE_MS })).toBe('delivery_not_active');
        await put(world, { from: widened, now: widened });
        expect([await stored(), await status(widened)]).toEqual(['active', 'active']);
        expect(await world.reason({ pass, at: widened })).toBe('granted');
      });

      it('do so when they were announced and their instant has come, by the next sweep', async () => {
        const { world, pass, status, stored } = await inside();
        const [narrowed, widened] = [NOON + 2 * MINUTE_MS, NOON + 4 * MINUTE_MS];
        const sweep = (now: number) => under.store.sweep({ now, limit: 1_000 });
        await put(world, { rules: less as typeof changed, from: narrowed });
        await sweep(narrowed - 1);
        expect(await stored()).toBe('active');
        await sweep(narrowed);
        expect([await stored(), await status(narrowed)]).toEqual(['leaving', 'leaving']);
        await put(world, { from: widened, now: narrowed });
        await sweep(widened - 1);
        expect(await stored()).toBe('leaving');
        expect(await world.reason({ pass, at: widened - 1 })).toBe('delivery_not_active');
        await sweep(widened);
        expect([await stored(), await status(widened)]).toEqual(['active', 'active']);
        expect(await world.reason({ pass, at: widened + MINUTE_MS })).toBe('granted');
      });

      it('do so too when the store was opened anew before their instant', async () => {
        const { world, pass, stored } = await inside();
        const [narrowed, widened] = [NOON + MINUTE_MS, NOON + 2 * MINUTE_MS];
        await put(world, { rules: less as typeof changed, from: narrowed, now: narrowed });
        await put(world, { from: widened, now: narrowed });
        await under.reopen();
        await under.store.sweep({ now: widened, limit: 1_000 });
        expect(await stored()).toBe('active');
        expect(await world.reason({ pass, at: widened })).toBe('granted');
      });
    });

    it('ends at their instant the passes that announced rules no longer authorise, callbacks before it or not', async () => {
      const world = await makeWorld(under);
      const [quiet, busy] = [await world.rider('quiet'), await world.rider('busy')];
      const from = NOON + HOUR_MS;
      const authorisingStatuses = { dropoff: ['arriving' as const], pickup: [] };
      await put(world, { from, rules: { ...changed, authorisingStatuses } });
      await world.deliver({ delivery: unique('order'), riderId: 'busy', now: NOON + 60_000 });
      await under.store.sweep({ now: from - 1, limit: 100 });
      const statuses = async () => {
        const rows = await under.sql(
          `SELECT status FROM passes WHERE id IN ('${quiet.id}', '${busy.id}')`,
        );
        return rows.map(({ status }) => status);
      };
      expect(await statuses()).toEqual(['active', 'active']);
      await under.store.sweep({ now: from, limit: 100 });
      expect(await statuses()).toEqual(['ended', 'ended']);
    });
  });
}
