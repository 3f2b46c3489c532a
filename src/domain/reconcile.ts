/**
 * What a gate decided without network, judged again with what was true then. The gate opened or it did not: nothing
 * here undoes that. What comes of it is what a manager should know.
 */
import type { Attempt } from './attempt.ts';
import { type Millis, SECOND_MS } from './clock.ts';
import {
  type CourierCodePayload,
  EARLY_TOLERANCE_SECONDS,
  LATE_TOLERANCE_SECONDS,
} from './courier-code.ts';
import { type DecisionFlag, decide, type Facts } from './decision.ts';
import type { DeniedReason, GrantedReason, Reason } from './reason.ts';

/** How exactly a gate's clock is known after correction. */
export const CLOCK_ERROR_MS = 2 * SECOND_MS;

export interface ReportedDecision {
  readonly decision: 'granted' | 'denied';
  readonly reason: Reason;
  /** Whether it is known when it was. */
  readonly certain: boolean;
}

export interface Reconciled {
  /** Why the service would have refused what the gate granted; null: it would not, or the gate did not. */
  readonly refusal: DeniedReason | null;
  readonly flags: readonly DecisionFlag[];
  /** Whether somebody came in by it: it opens a visit or goes on with the open one. */
  readonly enters: boolean;
  /** Whether it used the code up, where no other entry has. */
  readonly consumes: boolean;
}

/**
 * Judges an attempt again that a gate decided alone.
 * @param attempt `receivedAt` is when it happened, by our clock
 * @param facts as they were then; no occupancy
 */
export function reconcile(attempt: Attempt, reported: ReportedDecision, facts: Facts): Reconciled {
  const { decision, reason } = reported;
  if (decision === 'denied') return { ...NOTHING, flags: reason === 'code_used' ? REPLAYED : [] };
  if (attempt.direction === 'out') return { ...NOTHING, flags: decide(attempt, facts).flags };
  const refusal = refusalOf(attempt, reported, facts);
  return {
    refusal,
    flags: refusal === null ? [] : CONFLICT,
    enters: facts.pass !== null && reason !== 'granted_rescan',
    consumes: CONSUMING.has(reason) && facts.pass?.codeUsed === false,
  };
}

const NOTHING: Reconciled = { refusal: null, flags: [], enters: false, consumes: false };
const REPLAYED: readonly DecisionFlag[] = ['code_replayed'];
const CONFLICT: readonly DecisionFlag[] = ['offline_conflict'];
const CONSUMING: ReadonlySet<Reason> = new Set<GrantedReason>([
  'granted',
  'granted_rider',
  'granted_by_guard',
]);

/** Refusals that say nothing against a gate which granted for such a reason. */
function excuses(reason: Reason, refusal: DeniedReason): boolean {
  switch (reason) {
    case 'granted_rescan': // the second opening for one entry
      return refusal === 'code_used' || refusal === 'already_inside';
    case 'granted_by_guard':
      return refusal === 'guard_confirmation_required';
    default:
      return false;
  }
}
function refusalOf(
  attempt: Attempt,
  { reason, certain }: ReportedDecision,
  facts: Facts,
): DeniedReason | null {
  const { code } = attempt;
  const toleranceMs = certain ? CLOCK_ERROR_MS : Number.POSITIVE_INFINITY;
  const receivedAt =
    code.kind === 'authentic'
      ? nearWindow(code.payload, attempt.receivedAt, toleranceMs)
      : attempt.receivedAt;
  const judged = decide({ ...attempt, receivedAt }, facts);
  if (judged.decision === 'granted' || excuses(reason, judged.reason)) return null;
  return judged.reason;
}

/** The instant, moved into the code's window where it is no further from it than the clock's error. */
function nearWindow(
  { notBefore, lifetimeSeconds }: CourierCodePayload,
  at: Millis,
  toleranceMs: Millis,
): Millis {
  const from = (notBefore - EARLY_TOLERANCE_SECONDS) * SECOND_MS;
  const to = (notBefore + lifetimeSeconds + LATE_TOLERANCE_SECONDS) * SECOND_MS - 1;
  const nearest = Math.min(Math.max(at, from), to);
  return Math.abs(nearest - at) <= toleranceMs ? nearest : at;
}
