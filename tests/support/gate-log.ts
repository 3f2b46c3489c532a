/** A gate's log of events, as the store takes it. */
import { randomUUID } from 'node:crypto';
import type { GateEventContent } from '../../src/domain/gate-event.ts';
import type { GateId } from '../../src/domain/identifier.ts';
import type { BatchCoverage, GateEventRecord, Store } from '../../src/store/store.ts';
import { sha256 } from './store-under-test.ts';
import type { Presented, World } from './store-world.ts';

export interface Alone extends Presented {
  /** What the gate decided; granted unless said otherwise. */
  readonly decision?: 'granted' | 'denied';
  readonly reason?: string;
}

/** An event without its number. */
export type LoggedEvent = Omit<GateEventRecord, 'seq'>;

const BASE = {
  deviceTime: null,
  uptimeMs: null,
  bootId: null,
  clockOffsetMs: 0,
  certain: true,
  rejected: null,
} as const;

/** An attempt that a gate judged alone. */
export function alone(world: World, presented: Alone): LoggedEvent {
  const { at, direction = 'in', decision = 'granted' } = presented;
  const { requestId, medium, code, codeDigest } = world.attempt(presented);
  const reason = presented.reason ?? (direction === 'out' ? 'granted_exit' : 'granted');
  const asked = { requestId, medium, direction, code, codeDigest };
  return {
    ...BASE,
    digest: sha256(requestId),
    type: 'verification',
    deviceTime: at,
    at,
    data: {},
    content: null,
    attempt: { ...asked, decision, reason: reason as never },
  };
}

/** Any other event. */
export function told(at: number, content: GateEventContent, data: object = {}): LoggedEvent {
  const digest = sha256(randomUUID());
  return {
    ...BASE,
    digest,
    type: content.type,
    deviceTime: at,
    at,
    data: { ...data },
    content,
    attempt: null,
  };
}

export function passage(at: number, requestId: string, passed: boolean): LoggedEvent {
  return told(at, { type: 'passage', requestId, passed }, { passed });
}

/** Numbers events from a number on. */
export function numbered(events: readonly LoggedEvent[], from = 1): GateEventRecord[] {
  return events.map((event, index) => ({ ...event, seq: from + index }));
}

export interface Upload {
  readonly gateId: GateId;
  readonly logId?: string;
  readonly events: readonly GateEventRecord[];
  readonly now: number;
  readonly end?: BatchCoverage | null;
  readonly oldest?: number;
  readonly clockOffsetMs?: number | null;
}

/** Sends a batch in one piece. */
export async function upload(store: Store, batch: Upload) {
  const { gateId, logId = 'log-00000001', events, now, clockOffsetMs = null } = batch;
  const first = events[0];
  const last = events.at(-1);
  const range =
    first === undefined || last === undefined ? null : { from: first.seq, to: last.seq };
  const end = batch.end === undefined ? { range, oldest: batch.oldest ?? null } : batch.end;
  const outcome = await store.recordGateEvents({ gateId, logId, events, end, clockOffsetMs, now });
  if (outcome.kind !== 'recorded') throw new Error(outcome.kind);
  return outcome;
}
