import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import {
  DELIVERY_STATUSES,
  type DeliveryCallback,
  foldDelivery,
  type Leg,
  VEHICLES,
} from '../../../src/domain/delivery.ts';
import { STANDARD_RULES } from '../../../src/domain/entry-rules.ts';
import type { CommunityId, PassId } from '../../../src/domain/identifier.ts';
import { hasAuthorised } from '../../support/has-authorised.ts';
import { checkProperty } from '../../support/property.ts';
import {
  entriesOf,
  type OpenStore,
  type Row,
  type StoreUnderTest,
  sharedStore,
} from '../../support/store-under-test.ts';
import {
  type Callback,
  makePlatform,
  makeWorld,
  NOON,
  unique,
  type World,
} from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

export function describeCallbacks(open: OpenStore): void {
  const under = sharedStore(open);

  describe('one callback', () => {
    it('changes nothing when it comes again, though it says something else, also after a restart', async () => {
      const world = await makeWorld(under);
      const first = await world.deliver({ delivery: '1', riderId: 'r-1', webhookId: 'msg-1' });
      expect(first).toMatchObject({ duplicate: false, communities: [world.community.id] });
      expect(first.couriers).toHaveLength(1);
      const again = {
        delivery: '1',
        riderId: 'r-1',
        webhookId: 'msg-1',
        status: 'delivered' as const,
      };
      const duplicate = { kind: 'ok', duplicate: true, couriers: [], communities: [] };
      expect(await world.deliver(again)).toEqual(duplicate);
      await under.reopen();
      expect(await world.deliver(again)).toEqual(duplicate);
      expect(await world.findPass('r-1')).toMatchObject({ status: 'active' });
    });

    it('counts once though it comes twenty times at the same time', async () => {
      const world = await makeWorld(under);
      const same = { delivery: '1', riderId: 'r-1', webhookId: 'msg-1' };
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => world.deliver(same)));
      expect(outcomes.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    });

    it('is told apart from one of another platform with the same id, delivery and rider', async () => {
      const world = await makeWorld(under);
      const platform = unique('er');
      await makePlatform(under, platform);
      const same = { delivery: '1', riderId: 'r-1', webhookId: 'msg-1' };
      expect(await world.deliver(same)).toMatchObject({ duplicate: false });
      expect(await world.deliver({ ...same, platform })).toMatchObject({ duplicate: false });
      await world.deliver({ delivery: '1', status: 'cancelled', platform, now: NOON + 1 });
      expect(await world.findPass('r-1', NOON + 1)).toMatchObject({ status: 'active' });
    });

    it('is refused whole when a leg leads nowhere, and may come again once it leads somewhere', async () => {
      const [world, hidden] = [
        await makeWorld(under, { platformDistricts: ['donggang'] }),
        await makeWorld(under, { district: 'xihu' }),
      ];
      const nowhere = 'com_0000000000000' as CommunityId;
      const record = (callback: Callback) =>
        under.store.recordDelivery({ callback: world.callback(callback), now: NOON });
      const order = { delivery: '1', riderId: 'stranger', webhookId: 'msg-1' };
      const path = (leg: Leg) => ({ kind: 'unknown_community', path: `data.${leg}.communityId` });
      expect(await record({ ...order, dropoff: { communityId: nowhere } })).toEqual(
        path('dropoff'),
      );
      expect(await record({ ...order, pickup: { communityId: nowhere } })).toEqual(path('pickup'));
      expect(await record({ ...order, dropoff: { communityId: hidden.community.id } })).toEqual(
        path('dropoff'),
      );
      expect(await under.sql(`SELECT * FROM rider_accounts WHERE rider_id = 'stranger'`)).toEqual(
        [],
      );
      expect(await record(order)).toMatchObject({ kind: 'ok', duplicate: false });
      await makePlatform(under, unique('kuai'));
      expect(
        await record({ ...order, webhookId: 'msg-2', platform: unique('nobody') }),
      ).toMatchObject({ kind: 'unknown_community' });
    });

    it('leaves the pages of a rider who is not named alone: a delivery without a rider authorises nobody', async () => {
      const world = await makeWorld(under);
      expect(await world.deliver({ delivery: '1' })).toMatchObject({
        couriers: [],
        communities: [],
      });
      await world.deliver({ delivery: '1', riderId: 'r-1', now: NOON + 1 });
      expect(await world.findPass('r-1', NOON + 1)).toMatchObject({ status: 'active' });
    });
  });

  describe('many callbacks of one delivery', () => {
    const MOST = 256;

    /** A delivery of rider `r-1` of which as many callbacks are kept as may be. */
    async function full() {
      const world = await makeWorld(under);
      const say = (index: number, more: Partial<Callback> = {}) =>
        under.store.recordDelivery({
          callback: world.callback({
            delivery: '1',
            riderId: 'r-1',
            webhookId: `msg-${index}`,
            at: NOON + index,
            ...more,
          }),
          now: NOON + index,
        });
      const ok = { kind: 'ok', duplicate: false };
      for (let index = 0; index < MOST; index++) expect(await say(index)).toMatchObject(ok);
      const kept = async () => {
        const [row] = await under.sql(
          `SELECT count(*) AS n FROM callbacks c JOIN platforms f ON f.no = c.platform_no WHERE f.slug = '${world.platform}'`,
        );
        return Number(row?.['n']);
      };
      return { world, say, kept };
    }

    it('keeps 256 of them: one more is refused and changes nothing, whomever it names', async () => {
      const { world, say, kept } = await full();
      const state = async () => [
        await world.findPass('r-1', NOON + MOST),
        await under.sql(
          `SELECT d.* FROM deliveries d JOIN platforms f ON f.no = d.platform_no WHERE f.slug = '${world.platform}'`,
        ),
        await under.sql(
          `SELECT a.* FROM rider_accounts a JOIN platforms f ON f.no = a.platform_no WHERE f.slug = '${world.platform}'`,
        ),
        await kept(),
      ];
      const before = await state();
      const refused = { kind: 'too_many_callbacks', most: MOST };
      const entries = await entriesOf(under.store, async () => {
        expect(await say(MOST, { status: 'arriving' })).toEqual(refused);
        expect(await say(MOST, { status: 'arriving', riderId: 'stranger' })).toEqual(refused);
      });
      expect(entries).toEqual([]);
      expect(await state()).toEqual(before);
      expect(await kept()).toBe(MOST);
    });

    it('still takes its end past that, which ends the right; ends have a bound too', async () => {
      const { world, say, kept } = await full();
      const end = await say(MOST, { status: 'delivered' });
      expect(end).toMatchObject({ kind: 'ok', communities: [world.community.id] });
      expect(await world.findPass('r-1', NOON + MOST)).toBeNull();
      for (let more = 1; more <= 32; more++) await say(MOST + more, { status: 'failed' });
      expect(await say(MOST + 33, { status: 'failed' })).toMatchObject({
        kind: 'too_many_callbacks',
      });
      expect(await kept()).toBeLessThanOrEqual(MOST + 32);
    });

    it('still knows those that it has seen, and takes those of other deliveries', async () => {
      const { world, say } = await full();
      expect(await say(7)).toMatchObject({ kind: 'ok', duplicate: true });
      await world.deliver({ delivery: '2', riderId: 'r-1', now: NOON + MOST });
      expect((await world.findPass('r-1', NOON + MOST))?.stops).toHaveLength(2);
    });

    it('links it to each rider’s pass where it went at that moment, though each names another rider', async () => {
      const worlds = [await makeWorld(under), await makeWorld(under), await makeWorld(under)];
      const [first] = worlds as [World, World, World];
      const { platform } = first;
      const to = (index: number) => (worlds[index % 3] as World).community.id;
      const expected: string[] = [];
      for (let index = 0; index < 250; index++) {
        await first.deliver({
          delivery: 'busy',
          riderId: `r-${index}`,
          status: index % 2 === 0 ? 'picked_up' : 'at_pickup',
          pickup: { communityId: to(index + 1) },
          dropoff: { communityId: to(index) },
          now: NOON + index,
        });
        const leg = index % 2 === 0 ? 'dropoff' : 'pickup';
        expected.push(`r-${index} ${leg} ${leg === 'dropoff' ? to(index) : to(index + 1)}`);
      }
      const rows = await under.sql(
        `SELECT a.rider_id, l.leg, c.id FROM pass_deliveries l
         JOIN deliveries d ON d.no = l.delivery_no JOIN platforms f ON f.no = d.platform_no
         JOIN passes p ON p.no = l.pass_no JOIN communities c ON c.no = p.community_no
         JOIN rider_accounts a ON a.courier_no = p.courier_no AND a.platform_no = d.platform_no
         WHERE f.slug = '${platform}'`,
      );
      const links = rows.map((row) => `${row['rider_id']} ${row['leg']} ${row['id']}`);
      expect(links.toSorted()).toEqual(expected.toSorted());
      const living = await under.sql(
        `SELECT c.id FROM passes p JOIN communities c ON c.no = p.community_no
         JOIN rider_accounts a ON a.courier_no = p.courier_no JOIN platforms f ON f.no = a.platform_no
         WHERE f.slug = '${platform}' AND p.status <> 'ended'`,
      );
      expect(living).toEqual([{ id: to(250) }]);
    }, 60_000);
  });

  describe('another rider', () => {
    it('takes the right from the one before at once, inside or not, and names both', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'first' });
      const [first, before] = [await world.findPass('first'), await world.courier('first')];
      expect(await world.reason({ pass: first?.id as PassId, at: NOON })).toBe('granted');
      const moved = await world.deliver({ delivery: '1', riderId: 'second', now: NOON + 1 });
      const second = await world.findPass('second', NOON + 1);
      expect(moved.couriers.toSorted()).toEqual([before, await world.courier('second')].toSorted());
      expect(await world.reason({ pass: first?.id as PassId, at: NOON + 90_000 })).toBe(
        'delivery_not_active',
      );
      expect(await world.reason({ pass: second?.id as PassId, at: NOON + 90_000 })).toBe('granted');
      const exit = await world.scan({
        pass: first?.id as PassId,
        at: NOON + 90_001,
        direction: 'out',
      });
      expect(exit).toMatchObject({ reason: 'granted_exit', flags: [] });
    });

    it('keeps the right when the callback that names the one before comes late', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'second', at: NOON, now: NOON });
      await world.deliver({ delivery: '1', riderId: 'first', at: NOON - 1, now: NOON + 1 });
      expect(await world.findPass('first', NOON + 1)).toBeNull();
      expect(await world.findPass('second', NOON + 1)).toMatchObject({ status: 'active' });
    });

    it('leaves the first rider the right that other deliveries give', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'first' });
      await world.deliver({ delivery: '2', riderId: 'first' });
      await world.deliver({ delivery: '1', riderId: 'second', now: NOON + 1 });
      const pass = await world.findPass('first', NOON + 1);
      expect(pass).toMatchObject({ status: 'active' });
      expect(pass?.stops.map(({ deliveryId }) => deliveryId)).toEqual(['2']);
    });

    it('takes with the delivery what only it allowed, though other deliveries keep the pass alive', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('first');
      await world.deliver({ delivery: 'kept', riderId: 'first', vehicle: 'motorcycle' });
      await world.deliver({ delivery: 'moved', riderId: 'first', vehicle: 'e-bike' });
      const [own] = pass.stops;
      const ended = { delivery: own?.deliveryId ?? '', status: 'delivered' as const };
      await world.deliver({ ...ended, riderId: 'first', now: NOON + 1 });
      expect(await world.reason({ pass, at: NOON + 1 })).toBe('granted');
      await world.scan({ pass, at: NOON + 2, direction: 'out' });
      await world.deliver({ delivery: 'moved', riderId: 'second', now: NOON + 3 });
      const at = NOON + 60_000;
      expect(await world.reason({ pass, at })).toBe('vehicle_not_allowed');
      expect(await world.findPass('first', at)).toMatchObject({ refusal: 'vehicle_not_allowed' });
    });
  });

  describe('in any order, any number of times', () => {
    it('ends in the same deliveries and the same right to enter', async () => {
      await checkProperty(
        'callbacks in any order',
        fc.asyncProperty(shuffledCallbacks(), async ({ callbacks, arrivals }) => {
          const [straight, shuffled] = [await makePlace(under), await makePlace(under)];
          for (const callback of callbacks) await straight.record(callback);
          for (const index of arrivals) await shuffled.record(callbacks[index] as Told);
          expect(await shuffled.deliveries()).toEqual(await straight.deliveries());
          expect(await straight.deliveries()).toEqual(straight.expectedDeliveries(callbacks));
          const right = await shuffled.rights();
          expect(right).toEqual(await straight.rights());
          expect(right.map(({ granted }) => granted)).toEqual(shuffled.expectedRights(callbacks));
        }),
        120,
      );
    }, 60_000);

    it('gives after each callback the right that the callbacks so far say', async () => {
      await checkProperty(
        'callbacks one by one',
        fc.asyncProperty(shuffledCallbacks(), async ({ callbacks, arrivals }) => {
          const place = await makePlace(under);
          const so_far = new Set<Told>();
          for (const index of arrivals) {
            const callback = callbacks[index] as Told;
            await place.record(callback);
            so_far.add(callback);
            expect(await place.live()).toEqual(place.expectedRights([...so_far]));
          }
        }),
        60,
      );
    }, 60_000);

    it('counts the same deliveries for the entries left, on a pass that lives throughout', async () => {
      await checkProperty(
        'entries left',
        fc.asyncProperty(shuffledCallbacks(), async ({ callbacks, arrivals }) => {
          const [straight, shuffled] = [await makePlace(under), await makePlace(under)];
          for (const place of [straight, shuffled]) await place.anchor();
          for (const callback of callbacks) await straight.record(callback);
          for (const index of arrivals) await shuffled.record(callbacks[index] as Told);
          const left = await shuffled.entriesLeft();
          expect(left).toEqual(await straight.entriesLeft());
          expect(left).toEqual(shuffled.expectedEntries(callbacks));
        }),
        60,
      );
    }, 60_000);
  });

  describe('lists', () => {
    it('shows the decisions that callbacks led to in their order', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const pass = (await world.findPass('r-1'))?.id as PassId;
      const granted = await world.scan({ pass, at: NOON });
      await world.deliver({ delivery: '1', riderId: 'r-2', now: NOON + 1 });
      const denied = await world.scan({ pass, at: NOON + 90_000 });
      expect(
        await expectPaged((page) => under.store.listDecisions(world.community.id, page)),
      ).toEqual([denied, granted]);
    });
  });
}

