import { and, desc, eq, isNotNull, lt } from 'drizzle-orm';
import { refuseAppeal, refuseDecision } from '../../../domain/conduct/appeal.ts';
import type { ConductStore } from '../../conduct-store.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import { alerts } from '../schema.ts';
import { alertCases, appeals, sanctions } from '../schema-conduct.ts';
import {
  type AppealRow,
  appealRecord,
  findAlertRow,
  findOwnAlert,
  sanctionRecord,
} from './alert-cases.ts';
import type { AlertRow } from './alerts.ts';
import { addSanction, enforce, liftSanction, settle } from './conduct-settle.ts';
import { courierNo } from './couriers.ts';
import { notify } from './notifications.ts';
import { cursor, NEWEST, type Operations, pageOf } from './operation.ts';
import { changeOf, tellSanctions } from './rider-alerts.ts';

type AppealOperations = Pick<
  Operations,
  Extract<
    keyof ConductStore,
    'fileAppeal' | 'decideAppeal' | 'listAppeals' | 'setSanction' | 'liftSanction'
  >
>;

export function appealOperations(context: Context): AppealOperations {
  const { db, audit, reference } = context;
  return {
    fileAppeal({ courierId, alertId, communityId, text, now }) {
      const no = courierNo(context, courierId);
      const found = no === null ? null : findOwnAlert(context, no, alertId);
      if (found === null) return { kind: 'not_found' };
      const { alert } = found;
      const community = reference.community(alert.communityNo);
      if (communityId !== null && communityId !== community.id) return { kind: 'not_found' };
      const appeal = appealOf(context, alert)?.state ?? null;
      const refused = refuseAppeal({ appeal, shownAt: found.case.shownAt }, now);
      if (refused !== null) return { kind: refused };
      const row = db
        .insert(appeals)
        .values({
          id: newIdentifier('apl'),
          alertNo: alert.no,
          communityNo: alert.communityNo,
          courierNo: no,
          state: 'open',
          text,
          filedAt: now,
        })
        .returning()
        .get();
      audit.append('appeal.filed', now, community.id, { appeal: row.id, alert: alert.id });
      const level = found.case.level ?? 'notice';
      const extra = { appealId: row.id, ...(found.case.level === null ? {} : { level }) };
      // An appeal concerns a manager whatever the alert's level: somebody has to decide it.
      notify(context, { event: 'appeal.filed', alert, level: 'serious', extra }, now);
      const change = changeOf(context, alert);
      return { kind: 'filed', appeal: appealRecord(context, row, alert.id), change };
    },

    decideAppeal({ communityId, alertId, appealId, decision, reason, actor, now }) {
      const alert = findAlertRow(context, communityId, alertId);
      const found = alert === null ? null : appealOf(context, alert);
      if (alert === null || found === null || found.id !== appealId) return { kind: 'not_found' };
      const refused = refuseDecision({ state: found.state, setBy: setBy(context, alert) }, actor);
      if (refused !== null) return { kind: refused };
      const row = db
        .update(appeals)
        .set({ state: decision, decidedAt: now, decidedBy: actor, reason })
        .where(eq(appeals.no, found.no))
        .returning()
        .get();
      audit.append('appeal.decided', now, communityId, {
        appeal: appealId,
        alert: alertId,
        decision,
        actor,
      });
      if (decision === 'upheld') undo(context, alert, row, now);
      const extra = { appealId, decision };
      notify(context, { event: 'appeal.decided', alert, level: 'warning', extra }, now);
      const change = changeOf(context, alert);
      return { kind: 'decided', appeal: appealRecord(context, row, alertId), change };
    },

    listAppeals({ communityId, state, page }) {
      const community = reference.communityById(communityId);
      if (community === null) return { items: [], next: null };
      const own = and(
        eq(appeals.communityNo, community.no),
        lt(appeals.no, cursor(page, NEWEST)),
        state === null ? undefined : eq(appeals.state, state),
      );
      const rows = db
        .select({ appeal: appeals, alertId: alerts.id, no: appeals.no })
        .from(appeals)
        .innerJoin(alerts, eq(alerts.no, appeals.alertNo))
        .where(own)
        .orderBy(desc(appeals.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, ({ appeal, alertId }) => appealRecord(context, appeal, alertId));
    },

    setSanction({ communityId, alertId, kind, until, actor, now }) {
      const alert = findAlertRow(context, communityId, alertId);
      const found = alert === null ? null : holderOf(context, alert);
      if (alert === null || found === null) return 'not_found';
      const { source, withdrawnAt, ...holder } = found;
      if (source === 'phone') return 'phone';
      if (withdrawnAt !== null) return 'withdrawn';
      if (appealOf(context, alert)?.state === 'upheld') return 'upheld';
      const values = { ...holder, alertNo: alert.no, kind, threshold: 0, from: now, until };
      const row = addSanction(context, { ...values, because: 'manager', setBy: actor }, now);
      enforce(context, holder, now);
      tellSanctions(context, alert, [row], now);
      return { sanction: sanctionRecord(row, alertId), change: changeOf(context, alert) };
    },

    liftSanction({ communityId, sanctionId, actor, now }) {
      const community = reference.communityById(communityId);
      const row = db.select().from(sanctions).where(eq(sanctions.id, sanctionId)).get();
      if (row === undefined || row.communityNo !== community?.no) return null;
      if (row.liftedAt !== null || row.until <= now) return null;
      liftSanction(context, row, actor, now);
      enforce(context, row, now);
      const alert = db.select().from(alerts).where(eq(alerts.no, row.alertNo)).get();
      return alert === undefined ? null : changeOf(context, alert);
    },
  };
}

/** The alert counts no more. */
function undo(context: Context, alert: AlertRow, appeal: AppealRow, now: number): void {
  const holder = holderOf(context, alert);
  if (holder === null) return;
  const pass = alert.passNo === null ? undefined : context.queries.pass.get({ no: alert.passNo });
  const because = { reference: appeal.id, pass: pass?.id ?? null };
  settle(context, holder, { cause: 'appeal_upheld', ...because }, now);
}

function appealOf({ db }: Context, { no }: AlertRow): AppealRow | null {
  return db.select().from(appeals).where(eq(appeals.alertNo, no)).get() ?? null;
}

/** Who set sanctions by hand on the ground of an alert. */
function setBy({ db }: Context, { no }: AlertRow): string[] {
  return db
    .select({ setBy: sanctions.setBy })
    .from(sanctions)
    .where(and(eq(sanctions.alertNo, no), isNotNull(sanctions.setBy)))
    .all()
    .flatMap((row) => (row.setBy === null ? [] : [row.setBy]));
}

function holderOf({ db }: Context, { no, communityNo }: AlertRow) {
  const row = db
    .select({
      courierNo: alertCases.courierNo,
      source: alertCases.source,
      withdrawnAt: alertCases.withdrawnAt,
    })
    .from(alertCases)
    .where(eq(alertCases.alertNo, no))
    .get();
  if (row === undefined || row.courierNo === null) return null;
  return { ...row, courierNo: row.courierNo, communityNo };
}
