import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { PassId } from '../../../src/domain/identifier.ts';
import { type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique, type World } from '../../support/store-world.ts';

export function describeOrders(open: OpenStore): void {
  const under = sharedStore(open);

  const ordersOf = (world: World, passIds: readonly PassId[], now = NOON) =>
    under.store.listOrders({ communityId: world.community.id, passIds, now });

  describe('what a guard writes', () => {
    const by = { openForMs: 3_000, actor: ACTOR } as const;
    const notes = (world: World, auditIds: readonly string[]) =>
      under.store.listGuardNotes({ communityId: world.community.id, auditIds });

    it('is kept beside the admission and the order to open, for its own community', async () => {
      const [world, other] = [await makeWorld(under), await makeWorld(under)];
      const { community, gate } = world;
      const at = { gateId: gate.id, now: NOON, ...by };
      const admission = { communityId: community.id, reason: '送水', ...at };
      const admitted = await under.store.admit(admission);
      const opened = await under.store.createCommand({ reason: '搬家', ...at });
      const silent = await under.store.createCommand(at);
      const ids = [admitted?.record, opened, silent].map((each) => each?.auditId ?? '');
      expect(
        [...(await notes(world, ids))].sort((one, two) => one.text.localeCompare(two.text)),
      ).toEqual([
        { auditId: ids[1], text: '搬家' },
        { auditId: ids[0], text: '送水' },
      ]);
      expect(await notes(other, ids)).toEqual([]);
      expect(await notes(world, [])).toEqual([]);
    });

    it('is erased when it is older than asked, so many at a time', async () => {
      const world = await makeWorld(under);
      const ids: string[] = [];
      for (const now of [NOON - 3 * HOUR_MS, NOON - 2 * HOUR_MS, NOON - HOUR_MS]) {
        const order = { gateId: world.gate.id, reason: '住户来电', now, ...by };
        ids.push((await under.store.createCommand(order))?.auditId ?? '');
      }
      const before = NOON - HOUR_MS;
      expect(await under.store.eraseGuardNotes({ before, limit: 1 })).toBe(1);
      expect(await under.store.eraseGuardNotes({ before, limit: 5 })).toBe(1);
      expect(await under.store.eraseGuardNotes({ before, limit: 5 })).toBe(0);
      expect((await notes(world, ids)).map(({ auditId }) => auditId)).toEqual([ids[2]]);
    });
  });

  describe('the orders behind a pass', () => {
    it('are named by label and building, the nearest deadline first, the flat left out', async () => {
      const world = await makeWorld(under);
      const common = { riderId: 'r-1', vehicle: 'e-bike' } as const;
      const late = { label: '快送 #2', deadlineAt: NOON + 20 * MINUTE_MS };
      const soon = { label: '快送 #1', deadlineAt: NOON + 10 * MINUTE_MS };
      await world.deliver({ delivery: unique('order'), ...common });
      await world.deliver({ delivery: unique('order'), ...common, ...late });
      await world.deliver({ delivery: unique('order'), ...common, ...soon });
      const pass = await world.findPass('r-1');
      const orders = await ordersOf(world, pass === null ? [] : [pass.id]);
      expect(orders).toMatchObject([
        { passId: pass?.id, platform: world.platform, leg: 'dropoff', building: '12', ...soon },
        { building: '12', vehicle: 'e-bike', ...late },
        { building: '12', label: null, deadlineAt: null },
      ]);
      expect(JSON.stringify(orders)).not.toMatch(/unit|floor|riderId|plate/);
    });

    it('of several passes come together; each order says whose it is', async () => {
      const world = await makeWorld(under);
      const [one, other] = [await world.rider('r-1'), await world.rider('r-2')];
      const orders = await ordersOf(world, [one.id, other.id]);
      expect(orders.map(({ passId }) => passId).sort()).toEqual([one.id, other.id].sort());
    });

    it('of another community, or of a pass that nobody has, are none', async () => {
      const [here, there] = [await makeWorld(under), await makeWorld(under)];
      const pass = await there.rider('r-1');
      expect(await ordersOf(here, [pass.id, 'pas_0000000000000' as PassId])).toEqual([]);
      expect(await ordersOf(here, [])).toEqual([]);
    });

    it('that were given to another rider are not shown with the first one’s pass', async () => {
      const world = await makeWorld(under);
      const delivery = unique('order');
      await world.deliver({ delivery, riderId: 'r-1' });
      const first = await world.findPass('r-1');
      await world.deliver({ delivery, riderId: 'r-2', at: NOON + 1, now: NOON + 1 });
      const second = await world.findPass('r-2', NOON + 1);
      if (first === null || second === null) throw new Error('both had a pass');
      const orders = await ordersOf(world, [first.id, second.id], NOON + 1);
      expect(orders.map(({ passId }) => passId)).toEqual([second.id]);
    });

    it('are known for a day after the pass has ended, and not a millisecond longer', async () => {
      const world = await makeWorld(under);
      const delivery = unique('order');
      await world.deliver({ delivery, riderId: 'r-1' });
      const pass = await world.findPass('r-1');
      if (pass === null) throw new Error('a live delivery makes a pass');
      const endedAt = NOON + MINUTE_MS;
      await world.deliver({ delivery, riderId: 'r-1', status: 'delivered', at: endedAt });
      expect(await ordersOf(world, [pass.id], endedAt + 24 * HOUR_MS - 1)).toHaveLength(1);
      expect(await ordersOf(world, [pass.id], endedAt + 24 * HOUR_MS)).toEqual([]);
    });
  });
}
