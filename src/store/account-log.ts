import type { AccountEvent } from '../domain/account-event.ts';
import type { Millis } from '../domain/clock.ts';

/** The part of the store that records what happens to people's accounts, which are kept elsewhere. */
export interface AccountLog {
  /** Appends the entries, all or none. Resolves when they are on disk. */
  recordAccountEvents(input: {
    readonly events: readonly AccountEvent[];
    readonly now: Millis;
  }): Promise<void>;
}
