import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DELIVERY_STATUSES,
  type DeliveryCallback,
  type Dropoff,
  foldDelivery,
  isTerminal,
  rank,
} from '../../src/domain/delivery.ts';
import { hasAuthorised } from '../support/has-authorised.ts';
import { COMMUNITY, OTHER_COMMUNITY } from './support.ts';

let made = 0;
function callback(changes: Partial<DeliveryCallback> = {}): DeliveryCallback {
  made += 1;
  return {
    platform: 'kuai',
    webhookId: `msg_${made}`,
    timestamp: 1_000,
    deliveryId: '8841',
    status: 'assigned',
    ...changes,
  };
}

/** Sets of callbacks: few instants and ids, so that ties are common; no two share a webhook id. */
const callbackSet = fc.uniqueArray(
  fc.record(
    {
      platform: fc.constant('kuai'),
      deliveryId: fc.constant('8841'),
      webhookId: fc.constantFrom('a', 'b', 'B', 'é', 'z', 'aa', '\u{1f600}', '\uffee'),
      timestamp: fc.integer({ min: 1, max: 4 }),
      status: fc.constantFrom(...DELIVERY_STATUSES),
      riderId: fc.constantFrom('r-1', 'r-2'),
      label: fc.constantFrom('#1', '#2'),
      vehicle: fc.constantFrom('foot' as const, 'van' as const),
      plate: fc.constantFrom('A1', 'B2'),
      deadlineAt: fc.nat(3),
      pickup: fc.constantFrom({ communityId: COMMUNITY }, {}),
      dropoff: fc.constantFrom(
        { communityId: COMMUNITY, floor: 3 },
        { communityId: OTHER_COMMUNITY, building: '2', unit: '1' },
        { building: '2' },
        { building: '7', floor: 5 },
        { unit: '4' },
        {},
      ),
    },
    { requiredKeys: ['platform', 'deliveryId', 'webhookId', 'timestamp', 'status'] },
  ),
  { minLength: 1, selector: ({ webhookId }) => webhookId },
);

/** An address by the parts given of it, oldest first: what was said before the last move counts no more. */
function addressBy(given: readonly Dropoff[]): Dropoff | undefined {
  if (given.length === 0) return undefined;
  const here = given.slice(lastChange(given, 'communityId'));
  const inside = here.slice(lastChange(here, 'building'));
  return {
    ...newest(here, 'communityId'),
    ...newest(here, 'building'),
    ...newest(inside, 'unit'),
    ...newest(inside, 'floor'),
  };
}

function lastChange(given: readonly Dropoff[], member: keyof Dropoff): number {
  const changes = given.flatMap((place, index) => {
    const value = place[member];
    const before = newest(given.slice(0, index), member)[member];
    return value !== undefined && value !== before ? [index] : [];
  });
  return changes.at(-1) ?? 0;
}

function newest(given: readonly Dropoff[], member: keyof Dropoff): Dropoff {
  const value = given.findLast((place) => place[member] !== undefined)?.[member];
  return value === undefined ? {} : { [member]: value };
}

