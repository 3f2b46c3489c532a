import { and, eq } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import { passAuthorised } from '../../../domain/decision.ts';
import {
  type DeliveryCallback,
  type DeliveryState,
  foldDelivery,
  hasAuthorised,
  type Leg,
} from '../../../domain/delivery.ts';
import type { CommunityId, CourierId } from '../../../domain/identifier.ts';
import type { Touched } from '../../store.ts';
import type { Context } from '../database.ts';
import type { PlatformRow } from '../reference-data.ts';
import { type deliveries, passDeliveries } from '../schema.ts';
import { courierOfRider } from './couriers.ts';
import type { Operations } from './operation.ts';
import { createPass, isAdmitted, legCommunity, livePass, refreshPass } from './pass-lifecycle.ts';

type DeliveryOperations = Pick<Operations, 'recordDelivery'>;
type DeliveryRow = typeof deliveries.$inferSelect;

const LEGS: readonly Leg[] = ['pickup', 'dropoff'];

export function deliveryOperations(context: Context): DeliveryOperations {
  return {
    recordDelivery({ callback, now }) {
      const platform = context.queries.platformBySlug.get({ slug: callback.platform });
      if (platform === undefined) return { kind: 'unknown_community', path: 'platform' };
      if (isDuplicate(context, platform.no, callback.webhookId)) {
        return { kind: 'ok', duplicate: true, couriers: [], communities: [] };
      }
      const unknown = LEGS.find((leg) => !isVisible(context, platform, callback[leg]?.communityId));
      if (unknown !== undefined)
        return { kind: 'unknown_community', path: `data.${unknown}.communityId` };

      const rider =
        callback.riderId === undefined
          ? null
          : courierOfRider(context, platform.no, callback.riderId, now);
      const { deliveryId } = callback;
      const before = context.queries.delivery.get({ platformNo: platform.no, deliveryId });
      const deliveryNo = before?.no ?? reserveDelivery(context, platform.no, callback);
      for (const courier of new Set([rider, before?.courierNo ?? null]))
        endLapsedPasses(context, courier, now);
      insertCallback(context, platform.no, deliveryNo, callback);
      const set = callbacksOf(context, platform.slug, callback.deliveryId, deliveryNo);
      const state = foldDelivery(set);
      const after = writeState(context, platform.no, deliveryNo, state, now);
      const touchedPasses = linkPasses(context, after, set, now);
      for (const passNo of touchedPasses) refreshPass(context, passNo, now);
      return {
        kind: 'ok',
        duplicate: false,
        ...touchedBy(context, touchedPasses, [before?.courierNo, after.courierNo]),
      };
    },
  };
}

/** A pass whose right has lapsed ends before the callback is looked at: an ended pass never revives. */
function endLapsedPasses(context: Context, courierNo: number | null, now: Millis): void {
  if (courierNo === null) return;
  for (const { no } of context.queries.lapsedPasses.all({ courierNo, now }))
    refreshPass(context, no, now);
}

function isDuplicate({ queries }: Context, platformNo: number, webhookId: string): boolean {
  return queries.callback.get({ platformNo, webhookId }) !== undefined;
}

function isVisible(
  { reference }: Context,
  platform: PlatformRow,
  id: CommunityId | undefined,
): boolean {
  if (id === undefined) return true;
  const community = reference.communityById(id);
  return community !== null && isAdmitted(platform.districts, community.district);
}

function reserveDelivery(
  { queries }: Context,
  platformNo: number,
  callback: DeliveryCallback,
): number {
  const { deliveryId, status, timestamp: at } = callback;
  return queries.addDelivery.get({ platformNo, deliveryId, status, at }).no;
}

function insertCallback(
  { queries }: Context,
  platformNo: number,
  deliveryNo: number,
  callback: DeliveryCallback,
): void {
  const { platform: _p, deliveryId: _d, webhookId, timestamp, status, ...members } = callback;
  queries.addCallback.run({ platformNo, deliveryNo, webhookId, timestamp, status, members });
}

function callbacksOf(
  { queries }: Context,
  platform: string,
  deliveryId: string,
  deliveryNo: number,
): DeliveryCallback[] {
  return queries.callbacksOf
    .all({ deliveryNo })
    .map(({ webhookId, timestamp, status, members }) => ({
      ...members,
      platform,
      deliveryId,
      webhookId,
      timestamp,
      status,
    }));
}

function writeState(
  context: Context,
  platformNo: number,
  deliveryNo: number,
  state: DeliveryState,
  now: Millis,
): DeliveryRow {
  const { queries, reference } = context;
  const communityNo = (leg: Leg) => {
    const id = state[leg]?.communityId;
    return id === undefined ? null : (reference.communityById(id)?.no ?? null);
  };
  const { riderId } = state;
  return queries.setDelivery.get({
    no: deliveryNo,
    status: state.status,
    statusAt: state.statusAt,
    newestAt: state.newestAt,
    courierNo: riderId === undefined ? null : courierOfRider(context, platformNo, riderId, now),
    pickupNo: communityNo('pickup'),
    dropoffNo: communityNo('dropoff'),
    label: state.label ?? null,
    building: state.dropoff?.building ?? null,
    unit: state.dropoff?.unit ?? null,
    floor: state.dropoff?.floor ?? null,
    vehicle: state.vehicle ?? null,
    plate: state.plate ?? null,
    deadlineAt: state.deadlineAt ?? null,
  });
}

