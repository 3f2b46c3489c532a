import type { ReportId } from '../domain/identifier.ts';
import type { Report } from '../domain/report.ts';
import type { Actor, Scope } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { findCoveredReport } from './find-covered-report.ts';

/** Answers a rider's report, once, and gives contribution points for it. */
export async function answerReport(
  deps: Deps,
  input: {
    readonly id: ReportId;
    readonly scope: Scope;
    readonly text: string;
    readonly contributionPoints: number;
    readonly actor: Actor;
  },
): Promise<
  | { readonly kind: 'ok'; readonly report: Report }
  | { readonly kind: 'answered' }
  | { readonly kind: 'not_found' }
> {
  const { scope, ...answer } = input;
  if ((await findCoveredReport(deps, scope, input.id)) === null) return { kind: 'not_found' };
  const outcome = await deps.store.answerReport({ ...answer, now: deps.now() });
  if (outcome.kind !== 'ok') return outcome;
  const { communityId, courierId } = outcome.report;
  deps.bus.publish({ topic: `community:${communityId}`, type: 'changed' });
  deps.bus.publish({ topic: `courier:${courierId}`, type: 'changed' });
  return outcome;
}
