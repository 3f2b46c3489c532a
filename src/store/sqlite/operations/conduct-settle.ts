/** Brings a courier's account and sanctions in a community in line with what the domain's fold says. */
import { and, eq, gt, isNotNull, isNull, ne, or } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import {
  type Account,
  type Conduct,
  type ConductEvent,
  foldConduct,
  type MovementCause,
  type Sanction,
  type SanctionKind,
  sanctionKey,
} from '../../../domain/conduct/conduct.ts';
import type { SpeedLevel } from '../../../domain/entry-rules.ts';
import type { AlertId, PassId } from '../../../domain/identifier.ts';
import { isAtLeast } from '../../../domain/notification.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import { alerts, passes, restrictions, rules } from '../schema.ts';
import {
  alertCases,
  appeals,
  conductAccounts,
  pointMovements,
  sanctions,
  visitCredits,
} from '../schema-conduct.ts';
import { newStatusVersion } from './versions.ts';

export interface Holder {
  readonly courierNo: number;
  readonly communityNo: number;
}

/** What the change follows from: the movement says so, and lifted sanctions name it. */
export interface Because {
  readonly cause: MovementCause;
  readonly reference: string;
  readonly pass?: PassId | null;
}

export type SanctionRow = typeof sanctions.$inferSelect;

/** Sanctions that a change has set or lifted. */
export interface Settled {
  readonly set: readonly SanctionRow[];
  readonly lifted: readonly SanctionRow[];
}

/**
 * Folds what happened and writes the difference: a movement, sanctions that are new and have not ended, and the end of
 * those that nothing leads to any more. In the transaction of its cause.
 */
export function settle(context: Context, holder: Holder, because: Because, now: Millis): Settled {
  const { events, alertNos } = readEvents(context, holder);
  const conduct = foldConduct(events);
  storeAlerts(context, conduct, events, alertNos);
  const points = conduct.balance + lostOf(context, holder);
  if (points !== 0) move(context, { ...holder, account: 'conduct', points, ...because }, now);
  return storeSanctions(context, holder, conduct.sanctions, alertNos, because, now);
}

function readEvents(
  { db }: Context,
  { courierNo, communityNo }: Holder,
): { events: ConductEvent[]; alertNos: Map<AlertId, number> } {
  const rows = db
    .select({ case: alertCases, alert: alerts, state: appeals.state, rules: rules.document })
    .from(alertCases)
    .innerJoin(alerts, eq(alerts.no, alertCases.alertNo))
    .innerJoin(
      rules,
      and(
        eq(rules.communityNo, alertCases.communityNo),
        eq(rules.version, alertCases.rulesVersion),
      ),
    )
    .leftJoin(appeals, eq(appeals.alertNo, alertCases.alertNo))
    .where(
      and(
        eq(alertCases.courierNo, courierNo),
        eq(alertCases.communityNo, communityNo),
        ne(alertCases.source, 'phone'),
      ),
    )
    .all();
  const credits = db
    .select()
    .from(visitCredits)
    .where(and(eq(visitCredits.courierNo, courierNo), eq(visitCredits.communityNo, communityNo)))
    .all();
  const events = [
    ...rows.flatMap(({ case: found, alert, state, rules: document }): Numbered[] =>
      found.source === null || found.baseLevel === null
        ? []
        : [
            {
              kind: 'alert',
              no: alert.no,
              id: alert.id,
              visitId: alert.visitId,
              at: found.recordedAt,
              happenedAt: alert.at,
              source: found.source,
              baseLevel: found.baseLevel,
              level: found.level,
              consequences: document.speedConsequences,
              takenBack: state === 'upheld' || found.withdrawnAt !== null,
            },
          ],
    ),
    ...credits.map(
      ({ visitId, ...credit }): Numbered => ({ ...credit, kind: 'visit', id: visitId }),
    ),
  ].sort(byTime);
  return { events, alertNos: new Map(rows.map(({ alert }) => [alert.id, alert.no])) };
}

type Numbered = ConductEvent & { readonly no: number };

/** In the order in which they became known; at one instant alerts come first. */
function byTime(a: Numbered, b: Numbered): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.kind !== b.kind) return a.kind === 'alert' ? -1 : 1;
  return a.no - b.no;
}

