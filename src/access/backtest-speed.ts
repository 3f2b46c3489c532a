import { DAY_MS } from '../domain/clock.ts';
import type { EntryRules, RuleProblem } from '../domain/entry-rules.ts';
import type { CommunityId } from '../domain/identifier.ts';
import type { SpeedBacktestReport } from '../domain/speed/backtest.ts';
import type { LookedBack } from '../store/backtest-store.ts';
import type { Deps } from './deps.ts';
import { findProblems } from './put-rules.ts';

/** Examples shown of each kind. */
const EXAMPLES = 5;

export type BacktestSpeedOutcome =
  | { readonly kind: 'ok'; readonly backtest: SpeedBacktestReport & LookedBack }
  | { readonly kind: 'unsound'; readonly problems: readonly RuleProblem[] }
  | { readonly kind: 'not_found' };

/** What other limits would have made of the last days. */
export async function backtestSpeed(
  deps: Deps,
  input: { communityId: CommunityId; draft: EntryRules; days: number },
): Promise<BacktestSpeedOutcome> {
  const { communityId, draft, days } = input;
  const problems = await findProblems(deps, communityId, draft);
  if (problems.length > 0) return { kind: 'unsound', problems };
  const backtest = await deps.store.backtestSpeed({
    communityId,
    draft,
    since: deps.now() - days * DAY_MS,
    limit: deps.config.limits.figureVisits,
    examples: EXAMPLES,
  });
  return backtest === null ? { kind: 'not_found' } : { kind: 'ok', backtest };
}
