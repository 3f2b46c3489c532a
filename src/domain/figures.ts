import type { Direction } from './gate.ts';
import { GRANTED_REASONS, type Reason } from './reason.ts';

/** How many attempts of one direction ended for one reason in one part of a period. */
export interface FigureRow {
  /** Parts of the period, from 0. */
  readonly part: number;
  readonly direction: Direction;
  readonly reason: Reason;
  readonly count: number;
}

/** Minutes that registering by hand takes at the least: cities count 2–6 for each order. */
export const MANUAL_MINUTES = 2;

/** What a period came to. */
export interface Figures {
  readonly entries: number;
  readonly refusals: number;
  readonly exits: number;
  /** Against registering by hand, by the least that it takes. */
  readonly minutesSaved: number;
  readonly granted: readonly ReasonCount[];
  readonly denied: readonly ReasonCount[];
  /** Entries and refusals of each part of the period. */
  readonly parts: readonly { readonly entries: number; readonly refusals: number }[];
}
export interface ReasonCount {
  readonly reason: Reason;
  readonly count: number;
}

const GRANTED: ReadonlySet<Reason> = new Set(GRANTED_REASONS);
/** Entries that a guard let in by hand were registered by hand. */
const BY_HAND: ReadonlySet<Reason> = new Set(['granted_by_guard']);
/** The door opens once more for who is counted already. */
const AGAIN: ReadonlySet<Reason> = new Set(['granted_rescan']);

/** Adds rows up. @param parts into how many the period was cut */
export function summarise(rows: readonly FigureRow[], parts: number): Figures {
  const entering = rows.filter(({ direction }) => direction === 'in');
  const admitted = entering.filter(({ reason }) => GRANTED.has(reason) && !AGAIN.has(reason));
  const refused = entering.filter(({ reason }) => !GRANTED.has(reason));
  const byItself = admitted.filter(({ reason }) => !BY_HAND.has(reason));
  return {
    entries: total(admitted),
    refusals: total(refused),
    exits: total(rows.filter(({ direction }) => direction === 'out')),
    minutesSaved: total(byItself) * MANUAL_MINUTES,
    granted: byReason(admitted),
    denied: byReason(refused),
    parts: Array.from({ length: parts }, (_, part) => ({
      entries: total(admitted.filter((row) => row.part === part)),
      refusals: total(refused.filter((row) => row.part === part)),
    })),
  };
}

function total(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0);
}

/** The most frequent first. */
function byReason(rows: readonly FigureRow[]): ReasonCount[] {
  const reasons = [...new Set(rows.map(({ reason }) => reason))];
  return reasons
    .map((reason) => ({ reason, count: total(rows.filter((row) => row.reason === reason)) }))
    .sort((one, other) => other.count - one.count);
}