function storeAlerts(
  { db }: Context,
  conduct: Conduct,
  events: readonly ConductEvent[],
  alertNos: ReadonlyMap<AlertId, number>,
): void {
  for (const event of events) {
    if (event.kind !== 'alert') continue;
    const weighed = conduct.alerts.get(event.id);
    const alertNo = alertNos.get(event.id);
    if (weighed === undefined || alertNo === undefined) continue;
    const { level, points } = weighed;
    const anew = isWorse(level, event.level) ? { shownAt: null } : {};
    const change = { level, points, ...anew };
    db.update(alertCases).set(change).where(eq(alertCases.alertNo, alertNo)).run();
  }
}

/** Whether a level is higher than the one that was known. */
export function isWorse(level: SpeedLevel | null, before: SpeedLevel | null): boolean {
  return level !== null && before !== null && level !== before && isAtLeast(level, before);
}

/** Points lost, as the ledger has it. */
export function lostOf({ db }: Context, { courierNo, communityNo }: Holder): number {
  const own = and(
    eq(conductAccounts.courierNo, courierNo),
    eq(conductAccounts.communityNo, communityNo),
  );
  return (
    db.select({ lost: conductAccounts.lost }).from(conductAccounts).where(own).get()?.lost ?? 0
  );
}

interface NewMovement extends Holder, Because {
  readonly account: Account;
  readonly points: number;
  /** Who decided it; left out: the rules did. */
  readonly actor?: string;
}

/** Writes a movement with its audit entry, and keeps the account's sum. */
export function move(context: Context, movement: NewMovement, now: Millis): void {
  const { db, audit, reference } = context;
  const { courierNo, communityNo, account, points, cause, reference: of, pass, actor } = movement;
  db.insert(pointMovements)
    .values({ courierNo, communityNo, account, points, cause, reference: of, at: now })
    .run();
  audit.append('points.moved', now, reference.community(communityNo).id, {
    account,
    points,
    cause,
    reference: of,
    ...(pass ? { pass } : {}),
    ...(actor === undefined ? {} : { actor }),
  });
  if (account === 'conduct') keepSum(context, movement, now);
}

/** Visits count from the moment on at which the first point was lost. */
function keepSum(context: Context, { courierNo, communityNo, points }: NewMovement, now: Millis) {
  const { db } = context;
  const before = lostOf(context, { courierNo, communityNo });
  const lost = before - points;
  db.insert(conductAccounts)
    .values({ courierNo, communityNo, lost, countedThrough: now })
    .onConflictDoUpdate({
      target: [conductAccounts.courierNo, conductAccounts.communityNo],
      set: before === 0 ? { lost, countedThrough: now } : { lost },
    })
    .run();
}

function storeSanctions(
  context: Context,
  holder: Holder,
  expected: readonly Sanction[],
  alertNos: ReadonlyMap<AlertId, number>,
  because: Because,
  now: Millis,
): Settled {
  const recorded = sanctionsOf(context, holder);
  const known = new Map(recorded.map((row) => [keyOf(row, alertNos), row]));
  const wanted = new Set(expected.map(sanctionKey));
  const set: SanctionRow[] = [];
  for (const sanction of expected) {
    const alertNo = alertNos.get(sanction.alertId);
    if (known.has(sanctionKey(sanction)) || sanction.until <= now || alertNo === undefined)
      continue;
    const { kind, threshold, from, until } = sanction;
    const values = { alertNo, kind, because: sanction.because, threshold, from, until };
    set.push(addSanction(context, { ...holder, ...values, setBy: null }, now));
  }
  const takenBack = new Set(takenBackAlerts(context, holder));
  const lifted = recorded.filter((row) => {
    if (row.liftedAt !== null || row.until <= now) return false;
    if (row.because === 'manager') return takenBack.has(row.alertNo);
    return !wanted.has(keyOf(row, alertNos));
  });
  for (const row of lifted) liftSanction(context, row, because.reference, now);
  if (set.length > 0 || lifted.length > 0) enforce(context, holder, now);
  const liftedAt = { liftedAt: now, liftedBy: because.reference };
  return { set, lifted: lifted.map((row) => ({ ...row, ...liftedAt })) };
}

