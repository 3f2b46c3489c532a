/** Alerts about riders, raised and revised in the transaction of what they rest on, with all that follows from them. */
import { eq } from 'drizzle-orm';
import type { AlertDetails, RiderAlertKind } from '../../../domain/alert.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { SpeedLevel } from '../../../domain/entry-rules.ts';
import type { AlertId, PassId, VisitId } from '../../../domain/identifier.ts';
import type { ConductChange, SpeedEvidence } from '../../conduct-store.ts';
import type { Context } from '../database.ts';
import type { GateRow } from '../reference-data.ts';
import { alerts, passes } from '../schema.ts';
import { alertCases } from '../schema-conduct.ts';
import { type AlertRow, alertRecord, insertAlert } from './alerts.ts';
import { isWorse, type SanctionRow, type Settled, settle } from './conduct-settle.ts';
import { courierId } from './couriers.ts';
import { notify, notifyOfAlert } from './notifications.ts';

/** Readings kept with an alert; of more, every n-th and the fastest stay. */
const MOST_READINGS = 300;

/** A speed alert's evidence, as whoever saw the episode has it. */
export interface SpeedOfAlert extends SpeedEvidence {
  /** By the episode's own speed; repetition may raise it. A phone's is always a notice. */
  readonly baseLevel: SpeedLevel;
  /** Of the rules in force at its start. */
  readonly rulesVersion: number;
}

export interface NewRiderAlert {
  readonly kind: RiderAlertKind;
  readonly communityNo: number;
  /** Null: nobody is known. */
  readonly courierNo: number | null;
  readonly pass: { readonly no: number; readonly id: PassId } | null;
  readonly visitId: VisitId | null;
  readonly gate: GateRow | null;
  readonly auditId: string | null;
  readonly at: Millis;
  /** Null: it goes on. */
  readonly endedAt: Millis | null;
  /** `silent`: it became known so late that nobody is called. */
  readonly bell: 'rings' | 'silent';
  readonly speed: SpeedOfAlert | null;
  /** Of an alert without a speed. */
  readonly details?: AlertDetails;
}

/** Raises an alert with its points and sanctions. @param now when it became known */
export function raiseRiderAlert(
  context: Context,
  alert: NewRiderAlert,
  now: Millis,
): ConductChange {
  const { db, reference } = context;
  const { communityNo, courierNo, speed, bell, at } = alert;
  const details = speed === null ? (alert.details ?? {}) : detailsOf(speed, bell);
  const row = insertAlert(context, { ...alert, details }, now);
  const rulesVersion = speed?.rulesVersion ?? reference.rules(communityNo, at).version;
  db.insert(alertCases)
    .values({
      ...speedColumns(speed),
      alertNo: row.no,
      communityNo,
      courierNo,
      rulesVersion,
      bell,
      recordedAt: now,
    })
    .run();
  const settled = settleAlert(context, { row, courierNo, speed, cause: 'alert' }, now);
  if (bell === 'rings') tell(context, row, settled, now);
  return changeOf(context, row);
}

/** What has become of an alert: whole values, in place of those before. Null: there is no such alert. */
export function reviseRiderAlert(
  context: Context,
  id: AlertId,
  change: { readonly at: Millis; readonly endedAt: Millis | null; readonly speed: SpeedOfAlert },
  now: Millis,
): ConductChange | null {
  const { db, audit, reference } = context;
  const found = findCase(context, id);
  if (found === null) return null;
  const { at, endedAt, speed } = change;
  const { courierNo, bell, baseLevel, level, withdrawnAt } = found.case;
  const details = { ...detailsOf(speed, bell) };
  const row = db
    .update(alerts)
    .set({ at, endedAt, details })
    .where(eq(alerts.no, found.alert.no))
    .returning()
    .get();
  const { rulesVersion } = speed;
  const same =
    baseLevel === speed.baseLevel &&
    withdrawnAt === null &&
    at === found.alert.at &&
    rulesVersion === found.case.rulesVersion;
  db.update(alertCases)
    .set({ ...speedColumns(speed), ...(same ? { level } : {}), rulesVersion, withdrawnAt: null })
    .where(eq(alertCases.alertNo, row.no))
    .run();
  audit.append('alert.revised', now, reference.community(row.communityNo).id, {
    alert: id,
    peakKmh: speed.peakKmh,
    ...(endedAt === null ? {} : { endedAt: new Date(endedAt).toISOString() }),
  });
  if (!same) {
    const settled = settleAlert(context, { row, courierNo, speed, cause: 'alert_revised' }, now);
    showAnewIfWorse(context, row, level);
    if (bell === 'rings') tell(context, row, settled, now);
  }
  return changeOf(context, row);
}

/** What the rider was shown was less than what it is now: the times to object and to be told on begin anew. */
function showAnewIfWorse({ db }: Context, { no }: AlertRow, before: SpeedLevel | null): void {
  const own = eq(alertCases.alertNo, no);
  const now = db.select({ level: alertCases.level }).from(alertCases).where(own).get();
  if (isWorse(now?.level ?? null, before))
    db.update(alertCases).set({ shownAt: null }).where(own).run();
}

