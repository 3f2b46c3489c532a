import { and, desc, eq, isNull, lt } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { AlertId, CommunityId } from '../../../domain/identifier.ts';
import type {
  AlertCase,
  AppealRecord,
  ConductStore,
  SanctionRecord,
  SpeedEvidence,
} from '../../conduct-store.ts';
import type { Context } from '../database.ts';
import { alerts, passes } from '../schema.ts';
import { alertCases, appeals, sanctions } from '../schema-conduct.ts';
import { type AlertRow, alertRecord } from './alerts.ts';
import type { SanctionRow } from './conduct-settle.ts';
import { courierNo } from './couriers.ts';
import { cursor, NEWEST, type Operations, pageOf } from './operation.ts';
import { changeOf } from './rider-alerts.ts';

type CaseOperations = Pick<
  Operations,
  Extract<
    keyof ConductStore,
    'findAlert' | 'acknowledgeAlert' | 'listRiderAlerts' | 'findRiderAlert'
  >
>;

export type CaseRow = typeof alertCases.$inferSelect;
export type AppealRow = typeof appeals.$inferSelect;

export function alertCaseOperations(context: Context): CaseOperations {
  const { db, audit } = context;
  return {
    findAlert({ communityId, alertId }) {
      const row = findAlertRow(context, communityId, alertId);
      return row === null ? null : caseOf(context, row);
    },

    acknowledgeAlert({ communityId, alertId, actor, now }) {
      const row = findAlertRow(context, communityId, alertId);
      if (row === null) return null;
      if (row.acknowledgedAt !== null) return changeOf(context, row);
      const noted = { acknowledgedAt: now, acknowledgedBy: actor };
      db.update(alerts).set(noted).where(eq(alerts.no, row.no)).run();
      audit.append('alert.acknowledged', now, communityId, { alert: alertId, actor });
      return changeOf(context, { ...row, ...noted });
    },

    listRiderAlerts({ courierId, page, now }) {
      const no = courierNo(context, courierId);
      if (no === null) return { items: [], next: null };
      const rows = db
        .select({ alert: alerts, no: alerts.no })
        .from(alertCases)
        .innerJoin(alerts, eq(alerts.no, alertCases.alertNo))
        .where(and(eq(alertCases.courierNo, no), lt(alertCases.alertNo, cursor(page, NEWEST))))
        .orderBy(desc(alertCases.alertNo))
        .limit(page.limit + 1)
        .all();
      for (const row of rows.slice(0, page.limit)) markShown(context, row.no, now);
      return pageOf(rows, page, ({ alert }) => caseOf(context, alert));
    },

    findRiderAlert({ courierId, alertId, as, now }) {
      const no = courierNo(context, courierId);
      const found = no === null ? null : findOwnAlert(context, no, alertId);
      if (found === null) return null;
      if (as === 'shown') markShown(context, found.alert.no, now);
      return caseOf(context, found.alert);
    },
  };
}

export function findAlertRow(
  { db, reference }: Context,
  communityId: CommunityId,
  alertId: AlertId,
): AlertRow | null {
  const community = reference.communityById(communityId);
  if (community === null) return null;
  const own = and(eq(alerts.id, alertId), eq(alerts.communityNo, community.no));
  return db.select().from(alerts).where(own).get() ?? null;
}

/** An alert about this courier. */
export function findOwnAlert(
  { db }: Context,
  courier: number,
  alertId: AlertId,
): { alert: AlertRow; case: CaseRow } | null {
  const found = db
    .select({ alert: alerts, case: alertCases })
    .from(alerts)
    .innerJoin(alertCases, eq(alertCases.alertNo, alerts.no))
    .where(and(eq(alerts.id, alertId), eq(alertCases.courierNo, courier)))
    .get();
  return found ?? null;
}

/** The first time stays. */
function markShown({ db }: Context, alertNo: number, now: Millis): void {
  const unseen = and(eq(alertCases.alertNo, alertNo), isNull(alertCases.shownAt));
  db.update(alertCases).set({ shownAt: now }).where(unseen).run();
}

/** An alert with its evidence and what became of it. */
function caseOf(context: Context, row: AlertRow): AlertCase {
  const { db } = context;
  const found = db.select().from(alertCases).where(eq(alertCases.alertNo, row.no)).get();
  const passId =
    row.passNo === null
      ? undefined
      : db.select({ id: passes.id }).from(passes).where(eq(passes.no, row.passNo)).get()?.id;
  const bound = db.select().from(sanctions).where(eq(sanctions.alertNo, row.no)).all();
  const appeal = db.select().from(appeals).where(eq(appeals.alertNo, row.no)).get();
  return {
    alert: alertRecord(context, row, passId ?? null, found?.level ?? null),
    speed: found === undefined ? null : speedOf(found),
    rulesVersion: found?.rulesVersion ?? null,
    points: found?.points ?? 0,
    shownAt: found?.shownAt ?? null,
    withdrawnAt: found?.withdrawnAt ?? null,
    sanctions: bound.map((sanction) => sanctionRecord(sanction, row.id)),
    appeal: appeal === undefined ? null : appealRecord(context, appeal, row.id),
  };
}

function speedOf(row: CaseRow): SpeedEvidence | null {
  const { source, limitKmh, marginKmh, peakKmh, zone, zoneName, readings } = row;
  if (source === null || limitKmh === null || marginKmh === null || peakKmh === null) return null;
  return { source, limitKmh, marginKmh, peakKmh, zone, zoneName, readings };
}

export function sanctionRecord(row: SanctionRow, alertId: AlertId): SanctionRecord {
  const { id, kind, because, from, until, liftedAt } = row;
  return { id, alertId, kind, because, from, until, liftedAt };
}

export function appealRecord(
  { reference }: Context,
  row: AppealRow,
  alertId: AlertId,
): AppealRecord {
  const { id, state, text, filedAt, decidedAt, reason } = row;
  const communityId = reference.community(row.communityNo).id;
  return { id, alertId, communityId, state, text, filedAt, decidedAt, reason };
}
