import type { Millis } from '../domain/clock.ts';
import type { CourierId } from '../domain/identifier.ts';
import type { PassRecord } from '../store/store.ts';
import {
  type CodeRange,
  type CodeWindow,
  firstWindow,
  type IssuingDeps,
  issueCodes,
} from './issue-codes.ts';

/** A pass with codes to show. */
export interface PassWithCodes {
  readonly pass: PassRecord;
  readonly codes: readonly CodeWindow[];
}

export type ListRiderPassesOutcome =
  | { readonly kind: 'ok'; readonly passes: readonly PassWithCodes[]; readonly now: Millis }
  /** The range reaches further ahead than codes are issued. */
  | { readonly kind: 'too_far_ahead' };

/** A courier's passes, newest first, each with the codes of the same windows. */
export async function listRiderPasses(
  deps: IssuingDeps,
  input: { courierId: CourierId; range: CodeRange },
): Promise<ListRiderPassesOutcome> {
  const { courierId, range } = input;
  const now = deps.now();
  const first = firstWindow(range, deps.config.limits, now);
  if (first === null) return { kind: 'too_far_ahead' };
  const passes: PassWithCodes[] = [];
  for (const pass of await deps.store.listCourierPasses(courierId, now)) {
    passes.push({ pass, codes: await issueCodes(deps, { pass, first, count: range.count, now }) });
  }
  return { kind: 'ok', passes, now };
}