describe('ranks', () => {
  it('are positions in the list of statuses', () => {
    expect(DELIVERY_STATUSES.map(rank)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('make the last three terminal', () => {
    expect(DELIVERY_STATUSES.filter(isTerminal)).toEqual(['delivered', 'cancelled', 'failed']);
  });
});

describe('the state of a delivery', () => {
  it('is a function of the set of its callbacks: order and repetition change nothing', () => {
    const arrivals = callbackSet.chain((callbacks) =>
      fc.tuple(
        fc.constant(callbacks),
        fc.shuffledSubarray([...callbacks, ...callbacks], { minLength: callbacks.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(arrivals, ([callbacks, arrived]) => {
        expect(foldDelivery(arrived)).toEqual(foldDelivery(callbacks));
      }),
      { numRuns: 1000 },
    );
  });

  it('is the one that the definition gives', () => {
    const order = (a: string, b: string) => (a < b ? -1 : Number(a > b));
    fc.assert(
      fc.property(callbackSet, (callbacks) => {
        const [terminal] = callbacks
          .filter(({ status }) => isTerminal(status))
          .toSorted((a, b) => a.timestamp - b.timestamp || order(a.webhookId, b.webhookId));
        const greatest = callbacks.toSorted(
          (a, b) =>
            b.timestamp - a.timestamp ||
            rank(b.status) - rank(a.status) ||
            order(b.webhookId, a.webhookId),
        );
        const deciding = terminal ?? greatest[0];
        const state = foldDelivery(callbacks);
        expect(state.status).toBe(deciding?.status);
        expect(state.statusAt).toBe(deciding?.timestamp);
        expect(state.newestAt).toBe(greatest[0]?.timestamp);
        for (const member of ['riderId', 'label', 'vehicle', 'plate', 'deadlineAt'] as const)
          expect(state[member]).toEqual(
            greatest.find((item) => item[member] !== undefined)?.[member],
          );
        for (const leg of ['pickup', 'dropoff'] as const) {
          const given = greatest.toReversed().flatMap((item) => item[leg] ?? []);
          expect(state[leg]).toEqual(addressBy(given));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('stays terminal, by the earliest terminal callback, whatever is later', () => {
    const state = foldDelivery([
      callback({ timestamp: 5, status: 'arriving' }),
      callback({ timestamp: 4, status: 'cancelled' }),
      callback({ timestamp: 3, status: 'delivered' }),
      callback({ timestamp: 2, status: 'picked_up' }),
    ]);
    expect(state).toMatchObject({ status: 'delivered', statusAt: 3, newestAt: 5 });
  });

  it('decides between terminal callbacks of one instant by webhook id, not by rank', () => {
    const state = foldDelivery([
      callback({ status: 'delivered', webhookId: 'b' }),
      callback({ status: 'failed', webhookId: 'a' }),
    ]);
    expect(state.status).toBe('failed');
  });

  it('decides between callbacks of one instant by rank, then by webhook id in code units', () => {
    const member = (id: string, label: string) => callback({ webhookId: id, label });
    expect(
      foldDelivery([
        callback({ status: 'at_pickup', webhookId: 'a' }),
        callback({ webhookId: 'b' }),
      ]).status,
    ).toBe('at_pickup');
    expect(foldDelivery([member('Z', 'upper'), member('a', 'lower')]).label).toBe('lower');
    expect(foldDelivery([member('é', 'accent'), member('z', 'plain')]).label).toBe('accent');
  });

  it('keeps the newest given value of a member that is left out, a late callback’s too', () => {
    const state = foldDelivery([
      callback({ timestamp: 3, status: 'arriving' }),
      callback({ timestamp: 1, riderId: 'r-1', vehicle: 'foot', label: '#1' }),
      callback({ timestamp: 2, riderId: 'r-2', plate: 'B2' }),
    ]);
    expect(state).toEqual({
      status: 'arriving',
      statusAt: 3,
      newestAt: 3,
      riderId: 'r-2',
      vehicle: 'foot',
      label: '#1',
      plate: 'B2',
    });
  });

  describe('within an address', () => {
    const home = { communityId: COMMUNITY, building: '12', unit: '2', floor: 18 };
    const then = (...given: Dropoff[]) =>
      foldDelivery([home, ...given].map((dropoff, timestamp) => callback({ timestamp, dropoff })))
        .dropoff;

    it.each<[string, Dropoff, Dropoff]>([
      ['nothing', {}, home],
      ['the floor', { floor: 3 }, { ...home, floor: 3 }],
      ['the unit', { unit: '9' }, { ...home, unit: '9' }],
      ['the same building', { building: '12' }, home],
      ['the same community', { communityId: COMMUNITY }, home],
    ])('keeps the rest when %s is given', (_what, given, expected) => {
      expect(then(given)).toEqual(expected);
    });

    it('keeps the community and drops unit and floor with another building', () => {
      expect(then({ building: '3' })).toEqual({ communityId: COMMUNITY, building: '3' });
      expect(then({ building: '3', floor: 7 })).toEqual({
        communityId: COMMUNITY,
        building: '3',
        floor: 7,
      });
    });

    it('replaces all of it with another community', () => {
      expect(then({ communityId: OTHER_COMMUNITY })).toEqual({ communityId: OTHER_COMMUNITY });
      expect(then({ communityId: OTHER_COMMUNITY, building: '12' })).toEqual({
        communityId: OTHER_COMMUNITY,
        building: '12',
      });
    });

    it('does not bring back what a move has dropped', () => {
      expect(then({ communityId: OTHER_COMMUNITY }, { communityId: COMMUNITY })).toEqual({
        communityId: COMMUNITY,
      });
      expect(then({ building: '3' }, { building: '12' })).toEqual({
        communityId: COMMUNITY,
        building: '12',
      });
    });

    it('is the same when the part came first and the whole late', () => {
      const whole = callback({ timestamp: 1, dropoff: home });
      const part = callback({ timestamp: 2, dropoff: { floor: 3 } });
      expect(foldDelivery([part, whole]).dropoff).toEqual({ ...home, floor: 3 });
    });
  });

  it('needs a callback', () => {
    expect(() => foldDelivery([])).toThrow(RangeError);
  });
});

describe('a delivery has authorised a rider', () => {
  const dropoff = { communityId: COMMUNITY };
  const statuses = ['picked_up', 'arriving'] as const;
  const first = callback({ timestamp: 1, riderId: 'r-1', dropoff });
  const judge = (callbacks: DeliveryCallback[], rider = 'r-1') =>
    hasAuthorised(callbacks, rider, 'dropoff', statuses);

  it('when it was in an authorising status while the rider was this one', () => {
    expect(judge([first])).toBe(false);
    expect(judge([first, callback({ timestamp: 2, status: 'picked_up' })])).toBe(true);
  });

  it('also when it has ended since', () => {
    const ended = callback({ timestamp: 3, status: 'delivered' });
    expect(judge([ended, callback({ timestamp: 2, status: 'picked_up' }), first])).toBe(true);
  });

  it('but not by what is later than its end', () => {
    const ended = callback({ timestamp: 2, status: 'cancelled' });
    expect(judge([first, ended, callback({ timestamp: 3, status: 'picked_up' })])).toBe(false);
    expect(judge([first, ended, callback({ timestamp: 2, status: 'picked_up' })])).toBe(true);
  });

  it('and only the rider whose it was at that moment', () => {
    const moved = [
      first,
      callback({ timestamp: 2, riderId: 'r-2' }),
      callback({ timestamp: 3, status: 'picked_up' }),
      callback({ timestamp: 4, riderId: 'r-3', status: 'arriving' }),
      callback({ timestamp: 5, riderId: 'r-4', status: 'delivered' }),
    ];
    expect(['r-1', 'r-2', 'r-3', 'r-4'].map((rider) => judge(moved, rider))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('by a leg that led to a community at that moment, and to the one asked for', () => {
    const picked = callback({ timestamp: 2, status: 'picked_up' });
    const at = (leg: 'pickup' | 'dropoff', community?: typeof COMMUNITY) =>
      hasAuthorised([first, picked], 'r-1', leg, statuses, community);
    expect(at('dropoff')).toBe(true);
    expect(at('pickup')).toBe(false);
    expect(at('dropoff', COMMUNITY)).toBe(true);
    expect(at('dropoff', OTHER_COMMUNITY)).toBe(false);
  });

  it('also where the leg is given in part', () => {
    const part = callback({ timestamp: 2, status: 'picked_up', dropoff: { floor: 3 } });
    expect(hasAuthorised([first, part], 'r-1', 'dropoff', statuses, COMMUNITY)).toBe(true);
  });

  it('whatever the order in which its callbacks came, and however often', () => {
    const arrivals = callbackSet.chain((callbacks) =>
      fc.tuple(
        fc.constant(callbacks),
        fc.shuffledSubarray([...callbacks, ...callbacks], { minLength: callbacks.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(arrivals, ([callbacks, arrived]) => {
        expect(judge(arrived)).toBe(judge(callbacks));
      }),
    );
  });
});
