import { and, desc, eq, gt, gte, inArray, lt } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import { type CourierId, isIdentifier } from '../../../domain/identifier.ts';
import type { CourierRecord } from '../../manager-store.ts';
import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import {
  couriers,
  OPEN_SLOT,
  passes,
  platforms,
  restrictions,
  riderAccounts,
  visits,
} from '../schema.ts';
import { plans } from '../schema-plan.ts';
import { courierNo } from './couriers.ts';
import type { Operations } from './operation.ts';

type ManagerOperations = Pick<Operations, 'readFigures' | 'findCouriers' | 'putPlan' | 'readPlan'>;

/** Visits that are looked through for the couriers who were here last. */
const RECENT_VISITS = 400;

export function managerOperations(context: Context): ManagerOperations {
  const { db, sqlite, audit, reference } = context;
  return {
    readFigures({ communityId, since, partMs }) {
      const community = reference.communityById(communityId);
      if (community === null) return { rows: [], inside: 0 };
      const rows = sqlite
        .prepare<[number, number, number, number, number], FigureRowOf>(
          `SELECT CAST((at - ?) / ? AS INTEGER) AS part, direction, reason, count(*) AS count
           FROM attempts WHERE community_no = ? AND seq >= ? AND at >= ?
           GROUP BY part, direction, reason`,
        )
        .all(since, partMs, community.no, firstSince(context, since), since);
      const inside = sqlite
        .prepare<[number, number], { count: number }>(
          'SELECT count(*) AS count FROM visits WHERE community_no = ? AND slot = ?',
        )
        .get(community.no, OPEN_SLOT);
      return { rows, inside: inside?.count ?? 0 };
    },

    findCouriers({ communityId, text, limit, now }) {
      const community = reference.communityById(communityId);
      if (community === null) return [];
      const found = text === '' ? recent(context, community.no) : named(context, text);
      return found
        .filter((no) => text === '' || hasPass(context, no, community.no))
        .slice(0, limit)
        .flatMap((no) => courierRecord(context, no, community.no, now) ?? []);
    },

    putPlan({ communityId, plan, actor, now }) {
      const community = reference.communityById(communityId);
      if (community === null) return null;
      const before = db.select().from(plans).where(eq(plans.communityNo, community.no)).get();
      const version = (before?.version ?? 0) + 1;
      const values = { version, document: plan, author: actor, updatedAt: now };
      db.insert(plans)
        .values({ communityNo: community.no, ...values })
        .onConflictDoUpdate({ target: plans.communityNo, set: values })
        .run();
      audit.append('plan.changed', now, communityId, {
        actor,
        version,
        planDigest: digest(JSON.stringify(plan)),
      });
      return { plan, version, author: actor, updatedAt: now };
    },

    readPlan(communityId) {
      const community = reference.communityById(communityId);
      if (community === null) return null;
      const row = db.select().from(plans).where(eq(plans.communityNo, community.no)).get();
      if (row === undefined) return null;
      const { document, version, author, updatedAt } = row;
      return { plan: document, version, author, updatedAt };
    },
  };
}

type FigureRowOf = ReturnType<Operations['readFigures']>['rows'][number];

/** The first attempt that came in since an instant: found along the primary key, which grows with the time. */
function firstSince({ sqlite }: Context, since: Millis): number {
  const at = sqlite.prepare<[number], { seq: number; at: number }>(
    "SELECT seq, at FROM attempts WHERE seq >= ? AND source <> 'offline' ORDER BY seq LIMIT 1",
  );
  let low = 0;
  let high =
    (sqlite.prepare<[], { last: number | null }>('SELECT max(seq) AS last FROM attempts').get()
      ?.last ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = at.get(middle);
    if (row === undefined || row.at >= since) high = middle;
    else low = row.seq + 1;
  }
  return low;
}

/** Who was here last, the newest first. */
function recent({ db }: Context, communityNo: number): number[] {
  const read = (open: boolean) =>
    db
      .select({ courier: passes.courierNo, no: visits.no })
      .from(visits)
      .innerJoin(passes, eq(passes.no, visits.passNo))
      .where(
        and(
          eq(visits.communityNo, communityNo),
          open ? eq(visits.slot, OPEN_SLOT) : lt(visits.slot, OPEN_SLOT),
        ),
      )
      .orderBy(desc(visits.slot), desc(visits.no))
      .limit(RECENT_VISITS)
      .all();
  const rows = [...read(true), ...read(false)].sort((one, other) => other.no - one.no);
  return [...new Set(rows.flatMap(({ courier }) => courier ?? []))];
}

function named(context: Context, text: string): number[] {
  const { db } = context;
  if (isIdentifier('cou', text)) {
    const no = courierNo(context, text);
    return no === null ? [] : [no];
  }
  if (isIdentifier('pas', text)) {
    const pass = db.select().from(passes).where(eq(passes.id, text)).get();
    return pass?.courierNo == null ? [] : [pass.courierNo];
  }
  // Along the primary key (platform, rider): no pattern of a stranger's making is searched for.
  const all = db.select({ no: platforms.no }).from(platforms).all();
  const rows = db
    .select({ courier: riderAccounts.courierNo })
    .from(riderAccounts)
    .where(
      and(
        inArray(
          riderAccounts.platformNo,
          all.map(({ no }) => no),
        ),
        gte(riderAccounts.riderId, text),
        lt(riderAccounts.riderId, `${text}\u{10ffff}`),
      ),
    )
    .limit(RECENT_VISITS)
    .all();
  return [...new Set(rows.map(({ courier }) => courier))];
}

function hasPass({ db }: Context, courier: number, communityNo: number): boolean {
  const held = and(eq(passes.courierNo, courier), eq(passes.communityNo, communityNo));
  return db.select({ no: passes.no }).from(passes).where(held).limit(1).get() !== undefined;
}

function courierRecord(
  { db, sqlite }: Context,
  no: number,
  communityNo: number,
  now: Millis,
): CourierRecord | null {
  const courier = db.select().from(couriers).where(eq(couriers.no, no)).get();
  if (courier === undefined) return null;
  const riders = db
    .select({ platform: platforms.slug, riderId: riderAccounts.riderId })
    .from(riderAccounts)
    .innerJoin(platforms, eq(platforms.no, riderAccounts.platformNo))
    .where(eq(riderAccounts.courierNo, no))
    .all();
  // Along the index that leads from a pass to its entries.
  const entries = sqlite
    .prepare<[number, number], { count: number; last: number | null }>(
      `SELECT count(*) AS count, max(at) AS last FROM attempts
       WHERE entry_key IS NOT NULL
         AND pass_no IN (SELECT no FROM passes WHERE courier_no = ? AND community_no = ?)`,
    )
    .get(no, communityNo);
  const block = db
    .select({ reason: restrictions.reason, until: restrictions.until })
    .from(restrictions)
    .where(
      and(
        eq(restrictions.courierNo, no),
        eq(restrictions.communityNo, communityNo),
        eq(restrictions.kind, 'block'),
        gt(restrictions.until, now),
      ),
    )
    .get();
  return {
    courierId: courier.id as CourierId,
    riders,
    lastEntryAt: entries?.last ?? null,
    entries: entries?.count ?? 0,
    block: block ?? null,
  };
}
