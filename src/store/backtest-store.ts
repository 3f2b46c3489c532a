/** The part of the store port that looks back. It reads beside the commit queue: no gate waits for it. */
import type { BacktestReport } from '../domain/backtest.ts';
import type { Millis } from '../domain/clock.ts';
import type { EntryRules } from '../domain/entry-rules.ts';
import type { CommunityId } from '../domain/identifier.ts';
import type { SpeedBacktestReport, SpeedDraft } from '../domain/speed/backtest.ts';
import type { GroupedFigures } from '../domain/speed/figures.ts';

export interface LookedBack {
  /** `cut`: there was more than may be looked at, and the oldest is left out. */
  readonly extent: 'whole' | 'cut';
}

export interface RulesBacktest extends BacktestReport, LookedBack {
  /** Of the oldest attempt that was looked at; null: there was none. */
  readonly since: Millis | null;
  /** Entries that were looked at. */
  readonly attempts: number;
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
  /**
   * How fast riders rode since an instant: all, by hour, gate and zone. At most `limit` visits, the newest. Null: there
   * is no such community.
   */
  readSpeedFigures(input: {
    communityId: CommunityId;
    since: Millis;
    limit: number;
  }): Promise<(GroupedFigures & LookedBack) | null>;
  /**
   * What other limits would have made of what was measured since an instant, by the function that finds episodes. What
   * sections measured is measured again by the distances of today.
   */
  backtestSpeed(input: {
    communityId: CommunityId;
    draft: SpeedDraft;
    since: Millis;
    limit: number;
    examples: number;
  }): Promise<(SpeedBacktestReport & LookedBack) | null>;
}
