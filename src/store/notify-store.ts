/** The part of the store port that knows whom to tell what, and what waits to be told. */
import type { Millis } from '../domain/clock.ts';
import type { SpeedLevel } from '../domain/entry-rules.ts';
import type { CommunityId, NotificationId, NotifyEndpointId } from '../domain/identifier.ts';
import type { NotifyContent, NotifyEvent, NotifyKind } from '../domain/notification.ts';
import type { Actor, Page, PageRequest } from './store.ts';

/** Whose a receiver is. A platform's gets serious alerts alone, after the time to object. */
export type NotifyOwner =
  | { readonly kind: 'community'; readonly communityId: CommunityId }
  | { readonly kind: 'platform'; readonly slug: string };

export interface NotifyEndpoint {
  readonly id: NotifyEndpointId;
  readonly kind: NotifyKind;
  readonly name: string;
  /** Its address without what makes it secret. */
  readonly shown: string;
  readonly events: readonly NotifyEvent[];
  readonly leastLevel: SpeedLevel;
  readonly createdAt: Millis;
  /** What waits, and what was given up. */
  readonly waiting: number;
  readonly dead: number;
}

export type NotificationState = 'waiting' | 'sent' | 'dead';

export interface NotificationRecord {
  readonly id: NotificationId;
  readonly event: NotifyEvent;
  readonly content: NotifyContent;
  readonly createdAt: Millis;
  readonly state: NotificationState;
  /** That failed. */
  readonly attempts: number;
  /** While it waits: when it is tried next; else when it was settled. */
  readonly dueAt: Millis;
  /** Of the last attempt. */
  readonly failure: string | null;
}

/** A notification that is to be sent now. */
export interface DueNotification extends NotificationRecord {
  readonly endpointId: NotifyEndpointId;
  readonly kind: NotifyKind;
  readonly sealed: string;
}

export type NotifySettlement =
  | { readonly kind: 'sent' }
  | { readonly kind: 'failed'; readonly failure: string }
  | { readonly kind: 'busy'; readonly failure: string; readonly pauseMs: Millis }
  | { readonly kind: 'refused'; readonly failure: string };

export interface NotifyStore {
  /**
   * The identifier is the caller's, since address and secret are sealed for it. `not_found`: there is no such owner.
   * `too_many`: the owner has `most` already.
   */
  createNotifyEndpoint(input: {
    id: NotifyEndpointId;
    owner: NotifyOwner;
    kind: NotifyKind;
    name: string;
    shown: string;
    sealed: string;
    events: readonly NotifyEvent[];
    leastLevel: SpeedLevel;
    most: number;
    actor: Actor;
    now: Millis;
  }): Promise<NotifyEndpoint | 'not_found' | 'too_many'>;
  listNotifyEndpoints(owner: NotifyOwner, page: PageRequest): Promise<Page<NotifyEndpoint>>;
  /** Nothing more is sent there. False: there is none of the owner's. */
  removeNotifyEndpoint(input: {
    owner: NotifyOwner;
    id: NotifyEndpointId;
    actor: Actor;
    now: Millis;
  }): Promise<boolean>;
  /** What was and is to be sent to a receiver, newest first. Null: there is none of the owner's. */
  listNotifications(input: {
    owner: NotifyOwner;
    id: NotifyEndpointId;
    state: NotificationState | null;
    page: PageRequest;
  }): Promise<Page<NotificationRecord> | null>;
  /**
   * Notifications that are due, at most one for each receiver and none for one that pauses. Each is lent until `lentUntil`:
   * settled by then, or tried again, so that a process that dies loses none and may send one twice.
   */
  takeNotifications(input: {
    now: Millis;
    limit: number;
    lentUntil: Millis;
  }): Promise<readonly DueNotification[]>;
  /**
   * What came of an attempt. A failure is tried again with growing pauses, then given up; once a receiver answers again,
   * what waits for it is due at once. `pauseMs`: nothing is sent there for so long.
   */
  settleNotification(input: {
    id: NotificationId;
    outcome: NotifySettlement;
    pauseMs: Millis;
    now: Millis;
  }): Promise<void>;
  /** Puts what was given up back into the queue: one, or all of a receiver. Returns how many. */
  replayNotifications(input: {
    owner: NotifyOwner;
    id: NotifyEndpointId;
    notificationId: NotificationId | null;
    actor: Actor;
    now: Millis;
  }): Promise<number>;
}
