import { createHash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { DAY_MS, type Millis } from '../../../domain/clock.ts';
import { type DeliveryFacts, passAuthorised } from '../../../domain/decision.ts';
import type { Leg } from '../../../domain/delivery.ts';
import {
  LAST_DELIVERY_GRACE_MS,
  PASS_LAPSE_MS,
  passStatus,
  visitTimeoutAt,
} from '../../../domain/pass.ts';
import type { Context } from '../database.ts';
import { newIdentifier, newSalt } from '../random.ts';
import { gates, OPEN_SLOT, type passes, statusSlots, visits } from '../schema.ts';
import { newStatusVersion } from './versions.ts';

export type PassRow = typeof passes.$inferSelect;
export type VisitRow = typeof visits.$inferSelect;

/** An ended pass's status index rests this long before another pass gets it. */
export const STATUS_INDEX_REST_MS = DAY_MS;

/** The pass of a courier for a community that has not ended. */
export function livePass(
  { queries }: Context,
  courierNo: number,
  communityNo: number,
): PassRow | null {
  return queries.livePass.get({ courierNo, communityNo }) ?? null;
}

/** Makes a pass. Its audit entry carries a salted commitment to the courier, never the courier. */
export function createPass(
  context: Context,
  pass: { courierNo: number; communityNo: number; expiresAt: Millis | null; now: Millis },
): PassRow {
  const { queries, audit, reference } = context;
  const { commitmentSalt, holder } = commitTo(context, pass.courierNo);
  const row = queries.addPass.get({
    id: newIdentifier('pas'),
    communityNo: pass.communityNo,
    courierNo: pass.courierNo,
    commitmentSalt,
    statusIndex: takeStatusIndex(context, pass.communityNo, pass.now),
    expiresAt: pass.expiresAt,
    reviewAt: pass.expiresAt ?? pass.now,
    createdAt: pass.now,
  });
  if (isKeptOut(context, pass)) newStatusVersion(context, pass.communityNo);
  audit.append('pass.created', pass.now, reference.community(pass.communityNo).id, {
    pass: row.id,
    holder,
  });
  return row;
}

/** Whether a block or a suspension sets the bit of a courier's passes. */
function isKeptOut(
  { queries }: Context,
  { courierNo, communityNo, now }: { courierNo: number; communityNo: number; now: Millis },
): boolean {
  return queries.restrictions
    .all({ courierNo, communityNo })
    .some(({ kind, until }) => kind !== 'confirmation' && until > now);
}

/** SHA-256(salt ‖ courier id): binds a pass to its holder until the salt is erased. */
export function commitTo(
  { queries }: Context,
  courierNo: number,
): { commitmentSalt: string; holder: string } {
  const courier = queries.courier.get({ no: courierNo });
  const commitmentSalt = newSalt();
  const holder = createHash('sha256')
    .update(`${commitmentSalt}${courier?.id ?? ''}`)
    .digest('base64url');
  return { commitmentSalt, holder };
}

/** An index that has rested for a day, else a fresh one; the published length is kept at least twice as long. */
function takeStatusIndex(context: Context, communityNo: number, now: Millis): number {
  const { db, queries, reference } = context;
  const rested = queries.restedSlot.get({ communityNo, now });
  if (rested !== undefined) {
    db.delete(statusSlots)
      .where(
        and(
          eq(statusSlots.communityNo, communityNo),
          eq(statusSlots.freeAt, rested.freeAt),
          eq(statusSlots.statusIndex, rested.statusIndex),
        ),
      )
      .run();
    return rested.statusIndex;
  }
  const row = queries.nextStatusIndex.get({ communityNo });
  if (row === undefined) throw new RangeError(`no community ${communityNo}`);
  reference.replaceCommunity(row);
  return row.statusNext - 1;
}

/** The legs that hang on a pass and belong to its present holder, as the judge needs them. */
export function deliveryFacts(context: Context, pass: PassRow): DeliveryFacts[] {
  if (pass.courierNo === null) return [];
  const { queries, reference } = context;
  const { district } = reference.community(pass.communityNo);
  return queries.legs
    .all({ passNo: pass.no, courierNo: pass.courierNo })
    .filter(({ leg, delivery }) => legCommunity(delivery, leg) === pass.communityNo)
    .map(({ leg, delivery }) => {
      const platform = reference.platform(delivery.platformNo);
      return {
        platform: platform.slug,
        platformAdmitted: isAdmitted(platform.districts, district),
        leg,
        status: delivery.status,
        newestAt: delivery.newestAt,
        vehicle: delivery.vehicle,
        building: leg === 'dropoff' ? delivery.building : null,
        deadlineAt: delivery.deadlineAt,
      };
    });
}

/** Whether a platform that serves some districts (null: all) reaches a community's district. */
export function isAdmitted(districts: readonly string[] | null, district: string | null): boolean {
  return districts === null || (district !== null && districts.includes(district));
}

/** The community that a leg of a delivery leads to. */
export function legCommunity(
  delivery: { pickupNo: number | null; dropoffNo: number | null },
  leg: Leg,
): number | null {
  return leg === 'pickup' ? delivery.pickupNo : delivery.dropoffNo;
}

/** The visit that the holder of a pass is on. */
export function openVisit({ queries }: Context, pass: PassRow): VisitRow | null {
  const { no: passNo, carriedVisitNo } = pass;
  return queries.openVisit.get({ passNo, carriedVisitNo }) ?? null;
}

/** Brings a pass's status in line with its deliveries and its visit. An ended pass stays ended. */
export function refreshPass(context: Context, passNo: number, now: Millis): void {
  const { queries, reference } = context;
  const pass = queries.pass.get({ no: passNo });
  if (pass === undefined || pass.status === 'ended') return;
  const { rules, until } = reference.rules(pass.communityNo, now);
  const facts = deliveryFacts(context, pass);
  const authorised = passAuthorised(facts, pass.expiresAt, rules, now);
  const visit = openVisit(context, pass);
  const status = passStatus({ authorised, visitOpen: visit !== null });
  if (visit !== null && (status !== pass.status || status === 'active'))
    scheduleVisitEnd(context, pass, visit, authorised, now);
  if (status === 'ended') {
    endPass(context, pass, now);
    return;
  }
  const reviewAt = authorised ? Math.min(nextReview(facts, pass.expiresAt, now), until) : now;
  if (status === pass.status && reviewAt === pass.reviewAt) return;
  queries.setPassStatus.run({ no: pass.no, status, reviewAt });
  if (status === pass.status) return;
  newStatusVersion(context, pass.communityNo);
  appendPassEntry(context, pass, `pass.${status}`, now);
}

/** Brings the passes of those inside in line with rules that hold since now: a leaving one may authorise again. */
export function refreshInside(context: Context, communityNo: number, now: Millis): void {
  const inside = and(eq(visits.communityNo, communityNo), eq(visits.slot, OPEN_SLOT));
  const open = context.db.select({ passNo: visits.passNo }).from(visits).where(inside).all();
  for (const { passNo } of open) refreshPass(context, passNo, now);
}

/** The next instant at which time alone may end the right. */
function nextReview(
  facts: readonly DeliveryFacts[],
  expiresAt: Millis | null,
  now: Millis,
): Millis {
  const ends = facts.map(({ newestAt }) => newestAt + PASS_LAPSE_MS).filter((end) => end > now);
  return Math.min(
    expiresAt !== null && expiresAt > now ? expiresAt : Number.MAX_SAFE_INTEGER,
    ...ends,
  );
}

export function endPass(context: Context, pass: PassRow, now: Millis): void {
  const { communityNo, statusIndex } = pass;
  context.queries.endPass.run({ no: pass.no, now });
  if (pass.status === 'active') newStatusVersion(context, communityNo); // of one that is leaving the bit is set
  context.queries.restSlot.run({ communityNo, freeAt: now + STATUS_INDEX_REST_MS, statusIndex });
  appendPassEntry(context, pass, 'pass.ended', now);
}

function appendPassEntry(
  { audit, reference }: Context,
  pass: PassRow,
  type: string,
  now: Millis,
): void {
  audit.append(type, now, reference.community(pass.communityNo).id, { pass: pass.id });
}

/** Without an exit reader a visit ends five minutes after the pass's last delivery did. */
function scheduleVisitEnd(
  context: Context,
  pass: PassRow,
  visit: VisitRow,
  authorised: boolean,
  now: Millis,
): void {
  const { db, reference } = context;
  const timeout = visitTimeoutAt(
    visit.openedAt,
    reference.rules(pass.communityNo, now).rules.maxDwellMinutes,
  );
  const afterDelivery = now + LAST_DELIVERY_GRACE_MS;
  const early = !authorised && afterDelivery < timeout && !hasExitReader(context, pass.communityNo);
  const due = early
    ? { dueAt: afterDelivery, dueBy: 'delivery_end' as const }
    : { dueAt: timeout, dueBy: 'timeout' as const };
  if (due.dueAt === visit.dueAt && due.dueBy === visit.dueBy) return;
  db.update(visits).set(due).where(eq(visits.no, visit.no)).run();
}

export function hasExitReader({ db }: Context, communityNo: number): boolean {
  const rows = db
    .select({ directions: gates.directions, revokedAt: gates.revokedAt })
    .from(gates)
    .where(eq(gates.communityNo, communityNo))
    .all();
  return rows.some((gate) => gate.revokedAt === null && gate.directions.includes('out'));
}

/** Closes a visit that ended without an exit being seen, and says so on the log. */
export function closeVisit(
  context: Context,
  visit: VisitRow,
  closedBy: 'delivery_end' | 'timeout' | 'join',
  now: Millis,
): void {
  const { db, audit, reference } = context;
  // What became known late is judged by when it was due, and so is what nobody swept up in time.
  const end = closedBy === 'join' ? now : Math.min(now, visit.dueAt);
  // A clock that was set back ends no visit before it began.
  const closedAt = Math.max(visit.openedAt, end);
  db.update(visits)
    .set({ slot: visit.no, closedAt, closedBy })
    .where(eq(visits.no, visit.no))
    .run();
  audit.append('visit.closed', now, reference.community(visit.communityNo).id, {
    visit: visit.id,
    closedBy,
  });
}
