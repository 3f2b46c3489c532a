import { and, eq, lte } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { CommunityId, CourierId } from '../../../domain/identifier.ts';
import type { Context } from '../database.ts';
import { communities, OPEN_SLOT, passes, visits } from '../schema.ts';
import { countCleanVisits, raiseOverstays } from './conduct.ts';
import { courierId } from './couriers.ts';
import { sweepGateHealth } from './gate-health.ts';
import { LapsedCommands } from './lapsed-commands.ts';
import { forgetNotifications, releaseToPlatforms } from './notify-queue.ts';
import type { Operations } from './operation.ts';
import { closeVisit, refreshInside, refreshPass, type VisitRow } from './pass-lifecycle.ts';

type UpkeepOperations = Pick<Operations, 'sweep' | 'ping'>;

export function upkeepOperations(context: Context): UpkeepOperations {
  /** By community: the version of its rules that the last sweep saw in force. */
  const versions = new Map<number, number>();
  const { db, sqlite, reference } = context;
  const lapsedCommands = new LapsedCommands(context);
  return {
    sweep({ now, limit, gateSilentMs }) {
      const couriers = new Set<CourierId>();
      const touched = new Set<CommunityId>();
      const touch = (row: { courierNo: number | null; communityNo: number }) => {
        const courier = courierId(context, row.courierNo);
        if (courier !== null) couriers.add(courier);
        touched.add(reference.community(row.communityNo).id);
      };

      let passesEnded = 0;
      const review = (no: number) => {
        refreshPass(context, no, now);
        if (context.queries.pass.get({ no })?.status === 'ended') passesEnded += 1;
      };

      refreshWhereRulesChanged(context, versions, now);
      const riderAlerts = raiseOverstays(context, now, limit);
      const due = dueVisits(context, now, limit);
      for (const visit of due) {
        closeVisit(context, visit, visit.dueBy, now);
        const pass = context.queries.pass.get({ no: visit.passNo });
        if (pass === undefined) continue;
        if (pass.status !== 'ended') review(pass.no);
        touch(pass);
      }

      const lapsing = db
        .select()
        .from(passes)
        .where(and(lte(passes.reviewAt, now), eq(passes.status, 'active')))
        .limit(limit)
        .all();
      for (const pass of lapsing) {
        review(pass.no);
        touch(pass);
      }

      for (const courierNo of lapsedCommands.settle(now, limit)) {
        const courier = courierId(context, courierNo);
        if (courier !== null) couriers.add(courier);
      }
      forgetExpired(context, now, limit);
      countCleanVisits(context, now, limit);
      releaseToPlatforms(context, now, limit);
      forgetNotifications(context, now, limit);
      return {
        passesEnded,
        visitsClosed: due.length,
        ...(gateSilentMs !== undefined && {
          alerts: sweepGateHealth(context, { silentMs: gateSilentMs, limit, now }),
        }),
        ...(riderAlerts.length > 0 && { riderAlerts }),
        couriers: [...couriers],
        communities: [...touched],
      };
    },

    ping() {
      sqlite.prepare('SELECT 1 FROM communities LIMIT 1').get();
    },
  };
}

/** An announced version that has come into force may bring back the right of somebody inside. */
function refreshWhereRulesChanged(context: Context, seen: Map<number, number>, now: Millis): void {
  for (const { no } of context.db.select({ no: communities.no }).from(communities).all()) {
    const { version } = context.reference.rules(no, now);
    if (seen.get(no) !== version) refreshInside(context, no, now);
    seen.set(no, version);
  }
}

/** Open visits whose time has come, community by community along the index of open visits. */
function dueVisits({ db }: Context, now: Millis, limit: number): VisitRow[] {
  const due: VisitRow[] = [];
  for (const { no } of db.select({ no: communities.no }).from(communities).all()) {
    if (due.length >= limit) break;
    const overdue = and(
      eq(visits.communityNo, no),
      eq(visits.slot, OPEN_SLOT),
      lte(visits.dueAt, now),
    );
    due.push(
      ...db
        .select()
        .from(visits)
        .where(overdue)
        .limit(limit - due.length)
        .all(),
    );
  }
  return due;
}

/** Credentials that have expired are of no more use to anybody. */
function forgetExpired({ sqlite }: Context, now: Millis, limit: number): void {
  for (const table of ['gate_assertions', 'rider_links', 'rider_sessions']) {
    const expired = `SELECT rowid FROM ${table} WHERE expires_at <= ? LIMIT ?`;
    sqlite.prepare(`DELETE FROM ${table} WHERE rowid IN (${expired})`).run(now, limit);
  }
}
