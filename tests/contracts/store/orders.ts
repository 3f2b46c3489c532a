import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { PassId } from '../../../src/domain/identifier.ts';
import { type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import { makeWorld, NOON, unique, type World } from '../../support/store-world.ts';

export function describeOrders(open: OpenStore): void {
  const under = sharedStore(open);

  const ordersOf = (world: World, passIds: readonly PassId[], now = NOON) =>
    under.store.listOrders({ communityId: world.community.id, passIds, now });

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
