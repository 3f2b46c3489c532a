/** What alerts cost riders: cases with their evidence, accounts as ledgers, sanctions and appeals. */
import { sql } from 'drizzle-orm';
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { AppealState } from '../../domain/conduct/appeal.ts';
import type { Account, MovementCause, SpeedSource } from '../../domain/conduct/conduct.ts';
import type { SpeedLevel } from '../../domain/entry-rules.ts';
import type { AppealId, SanctionId, VisitId } from '../../domain/identifier.ts';
import type { EvidenceReading } from '../conduct-store.ts';

const no = () => integer('no').primaryKey();
const at = (name: string) => integer(name);

/** An alert about a rider. Who the rider is stands here only, and is erasable. */
export const alertCases = sqliteTable(
  'alert_cases',
  {
    alertNo: integer('alert_no').primaryKey(),
    communityNo: integer('community_no').notNull(),
    courierNo: integer('courier_no'),
    /** Null: it is no speed alert, and so are the members down to `readings`. */
    source: text('source').$type<SpeedSource>(),
    baseLevel: text('base_level').$type<SpeedLevel>(),
    level: text('level').$type<SpeedLevel>(),
    limitKmh: real('limit_kmh'),
    marginKmh: real('margin_kmh'),
    peakKmh: real('peak_kmh'),
    zone: text('zone'),
    zoneName: text('zone_name'),
    rulesVersion: integer('rules_version').notNull(),
    readings: text('readings', { mode: 'json' }).$type<readonly EvidenceReading[]>().notNull(),
    /** Conduct points that it costs now. */
    points: integer('points').notNull().default(0),
    bell: text('bell').$type<'rings' | 'silent'>().notNull(),
    /** When it became known. */
    recordedAt: at('recorded_at').notNull(),
    /** When late readings have shown that there was no episode. */
    withdrawnAt: at('withdrawn_at'),
    /** When the rider was shown it first. */
    shownAt: at('shown_at'),
    /** When platforms were told, or it was found that there is none to tell. */
    releasedAt: at('released_at'),
  },
  (t) => [
    index('alert_cases_courier').on(t.courierNo, t.alertNo),
    index('alert_cases_unreleased')
      .on(t.alertNo)
      .where(sql`level = 'serious' AND shown_at IS NOT NULL AND released_at IS NULL`),
  ],
);

/** The ledger: a balance is the sum of an account's movements. */
export const pointMovements = sqliteTable(
  'point_movements',
  {
    no: no(),
    courierNo: integer('courier_no').notNull(),
    communityNo: integer('community_no').notNull(),
    account: text('account').$type<Account>().notNull(),
    /** Lost points are negative. */
    points: integer('points').notNull(),
    cause: text('cause').$type<MovementCause>().notNull(),
    /** The alert, the visit, the appeal or the deed that it follows from. */
    reference: text('reference').notNull(),
    at: at('at').notNull(),
  },
  (t) => [index('point_movements_account').on(t.courierNo, t.communityNo, t.account, t.no)],
);

/** Couriers who have lost points somewhere: the balance as a sum kept up to date, and whose visits are looked at. */
export const conductAccounts = sqliteTable(
  'conduct_accounts',
  {
    courierNo: integer('courier_no').notNull(),
    communityNo: integer('community_no').notNull(),
    /** Points lost: minus the sum of the conduct movements. */
    lost: integer('lost').notNull(),
    /** Visits that closed up to here have been counted. */
    countedThrough: at('counted_through').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.courierNo, t.communityNo] }),
    index('conduct_accounts_losing').on(t.countedThrough).where(sql`lost > 0`),
  ],
);

/** Visits that ended while points were lost: those without an alert that counts give points back. */
export const visitCredits = sqliteTable(
  'visit_credits',
  {
    no: no(),
    courierNo: integer('courier_no').notNull(),
    communityNo: integer('community_no').notNull(),
    visitId: text('visit_id').$type<VisitId>().notNull(),
    worth: integer('worth').notNull(),
    at: at('at').notNull(),
  },
  (t) => [
    uniqueIndex('visit_credits_visit').on(t.visitId),
    index('visit_credits_courier').on(t.courierNo, t.communityNo),
  ],
);

/** What binds a courier because of an alert; `restrictions` holds what is in force of them. */
export const sanctions = sqliteTable(
  'sanctions',
  {
    no: no(),
    id: text('id').$type<SanctionId>().notNull(),
    courierNo: integer('courier_no').notNull(),
    communityNo: integer('community_no').notNull(),
    alertNo: integer('alert_no').notNull(),
    kind: text('kind').$type<'confirmation' | 'suspension'>().notNull(),
    because: text('because').$type<'serious' | 'points' | 'manager'>().notNull(),
    threshold: integer('threshold').notNull(),
    from: at('from_at').notNull(),
    until: at('until').notNull(),
    /** The manager who set it by hand; null: the rules did. */
    setBy: text('set_by'),
    liftedAt: at('lifted_at'),
    /** An appeal or an actor. */
    liftedBy: text('lifted_by'),
  },
  (t) => [
    uniqueIndex('sanctions_id').on(t.id),
    index('sanctions_courier').on(t.courierNo, t.communityNo, t.until),
    index('sanctions_alert').on(t.alertNo),
  ],
);

/** One appeal an alert. What people wrote is erasable. */
export const appeals = sqliteTable(
  'appeals',
  {
    no: no(),
    id: text('id').$type<AppealId>().notNull(),
    alertNo: integer('alert_no').notNull(),
    communityNo: integer('community_no').notNull(),
    courierNo: integer('courier_no'),
    state: text('state').$type<AppealState>().notNull(),
    text: text('text'),
    filedAt: at('filed_at').notNull(),
    decidedAt: at('decided_at'),
    decidedBy: text('decided_by'),
    reason: text('reason'),
  },
  (t) => [
    uniqueIndex('appeals_id').on(t.id),
    uniqueIndex('appeals_alert').on(t.alertNo),
    index('appeals_community').on(t.communityNo, t.no),
  ],
);
