/** The part of the store port that forgets people. The log stays whole: it names passes, never their holders. */
import type { Millis } from '../domain/clock.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';

/** What an erasure does with blocks in force: waits for their end, or ends them. */
export type BlocksAtErasure = 'keep' | 'lift';
/** What an erasure waits for: a pass that has not ended, a block or suspension in force. */
export type ErasureWaitsFor = 'pass' | 'block';

/** Rows that were deleted, or whose holder and salt were, by kind. */
export interface Forgotten {
  readonly deliveries: number;
  /** Passes that say no more who held them. */
  readonly passes: number;
  readonly couriers: number;
  readonly restrictions: number;
}

export type EraseOutcome =
  | {
      readonly kind: 'erased';
      readonly forgotten: Forgotten;
      readonly couriers: readonly CourierId[];
      readonly communities: readonly CommunityId[];
    }
  /** Written down; {@link PrivacyStore.forgetPersonal} carries it out when nothing is waited for any more. */
  | { readonly kind: 'pending'; readonly waitsFor: readonly ErasureWaitsFor[] }
  | { readonly kind: 'not_found' };

export interface PrivacyStore {
  /**
   * Erases a courier (PIPL art. 47): the couriers joined into it, accounts at platforms, links, sessions, deliveries
   * with their callbacks, blocks, and of every pass its holder and the salt of the commitment to it. Passes, visits
   * and decisions stay under their random numbers, and every entry of the audit log as it is. While a pass has not
   * ended or, with `keep`, a block is in force, it is only written down.
   */
  eraseCourier(input: {
    readonly courierId: CourierId;
    readonly blocks: BlocksAtErasure;
    readonly actor: string;
    readonly now: Millis;
  }): Promise<EraseOutcome>;
  /**
   * One round of forgetting, of at most `limit` rows of each kind: erasures whose time has come, deliveries whose
   * newest callback came before `before`, holders of passes that ended before it, restrictions that ended before it,
   * couriers for whom no platform has vouched since and of whom nothing else is kept. An entry says how many.
   */
  forgetPersonal(input: {
    readonly before: Millis;
    readonly limit: number;
    readonly now: Millis;
  }): Promise<{
    readonly forgotten: Forgotten;
    /** Erasures that had waited. */
    readonly erased: number;
    /** Nothing is left to forget now. */
    readonly done: boolean;
    readonly couriers: readonly CourierId[];
    readonly communities: readonly CommunityId[];
  }>;
}
