/** What a draft of the rules would have changed, told from attempts that were judged by others. */
import type { Millis } from './clock.ts';
import type { GateId, PassId } from './identifier.ts';
import { GRANTED_REASONS, type Reason } from './reason.ts';

/** One attempt of the past, judged again with what was true then. */
export interface Replayed {
  readonly auditId: string;
  readonly at: Millis;
  readonly gateId: GateId;
  readonly passId: PassId | null;
  /** As it was decided. */
  readonly recorded: Reason;
  /** By the rules of its time, with what is still known of it. */
  readonly again: Reason;
  /** By the draft. */
  readonly draft: Reason;
}

export type BacktestExample = Pick<Replayed, 'auditId' | 'at' | 'gateId' | 'passId'>;

/** Attempts that one reason would have been changed into another for. */
export interface BacktestChange {
  readonly from: Reason;
  readonly to: Reason;
  readonly count: number;
  /** The newest. */
  readonly examples: readonly BacktestExample[];
}

export interface BacktestReport {
  /** Attempts that are a matter of rules. */
  readonly judged: number;
  readonly unchanged: number;
  /**
   * Too little is known any more to decide them again as they were decided; what the draft would have said of them says
   * nothing either.
   */
  readonly notReproduced: number;
  /** Denied then, granted by the draft, and the other way round. */
  readonly newlyGranted: number;
  readonly newlyDenied: number;
  /** The most frequent first. */
  readonly changes: readonly BacktestChange[];
}

/** Reasons that no rule document has a say in: the code, the posture, or that nobody knows the pass. */
const BEYOND_RULES: readonly Reason[] = [
  'malformed_code',
  'unknown_key',
  'bad_signature',
  'wrong_community',
  'code_not_yet_valid',
  'code_expired',
  'community_lockdown',
  'gate_closed',
  'unknown_pass',
  'granted_open',
  'granted_exit',
  'granted_by_guard',
];

/** Whether another document might have led to another reason. */
export function dependsOnRules(reason: Reason): boolean {
  return !BEYOND_RULES.includes(reason);
}

/** Sums up. @param examplesEach of each change */
export function reportOf(replayed: Iterable<Replayed>, examplesEach: number): BacktestReport {
  const changes = new Map<string, { from: Reason; to: Reason; found: Replayed[]; count: number }>();
  let judged = 0;
  let unchanged = 0;
  let notReproduced = 0;
  for (const each of replayed) {
    judged += 1;
    if (each.again !== each.recorded) notReproduced += 1;
    else if (each.draft === each.recorded) unchanged += 1;
    else {
      const { recorded: from, draft: to } = each;
      const key = `${from} ${to}`;
      const change = changes.get(key) ?? { from, to, found: [], count: 0 };
      changes.set(key, change);
      change.count += 1;
      change.found.push(each);
      if (change.found.length > examplesEach) change.found.splice(oldest(change.found), 1);
    }
  }
  const all = [...changes.values()].sort((a, b) => b.count - a.count);
  const sum = (from: boolean, to: boolean) =>
    all
      .filter((change) => isGranted(change.from) === from && isGranted(change.to) === to)
      .reduce((total, { count }) => total + count, 0);
  return {
    judged,
    unchanged,
    notReproduced,
    newlyGranted: sum(false, true),
    newlyDenied: sum(true, false),
    changes: all.map(({ from, to, count, found }) => ({
      from,
      to,
      count,
      examples: found.sort((a, b) => b.at - a.at).map(exampleOf),
    })),
  };
}

function oldest(found: readonly Replayed[]): number {
  return found.reduce((best, { at }, index) => (at < (found[best]?.at ?? at) ? index : best), 0);
}

function exampleOf({ auditId, at, gateId, passId }: Replayed): BacktestExample {
  return { auditId, at, gateId, passId };
}

function isGranted(reason: Reason): boolean {
  return GRANTED_REASONS.some((granted) => granted === reason);
}