// ── the model: what a set of callbacks says, in whatever order it came ────────────────────────────────────────

const RIDERS = ['r-1', 'r-2'] as const;
const LEGS: readonly Leg[] = ['pickup', 'dropoff'];
/** When every callback is received and every right asked for. */
const NOW = NOON + HOUR_MS;
const RULES = {
  ...STANDARD_RULES,
  antiPassback: 'off' as const,
  maxEntriesPerDelivery: 1,
  rescanGraceSeconds: 0,
};

/** A callback about places that exist later: communities by their position. */
interface Told extends Omit<Callback, 'pickup' | 'dropoff'> {
  readonly pickupTo?: 0 | 1 | null;
  readonly dropoffTo?: 0 | 1 | null;
}

/** A set of callbacks and the order of their arrival, with repetitions: each index at least once. */
function shuffledCallbacks(): fc.Arbitrary<{ callbacks: Told[]; arrivals: number[] }> {
  const place = fc.constantFrom(0 as const, 1 as const, null);
  const told = fc.record(
    {
      delivery: fc.constantFrom('d-1', 'd-2', 'd-3'),
      // Few instants, so that many are equal; the first ones have lapsed when they arrive.
      at: fc.constantFrom(NOW - 2 * HOUR_MS, NOW - 2 * HOUR_MS + 1, NOON, NOON + 1, NOON + 2, NOW),
      status: fc.constantFrom(...DELIVERY_STATUSES),
      riderId: fc.constantFrom(...RIDERS),
      pickupTo: place,
      dropoffTo: place,
      vehicle: fc.constantFrom(...VEHICLES),
      deadlineAt: fc.constantFrom(NOW + 1, NOW + 2),
      label: fc.constantFrom('快送 #1', '快送 #2'),
    },
    { requiredKeys: ['delivery', 'at', 'status'] },
  );
  return fc.array(told, { minLength: 1, maxLength: 9 }).chain((list) => {
    const callbacks = list.map((callback, index) => ({ ...callback, webhookId: `msg-${index}` }));
    const indices = callbacks.map((_, index) => index);
    const repeated = fc.array(fc.constantFrom(...indices), { maxLength: 4 });
    const arrivals = repeated.chain((more) => {
      const all = [...indices, ...more];
      return fc.shuffledSubarray(all, { minLength: all.length });
    });
    return fc.record({ callbacks: fc.constant(callbacks), arrivals });
  });
}

