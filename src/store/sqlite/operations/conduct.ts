/** Riders' accounts: what is on them, what visits give back, and visits that last too long. */
import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import { MINUTE_MS, type Millis } from '../../../domain/clock.ts';
import { ACCOUNTS, worthOfVisit } from '../../../domain/conduct/conduct.ts';
import type { PassId, VisitId } from '../../../domain/identifier.ts';
import { overstayAt } from '../../../domain/pass.ts';
import type { ConductChange, ConductRecord, ConductStore } from '../../conduct-store.ts';
import type { Context } from '../database.ts';
import { alerts, OPEN_SLOT } from '../schema.ts';
import {
  alertCases,
  appeals,
  conductAccounts,
  pointMovements,
  sanctions,
  visitCredits,
} from '../schema-conduct.ts';
import { sanctionRecord } from './alert-cases.ts';
import { type Holder, lostOf, move, settle } from './conduct-settle.ts';
import { courierNo } from './couriers.ts';
import { cursor, NEWEST, type Operations, pageOf } from './operation.ts';
import { raiseRiderAlert } from './rider-alerts.ts';

type ConductOperations = Pick<
  Operations,
  Extract<keyof ConductStore, 'listConduct' | 'listMovements' | 'contribute'>
>;

/** Communities of one courier that are shown. */
const MOST_COMMUNITIES = 200;

