import { and, eq } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import { passAuthorised } from '../../../domain/decision.ts';
import {
  type Authorisation,
  authorisations,
  type DeliveryCallback,
  type DeliveryState,
  foldDelivery,
  isTerminal,
  LEGS,
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

/** Callbacks of one delivery that are kept: an order has a dozen. Past it only its end is still taken. */
const MOST_CALLBACKS = 256;
const MOST_CALLBACKS_WITH_ENDS = MOST_CALLBACKS + 16;

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

      const { deliveryId } = callback;
      const before = context.queries.delivery.get({ platformNo: platform.no, deliveryId });
      if (before !== undefined && isFull(context, before.no, callback))
        return { kind: 'too_many_callbacks', most: MOST_CALLBACKS };
      const rider =
        callback.riderId === undefined
          ? null
          : courierOfRider(context, platform.no, callback.riderId, now);
      const deliveryNo = before?.no ?? reserveDelivery(context, platform.no, callback);
      for (const courier of new Set([rider, before?.courierNo ?? null]))
        endLapsedPasses(context, courier, now);
      insertCallback(context, platform.no, deliveryNo, callback);
      const set = callbacksOf(context, platform.slug, callback.deliveryId, deliveryNo);
      const state = foldDelivery(set);
      const after = writeState(context, platform.no, deliveryNo, state, now);
      noteFormerRiders(context, after, [rider, before?.courierNo ?? null]);
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

/** Callbacks name riders whom the delivery has left: an erasure must find them. Seldom, so most pay nothing. */
function noteFormerRiders(
  { sqlite }: Context,
  { no, courierNo }: DeliveryRow,
  named: readonly (number | null)[],
): void {
  for (const former of new Set(named)) {
    if (former !== null && former !== courierNo)
      sqlite.prepare('INSERT OR IGNORE INTO former_riders VALUES (?, ?)').run(former, no);
  }
}

/** A pass whose right has lapsed ends before the callback is looked at: an ended pass never revives. */
function endLapsedPasses(context: Context, courierNo: number | null, now: Millis): void {
  if (courierNo === null) return;
  for (const { no } of context.queries.lapsedPasses.all({ courierNo, now }))
    refreshPass(context, no, now);
}

/** Every callback is folded with those before it: what one order may say is bounded. */
function isFull({ queries }: Context, deliveryNo: number, callback: DeliveryCallback): boolean {
  const most = isTerminal(callback.status) ? MOST_CALLBACKS_WITH_ENDS : MOST_CALLBACKS;
  return (queries.countCallbacks.get({ deliveryNo })?.count ?? 0) >= most;
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
  const { queries, reference } = context;
  const linked = queries.passesOfDelivery.all({ deliveryNo: delivery.no });
  const touched = new Set(linked.map(({ no }) => no));
  const counted = new Set<string>();
  const statusesOf = (communityId: CommunityId, leg: Leg) => {
    const communityNo = reference.communityById(communityId)?.no;
    if (communityNo === undefined) return [];
    return reference.rules(communityNo, now).rules.authorisingStatuses[leg];
  };
  for (const authorisation of authorisations(set, statusesOf)) {
    const passNo = passFor(context, delivery, authorisation, now);
    if (passNo === null) continue;
    queries.link.run({ passNo, deliveryNo: delivery.no, leg: authorisation.leg });
    touched.add(passNo);
    counted.add(`${passNo} ${authorisation.leg}`);
  }
  for (const { no, leg } of linked) {
    if (!counted.has(`${no} ${leg}`)) unlink(context, no, delivery.no, leg);
  }
  return touched;
}

/** The live pass that the delivery has authorised, a new one where it does so now; null: none. */
function passFor(
  context: Context,
  delivery: DeliveryRow,
  { riderId, leg, communityId }: Authorisation,
  now: Millis,
): number | null {
  const { queries, reference } = context;
  const communityNo = reference.communityById(communityId)?.no;
  const { platformNo } = delivery;
  const courierNo = queries.account.get({ platformNo, riderId })?.courierNo;
  if (communityNo === undefined || courierNo === undefined) return null;
  const live = livePass(context, courierNo, communityNo);
  if (live !== null) return live.no;
  if (delivery.courierNo !== courierNo || legCommunity(delivery, leg) !== communityNo) return null;
  const { rules } = reference.rules(communityNo, now);
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
