/** The part of the store port that knows where riders ride, how fast, and what follows from it. */
import type { Millis } from '../domain/clock.ts';
import type { CommunityId, CourierId, PassId, VisitId } from '../domain/identifier.ts';
import type { Checkpoint, Distance } from '../domain/speed/section.ts';
import type { Zone } from '../domain/speed/zones.ts';
import type { ConductChange } from './conduct-store.ts';
import type { Actor, Conflict, Done, NotFound } from './store.ts';

/** What a community says of its places: each kind is one document, replaced as a whole. */
export interface PlaceDocuments {
  readonly zones: readonly Zone[];
  readonly checkpoints: readonly Checkpoint[];
  readonly distances: readonly Distance[];
}
export type PlaceKind = keyof PlaceDocuments;

export interface PlaceVersion<Document> {
  /** From 1 on; 0: nobody has written it yet. */
  readonly version: number;
  readonly document: Document;
}

/** All that is known of a community's places. */
export type Places = { readonly [Kind in PlaceKind]: PlaceVersion<PlaceDocuments[Kind]> };

/** A position of a rider's phone, plausible by itself. The place is used to find the zone, and is not kept. */
export interface RiderPosition {
  /** By the phone's clock. */
  readonly at: Millis;
  readonly lon: number;
  readonly lat: number;
  readonly accuracyM: number;
  readonly speedKmh: number;
  readonly accuracyKmh: number;
}

export type RecordPositionsOutcome =
  | {
      readonly kind: 'recorded';
      /** The newest visit of the pass. */
      readonly visitId: VisitId;
      /** Taken, those included that another of the same second stands for. */
      readonly accepted: number;
      /** Later than now. */
      readonly future: number;
      /** During no visit. */
      readonly outsideVisit: number;
    }
  /** The rider has not consented, or no more. */
  | { readonly kind: 'no_consent' }
  /** The pass has no visit that is open or has closed lately. */
  | { readonly kind: 'no_visit' }
  /** There is no such pass, or it is another rider's. */
  | { readonly kind: 'not_found' };

export interface JudgedSpeeds {
  /** Alerts that were raised, have grown, ended or been taken back. */
  readonly changes: readonly ConductChange[];
  /** Visits that cannot be judged: a fault of ours. They are tried again, and keep nobody waiting. */
  readonly failed: readonly VisitId[];
  /** Whether more waits to be judged now. */
  readonly more: boolean;
}

export interface SpeedStore {
  // places
  readPlaces(communityId: CommunityId): Promise<Places | null>;
  /** Replaces a document. `ifVersion`: the version that the author had seen; another one since is a conflict. */
  putPlaces<Kind extends PlaceKind>(input: {
    communityId: CommunityId;
    kind: Kind;
    document: PlaceDocuments[Kind];
    ifVersion: number | null;
    actor: Actor;
    now: Millis;
  }): Promise<Done<PlaceVersion<readonly unknown[]>> | Conflict | NotFound>;

  // a rider's consent to positions
  /** When it was given; null: it is not. */
  findPositionConsent(courierId: CourierId): Promise<Millis | null>;
  /** Given again, the first time stays. */
  givePositionConsent(input: { courierId: CourierId; now: Millis }): Promise<Millis>;
  /** Takes it back, and forgets every reading of the rider's phone that is no alert's evidence. */
  withdrawPositionConsent(input: { courierId: CourierId; now: Millis }): Promise<void>;

  // readings
  /**
   * Takes positions of a rider's phone, made during visits that the pass is on or was on until an hour ago. Of each
   * second one reading is kept, whatever order they come in and however often: the earliest, of two at one instant the
   * slower. `sentAt`: the phone's clock at the sending; by it a wrong clock is put right.
   */
  recordPositions(input: {
    courierId: CourierId;
    passId: PassId;
    sentAt: Millis | null;
    positions: readonly RiderPosition[];
    now: Millis;
  }): Promise<RecordPositionsOutcome>;
  /**
   * Judges readings that have waited for those before them: what radars measured, sections, and phones. What comes of
   * it follows from the set of readings, not from their order or from restarts between them. At most `limit` visits, and
   * some readings for each.
   */
  judgeSpeeds(input: { now: Millis; limit: number }): Promise<JudgedSpeeds>;
  /** Forgets readings of phones that are older than a day. At most `limit`. Returns how many. */
  forgetPositions(input: { now: Millis; limit: number }): Promise<number>;
}
