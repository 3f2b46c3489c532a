/** What managers and platforms are told, and when an attempt to tell them is repeated. */
import type { AlertKind } from './alert.ts';
import { HOUR_MS, MINUTE_MS, type Millis, SECOND_MS } from './clock.ts';
import { SPEED_LEVELS, type SpeedLevel } from './entry-rules.ts';

/** How a receiver wants to be told: a signed webhook, or the group robot of 企业微信 or 钉钉. */
export const NOTIFY_KINDS = ['webhook', 'wecom', 'dingtalk'] as const;
export type NotifyKind = (typeof NOTIFY_KINDS)[number];

export const NOTIFY_EVENTS = [
  'alert.raised',
  'appeal.filed',
  'appeal.decided',
  'sanction.set',
] as const;
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];

/** The facts of a notification: identifiers, numbers, words from closed lists and the names of places. */
export interface NotifyContent {
  readonly communityId: string;
  readonly communityName: string;
  readonly alertId: string;
  readonly kind: AlertKind;
  readonly at: Millis;
  readonly level?: SpeedLevel;
  readonly peakKmh?: number;
  readonly limitKmh?: number;
  readonly gateName?: string;
  readonly zoneName?: string;
  readonly appealId?: string;
  readonly decision?: 'upheld' | 'rejected';
  readonly sanction?: 'confirmation' | 'suspension';
  readonly until?: Millis;
  /** To a platform only: its own name for the rider. */
  readonly riderId?: string;
}

/** Pauses before the second and each later attempt, as Standard Webhooks suggests: a receiver may be away for days. */
export const RETRY_PAUSES_MS: readonly Millis[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** When a notification is tried again after so many attempts that failed; null: it is given up. */
export function retryAt(attempts: number, now: Millis): Millis | null {
  const pause = RETRY_PAUSES_MS[attempts - 1];
  return pause === undefined ? null : now + pause;
}

/** Whether a level is at least another. */
export function isAtLeast(level: SpeedLevel, least: SpeedLevel): boolean {
  return SPEED_LEVELS.indexOf(level) >= SPEED_LEVELS.indexOf(least);
}
