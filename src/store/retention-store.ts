/** The part of the store port that lets old entries go: the only way out of the log. */
import type { Millis } from '../domain/clock.ts';

export type PruneOutcome =
  /** Nothing is old enough, or what was announced is not covered by a checkpoint yet. */
  | { readonly kind: 'nothing' }
  /** An entry says that those below this place will be dropped. */
  | { readonly kind: 'announced'; readonly through: number }
  /** So many entries were dropped; call again. */
  | { readonly kind: 'dropped'; readonly entries: number };

export interface RetentionStore {
  /**
   * One step of letting go: announces the drop of whole bundles of 256 entries that are all older than `before` and lie
   * below the newest checkpoint, by an entry; or, once a checkpoint covers that entry, drops at most `limit` of what
   * was announced, with the attempts, visits, gate events, commands and alerts that are as old. Hashes stay: every
   * proof of what is kept can still be made.
   */
  pruneLog(input: {
    readonly before: Millis;
    readonly limit: number;
    readonly now: Millis;
  }): Promise<PruneOutcome>;
}
