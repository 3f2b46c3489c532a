import type { Direction, VerifyRequest } from './verify.ts';

/** What a gate writes into its log, by type. The members are those of `POST /v1/gate/events`. */
export interface GateEventData {
  /** A scan that the server did not answer in time: asked as sent, and what the gate did alone. */
  readonly verification: {
    readonly request: VerifyRequest;
    readonly decision: 'granted' | 'denied';
    /** From the contract's closed list; of a gate that could not judge, and refused, a word of its own. */
    readonly reason: string;
    readonly rulesVersion?: number;
    readonly bundleVersion?: number;
  };
  /** After an opening: whether somebody went through. */
  readonly passage: {
    readonly passed: boolean;
    readonly direction: Direction;
    readonly requestId?: string;
    readonly commandId?: string;
    readonly lane?: string;
  };
  /** A radar reading; of a checkpoint without a radar, that somebody came by. */
  readonly speed: {
    readonly speedKmh?: number;
    readonly accuracyKmh?: number;
    /** Left out: at the gate itself. */
    readonly checkpointId?: string;
    readonly plate?: string;
    readonly requestId?: string;
    readonly direction?: Direction;
    readonly lane?: string;
  };
  readonly door_forced: { readonly lane?: string };
  readonly tamper: { readonly lane?: string };
  readonly boot: {
    readonly firmware: string;
    /** Lines of the log that the last power cut had torn. */
    readonly damagedLines: number;
    readonly bundleVersion?: number;
  };
  /** The buffer fills up, or events were overwritten: those under the numbers in `lost`, and some that had none yet. */
  readonly queue: {
    readonly depth: number;
    readonly capacity: number;
    readonly lost?: readonly SeqRange[];
    readonly lostUnnumbered?: number;
  };
  readonly heartbeat: {
    readonly queueDepth: number;
    readonly queueCapacity: number;
    readonly bundleVersion?: number;
    readonly statusVersion?: number;
  };
  readonly command: {
    readonly commandId: string;
    /** Whether the gate has opened. */
    readonly outcome: 'done' | 'not_done';
  };
}

export type GateEventType = keyof GateEventData;

/** How a device dates what it tells. */
export interface DeviceStamp {
  /** RFC 3339, by the device's own time of day, right or wrong. */
  readonly deviceTime: string;
  /** Since the gate has booted. */
  readonly uptimeMs: number;
  /** Random, made at each boot. */
  readonly bootId: string;
}

/** An event that has no number yet. */
export type EventDraft = {
  readonly [Type in GateEventType]: DeviceStamp & {
    readonly type: Type;
    readonly data: GateEventData[Type];
  };
}[GateEventType];

export type GateEvent = { readonly seq: number } & EventDraft;

/** Both ends included. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}
