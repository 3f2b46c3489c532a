/** The part of the store port that holds the tables against the audit log. */
import type { AlertRecord } from '../domain/alert.ts';
import type { Millis } from '../domain/clock.ts';

export interface ViewCheckStore {
  /**
   * One step: reads at most `limit` entries that came since the step before, compares each decision with its row, and
   * at the end of the log the visits that were told in between with theirs. A difference is an alert. Begins near the
   * end of the log where nothing is known of an earlier step, or it lies far behind; visits that were opened before are
   * left out.
   */
  checkViews(input: { readonly limit: number; readonly now: Millis }): Promise<{
    /** Entries read. */
    readonly checked: number;
    /** The end of the log was reached. */
    readonly done: boolean;
    readonly alerts: readonly AlertRecord[];
  }>;
}
