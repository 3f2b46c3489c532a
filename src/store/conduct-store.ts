/** The part of the store port that knows alerts about riders: their evidence, points, sanctions and appeals. */
import type { AlertRecord } from '../domain/alert.ts';
import type { Millis } from '../domain/clock.ts';
import type { AppealState } from '../domain/conduct/appeal.ts';
import type { Account, MovementCause, SpeedSource } from '../domain/conduct/conduct.ts';
import type {
  AlertId,
  AppealId,
  CommunityId,
  CourierId,
  SanctionId,
} from '../domain/identifier.ts';
import type { Actor, Page, PageRequest, Touched } from './store.ts';

/** A speed that was measured. */
export interface EvidenceReading {
  readonly at: Millis;
  readonly speedKmh: number;
  /** Null: the source names none. */
  readonly accuracyKmh: number | null;
  /** In force where and when it was measured. */
  readonly limitKmh: number;
}

/** What a speed alert rests on. */
export interface SpeedEvidence {
  readonly source: SpeedSource;
  readonly limitKmh: number;
  readonly marginKmh: number;
  readonly peakKmh: number;
  /** Null: the limit is that of the whole community. */
  readonly zone: string | null;
  readonly zoneName: string | null;
  readonly readings: readonly EvidenceReading[];
}

/** What binds a courier because of an alert. */
export interface SanctionRecord {
  readonly id: SanctionId;
  readonly alertId: AlertId;
  readonly kind: 'confirmation' | 'suspension';
  readonly because: 'serious' | 'points' | 'manager';
  readonly from: Millis;
  /** Excluded. */
  readonly until: Millis;
  readonly liftedAt: Millis | null;
}

/** An appeal. What people wrote is null once it was erased. */
export interface AppealRecord {
  readonly id: AppealId;
  readonly alertId: AlertId;
  readonly communityId: CommunityId;
  readonly state: AppealState;
  readonly text: string | null;
  readonly filedAt: Millis;
  readonly decidedAt: Millis | null;
  readonly reason: string | null;
}

/** One alert about a rider, whole. */
export interface AlertCase {
  readonly alert: AlertRecord;
  /** Null: it is no speed alert. */
  readonly speed: SpeedEvidence | null;
  readonly rulesVersion: number | null;
  /** Conduct points that it costs now. */
  readonly points: number;
  /** When the rider was shown it first. */
  readonly shownAt: Millis | null;
  /** When late readings have shown that there was no episode. */
  readonly withdrawnAt: Millis | null;
  readonly sanctions: readonly SanctionRecord[];
  readonly appeal: AppealRecord | null;
}

export interface Movement {
  readonly account: Account;
  /** Lost points are negative. */
  readonly points: number;
  readonly cause: MovementCause;
  readonly reference: string;
  readonly at: Millis;
}

/** A courier's accounts in a community; a balance is the sum of all movements. */
export interface ConductRecord {
  readonly communityId: CommunityId;
  readonly conduct: number;
  readonly contribution: number;
  /** In force. */
  readonly sanctions: readonly SanctionRecord[];
}

/** What a change to an alert has led to; live views are told of it. */
export interface ConductChange extends Touched {
  readonly alert: AlertRecord;
  /** Null: nobody is known. */
  readonly courierId: CourierId | null;
  /** `silent`: it became known so late that nobody is called. */
  readonly bell: 'rings' | 'silent';
}

export type AppealOutcome =
  | { readonly kind: 'filed'; readonly appeal: AppealRecord; readonly change: ConductChange }
  | { readonly kind: 'not_found' | 'appealed_before' | 'too_late' };

export type DecideAppealOutcome =
  | { readonly kind: 'decided'; readonly appeal: AppealRecord; readonly change: ConductChange }
  | { readonly kind: 'not_found' | 'decided_before' | 'own_sanction' };

/** Why nobody can be bound on the ground of an alert. */
export type NoGround = 'phone' | 'withdrawn' | 'upheld';

export interface ConductStore {
  /** One alert of a community. Null: there is none. */
  findAlert(input: { communityId: CommunityId; alertId: AlertId }): Promise<AlertCase | null>;
  /** Notes that a manager has seen it; the first time stays. Null: there is none. */
  acknowledgeAlert(input: {
    communityId: CommunityId;
    alertId: AlertId;
    actor: Actor;
    now: Millis;
  }): Promise<ConductChange | null>;
  /** A courier's own alerts, newest first. From then on they count as shown. */
  listRiderAlerts(input: {
    courierId: CourierId;
    page: PageRequest;
    now: Millis;
  }): Promise<Page<AlertCase>>;
  /**
   * One alert of the courier's own. `shown`: from then on it counts as shown, since the rider has asked for it; what is
   * only announced may never reach the phone. Null: it is not theirs, or there is none.
   */
  findRiderAlert(input: {
    courierId: CourierId;
    alertId: AlertId;
    as: 'shown' | 'announced';
    now: Millis;
  }): Promise<AlertCase | null>;

  /** A courier objects to an alert of their own: once, until 30 days after they were shown it. */
  fileAppeal(input: {
    courierId: CourierId;
    alertId: AlertId;
    communityId: CommunityId | null;
    text: string;
    now: Millis;
  }): Promise<AppealOutcome>;
  /**
   * Decides an appeal, once. Upheld, the alert counts no more: the points come back, and sanctions that followed from it,
   * or from an alert that was serious only by its company, are lifted, in the same transaction. Whoever set a sanction
   * by hand on the alert's ground does not decide about it.
   */
  decideAppeal(input: {
    communityId: CommunityId;
    alertId: AlertId;
    appealId: AppealId;
    decision: 'upheld' | 'rejected';
    reason: string;
    actor: Actor;
    now: Millis;
  }): Promise<DecideAppealOutcome>;
  listAppeals(input: {
    communityId: CommunityId;
    state: AppealState | null;
    page: PageRequest;
  }): Promise<Page<AppealRecord>>;

  /**
   * A manager binds a rider on the ground of an alert that stands. Not on a phone's word, nor on what was withdrawn or
   * taken back by an appeal: `phone`, `withdrawn`, `upheld`.
   */
  setSanction(input: {
    communityId: CommunityId;
    alertId: AlertId;
    kind: 'confirmation' | 'suspension';
    until: Millis;
    actor: Actor;
    now: Millis;
  }): Promise<{ sanction: SanctionRecord; change: ConductChange } | 'not_found' | NoGround>;
  /** Ends a sanction before its time. Null: there is none in force. */
  liftSanction(input: {
    communityId: CommunityId;
    sanctionId: SanctionId;
    actor: Actor;
    now: Millis;
  }): Promise<ConductChange | null>;

  /** A courier's accounts, in every community where there is something on them. */
  listConduct(courierId: CourierId, now: Millis): Promise<readonly ConductRecord[]>;
  /** A courier's movements in a community, newest first. */
  listMovements(input: {
    communityId: CommunityId;
    courierId: CourierId;
    page: PageRequest;
  }): Promise<Page<Movement>>;
  /** Points for a good deed. The same reference counts once. False: there is no such community or courier. */
  contribute(input: {
    communityId: CommunityId;
    courierId: CourierId;
    points: number;
    reference: string;
    actor: Actor;
    now: Millis;
  }): Promise<boolean>;
}
