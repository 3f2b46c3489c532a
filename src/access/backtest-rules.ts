import { DAY_MS } from '../domain/clock.ts';
import type { EntryRules, RuleProblem } from '../domain/entry-rules.ts';
import type { CommunityId } from '../domain/identifier.ts';
import type { RulesBacktest } from '../store/backtest-store.ts';
import type { Deps } from './deps.ts';
import { findProblems } from './put-rules.ts';

/** Examples shown of each change. */
const EXAMPLES = 5;

export type BacktestRulesOutcome =
  | { readonly kind: 'ok'; readonly backtest: RulesBacktest }
  /** The draft makes no sense, or none here. */
  | { readonly kind: 'unsound'; readonly problems: readonly RuleProblem[] }
  | { readonly kind: 'not_found' };

/** Runs a draft over the entries of the last days. Nothing is changed, and no gate waits for it. */
export async function backtestRules(
  deps: Deps,
  input: { communityId: CommunityId; rules: EntryRules; days: number },
): Promise<BacktestRulesOutcome> {
  const { communityId, rules, days } = input;
  const problems = await findProblems(deps, communityId, rules);
  if (problems.length > 0) return { kind: 'unsound', problems };
  const until = deps.now() + 1; // what was decided just now is of the past, too
  const backtest = await deps.store.backtestRules({
    communityId,
    rules,
    since: until - days * DAY_MS,
    until,
    limit: deps.config.limits.backtestEntries,
    examples: EXAMPLES,
  });
  return backtest === null ? { kind: 'not_found' } : { kind: 'ok', backtest };
}