/** Late readings have shown that there was no episode: the alert counts no more. Null: there is no such alert. */
export function withdrawRiderAlert(
  context: Context,
  id: AlertId,
  now: Millis,
): ConductChange | null {
  const { db, audit, reference } = context;
  const found = findCase(context, id);
  if (found === null) return null;
  const { alert, case: known } = found;
  if (known.withdrawnAt !== null) return changeOf(context, alert);
  const row = db
    .update(alerts)
    .set({ endedAt: alert.endedAt ?? alert.at, details: { ...alert.details, withdrawn: true } })
    .where(eq(alerts.no, alert.no))
    .returning()
    .get();
  db.update(alertCases).set({ withdrawnAt: now }).where(eq(alertCases.alertNo, row.no)).run();
  audit.append('alert.withdrawn', now, reference.community(row.communityNo).id, { alert: id });
  const { courierNo, source } = known;
  const speed = source === null ? null : { source };
  settleAlert(context, { row, courierNo, speed, cause: 'alert_revised' }, now);
  return changeOf(context, row);
}

function findCase({ db }: Context, id: AlertId) {
  const found = db
    .select({ alert: alerts, case: alertCases })
    .from(alerts)
    .innerJoin(alertCases, eq(alertCases.alertNo, alerts.no))
    .where(eq(alerts.id, id))
    .get();
  return found ?? null;
}

function detailsOf(speed: SpeedOfAlert, bell: 'rings' | 'silent'): AlertDetails {
  const { source, limitKmh, marginKmh, peakKmh, zone, zoneName, rulesVersion } = speed;
  return {
    source,
    limitKmh,
    marginKmh,
    peakKmh,
    rulesVersion,
    ...(zone === null ? {} : { zone }),
    ...(zoneName === null ? {} : { zoneName }),
    ...(bell === 'silent' ? { late: true } : {}),
  };
}

function speedColumns(speed: SpeedOfAlert | null) {
  if (speed === null) return { readings: [] };
  const { source, baseLevel, limitKmh, marginKmh, peakKmh, zone, zoneName, readings } = speed;
  const own = { source, baseLevel, limitKmh, marginKmh, peakKmh, zone, zoneName };
  const level = source === 'phone' ? ('notice' as const) : null;
  return { ...own, level, readings: thinned(readings) };
}

/** At most {@link MOST_READINGS}, in the order of time: evenly taken, and always the fastest. */
function thinned(readings: SpeedEvidence['readings']): SpeedEvidence['readings'] {
  if (readings.length <= MOST_READINGS) return readings;
  const step = readings.length / (MOST_READINGS - 1);
  const fastest = readings.reduce((a, b) => (b.speedKmh > a.speedKmh ? b : a));
  const taken = new Set([fastest]);
  for (let index = 0; index < readings.length; index += step) {
    const reading = readings[Math.floor(index)];
    if (reading !== undefined) taken.add(reading);
  }
  return readings.filter((reading) => taken.has(reading));
}

interface ToSettle {
  readonly row: AlertRow;
  readonly courierNo: number | null;
  readonly speed: Pick<SpeedOfAlert, 'source'> | null;
  readonly cause: 'alert' | 'alert_revised';
}

const NOTHING: Settled = { set: [], lifted: [] };

function settleAlert(
  context: Context,
  { row, courierNo, speed, cause }: ToSettle,
  now: Millis,
): Settled {
  if (courierNo === null || speed === null || speed.source === 'phone') return NOTHING;
  const { communityNo, id: reference } = row;
  const because = { cause, reference, pass: passIdOf(context, row) };
  return settle(context, { courierNo, communityNo }, because, now);
}

function tell(context: Context, row: AlertRow, settled: Settled, now: Millis): void {
  const found = context.db.select().from(alertCases).where(eq(alertCases.alertNo, row.no)).get();
  // What only a phone says is between it and its rider.
  if (found?.source === 'phone') return;
  const { level, peakKmh, limitKmh, zoneName } = found ?? { level: null };
  const speed =
    level === null || peakKmh == null || limitKmh == null
      ? null
      : { level, peakKmh, limitKmh, ...(zoneName == null ? {} : { zoneName }) };
  notifyOfAlert(context, row, speed, now);
  tellSanctions(context, row, settled.set, now);
}

/** Managers hear of each sanction that was set. */
export function tellSanctions(
  context: Context,
  alert: AlertRow,
  set: readonly SanctionRow[],
  now: Millis,
): void {
  for (const { kind: sanction, until } of set) {
    const extra = { sanction, until };
    notify(context, { event: 'sanction.set', alert, level: 'serious', extra }, now);
  }
}

function passIdOf({ queries }: Context, { passNo }: AlertRow): PassId | null {
  return passNo === null ? null : (queries.pass.get({ no: passNo })?.id ?? null);
}

/** What a change to an alert has led to, for the live views. */
export function changeOf(context: Context, row: AlertRow): ConductChange {
  const { db, reference } = context;
  const found = db
    .select({ case: alertCases, passId: passes.id })
    .from(alerts)
    .leftJoin(alertCases, eq(alertCases.alertNo, alerts.no))
    .leftJoin(passes, eq(passes.no, alerts.passNo))
    .where(eq(alerts.no, row.no))
    .get();
  const holder = courierId(context, found?.case?.courierNo ?? null);
  return {
    alert: alertRecord(context, row, found?.passId ?? null, found?.case?.level ?? null),
    courierId: holder,
    bell: found?.case?.bell ?? 'rings',
    couriers: holder === null ? [] : [holder],
    communities: [reference.community(row.communityNo).id],
  };
}
