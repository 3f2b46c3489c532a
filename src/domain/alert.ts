import { MINUTE_MS, type Millis, SECOND_MS } from './clock.ts';
import type { DecisionFlag } from './decision.ts';
import type { SpeedLevel } from './entry-rules.ts';
import type { AlertId, CommunityId, GateId, PassId, VisitId } from './identifier.ts';

/** What a manager should look at. The lasting ones are true for a time: such an alert is raised once until it ends. */
export const LASTING_ALERTS = [
  /** The gate has not spoken for some minutes. Ends when it speaks. */
  'gate_offline',
  /** The gate's clock is wrong by {@link SKEW_MS} or more. */
  'gate_clock_skew',
  /** Events of the gate's log are missing. Ends when they come; ended from the first where they are lost for good. */
  'gate_event_gap',
  /** The gate's log is nearly full. */
  'gate_queue_high',
] as const;

export const SINGLE_ALERTS = [
  /** A gate without network let somebody in whom the service would have refused, or decided otherwise than it. */
  'offline_conflict',
  /** Another event came under the number of one that is stored. */
  'gate_event_conflict',
  'door_forced',
  'tamper',
  /** The gate opened for somebody who did not go in. */
  'granted_no_entry',
  'unrecognised_code_at_exit',
  'exit_without_visit',
  'code_replayed',
  /** A burst of codes that nobody of us signed. */
  'forged_code',
  /** A rider rode faster than allowed: one episode, from its start to its end. */
  'speeding',
  /** A visit lasts longer than the rules let it. Never costs points. */
  'overstay',
  /** What the tables show of a decision or a visit is not what the audit log tells. */
  'audit_mismatch',
] as const;

/** Alerts about what a rider did: the rider sees them, and may object to them. */
export const RIDER_ALERTS = [
  'speeding',
  'overstay',
  'granted_no_entry',
  'exit_without_visit',
] as const satisfies readonly (typeof SINGLE_ALERTS)[number][];
export type RiderAlertKind = (typeof RIDER_ALERTS)[number];

export type LastingAlert = (typeof LASTING_ALERTS)[number];
export type AlertKind = LastingAlert | (typeof SINGLE_ALERTS)[number];
export const ALERT_KINDS: readonly AlertKind[] = [...LASTING_ALERTS, ...SINGLE_ALERTS];

/** Numbers and words from closed lists, or the short codes of devices: no person, no free text. */
export type AlertDetails = Readonly<Record<string, unknown>>;

export interface AlertRecord {
  readonly id: AlertId;
  readonly communityId: CommunityId;
  readonly kind: AlertKind;
  readonly gateId: GateId | null;
  readonly passId: PassId | null;
  readonly visitId: VisitId | null;
  /** The decision or the change on the audit log that it is about. */
  readonly auditId: string | null;
  /** When it happened or began. */
  readonly at: Millis;
  /** Null while it lasts; of what happens once the same as `at`. */
  readonly endedAt: Millis | null;
  /** Of a speed alert, as it stands; null: of no other. */
  readonly level: SpeedLevel | null;
  /** When a manager took note of it; null: nobody has. */
  readonly acknowledgedAt: Millis | null;
  readonly details: AlertDetails;
}

/** A clock that is wrong by this much, either way, is an alert. */
export const SKEW_MS = 2 * SECOND_MS;
/** A log on a gate's disk that is filled to this part is an alert. */
export const QUEUE_HIGH = 0.9;
/** So many forged codes at one gate within {@link BURST_MS} are a burst; the next alert comes {@link BURST_REST_MS} later. */
export const BURST_COUNT = 5;
export const BURST_MS = MINUTE_MS;
export const BURST_REST_MS = 10 * MINUTE_MS;
/** The same code replayed at the same gate within this time is one alert. */
export const REPLAY_REST_MS = MINUTE_MS;

/** The alert that a flag of a decision raises, if any. */
export function alertOfFlag(flag: DecisionFlag): AlertKind | null {
  return flag === 'anti_passback' ? null : flag;
}

/** Whether a clock's error is an alert. */
export function isSkewed(offsetMs: Millis): boolean {
  return Math.abs(offsetMs) >= SKEW_MS;
}

/** Whether a log is nearly full. */
export function isQueueHigh(depth: number, capacity: number): boolean {
  return depth >= capacity * QUEUE_HIGH;
}

/** Whether an alert is about what a rider did. */
export function isRiderAlert(kind: AlertKind): kind is RiderAlertKind {
  return RIDER_ALERTS.some((known) => known === kind);
}
