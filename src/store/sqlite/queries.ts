/**
 * The queries behind every callback, code and pass, built once. Building a query takes drizzle a hundred
 * microseconds, running a built one takes five; what managers and scripts ask is built where it is used.
 */
import { and, count, desc, eq, gte, lte, ne, or, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import * as schema from './schema.ts';

const {
  attempts,
  callbacks,
  couriers,
  deliveries,
  passDeliveries,
  passes,
  platforms,
  restrictions,
  riderAccounts,
  statusSlots,
  visits,
} = schema;

/** A value given when the query runs. */
const given = sql.placeholder;
/** The same in the SET clause of an update. */
const set = <T>(name: string) => sql<T>`${sql.placeholder(name)}`;

/** The most passes that a rider is shown. */
const MOST_PASSES = 50;

export type Queries = ReturnType<typeof prepareQueries>;

export function prepareQueries(db: BetterSQLite3Database<typeof schema>) {
  return {
    ...platformQueries(db),
    ...courierQueries(db),
    ...deliveryQueries(db),
    ...passQueries(db),
    ...passWrites(db),
    ...attemptQueries(db),
  };
}

function platformQueries(db: BetterSQLite3Database<typeof schema>) {
  return {
    /** (slug) */
    platformBySlug: db
      .select()
      .from(platforms)
      .where(eq(platforms.slug, given('slug')))
      .prepare(),
  };
}

function courierQueries(db: BetterSQLite3Database<typeof schema>) {
  const account = and(
    eq(riderAccounts.platformNo, given('platformNo')),
    eq(riderAccounts.riderId, given('riderId')),
  );
  return {
    /** (platformNo, riderId) */
    account: db.select().from(riderAccounts).where(account).prepare(),
    /** (platformNo, riderId, vouchedAt) */
    vouch: db
      .update(riderAccounts)
      .set({ vouchedAt: set('vouchedAt') })
      .where(account)
      .prepare(),
    /** (platformNo, riderId, courierNo, vouchedAt) */
    addAccount: db
      .insert(riderAccounts)
      .values({
        platformNo: given('platformNo'),
        riderId: given('riderId'),
        courierNo: given('courierNo'),
        vouchedAt: given('vouchedAt'),
      })
      .prepare(),
    /** (id, createdAt) */
    addCourier: db
      .insert(couriers)
      .values({ id: given('id'), createdAt: given('createdAt') })
      .returning({ no: couriers.no })
      .prepare(),
    /** (no) */
    courier: db
      .select()
      .from(couriers)
      .where(eq(couriers.no, given('no')))
      .prepare(),
    /** (id) */
    courierById: db
      .select()
      .from(couriers)
      .where(eq(couriers.id, given('id')))
      .prepare(),
    /** (courierNo, communityNo) */
    restrictions: db
      .select()
      .from(restrictions)
      .where(
        and(
          eq(restrictions.courierNo, given('courierNo')),
          eq(restrictions.communityNo, given('communityNo')),
        ),
      )
      .prepare(),
  };
}

function deliveryQueries(db: BetterSQLite3Database<typeof schema>) {
  return {
    /** (platformNo, webhookId) */
    callback: db
      .select({ no: callbacks.no })
      .from(callbacks)
      .where(
        and(
          eq(callbacks.platformNo, given('platformNo')),
          eq(callbacks.webhookId, given('webhookId')),
        ),
      )
      .prepare(),
    /** (deliveryNo) */
    callbacksOf: db
      .select()
      .from(callbacks)
      .where(eq(callbacks.deliveryNo, given('deliveryNo')))
      .prepare(),
    /** (deliveryNo) */
    countCallbacks: db
      .select({ count: count() })
      .from(callbacks)
      .where(eq(callbacks.deliveryNo, given('deliveryNo')))
      .prepare(),
    addCallback: db
      .insert(callbacks)
      .values({
        platformNo: given('platformNo'),
        deliveryNo: given('deliveryNo'),
        webhookId: given('webhookId'),
        timestamp: given('timestamp'),
        status: given('status'),
        members: given('members'),
      })
      .prepare(),
    /** (platformNo, deliveryId) */
    delivery: db
      .select()
      .from(deliveries)
      .where(
        and(
          eq(deliveries.platformNo, given('platformNo')),
          eq(deliveries.deliveryId, given('deliveryId')),
        ),
      )
      .prepare(),
    /** (platformNo, deliveryId, status, at) */
    addDelivery: db
      .insert(deliveries)
      .values({
        platformNo: given('platformNo'),
        deliveryId: given('deliveryId'),
        status: given('status'),
        statusAt: given('at'),
        newestAt: given('at'),
      })
      .returning({ no: deliveries.no })
      .prepare(),
    /** (no, and every member of the state) */
    setDelivery: db
      .update(deliveries)
      .set({
        status: set('status'),
        statusAt: set('statusAt'),
        newestAt: set('newestAt'),
        courierNo: set('courierNo'),
        pickupNo: set('pickupNo'),
        dropoffNo: set('dropoffNo'),
        label: set('label'),
        building: set('building'),
        unit: set('unit'),
        floor: set('floor'),
        vehicle: set('vehicle'),
        plate: set('plate'),
        deadlineAt: set('deadlineAt'),
      })
      .where(eq(deliveries.no, given('no')))
      .returning()
      .prepare(),
    /** (deliveryNo) */
    passesOfDelivery: db
      .select({ no: passDeliveries.passNo, leg: passDeliveries.leg })
      .from(passDeliveries)
      .where(eq(passDeliveries.deliveryNo, given('deliveryNo')))
      .prepare(),
    /** (passNo, courierNo): the legs that belong to the pass's holder */
    legs: db
      .select({ leg: passDeliveries.leg, delivery: deliveries })
      .from(passDeliveries)
      .innerJoin(deliveries, eq(deliveries.no, passDeliveries.deliveryNo))
      .where(
        and(
          eq(passDeliveries.passNo, given('passNo')),
          eq(deliveries.courierNo, given('courierNo')),
        ),
      )
      .prepare(),
    /** (passNo, deliveryNo, leg) */
    link: db
      .insert(passDeliveries)
      .values({ passNo: given('passNo'), deliveryNo: given('deliveryNo'), leg: given('leg') })
      .onConflictDoNothing()
      .prepare(),
  };
}

function passQueries(db: BetterSQLite3Database<typeof schema>) {
  const ofCourier = eq(passes.courierNo, given('courierNo'));
  return {
    /** (no) */
    pass: db
      .select()
      .from(passes)
      .where(eq(passes.no, given('no')))
      .prepare(),
    /** (id, courierNo) */
    passOfCourier: db
      .select()
      .from(passes)
      .where(and(eq(passes.id, given('id')), ofCourier))
      .prepare(),
    /** (courierNo, communityNo) */
    livePass: db
      .select()
      .from(passes)
      .where(
        and(ofCourier, eq(passes.communityNo, given('communityNo')), ne(passes.status, 'ended')),
      )
      .prepare(),
    /** (courierNo, now) */
    lapsedPasses: db
      .select({ no: passes.no })
      .from(passes)
      .where(and(ofCourier, eq(passes.status, 'active'), lte(passes.reviewAt, given('now'))))
      .prepare(),
    /** (courierNo, endedSince), newest first */
    passesShown: db
      .select()
      .from(passes)
      .where(
        and(ofCourier, or(ne(passes.status, 'ended'), gte(passes.endedAt, given('endedSince')))),
      )
      .orderBy(desc(passes.no))
      .limit(MOST_PASSES)
      .prepare(),
    /** (passNo, carriedVisitNo): the pass's newest visit, or the one carried over to it, if that is open */
    openVisit: db
      .select()
      .from(visits)
      .where(
        and(
          eq(
            visits.no,
            sql`coalesce(${given('carriedVisitNo')}, (SELECT max(visit_no) FROM attempts
              WHERE pass_no = ${given('passNo')} AND entry_key IS NOT NULL))`,
          ),
          eq(visits.slot, schema.OPEN_SLOT),
        ),
      )
      .prepare(),
    /** (communityNo, now): an index that has rested */
    restedSlot: db
      .select()
      .from(statusSlots)
      .where(
        and(
          eq(statusSlots.communityNo, given('communityNo')),
          lte(statusSlots.freeAt, given('now')),
        ),
      )
      .orderBy(statusSlots.freeAt)
      .limit(1)
      .prepare(),
  };
}

function passWrites(db: BetterSQLite3Database<typeof schema>) {
  return {
    addPass: db
      .insert(passes)
      .values({
        id: given('id'),
        communityNo: given('communityNo'),
        courierNo: given('courierNo'),
        commitmentSalt: given('commitmentSalt'),
        status: 'active',
        statusIndex: given('statusIndex'),
        expiresAt: given('expiresAt'),
        reviewAt: given('reviewAt'),
        createdAt: given('createdAt'),
      })
      .returning()
      .prepare(),
    /** (no, status, reviewAt) */
    setPassStatus: db
      .update(passes)
      .set({ status: set('status'), reviewAt: set('reviewAt') })
      .where(eq(passes.no, given('no')))
      .prepare(),
    /** (no, now) */
    endPass: db
      .update(passes)
      .set({ status: 'ended', endedAt: set('now'), reviewAt: set('now') })
      .where(eq(passes.no, given('no')))
      .prepare(),
    /** (communityNo, freeAt, statusIndex) */
    restSlot: db
      .insert(statusSlots)
      .values({
        communityNo: given('communityNo'),
        freeAt: given('freeAt'),
        statusIndex: given('statusIndex'),
      })
      .prepare(),
    /** (communityNo) */
    nextStatusVersion: db
      .update(schema.communities)
      .set({ statusVersion: sql`${schema.communities.statusVersion} + 1` })
      .where(eq(schema.communities.no, given('communityNo')))
      .returning()
      .prepare(),
    /** (communityNo): counts the next index and keeps the published length twice as long */
    nextStatusIndex: db
      .update(schema.communities)
      .set({
        statusNext: sql`${schema.communities.statusNext} + 1`,
        statusListLength: sql`CASE WHEN 2 * (${schema.communities.statusNext} + 1) > ${schema.communities.statusListLength}
          THEN 2 * ${schema.communities.statusListLength} ELSE ${schema.communities.statusListLength} END`,
      })
      .where(eq(schema.communities.no, given('communityNo')))
      .returning()
      .prepare(),
  };
}

function attemptQueries(db: BetterSQLite3Database<typeof schema>) {
  return {
    /** (gateNo, requestId) */
    attemptByRequest: db
      .select()
      .from(attempts)
      .where(and(eq(attempts.gateNo, given('gateNo')), eq(attempts.requestId, given('requestId'))))
      .prepare(),
  };
}