export function conductOperations(context: Context): ConductOperations {
  const { db, reference } = context;
  return {
    listConduct(courier, now) {
      const no = courierNo(context, courier);
      if (no === null) return [];
      return communitiesOf(context, no).map((communityNo) =>
        conductOf(context, { courierNo: no, communityNo }, now),
      );
    },

    listMovements({ communityId, courierId: courier, page }) {
      const no = courierNo(context, courier);
      const community = reference.communityById(communityId);
      if (no === null || community === null) return { items: [], next: null };
      const rows = db
        .select()
        .from(pointMovements)
        .where(
          and(
            eq(pointMovements.courierNo, no),
            eq(pointMovements.communityNo, community.no),
            lt(pointMovements.no, cursor(page, NEWEST)),
          ),
        )
        .orderBy(desc(pointMovements.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, ({ account, points, cause, reference: of, at }) => ({
        account,
        points,
        cause,
        reference: of,
        at,
      }));
    },

    contribute({ communityId, courierId: courier, points, reference: of, actor, now }) {
      const no = courierNo(context, courier);
      const community = reference.communityById(communityId);
      if (no === null || community === null) return false;
      const known = db
        .select({ no: pointMovements.no })
        .from(pointMovements)
        .where(
          and(
            eq(pointMovements.courierNo, no),
            eq(pointMovements.communityNo, community.no),
            eq(pointMovements.account, 'contribution'),
            eq(pointMovements.reference, of),
          ),
        )
        .get();
      if (known !== undefined) return true;
      const holder = { courierNo: no, communityNo: community.no };
      const because = { cause: 'contribution', reference: of } as const;
      move(context, { ...holder, ...because, account: 'contribution', points, actor }, now);
      return true;
    },
  };
}

function communitiesOf({ db }: Context, no: number): number[] {
  return db
    .selectDistinct({ communityNo: pointMovements.communityNo })
    .from(pointMovements)
    .where(eq(pointMovements.courierNo, no))
    .limit(MOST_COMMUNITIES)
    .all()
    .map(({ communityNo }) => communityNo);
}

function conductOf(context: Context, holder: Holder, now: Millis): ConductRecord {
  const { db, reference } = context;
  const { courierNo: no, communityNo } = holder;
  const [conduct = 0, contribution = 0] = ACCOUNTS.map((account) =>
    sumOf(context, holder, account),
  );
  const inForce = db
    .select({ sanction: sanctions, alertId: alerts.id })
    .from(sanctions)
    .innerJoin(alerts, eq(alerts.no, sanctions.alertNo))
    .where(
      and(
        eq(sanctions.courierNo, no),
        eq(sanctions.communityNo, communityNo),
        gt(sanctions.until, now),
        isNull(sanctions.liftedAt),
      ),
    )
    .all();
  return {
    communityId: reference.community(communityNo).id,
    conduct,
    contribution,
    sanctions: inForce.map(({ sanction, alertId }) => sanctionRecord(sanction, alertId)),
  };
}

function sumOf(
  { db }: Context,
  { courierNo: no, communityNo }: Holder,
  account: (typeof ACCOUNTS)[number],
): number {
  const own = and(
    eq(pointMovements.courierNo, no),
    eq(pointMovements.communityNo, communityNo),
    eq(pointMovements.account, account),
  );
  const sum = sql<number | null>`sum(${pointMovements.points})`;
  return db.select({ sum }).from(pointMovements).where(own).get()?.sum ?? 0;
}

/** The elder courier takes over what the younger has on its accounts and against it: points add up. */
export function joinConduct({ db }: Context, younger: number, elder: number): void {
  for (const table of [alertCases, pointMovements, visitCredits, sanctions, appeals]) {
    db.update(table).set({ courierNo: elder }).where(eq(table.courierNo, younger)).run();
  }
  const moved = db
    .delete(conductAccounts)
    .where(eq(conductAccounts.courierNo, younger))
    .returning()
    .all();
  for (const account of moved) {
    const { lost, countedThrough } = account;
    db.insert(conductAccounts)
      .values({ ...account, courierNo: elder })
      .onConflictDoUpdate({
        target: [conductAccounts.courierNo, conductAccounts.communityNo],
        set: {
          lost: sql`${conductAccounts.lost} + ${lost}`,
          countedThrough: sql`max(${conductAccounts.countedThrough}, ${countedThrough})`,
        },
      })
      .run();
  }
}

// ── what visits give back ─────────────────────────────────────────────────────────────────────────────────

/** A visit is counted this long after it closed: what gates and phones report late is mostly known by then. */
const COUNT_AFTER_MS = 10 * MINUTE_MS;

interface ClosedVisit {
  readonly id: VisitId;
}

/** Counts the visits that closed lately of those who have lost points. @returns how many couriers were looked at */
export function countCleanVisits(context: Context, now: Millis, limit: number): number {
  const { db, sqlite, reference } = context;
  const through = now - COUNT_AFTER_MS;
  const closed = sqlite.prepare<[number, number, Millis, Millis, Millis], ClosedVisit>(
    `SELECT DISTINCT v.id FROM passes p JOIN attempts a ON a.pass_no = p.no AND a.entry_key IS NOT NULL
       JOIN visits v ON v.no = a.visit_no
     WHERE p.courier_no = ? AND p.community_no = ? AND (p.ended_at IS NULL OR p.ended_at >= ?)
       AND v.closed_at > ? AND v.closed_at <= ? AND v.closed_by <> 'join' ORDER BY v.closed_at, v.no`,
  );
  const losing = sqlite
    .prepare<[Millis, number], typeof conductAccounts.$inferSelect>(
      `SELECT courier_no AS courierNo, community_no AS communityNo, lost, counted_through AS countedThrough
       FROM conduct_accounts WHERE lost > 0 AND counted_through < ? ORDER BY counted_through LIMIT ?`,
    )
    .all(through - COUNT_AFTER_MS, limit);
  for (const { courierNo: no, communityNo, countedThrough } of losing) {
    const holder = { courierNo: no, communityNo };
    const { rules } = reference.rules(communityNo, now);
    for (const { id } of closed.all(no, communityNo, countedThrough, countedThrough, through)) {
      const worth = worthOfVisit(rules.speedConsequences, lostOf(context, holder));
      if (worth > 0) creditVisit(context, holder, id, worth, now);
    }
    db.update(conductAccounts)
      .set({ countedThrough: through })
      .where(and(eq(conductAccounts.courierNo, no), eq(conductAccounts.communityNo, communityNo)))
      .run();
  }
  return losing.length;
}

function creditVisit(
  context: Context,
  holder: Holder,
  visitId: VisitId,
  worth: number,
  at: Millis,
) {
  const credit = { ...holder, visitId, worth, at };
  const { changes } = context.db.insert(visitCredits).values(credit).onConflictDoNothing().run();
  if (changes > 0) settle(context, holder, { cause: 'clean_visit', reference: visitId }, at);
}

// ── visits that last too long ─────────────────────────────────────────────────────────────────────────────

interface LongVisit {
  readonly id: VisitId;
  readonly openedAt: Millis;
  readonly passNo: number;
  readonly passId: PassId;
  readonly courierNo: number | null;
  readonly orders: number;
}

/** Raises an alert for each open visit that outlasts what the rules and its orders allow; one a visit. */
export function raiseOverstays(context: Context, now: Millis, limit: number): ConductChange[] {
  const { sqlite, reference } = context;
  const communities = sqlite.prepare<[], number>('SELECT no FROM communities').pluck();
  const long = sqlite.prepare<[number, Millis, number], LongVisit>(
    `SELECT v.id, v.opened_at AS openedAt, p.no AS passNo, p.id AS passId, p.courier_no AS courierNo,
       (SELECT count(DISTINCT delivery_no) FROM pass_deliveries WHERE pass_no = p.no) AS orders
     FROM visits v JOIN passes p ON p.no = v.pass_no
     WHERE v.community_no = ? AND v.slot = ${OPEN_SLOT} AND v.opened_at <= ?
       AND NOT EXISTS (SELECT 1 FROM alerts WHERE visit_id = v.id AND kind = 'overstay') LIMIT ?`,
  );
  const raised: ConductChange[] = [];
  for (const communityNo of communities.all()) {
    if (raised.length >= limit) break;
    const { maxDwellMinutes } = reference.rules(communityNo, now).rules;
    const since = now - maxDwellMinutes * MINUTE_MS;
    for (const visit of long.all(communityNo, since, limit - raised.length)) {
      const at = overstayAt(visit.openedAt, maxDwellMinutes, visit.orders);
      if (at > now) continue;
      raised.push(raiseOverstay(context, communityNo, visit, { at, maxDwellMinutes }, now));
    }
  }
  return raised;
}

function raiseOverstay(
  context: Context,
  communityNo: number,
  visit: LongVisit,
  { at, maxDwellMinutes }: { readonly at: Millis; readonly maxDwellMinutes: number },
  now: Millis,
): ConductChange {
  const { id: visitId, openedAt, passNo, passId, orders } = visit;
  const details = { openedAt: new Date(openedAt).toISOString(), maxDwellMinutes, orders };
  return raiseRiderAlert(
    context,
    {
      kind: 'overstay',
      communityNo,
      courierNo: visit.courierNo,
      pass: { no: passNo, id: passId },
      visitId,
      gate: null,
      auditId: null,
      at,
      endedAt: at,
      bell: 'rings',
      speed: null,
      details,
    },
    now,
  );
}
