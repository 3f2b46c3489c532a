/** The notify port: tells a receiver outside something, once per call. What waits and is repeated is the store's. */
import type { Millis } from '../domain/clock.ts';
import type { NotificationId } from '../domain/identifier.ts';
import type { NotifyContent, NotifyEvent, NotifyKind } from '../domain/notification.ts';

/** Where to, as the store keeps it sealed. */
export interface NotifyTarget {
  readonly kind: NotifyKind;
  readonly url: string;
  /** Of a webhook `whsec_…`, of 钉钉 the `SEC…` of its signing scheme; null: it is not signed. */
  readonly secret: string | null;
}

export interface NotifyMessage {
  /** The same each time it is tried: a receiver may know it again. */
  readonly id: NotificationId;
  readonly event: NotifyEvent;
  readonly content: NotifyContent;
  /** When it happened. */
  readonly at: Millis;
}

/** What came of an attempt. `failure` is a word from a closed list or an HTTP status, never an answer's text. */
export type NotifyOutcome =
  | { readonly kind: 'sent' }
  /** It may work later. */
  | { readonly kind: 'failed'; readonly failure: string }
  /** The receiver takes no more for now. */
  | { readonly kind: 'busy'; readonly failure: string; readonly pauseMs: Millis }
  /** It will never work: the address is gone, or may not be called. */
  | { readonly kind: 'refused'; readonly failure: string };

export interface Notifier {
  /** Why an address may not be used for a kind; null: it may, as far as can be told without calling it. */
  refuseUrl(kind: NotifyKind, url: string): string | null;
  /** Tries once. Never throws; takes a bounded time. */
  send(target: NotifyTarget, message: NotifyMessage, now: Millis): Promise<NotifyOutcome>;
  /** Breaks off what is under way and sends no more. */
  close(): void;
}
