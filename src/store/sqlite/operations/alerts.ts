import { and, desc, eq, isNull, lt } from 'drizzle-orm';
import {
  type AlertDetails,
  type AlertKind,
  type AlertRecord,
  alertOfFlag,
  BURST_COUNT,
  BURST_MS,
  BURST_REST_MS,
  isRiderAlert,
  LASTING_ALERTS,
  type LastingAlert,
  REPLAY_REST_MS,
} from '../../../domain/alert.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { SpeedLevel } from '../../../domain/entry-rules.ts';
import type { PassId, VisitId } from '../../../domain/identifier.ts';
import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import type { GateRow } from '../reference-data.ts';
import { alerts, passes } from '../schema.ts';
import { alertCases } from '../schema-conduct.ts';
import type { JudgedAttempt } from './attempt-record.ts';
import { notifyOfAlert } from './notifications.ts';
import { cursor, NEWEST, type Operations, pageOf } from './operation.ts';

export type AlertRow = typeof alerts.$inferSelect;

export function alertOperations(context: Context): Pick<Operations, 'listAlerts'> {
  const { db, reference } = context;
  return {
    listAlerts({ communityId, open, page }) {
      const community = reference.communityById(communityId);
      if (community === null) return { items: [], next: null };
      const own = and(
        eq(alerts.communityNo, community.no),
        lt(alerts.no, cursor(page, NEWEST)),
        open === true ? isNull(alerts.endedAt) : undefined,
      );
      const rows = db
        .select({ alert: alerts, passId: passes.id, level: alertCases.level, no: alerts.no })
        .from(alerts)
        .leftJoin(passes, eq(passes.no, alerts.passNo))
        .leftJoin(alertCases, eq(alertCases.alertNo, alerts.no))
        .where(open === false ? and(own, lt(alerts.endedAt, Number.MAX_SAFE_INTEGER)) : own)
        .orderBy(desc(alerts.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, ({ alert, passId, level }) =>
        alertRecord(context, alert, passId, level),
      );
    },
  };
}

export interface NewAlert {
  readonly kind: AlertKind;
  readonly gate: GateRow;
  readonly pass?: { readonly no: number; readonly id: PassId } | null;
  readonly visitId?: VisitId | null;
  readonly auditId?: string | null;
  readonly at: Millis;
  readonly details?: AlertDetails;
}

/** Raises an alert in the transaction of its cause. Null: it lasts already. @param now for the audit log */
export function raiseAlert(context: Context, alert: NewAlert, now: Millis): AlertRecord | null {
  const { kind, gate, at } = alert;
  const lasting = isLasting(kind);
  if (lasting && openAlert(context, gate.no, kind) !== undefined) return null;
  const { communityNo } = gate;
  const row = insertAlert(context, { ...alert, communityNo, endedAt: lasting ? null : at }, now);
  if (alert.pass && isRiderAlert(kind)) addCase(context, row, alert.pass.no, now);
  const record = alertRecord(context, row, alert.pass?.id ?? null, null);
  notifyOfAlert(context, row, null, now);
  return record;
}

/** An alert about a rider is theirs to see. */
function addCase(context: Context, row: AlertRow, passNo: number, now: Millis): void {
  const { db, queries, reference } = context;
  db.insert(alertCases)
    .values({
      alertNo: row.no,
      communityNo: row.communityNo,
      courierNo: queries.pass.get({ no: passNo })?.courierNo ?? null,
      rulesVersion: reference.rules(row.communityNo, row.at).version,
      readings: [],
      bell: 'rings',
      recordedAt: now,
    })
    .run();
}

interface AlertToInsert extends Omit<NewAlert, 'gate'> {
  readonly communityNo: number;
  readonly gate: GateRow | null;
  readonly endedAt: Millis | null;
}

/** Writes an alert and its audit entry. */
export function insertAlert(context: Context, alert: AlertToInsert, now: Millis): AlertRow {
  const { db, audit, reference } = context;
  const { kind, gate, at, details = {} } = alert;
  const community = reference.community(alert.communityNo);
  const row = db
    .insert(alerts)
    .values({
      id: newIdentifier('alr'),
      communityNo: community.no,
      kind,
      gateNo: gate?.no ?? null,
      passNo: alert.pass?.no ?? null,
      visitId: alert.visitId ?? null,
      auditId: alert.auditId ?? null,
      at,
      endedAt: alert.endedAt,
      details: { ...details },
    })
    .returning()
    .get();
  audit.append('alert.raised', now, community.id, {
    alert: row.id,
    kind,
    since: new Date(at).toISOString(),
    details: digest(JSON.stringify(row.details)),
    ...(gate === null ? {} : { gate: gate.id }),
    ...(alert.pass ? { pass: alert.pass.id } : {}),
    ...(row.auditId === null ? {} : { cause: row.auditId }),
  });
  return row;
}

/** Raises a lasting alert that is over already: it is on the list and rings no second time. */
export function raiseEnded(context: Context, alert: NewAlert, now: Millis): AlertRecord | null {
  const raised = raiseAlert(context, alert, now);
  return raised === null ? null : (endAlert(context, alert.gate, alert.kind, now) ?? raised);
}

/** Ends a lasting alert of a gate. Null: there was none. */
export function endAlert(
  context: Context,
  gate: GateRow,
  kind: AlertKind,
  now: Millis,
): AlertRecord | null {
  const open = openAlert(context, gate.no, kind);
  if (open === undefined) return null;
  const { db, audit, reference } = context;
  const endedAt = Math.max(now, open.at);
  db.update(alerts).set({ endedAt }).where(eq(alerts.no, open.no)).run();
  const community = reference.community(open.communityNo);
  audit.append('alert.ended', now, community.id, { alert: open.id, kind, gate: gate.id });
  return alertRecord(context, { ...open, endedAt }, null, null);
}

function isLasting(kind: AlertKind): kind is LastingAlert {
  return LASTING_ALERTS.some((lasting) => lasting === kind);
}

function openAlert({ db }: Context, gateNo: number, kind: AlertKind): AlertRow | undefined {
  const open = and(
    eq(alerts.gateNo, gateNo),
    eq(alerts.kind, kind),
    isNull(alerts.endedAt),
    isNull(alerts.passNo),
  );
  return db.select().from(alerts).where(open).get();
}

/**
 * The alerts of a decision that was just recorded: those of its flags, and of a burst of forged codes. Most decisions
 * have neither and cost nothing here.
 */
export function alertsOfDecision(
  context: Context,
  gate: GateRow,
  judged: JudgedAttempt,
  auditId: string,
  now: Millis,
): AlertRecord[] {
  if (judged.flags.length === 0 && judged.reason !== 'bad_signature') return [];
  const { passNo, passId, visitId, at } = judged;
  const pass = passNo === null || passId === null ? null : { no: passNo, id: passId };
  const raised: AlertRecord[] = [];
  const raise = (kind: AlertKind, details: AlertDetails) => {
    const alert = raiseAlert(context, { kind, gate, pass, visitId, auditId, at, details }, now);
    if (alert !== null) raised.push(alert);
  };
  for (const flag of judged.flags) {
    const kind = alertOfFlag(flag);
    if (kind === null || kind === 'offline_conflict') continue;
    if (kind === 'code_replayed' && raisedLately(context, gate, kind, passNo, at - REPLAY_REST_MS))
      continue;
    raise(kind, { requestId: judged.requestId, reason: judged.reason });
  }
  if (judged.reason === 'bad_signature' && isBurst(context, gate, at))
    raise('forged_code', { attempts: BURST_COUNT, withinSeconds: BURST_MS / 1_000 });
  return raised;
}

/** Alerts looked back at: more within a minute are another matter. */
const LOOK_BACK = 50;

function raisedLately(
  { sqlite }: Context,
  gate: GateRow,
  kind: AlertKind,
  passNo: number | null,
  since: Millis,
): boolean {
  const row = sqlite
    .prepare(
      `SELECT 1 FROM (SELECT * FROM alerts WHERE community_no = ? ORDER BY no DESC LIMIT ${LOOK_BACK})
       WHERE gate_no = ? AND kind = ? AND pass_no IS ? AND at > ?`,
    )
    .get(gate.communityNo, gate.no, kind, passNo, since);
  return row !== undefined;
}

/** Whether the forged codes at the gate, the newest included, are a burst that nobody was told of lately. */
function isBurst(context: Context, gate: GateRow, at: Millis): boolean {
  const forged = context.sqlite
    .prepare<[number, number, Millis, Millis], { forged: number }>(
      `SELECT count(*) AS forged FROM
         (SELECT gate_no, reason, at FROM attempts WHERE community_no = ? ORDER BY seq DESC LIMIT 100)
       WHERE gate_no = ? AND reason = 'bad_signature' AND at BETWEEN ? AND ?`,
    )
    .get(gate.communityNo, gate.no, at - BURST_MS, at);
  if ((forged?.forged ?? 0) < BURST_COUNT) return false;
  return !raisedLately(context, gate, 'forged_code', null, at - BURST_REST_MS);
}

/** An alert as the port shows it. @param level of a speed alert */
export function alertRecord(
  { reference }: Context,
  row: AlertRow,
  passId: PassId | null,
  level: SpeedLevel | null,
): AlertRecord {
  return {
    id: row.id,
    communityId: reference.community(row.communityNo).id,
    kind: row.kind as AlertKind,
    gateId: row.gateNo === null ? null : reference.gateId(row.gateNo),
    passId,
    visitId: row.visitId,
    auditId: row.auditId,
    at: row.at,
    endedAt: row.endedAt,
    level,
    acknowledgedAt: row.acknowledgedAt,
    details: row.details,
  };
}