/**
 * Hangs the delivery on the live pass of every rider and community that it has authorised, so that callbacks out of
 * order count the same; where it authorises now and there is no live pass, on a new one. A live pass that it has
 * never authorised, as is known since a late callback, loses it. Returns every pass that the delivery hangs or hung
 * on, a former rider's included.
 */
function linkPasses(
  context: Context,
  delivery: DeliveryRow,
  set: readonly DeliveryCallback[],
  now: Millis,
): Set<number> {
  const { queries } = context;
  const linked = queries.passesOfDelivery.all({ deliveryNo: delivery.no });
  const touched = new Set(linked.map(({ no }) => no));
  const counted = new Set<string>();
  for (const leg of LEGS) {
    for (const communityId of named(set, (callback) => callback[leg]?.communityId)) {
      for (const riderId of named(set, (callback) => callback.riderId)) {
        const passNo = passForLeg(context, delivery, { set, riderId, leg, communityId }, now);
        if (passNo === null) continue;
        queries.link.run({ passNo, deliveryNo: delivery.no, leg });
        touched.add(passNo);
        counted.add(`${passNo} ${leg}`);
      }
    }
  }
  for (const { no, leg } of linked) {
    if (!counted.has(`${no} ${leg}`)) unlink(context, no, delivery.no, leg);
  }
  return touched;
}

/** What the callbacks give for a member, each value once. */
function named<Value>(
  set: readonly DeliveryCallback[],
  member: (callback: DeliveryCallback) => Value | undefined,
): Set<Value> {
  const values = new Set<Value>();
  for (const callback of set) {
    const value = member(callback);
    if (value !== undefined) values.add(value);
  }
  return values;
}

/** One way in which the callbacks of a delivery may have authorised a pass. */
interface Claim {
  readonly set: readonly DeliveryCallback[];
  readonly riderId: string;
  readonly leg: Leg;
  readonly communityId: CommunityId;
}

/** The live pass that the delivery has authorised in this way, a new one where it does so now; null: none. */
function passForLeg(
  context: Context,
  delivery: DeliveryRow,
  { set, riderId, leg, communityId }: Claim,
  now: Millis,
): number | null {
  const { queries, reference } = context;
  const { platformNo } = delivery;
  const communityNo = reference.communityById(communityId)?.no;
  const courierNo = queries.account.get({ platformNo, riderId })?.courierNo;
  if (communityNo === undefined || courierNo === undefined) return null;
  const { rules } = reference.rules(communityNo, now);
  if (!hasAuthorised(set, riderId, leg, rules.authorisingStatuses[leg], communityId)) return null;
  const live = livePass(context, courierNo, communityNo);
  if (live !== null) return live.no;
  if (delivery.courierNo !== courierNo || legCommunity(delivery, leg) !== communityNo) return null;
  const leads = {
    leg,
    status: delivery.status,
    newestAt: delivery.newestAt,
    platform: '',
    platformAdmitted: true,
    vehicle: null,
    building: null,
    deadlineAt: null,
  };
  if (!passAuthorised([leads], null, rules, now)) return null;
  return createPass(context, { courierNo, communityNo, expiresAt: null, now }).no;
}

/** Takes a delivery off a pass; what an ended pass was made of stays as it was. */
function unlink({ db, queries }: Context, passNo: number, deliveryNo: number, leg: Leg): void {
  if (queries.pass.get({ no: passNo })?.status === 'ended') return;
  const link = and(
    eq(passDeliveries.passNo, passNo),
    eq(passDeliveries.deliveryNo, deliveryNo),
    eq(passDeliveries.leg, leg),
  );
  db.delete(passDeliveries).where(link).run();
}

/** The couriers and communities whose live views the change reaches. */
function touchedBy(
  { queries, reference }: Context,
  passNos: ReadonlySet<number>,
  courierNos: readonly (number | null | undefined)[],
): Touched {
  const ids = new Set<CourierId>();
  const communityIds = new Set<CommunityId>();
  const courierIds = (no: number | null | undefined) => {
    if (no === null || no === undefined) return;
    const row = queries.courier.get({ no });
    if (row !== undefined) ids.add(row.id);
  };
  courierNos.forEach(courierIds);
  for (const passNo of passNos) {
    const pass = queries.pass.get({ no: passNo });
    if (pass === undefined) continue;
    courierIds(pass.courierNo);
    communityIds.add(reference.community(pass.communityNo).id);
  }
  return { couriers: [...ids], communities: [...communityIds] };
}