function keyOf(row: SanctionRow, alertNos: ReadonlyMap<AlertId, number>): string {
  for (const [alertId, no] of alertNos)
    if (no === row.alertNo) return `${alertId} ${row.kind} ${row.because} ${row.threshold}`;
  return '';
}

function sanctionsOf({ db }: Context, { courierNo, communityNo }: Holder): SanctionRow[] {
  const own = and(eq(sanctions.courierNo, courierNo), eq(sanctions.communityNo, communityNo));
  return db.select().from(sanctions).where(own).all();
}

/** Alerts that count no more: withdrawn, or by an appeal that was upheld. */
function takenBackAlerts({ db }: Context, { courierNo, communityNo }: Holder): number[] {
  return db
    .select({ alertNo: alertCases.alertNo })
    .from(alertCases)
    .leftJoin(appeals, eq(appeals.alertNo, alertCases.alertNo))
    .where(
      and(
        eq(alertCases.courierNo, courierNo),
        eq(alertCases.communityNo, communityNo),
        or(eq(appeals.state, 'upheld'), isNotNull(alertCases.withdrawnAt)),
      ),
    )
    .all()
    .map(({ alertNo }) => alertNo);
}

/** Writes a sanction with its audit entry. That it binds is {@link enforce}'s. */
export function addSanction(
  { db, audit, reference }: Context,
  values: Omit<typeof sanctions.$inferInsert, 'id' | 'no'>,
  now: Millis,
): SanctionRow {
  const row = db
    .insert(sanctions)
    .values({ ...values, id: newIdentifier('san') })
    .returning()
    .get();
  const { kind, because, threshold, until, setBy } = row;
  audit.append('sanction.set', now, reference.community(row.communityNo).id, {
    sanction: row.id,
    ...alertAndPass(db, row.alertNo),
    kind,
    because,
    until: new Date(until).toISOString(),
    ...(threshold > 0 ? { threshold } : {}),
    ...(setBy === null ? {} : { actor: setBy }),
  });
  return row;
}

/** Ends a sanction before its time. @param by an appeal, or an actor */
export function liftSanction(
  { db, audit, reference }: Context,
  row: SanctionRow,
  by: string,
  now: Millis,
): void {
  db.update(sanctions).set({ liftedAt: now, liftedBy: by }).where(eq(sanctions.no, row.no)).run();
  audit.append('sanction.lifted', now, reference.community(row.communityNo).id, {
    sanction: row.id,
    ...alertAndPass(db, row.alertNo),
    by,
  });
}

function alertAndPass(db: Context['db'], alertNo: number): { alert?: string; pass?: string } {
  const row = db
    .select({ alert: alerts.id, pass: passes.id })
    .from(alerts)
    .leftJoin(passes, eq(passes.no, alerts.passNo))
    .where(eq(alerts.no, alertNo))
    .get();
  if (row === undefined) return {};
  return row.pass === null ? { alert: row.alert } : { alert: row.alert, pass: row.pass };
}

/** Writes what is in force into the restrictions by which every attempt is judged: of each kind the longest. */
export function enforce(context: Context, holder: Holder, now: Millis): void {
  const { db } = context;
  const { courierNo, communityNo } = holder;
  const inForce = db
    .select()
    .from(sanctions)
    .where(
      and(
        eq(sanctions.courierNo, courierNo),
        eq(sanctions.communityNo, communityNo),
        gt(sanctions.until, now),
        isNull(sanctions.liftedAt),
      ),
    )
    .all();
  for (const kind of ['confirmation', 'suspension'] as const satisfies readonly SanctionKind[]) {
    const own = and(
      eq(restrictions.courierNo, courierNo),
      eq(restrictions.communityNo, communityNo),
      eq(restrictions.kind, kind),
    );
    const before = db.select().from(restrictions).where(own).get();
    const until = Math.max(
      0,
      ...inForce.filter((row) => row.kind === kind).map((row) => row.until),
    );
    if ((before?.until ?? 0) === until) continue;
    db.delete(restrictions).where(own).run();
    if (until > 0) {
      const values = { courierNo, communityNo, kind, reason: 'conduct', until, createdAt: now };
      db.insert(restrictions).values(values).run();
    }
    if (kind === 'suspension') newStatusVersion(context, communityNo);
  }
}