interface Right {
  readonly granted: boolean;
  readonly reason: string;
  readonly building: string | null;
}

/** A platform, two communities, and what is asked of them. */
async function makePlace(under: StoreUnderTest) {
  const first = await makeWorld(under, { rules: RULES });
  const second = await makeWorld(under, { rules: RULES });
  const worlds = [first, second];
  const { platform } = first;

  function destination(world: World | undefined, index: number) {
    return world === undefined ? {} : { communityId: world.community.id, building: `b-${index}` };
  }

  function callbackOf({ pickupTo, dropoffTo, ...told }: Told): DeliveryCallback {
    const dropoff =
      dropoffTo === undefined ? undefined : destination(worlds[dropoffTo ?? -1], dropoffTo ?? 0);
    const pickup = pickupTo === undefined ? undefined : destination(worlds[pickupTo ?? -1], 0);
    const { dropoff: _defaulted, ...callback } = first.callback({ ...told, now: NOW });
    return {
      ...callback,
      ...(pickup === undefined
        ? {}
        : { pickup: pickup.communityId === undefined ? {} : { communityId: pickup.communityId } }),
      ...(dropoff === undefined ? {} : { dropoff }),
    };
  }

  const findPass = (riderId: string, world: World) =>
    under.store.findRiderPass({ platform, riderId, communityId: world.community.id, now: NOW });

  /** Something for each rider in each community, in a fixed order. */
  async function each<Answer>(
    ask: (riderId: string, world: World) => Promise<Answer>,
  ): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const riderId of RIDERS)
      for (const world of worlds) answers.push(await ask(riderId, world));
    return answers;
  }

  /** The callbacks of each delivery. */
  function byDelivery(told: readonly Told[]): Map<string, DeliveryCallback[]> {
    const sets = new Map<string, DeliveryCallback[]>();
    for (const callback of told.map(callbackOf)) {
      sets.set(callback.deliveryId, [...(sets.get(callback.deliveryId) ?? []), callback]);
    }
    return sets;
  }

  return {
    async record(told: Told): Promise<void> {
      const outcome = await under.store.recordDelivery({ callback: callbackOf(told), now: NOW });
      expect(outcome.kind).toBe('ok');
    },

    /** A delivery for each rider and community that goes on throughout. */
    async anchor(): Promise<void> {
      await each((riderId, world) =>
        first.deliver({
          delivery: unique('anchor'),
          riderId,
          now: NOW,
          dropoff: { communityId: world.community.id },
        }),
      );
    },

    /** The stored state of every delivery, with names in place of numbers. */
    async deliveries(): Promise<readonly Row[]> {
      const rows = await under.sql(
        `SELECT d.delivery_id, d.status, d.status_at, d.newest_at, a.rider_id, p.id AS pickup, t.id AS dropoff, d.building, d.label, d.vehicle, d.deadline_at
         FROM deliveries d JOIN platforms f ON f.no = d.platform_no
         LEFT JOIN rider_accounts a ON a.courier_no = d.courier_no AND a.platform_no = d.platform_no
         LEFT JOIN communities p ON p.no = d.pickup_no LEFT JOIN communities t ON t.no = d.dropoff_no
         WHERE f.slug = '${platform}' ORDER BY d.delivery_id`,
      );
      return rows.map((row) => ({
        ...row,
        pickup: positionOf(row['pickup']),
        dropoff: positionOf(row['dropoff']),
      }));
    },
    expectedDeliveries(told: readonly Told[]): Row[] {
      const states = [...byDelivery(told)].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return states.map(([id, set]) => {
        const state = foldDelivery(set);
        return {
          delivery_id: id,
          status: state.status,
          status_at: state.statusAt,
          newest_at: state.newestAt,
          rider_id: state.riderId ?? null,
          pickup: positionOf(state.pickup?.communityId ?? null),
          dropoff: positionOf(state.dropoff?.communityId ?? null),
          building: state.dropoff?.building ?? null,
          label: state.label ?? null,
          vehicle: state.vehicle ?? null,
          deadline_at: state.deadlineAt ?? null,
        };
      });
    },

    /** What the gate says to each rider in each community. */
    rights: (): Promise<Right[]> =>
      each(async (riderId, world) => {
        const pass = await findPass(riderId, world);
        if (pass === null) return { granted: false, reason: 'no pass', building: null };
        const { decision, reason, building } = await world.scan({ pass, at: NOW });
        return { granted: decision === 'granted', reason, building };
      }),
    /** Whether each rider has a live pass in each community whose vehicle may enter. */
    live: () => each(async (riderId, world) => (await findPass(riderId, world))?.refusal === null),
    expectedRights(told: readonly Told[]): boolean[] {
      const states = [...byDelivery(told).values()].map(foldDelivery);
      return RIDERS.flatMap((riderId) =>
        worlds.map(({ community }) =>
          states.some(
            (state) =>
              state.riderId === riderId &&
              NOW < state.newestAt + 2 * HOUR_MS &&
              RULES.vehicles.includes(state.vehicle ?? 'e-bike') &&
              LEGS.some(
                (leg) =>
                  state[leg]?.communityId === community.id &&
                  RULES.authorisingStatuses[leg].includes(state.status),
              ),
          ),
        ),
      );
    },

    /** How often each rider may enter each community. */
    entriesLeft: (): Promise<number[]> =>
      each(async (riderId, world) => {
        const pass = await findPass(riderId, world);
        if (pass === null) throw new Error('the anchor keeps the pass alive');
        for (let entries = 0; ; entries++) {
          const at = NOW + entries * MINUTE_MS;
          if ((await world.reason({ pass, at })) !== 'granted') return entries;
        }
      }),
    expectedEntries(told: readonly Told[]): number[] {
      const sets = [...byDelivery(told).values()];
      return RIDERS.flatMap((riderId) =>
        worlds.map(({ community }) => {
          const counted = sets.filter((set) =>
            LEGS.some((leg) =>
              hasAuthorised(set, riderId, leg, RULES.authorisingStatuses[leg], community.id),
            ),
          );
          return 1 + counted.length;
        }),
      );
    },
  };

  function positionOf(id: unknown): number | null {
    const position = worlds.findIndex(({ community }) => community.id === id);
    return position < 0 ? null : position;
  }
}
