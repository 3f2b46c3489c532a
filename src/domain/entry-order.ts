/**
 * The order of judgement at entry: one list, by which the server judges with all it knows and a gate without
 * network with what it has. The first step that objects is the reason. Before the first stands the code's
 * authenticity; between the two lists, that the pass is known.
 */
import type { Reason } from './reason.ts';

/** Steps that look at the code alone. */
export const CODE_STEPS = ['community', 'window', 'gate', 'posture'] as const;

/** Steps that look at the pass. */
export const PASS_STEPS = [
  'block',
  'suspension',
  'authorisation',
  'rescan',
  'hours',
  'platform',
  'vehicle',
  'codeUse',
  'passback',
  'entriesLeft',
  'capacity',
  'confirmation',
] as const;

/** One step: null when it has nothing to say, else the reason, which settles the judgement. */
export type Step<Judgement, R extends Reason> = (judgement: Judgement) => R | null;

/** Stands for a step that this judge leaves out. */
export const LEFT_OUT = 'left out';

/** A judge's steps by name: every name is there, so that none is forgotten. */
export type StepTable<Name extends string, Judgement, R extends Reason> = Readonly<
  Record<Name, Step<Judgement, R> | typeof LEFT_OUT>
>;

/** The steps that a judge has, in the order of judgement. */
export function inOrder<Name extends string, Judgement, R extends Reason>(
  order: readonly Name[],
  table: StepTable<Name, Judgement, R>,
): readonly Step<Judgement, R>[] {
  return order.flatMap((name) => {
    const step: Step<Judgement, R> | typeof LEFT_OUT = table[name];
    return step === LEFT_OUT ? [] : [step];
  });
}

/** The reason of the first step that has one; null: none objects. */
export function firstReason<Judgement, R extends Reason>(
  steps: readonly Step<Judgement, R>[],
  judgement: Judgement,
): R | null {
  for (const step of steps) {
    const reason = step(judgement);
    if (reason !== null) return reason;
  }
  return null;
}
