/** The part of the store port for a database that was put back from a backup. */
import type { Millis } from '../domain/clock.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';

/** That the database is a restored backup, until an operator has confirmed it. */
export interface RestoreState {
  readonly since: Millis;
  /** In words, for the operator. */
  readonly why: string;
}

export interface RestoreStore {
  /**
   * Locks a restored database down: every community's posture becomes lockdown without an end, every pass
   * ends, sessions and links of riders end, and the versions of lists and bundles rise above all that gates may have
   * seen since the backup. Couriers who were erased since are erased again. A database that is locked down already
   * may be a backup of that time: all is done anew, but `since`, `why` and the postures to give back stay.
   * @param input.erased the names of the erased, as entries `courier.erased` have them
   */
  lockDownRestored(input: {
    readonly why: string;
    readonly erased: readonly string[];
    readonly now: Millis;
  }): Promise<{ readonly passesEnded: number }>;
  /** Null: it is no restored backup, or it was confirmed. */
  readRestore(): Promise<RestoreState | null>;
  /** Gives every community the posture back that it had in the backup. False: there was nothing to confirm. */
  confirmRestore(input: { readonly actor: string; readonly now: Millis }): Promise<
    | {
        readonly kind: 'confirmed';
        readonly couriers: readonly CourierId[];
        readonly communities: readonly CommunityId[];
      }
    | { readonly kind: 'nothing' }
  >;
}
