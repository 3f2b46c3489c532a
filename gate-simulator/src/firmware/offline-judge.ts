import type { PassId } from 'courier-pass/gate';
import type { Bilingual, Direction } from '../wire/verify.ts';

/** Something that happened at this gate, by the server's time as the gate knows it. Unix milliseconds. */
export type MemoryEvent =
  | {
      /** A code was used up, by this gate's word or by the server's. */
      readonly kind: 'entry';
      readonly passId: PassId;
      /** Start of the code's window, Unix seconds: with the pass it is the code's identity. */
      readonly notBefore: number;
      /** End of the time in which the code would be accepted, excluded. */
      readonly usableUntil: number;
      readonly at: number;
    }
  | {
      readonly kind: 'rescan' | 'exit' | 'passage';
      readonly passId: PassId;
      readonly at: number;
    };

/** What the gate knows of the time. Unix milliseconds of the server's clock. */
export interface GateTime {
  readonly now: number;
  /** Whether the server's time was learnt since the gate has booted. */
  readonly synchronised: boolean;
  /** The latest that was ever known, kept on disk; 0: none. */
  readonly latestKnown: number;
}

/** What a gate decides alone. */
export type AloneOutcome =
  | {
      readonly outcome: 'granted' | 'denied';
      readonly reason: string;
      readonly message: Bilingual;
      readonly passId: PassId | null;
      readonly speedLimitKmh?: number | null;
      readonly rulesVersion: number | null;
    }
  | {
      /** The rider asks the guard. */
      readonly outcome: 'cannot_judge';
      readonly why: string;
      readonly message: Bilingual;
    };

/** The gate judged alone. */
export interface JudgedAlone {
  readonly kind: 'alone';
  readonly outcome: Exclude<AloneOutcome, { outcome: 'cannot_judge' }>;
}

export type BundleOutcome =
  | {
      readonly kind: 'loaded';
      readonly version: number;
      readonly statusVersion: number;
      /** How soon the status list should be asked for anew; null: it does not say. */
      readonly ttlSeconds: number | null;
      readonly maxStaleMinutes: number;
    }
  | { readonly kind: 'refused'; readonly why: string };

/** Judges when the service cannot be reached, by the last bundle and by what happened at this gate. */
export interface OfflineJudge {
  /**
   * Judges by this bundle from now on, unless it is refused. How old it is, it says itself.
   *
   * @param text the answer of `GET /v1/gate/bundle`
   * @param demands.minVersion of its status list
   */
  load(
    text: string,
    demands: { readonly minVersion: number; readonly now: number },
  ): Promise<BundleOutcome>;
  /**
   * Never opens for the same code twice: what uses it up is in the journal before this resolves.
   *
   * @param code as read; null: nothing was presented
   */
  judge(
    attempt: { readonly direction: Direction; readonly code: string | null },
    time: GateTime,
  ): Promise<AloneOutcome>;
  /** Takes in what the server decided, or the lane saw. */
  remember(event: MemoryEvent): Promise<void>;
}

/** Resolves when the event is on disk. */
export type MemoryJournal = (event: MemoryEvent) => Promise<void>;

/** Where a judge comes from: `courier-pass/gate`, or a vendor's own. */
export interface OfflineJudgeKit {
  makeJudge(journal: MemoryJournal, past: readonly MemoryEvent[]): OfflineJudge;
  /** Whether the event changes no judgement any more. */
  isForgettable(event: MemoryEvent, now: number): boolean;
}
