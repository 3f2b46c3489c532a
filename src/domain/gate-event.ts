/** What a gate writes into the log on its disk and reports later. */
import type { Millis } from './clock.ts';
import type { Direction, Medium } from './gate.ts';
import type { CommandId } from './identifier.ts';
import type { Reason } from './reason.ts';

export const GATE_EVENT_TYPES = [
  'verification',
  'passage',
  'speed',
  'door_forced',
  'tamper',
  'boot',
  'queue',
  'heartbeat',
  'command',
] as const;
export type GateEventType = (typeof GATE_EVENT_TYPES)[number];

/** Why an event was rejected for good: sending it again changes nothing. */
export type EventRejection =
  /** `seq` is not a whole number from 1 on: it has no place in the log. */
  | 'invalid_seq'
  /** Times, uptime or boot do not have their form. */
  | 'invalid_event'
  | 'unknown_type'
  /** The members of `data` are not those of the type. */
  | 'invalid_data'
  /** Longer than 8 KiB. */
  | 'too_long';

/** An attempt as the gate's request would have asked it, and what the gate decided by itself. */
export interface GateVerification {
  readonly requestId: string;
  /** As presented; null: nothing was presented. */
  readonly code: string | null;
  readonly medium: Medium;
  readonly direction: Direction;
  readonly lane?: string | undefined;
  readonly scannedAt?: Millis | undefined;
  readonly speedKmh?: number | undefined;
  readonly accuracyKmh?: number | undefined;
  readonly decision: 'granted' | 'denied';
  /** Null: a refusal of the gate's own, which judged nothing (no clock, keys too old, log full). */
  readonly reason: Reason | null;
}

/** Numbers of a log that the gate itself could not keep, both ends included. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

export type GateEventContent =
  | { readonly type: 'verification'; readonly verification: GateVerification }
  | { readonly type: 'passage'; readonly requestId: string | null; readonly passed: boolean }
  | {
      readonly type: 'speed';
      /** Null: somebody was seen, and nothing measured. */
      readonly speedKmh: number | null;
      readonly accuracyKmh: number | null;
      readonly lane: string | null;
      /** What tells who it was, beside the lane. */
      readonly requestId: string | null;
      readonly plate: string | null;
      /** Null: it was at the gate itself. */
      readonly checkpointId: string | null;
    }
  | { readonly type: 'boot' }
  | { readonly type: 'door_forced' | 'tamper'; readonly lane: string | null }
  | {
      readonly type: 'queue' | 'heartbeat';
      readonly depth: number | null;
      readonly capacity: number | null;
      readonly bundleVersion: string | null;
      readonly statusVersion: number | null;
      readonly lost: readonly SeqRange[];
      /** Events that were lost before they had a number. */
      readonly lostUnnumbered: number;
    }
  | { readonly type: 'command'; readonly commandId: CommandId; readonly done: boolean };

/** How an event dates itself. */
export interface DeviceStamp {
  /** The device's clock; null: it had none. */
  readonly deviceTime: Millis | null;
  /** Since the boot, by a clock that nobody sets. */
  readonly uptimeMs: number | null;
  /** Random, made at each boot. */
  readonly bootId: string | null;
}
