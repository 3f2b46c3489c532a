/** The part of the store port that looks back. It reads beside the commit queue: no gate waits for it. */
import type { BacktestReport } from '../domain/backtest.ts';
import type { Millis } from '../domain/clock.ts';
import type { EntryRules } from '../domain/entry-rules.ts';
import type { CommunityId } from '../domain/identifier.ts';

export interface RulesBacktest extends BacktestReport {
  /** Of the oldest attempt that was looked at; null: there was none. */
  readonly since: Millis | null;
  /** Entries that were looked at. */
  readonly attempts: number;
  /** `cut`: there were more than may be looked at, and the oldest are left out. */
  readonly extent: 'whole' | 'cut';
}

export interface BacktestStore {
  /**
   * Judges the recorded entries of a time again by a draft, with the same pure function and with what was true then as
   * far as is still known. What riders and gates would have done otherwise afterwards is not guessed. Null: there is no
   * such community.
   */
  backtestRules(input: {
    communityId: CommunityId;
    rules: EntryRules;
    since: Millis;
    /** Excluded. */
    until: Millis;
    /** Entries looked at, the newest. */
    limit: number;
    examples: number;
  }): Promise<RulesBacktest | null>;
}
