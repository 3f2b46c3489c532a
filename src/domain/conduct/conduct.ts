/**
 * What speed alerts cost a courier in one community: a fold over what happened there, in the order in which it became
 * known. An alert that was taken back is left out, so that everything that followed from it is undone by itself.
 */
import { DAY_MS, HOUR_MS, type Millis } from '../clock.ts';
import { SPEED_LEVELS, type SpeedConsequences, type SpeedLevel } from '../entry-rules.ts';
import type { AlertId, VisitId } from '../identifier.ts';

/** The two accounts of a courier in a community. Conduct is at most 0; contribution is earned and never taken. */
export const ACCOUNTS = ['conduct', 'contribution'] as const;
export type Account = (typeof ACCOUNTS)[number];

/** What a movement on an account follows from; its reference names the alert, the visit, the appeal or the deed. */
export const MOVEMENT_CAUSES = [
  'alert',
  'alert_revised',
  'clean_visit',
  'appeal_upheld',
  'contribution',
] as const;
export type MovementCause = (typeof MOVEMENT_CAUSES)[number];

/** Where a speed came from: a radar, the time between two checkpoints, or the rider's own phone. */
export const SPEED_SOURCES = ['radar', 'section', 'phone'] as const;
export type SpeedSource = (typeof SPEED_SOURCES)[number];

/** From this many times the limit on, an episode is serious by itself. */
export const SERIOUS_FACTOR = 1.5;
/** So many warnings within {@link REPEAT_MS} in one community, the newest included, are serious. */
export const REPEAT_COUNT = 3;
export const REPEAT_MS = 7 * DAY_MS;
/** A speed alert, as far as its consequences depend on it. */
export interface ConductAlert {
  readonly kind: 'alert';
  readonly id: AlertId;
  readonly visitId: VisitId | null;
  /** When it became known: a sanction begins then. */
  readonly at: Millis;
  /** When it began on the road. */
  readonly happenedAt: Millis;
  readonly source: SpeedSource;
  /** By its own speed. */
  readonly baseLevel: SpeedLevel;
  /** The level that it was given; null: it is judged for the first time. A later look may only lower it. */
  readonly level: SpeedLevel | null;
  /** Of the rules by which it was judged. */
  readonly consequences: SpeedConsequences;
  /** An appeal against it was upheld, or late readings have shown that there was no episode. */
  readonly takenBack: boolean;
}

/** A visit that has ended, and what it gives back when no alert of it counts. */
export interface EndedVisit {
  readonly kind: 'visit';
  readonly id: VisitId;
  readonly at: Millis;
  readonly worth: number;
}

export type ConductEvent = ConductAlert | EndedVisit;

export type SanctionKind = 'confirmation' | 'suspension';

/** What follows from an alert for a time. Always with an end. */
export interface Sanction {
  readonly alertId: AlertId;
  readonly kind: SanctionKind;
  /** The alert was serious, or the points lost reached a threshold. */
  readonly because: 'serious' | 'points';
  /** The threshold; 0 where the alert was serious. */
  readonly threshold: number;
  readonly from: Millis;
  /** Excluded. */
  readonly until: Millis;
}

/** How an alert came out. */
export interface Weighed {
  readonly level: SpeedLevel;
  /** Points that it cost; 0 for one that does not count. */
  readonly points: number;
}

/** A courier's conduct in a community. */
export interface Conduct {
  /** Of the conduct account: 0 or less. */
  readonly balance: number;
  readonly alerts: ReadonlyMap<AlertId, Weighed>;
  readonly sanctions: readonly Sanction[];
}

/** Folds what happened, in order. Total: any order of any events has an answer, and the balance is never above 0. */
export function foldConduct(events: readonly ConductEvent[]): Conduct {
  const alerts = new Map<AlertId, Weighed>();
  const sanctions: Sanction[] = [];
  const spoilt = new Set(events.filter(counts).map(({ visitId }) => visitId));
  const warnedAt: Millis[] = [];
  let balance = 0;
  for (const event of events) {
    if (event.kind === 'visit') {
      if (!spoilt.has(event.id)) balance = Math.min(0, balance + event.worth);
      continue;
    }
    const weighed = weigh(event, warnedAt);
    alerts.set(event.id, weighed);
    if (counts(event) && event.baseLevel !== 'notice') warnedAt.push(event.happenedAt);
    const before = balance;
    balance -= weighed.points;
    sanctions.push(...sanctionsOf(event, weighed, before, balance));
  }
  return { balance, alerts, sanctions };
}

/** Whether an alert has consequences: what a phone says never has, nor has what was taken back. */
function counts(event: ConductEvent): event is ConductAlert {
  return event.kind === 'alert' && event.source !== 'phone' && !event.takenBack;
}

/** @param warnedAt when the warnings before it began */
function weigh(alert: ConductAlert, warnedAt: readonly Millis[]): Weighed {
  if (alert.source === 'phone') return { level: 'notice', points: 0 };
  if (alert.takenBack) return { level: alert.level ?? alert.baseLevel, points: 0 };
  const level = lower(alert.level ?? 'serious', levelOf(alert, warnedAt));
  return { level, points: alert.consequences.points[level] };
}

function levelOf({ baseLevel, happenedAt }: ConductAlert, warnedAt: readonly Millis[]): SpeedLevel {
  if (baseLevel !== 'warning') return baseLevel;
  const lately = warnedAt.filter((at) => at > happenedAt - REPEAT_MS && at <= happenedAt);
  return lately.length + 1 >= REPEAT_COUNT ? 'serious' : 'warning';
}

function lower(one: SpeedLevel, other: SpeedLevel): SpeedLevel {
  return SPEED_LEVELS.indexOf(one) < SPEED_LEVELS.indexOf(other) ? one : other;
}

function sanctionsOf(
  alert: ConductAlert,
  { level }: Weighed,
  before: number,
  after: number,
): Sanction[] {
  if (!counts(alert)) return [];
  const { id: alertId, at: from, consequences } = alert;
  const hours = consequences.seriousConfirmationHours ?? null;
  const sanctions: Sanction[] = [];
  if (level === 'serious' && hours !== null) {
    const until = from + hours * HOUR_MS;
    sanctions.push({
      alertId,
      kind: 'confirmation',
      because: 'serious',
      threshold: 0,
      from,
      until,
    });
  }
  for (const { points, consequence, forHours } of consequences.thresholds) {
    if (-before >= points || -after < points) continue;
    const kind = consequence === 'suspension' ? 'suspension' : 'confirmation';
    const until = from + forHours * HOUR_MS;
    sanctions.push({ alertId, kind, because: 'points', threshold: points, from, until });
  }
  return sanctions;
}

/** Names a sanction within a courier's conduct in a community. */
export function sanctionKey(
  sanction: Pick<Sanction, 'alertId' | 'kind' | 'because' | 'threshold'>,
): string {
  const { alertId, kind, because, threshold } = sanction;
  return `${alertId} ${kind} ${because} ${threshold}`;
}

/** What one more visit may give back: its worth by the rules, at most the points lost. */
export function worthOfVisit({ pointsPerCleanVisit = 1 }: SpeedConsequences, lost: number): number {
  return Math.min(pointsPerCleanVisit, lost);
}
