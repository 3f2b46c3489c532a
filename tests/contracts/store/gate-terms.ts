import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { CommunityId, CourierId, GateId } from '../../../src/domain/identifier.ts';
import type { StatusBits } from '../../../src/store/store.ts';
import { type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import {
  ACTOR,
  makePlatform,
  makeWorld,
  NOON,
  openSession,
  unique,
  type World,
} from '../../support/store-world.ts';

const BIT_MS = 3 * HOUR_MS;

export function describeGateTerms(open: OpenStore): void {
  const under = sharedStore(open);

  async function list(world: World, now = NOON): Promise<StatusBits> {
    const bits = await under.store.readStatusBits(world.community.id, now);
    if (bits === null) throw new Error('the community exists');
    return bits;
  }
  const terms = async (world: World, now = NOON) => {
    const read = await under.store.readGateTerms(world.gate.id, now);
    if (read === null) throw new Error('the gate exists');
    return read;
  };
  /** Whether the action raised the version, and the bits after it. */
  async function bitsAfter(world: World, now: number, action: () => Promise<unknown>) {
    const before = await list(world, now);
    await action();
    const after = await list(world, now);
    expect(after.version).toBeGreaterThanOrEqual(before.version);
    return { raised: after.version > before.version, set: after.set };
  }
  const block = (world: World, courierId: CourierId, until: number, now = NOON) =>
    under.store.putBlock({
      communityId: world.community.id,
      courierId,
      reason: 'x',
      until,
      actor: ACTOR,
      now,
    });
  const finish = (world: World, delivery: string, now: number) =>
    world.deliver({ delivery, status: 'delivered', now });

  describe('the status list', () => {
    it('is empty while every pass may enter, and longer than every index', async () => {
      const world = await makeWorld(under);
      const { raised, set } = await bitsAfter(world, NOON, () => world.rider('r-1'));
      expect({ raised, set }).toEqual({ raised: false, set: [] });
      const { length } = await list(world);
      expect(length % 8).toBe(0);
      expect(length).toBeGreaterThan((await world.rider('r-1')).statusIndex);
    });

    it('has the bit of an ended pass for three hours, to the millisecond', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const index = (await world.findPass('r-1'))?.statusIndex;
      const ended = await bitsAfter(world, NOON, () => finish(world, '1', NOON));
      expect(ended).toEqual({ raised: true, set: [index] });
      expect((await list(world, NOON + BIT_MS - 1)).set).toEqual([index]);
      expect((await list(world, NOON + BIT_MS)).set).toEqual([]);
    });

    it('has it for a pass that lapsed, once upkeep has ended it', async () => {
      const world = await makeWorld(under);
      const { statusIndex } = await world.rider('r-1');
      const later = NOON + 2 * HOUR_MS;
      const swept = await bitsAfter(world, later, () =>
        under.store.sweep({ now: later, limit: 500 }),
      );
      expect(swept).toEqual({ raised: true, set: [statusIndex] });
    });

    it('has it while the pass is leaving, without a break until three hours after its end', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const pass = await world.findPass('r-1');
      if (pass === null) throw new Error('a live delivery makes a pass');
      expect(await world.reason({ pass, at: NOON })).toBe('granted');
      const left = await bitsAfter(world, NOON + 1, () => finish(world, '1', NOON + 1));
      expect((await world.findPass('r-1', NOON + 1))?.status).toBe('leaving');
      expect(left).toEqual({ raised: true, set: [pass.statusIndex] });
      await world.scan({ pass, at: NOON + MINUTE_MS, direction: 'out' });
      const { set } = await list(world, NOON + MINUTE_MS);
      expect(set).toEqual([pass.statusIndex]);
      expect((await list(world, NOON + MINUTE_MS + BIT_MS)).set).toEqual([]);
    });

    it('loses it when another order comes while the rider is inside', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const pass = await world.findPass('r-1');
      if (pass === null) throw new Error('a live delivery makes a pass');
      await world.scan({ pass, at: NOON });
      await finish(world, '1', NOON + 1);
      const again = await bitsAfter(world, NOON + 2, () =>
        world.deliver({ delivery: '2', riderId: 'r-1', now: NOON + 2 }),
      );
      expect(again).toEqual({ raised: true, set: [] });
    });

    it('has the bits of a blocked courier until the block ends, by command or by time', async () => {
      const world = await makeWorld(under);
      const { statusIndex } = await world.rider('r-1');
      const courierId = await world.courier('r-1');
      const until = NOON + HOUR_MS;
      const blocked = await bitsAfter(world, NOON, () => block(world, courierId, until));
      expect(blocked).toEqual({ raised: true, set: [statusIndex] });
      expect((await list(world, until - 1)).set).toEqual([statusIndex]);
      expect((await list(world, until)).set).toEqual([]);
      const unblocked = await bitsAfter(world, NOON, () =>
        under.store.deleteBlock({
          communityId: world.community.id,
          courierId,
          actor: ACTOR,
          now: NOON,
        }),
      );
      expect(unblocked).toEqual({ raised: true, set: [] });
    });

    it('has the bit of a pass that a blocked courier gets, and only here', async () => {
      const [world, other] = [await makeWorld(under), await makeWorld(under)];
      const courierId = await world.courier('r-1');
      await block(world, courierId, NOON + HOUR_MS);
      const { raised, set } = await bitsAfter(world, NOON, () => world.rider('r-1'));
      expect(raised).toBe(true);
      expect(set).toEqual([(await world.findPass('r-1'))?.statusIndex]);
      expect((await list(other)).set).toEqual([]);
    });

    it('has the bits of a suspended courier, and not of one whom a guard must confirm', async () => {
      const world = await makeWorld(under);
      const { statusIndex } = await world.rider('r-1');
      await world.rider('r-2');
      const [no] = await under.sql(`SELECT no FROM communities WHERE id = '${world.community.id}'`);
      for (const [riderId, kind] of [
        ['r-1', 'suspension'],
        ['r-2', 'confirmation'],
      ] as const) {
        const courierId = await world.courier(riderId);
        await under.sql(
          `INSERT INTO restrictions (community_no, courier_no, kind, reason, until, created_at)
           SELECT ${no?.['no']}, no, '${kind}', 'x', ${NOON + HOUR_MS}, ${NOON} FROM couriers WHERE id = '${courierId}'`,
        );
      }
      expect((await list(world)).set).toEqual([statusIndex]);
    });

    it('follows a join: the elder’s pass is blocked by the younger’s block, the younger’s pass ends', async () => {
      const world = await makeWorld(under);
      const second = unique('er');
      await makePlatform(under, second);
      const elder = await openSession(under, { platform: world.platform, riderId: 'a' });
      const younger = await openSession(under, { platform: second, riderId: 'b' });
      const kept = await world.rider('a');
      await world.deliver({ delivery: unique('order'), riderId: 'b', platform: second });
      const [ending] = await under.store.listCourierPasses(younger, NOON);
      await block(world, younger, NOON + HOUR_MS);
      const joined = await bitsAfter(world, NOON, () =>
        openSession(under, { platform: second, riderId: 'b', join: elder }),
      );
      expect(joined.raised).toBe(true);
      expect([...joined.set].sort()).toEqual([kept.statusIndex, ending?.statusIndex].sort());
    });

    it('never has a pass in it whose index another has got', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const before = await world.findPass('r-1');
      await finish(world, '1', NOON);
      const later = NOON + DAY_MS;
      const next = await world.rider('r-2', later);
      expect(next.statusIndex).toBe(before?.statusIndex);
      expect((await list(world, later)).set).toEqual([]);
    });

    it('keeps its version over a restart, and has none for a community that is not there', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      await finish(world, '1', NOON);
      const before = await list(world);
      await under.reopen();
      expect(await list(world)).toEqual(before);
      const nowhere = 'com_0000000000000' as CommunityId;
      expect(await under.store.readStatusBits(nowhere, NOON)).toBeNull();
    });
  });

  describe('the terms of a gate', () => {
    it('are its gate, community and rules, as they are found singly', async () => {
      const world = await makeWorld(under);
      const { id } = world.community;
      expect(await terms(world)).toMatchObject({
        gate: await under.store.findGate(world.gate.id),
        community: await under.store.findCommunity(id),
        rules: (await under.store.currentRules(id, NOON))?.rules,
        rulesVersion: 1,
        statusVersion: (await list(world)).version,
      });
    });

    it('have a version that grows with rules, postures, keys and the community, at a restart not', async () => {
      const world = await makeWorld(under);
      const { id } = world.community;
      const by = { actor: ACTOR, now: NOON };
      const posture = { until: NOON + HOUR_MS, reason: 'x', ...by };
      const changes: (() => Promise<unknown>)[] = [
        () => under.store.setCommunityPosture({ id, posture: 'lockdown', ...posture }),
        () => under.store.setGatePosture({ gateId: world.gate.id, posture: 'closed', ...posture }),
        () => under.store.updateCommunity({ id, timezone: 'Asia/Urumqi', ...by }),
        () =>
          under.store.putRules({
            communityId: id,
            rules: world.rules,
            agreedBy: [],
            effectiveFrom: NOON,
            ifVersion: null,
            ...by,
          }),
        () => under.store.changeKeys({ insert: [], move: [], ...by }),
      ];
      for (const change of changes) {
        const { bundleVersion } = await terms(world);
        await change();
        expect((await terms(world)).bundleVersion).toBeGreaterThan(bundleVersion);
      }
      const before = await terms(world);
      await under.reopen();
      expect(await terms(world)).toEqual(before);
    });

    it('are none of a gate that was revoked, or is not there', async () => {
      const world = await makeWorld(under);
      await under.store.revokeGate({ gateId: world.gate.id, actor: ACTOR, now: NOON });
      expect(await under.store.readGateTerms(world.gate.id, NOON)).toBeNull();
      expect(await under.store.readGateTerms('gat_0000000000000' as GateId, NOON)).toBeNull();
    });
  });

  describe('a gate’s contact', () => {
    const health = (world: World) =>
      under.sql(
        `SELECT last_contact_at, bundle_version, status_version FROM gate_health
         WHERE gate_no = (SELECT no FROM gates WHERE id = '${world.gate.id}')`,
      );

    it('is noted with what it was given; what is left out stays', async () => {
      const world = await makeWorld(under);
      const gateId = world.gate.id;
      await under.store.noteGateContact({ gateId, now: NOON });
      await under.store.noteGateContact({
        gateId,
        bundleVersion: '7',
        statusVersion: 3,
        now: NOON + 1,
      });
      await under.store.noteGateContact({ gateId, now: NOON + 2 });
      expect(await health(world)).toEqual([
        { last_contact_at: NOON + 2, bundle_version: '7', status_version: 3 },
      ]);
    });

    it('never goes back in time, and is nothing for a gate that was revoked', async () => {
      const world = await makeWorld(under);
      const gateId = world.gate.id;
      await under.store.noteGateContact({ gateId, now: NOON });
      await under.store.noteGateContact({ gateId, now: NOON - 1 });
      expect(await health(world)).toMatchObject([{ last_contact_at: NOON }]);
      await under.store.revokeGate({ gateId, actor: ACTOR, now: NOON });
      await under.store.noteGateContact({ gateId, now: NOON + 1 });
      expect(await health(world)).toMatchObject([{ last_contact_at: NOON }]);
    });
  });
}
