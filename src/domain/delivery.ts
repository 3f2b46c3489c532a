import type { Millis } from './clock.ts';
import type { CommunityId } from './identifier.ts';

/** A delivery's states; the rank of a status is its position in this list. */
export const DELIVERY_STATUSES = [
  'assigned',
  'at_pickup',
  'picked_up',
  'arriving',
  'delivered',
  'cancelled',
  'failed',
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export const VEHICLES = ['foot', 'bicycle', 'e-bike', 'motorcycle', 'van'] as const;
export type Vehicle = (typeof VEHICLES)[number];

export type Leg = 'pickup' | 'dropoff';
export const LEGS: readonly Leg[] = ['pickup', 'dropoff'];

export interface Pickup {
  readonly communityId?: CommunityId;
}

export interface Dropoff {
  readonly communityId?: CommunityId;
  readonly building?: string;
  readonly unit?: string;
  readonly floor?: number;
}

/** What a platform may say of a delivery. A member left out keeps its newest given value. */
export interface DeliveryMembers {
  readonly riderId?: string;
  readonly label?: string;
  readonly pickup?: Pickup;
  readonly dropoff?: Dropoff;
  readonly vehicle?: Vehicle;
  readonly plate?: string;
  readonly deadlineAt?: Millis;
}

/** One callback of a platform, normalised. */
export interface DeliveryCallback extends DeliveryMembers {
  readonly platform: string;
  readonly webhookId: string;
  readonly timestamp: Millis;
  readonly deliveryId: string;
  readonly status: DeliveryStatus;
}

/** A delivery: a function of the set of its callbacks, whatever the order they came in. */
export interface DeliveryState extends DeliveryMembers {
  readonly status: DeliveryStatus;
  /** Timestamp of the callback that decided `status`. */
  readonly statusAt: Millis;
  /** The greatest timestamp of any callback: two hours after it nothing is authorised any more. */
  readonly newestAt: Millis;
}

const RANKS: ReadonlyMap<DeliveryStatus, number> = new Map(
  DELIVERY_STATUSES.map((status, position) => [status, position]),
);
const FIRST_TERMINAL_RANK = DELIVERY_STATUSES.indexOf('delivered');

/** The rank of a status: its position in the list, from 0. */
export function rank(status: DeliveryStatus): number {
  return RANKS.get(status) ?? -1;
}

/** Whether a delivery in this status has ended, for good: delivered, cancelled or failed. */
export function isTerminal(status: DeliveryStatus): boolean {
  return rank(status) >= FIRST_TERMINAL_RANK;
}

/**
 * The state of a delivery from the set of its callbacks. Their order and repetitions change nothing; no two that
 * differ share a webhook id.
 *
 * The status is that of the earliest terminal callback by (timestamp, webhook id), if there is one, else that of
 * the greatest by (timestamp, rank, webhook id). Each other member has the value given by the greatest callback
 * that gives one, within `pickup` and `dropoff` too as long as they stay in one place.
 * @throws RangeError when there is no callback
 */
export function foldDelivery(callbacks: readonly DeliveryCallback[]): DeliveryState {
  const ordered = callbacks.toSorted(compareCallbacks);
  const newest = ordered.at(-1);
  if (newest === undefined) throw new RangeError('a delivery has at least one callback');
  const deciding = decidingTerminal(ordered) ?? newest;
  let members: DeliveryMembers = {};
  for (const callback of ordered) members = mergeMembers(members, callback);
  return {
    ...members,
    status: deciding.status,
    statusAt: deciding.timestamp,
    newestAt: newest.timestamp,
  };
}

/** A rider whose pass for a community a delivery has authorised by one of its legs. */
export interface Authorisation {
  readonly riderId: string;
  readonly leg: Leg;
  readonly communityId: CommunityId;
}

/**
 * Whom a delivery has ever authorised, ended deliveries included: where some callback, before the deciding terminal one
 * in the order of (timestamp, rank, webhook id), had an authorising status while, by all callbacks up to it in that
 * order, the rider was this one and the leg led to this community. Each once, in one walk over the callbacks.
 * @param statusesOf the authorising statuses of a leg in a community
 */
export function authorisations(
  callbacks: readonly DeliveryCallback[],
  statusesOf: (communityId: CommunityId, leg: Leg) => readonly DeliveryStatus[],
): Authorisation[] {
  const ordered = callbacks.toSorted(compareCallbacks);
  const terminal = decidingTerminal(ordered);
  const found = new Map<string, Authorisation>();
  let members: DeliveryMembers = {};
  for (const callback of ordered) {
    if (callback === terminal) break;
    members = mergeMembers(members, callback);
    const { riderId } = members;
    if (riderId === undefined) continue;
    for (const leg of LEGS) {
      const communityId = members[leg]?.communityId;
      if (communityId === undefined) continue;
      if (!statusesOf(communityId, leg).includes(callback.status)) continue;
      found.set(`${leg} ${communityId} ${riderId}`, { riderId, leg, communityId });
    }
  }
  return [...found.values()];
}

/** Order by (timestamp, status rank, webhook id). */
function compareCallbacks(a: DeliveryCallback, b: DeliveryCallback): number {
  return (
    a.timestamp - b.timestamp ||
    rank(a.status) - rank(b.status) ||
    compareText(a.webhookId, b.webhookId)
  );
}

/** The earliest terminal callback by (timestamp, webhook id), whatever the ranks. */
function decidingTerminal(callbacks: readonly DeliveryCallback[]): DeliveryCallback | null {
  let earliest: DeliveryCallback | null = null;
  for (const callback of callbacks) {
    if (!isTerminal(callback.status)) continue;
    if (earliest === null || isEarlier(callback, earliest)) earliest = callback;
  }
  return earliest;
}

function isEarlier(a: DeliveryCallback, b: DeliveryCallback): boolean {
  return (a.timestamp - b.timestamp || compareText(a.webhookId, b.webhookId)) < 0;
}

/** By UTF-16 code units, the same on every machine whatever its locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What is known with one more callback: a member left out keeps its newest given value. */
function mergeMembers(known: DeliveryMembers, callback: DeliveryCallback): DeliveryMembers {
  const given = membersOf(callback);
  return {
    ...known,
    ...given,
    ...(given.pickup && { pickup: mergePlace(known.pickup, given.pickup) }),
    ...(given.dropoff && { dropoff: mergePlace(known.dropoff, given.dropoff) }),
  };
}

/**
 * A place known in part keeps the rest. Another community is another place; so is another building for unit and floor,
 * since half of an old address is a wrong one.
 */
function mergePlace<Place extends Dropoff>(known: Place | undefined, given: Place): Place {
  const { communityId, building } = given;
  if (known === undefined) return given;
  if (communityId !== undefined && communityId !== known.communityId) return given;
  if (building === undefined || building === known.building) return { ...known, ...given };
  const { unit: _unit, floor: _floor, ...rest } = known;
  return { ...rest, ...given } as Place;
}

/** The members that a callback gives, and no others. */
function membersOf(callback: DeliveryCallback): DeliveryMembers {
  const { riderId, label, pickup, dropoff, vehicle, plate, deadlineAt } = callback;
  return {
    ...(riderId !== undefined && { riderId }),
    ...(label !== undefined && { label }),
    ...(pickup !== undefined && { pickup }),
    ...(dropoff !== undefined && { dropoff }),
    ...(vehicle !== undefined && { vehicle }),
    ...(plate !== undefined && { plate }),
    ...(deadlineAt !== undefined && { deadlineAt }),
  };
}
