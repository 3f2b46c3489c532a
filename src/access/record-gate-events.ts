import type { PresentedCode } from '../domain/attempt.ts';
import type { Millis } from '../domain/clock.ts';
import { acceptedFrom, acceptedUntil, parseCourierCode } from '../domain/courier-code.ts';
import type {
  DeviceStamp,
  EventRejection,
  GateEventContent,
  GateVerification,
  SeqRange,
} from '../domain/gate-event.ts';
import { correctTimes, type TimeWitness } from '../domain/gate-time.ts';
import type { CommunityId, GateId } from '../domain/identifier.ts';
import type { BatchCoverage, GateEventRecord, ReportedAttempt } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { codeDigest } from './issued-codes.ts';
import { publishAlerts, publishTouched } from './publish.ts';
import type { Turnstile } from './turnstile.ts';

/** An event of a batch, read as far as it could be. */
export interface IncomingGateEvent {
  /** Null: it has no place in the log. */
  readonly seq: number | null;
  /** SHA-256 of its canonical writing, base64url. */
  readonly digest: string;
  readonly type: string;
  readonly stamp: DeviceStamp;
  readonly content: GateEventContent | null;
  /** What is kept of it. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly rejected: EventRejection | null;
}

export interface IncomingBatch {
  readonly gateId: GateId;
  readonly communityId: CommunityId;
  readonly logId: string;
  readonly sent: DeviceStamp | null;
  /** The lowest number that the gate still has; null: it does not say. */
  readonly oldest: number | null;
  /** As they came. */
  readonly events: readonly unknown[];
  /** Reads one of them. */
  readonly read: (event: unknown) => IncomingGateEvent;
}

export interface EventsAcknowledged {
  readonly kind: 'recorded';
  readonly ackedThrough: number;
  readonly gaps: readonly SeqRange[];
  readonly rejected: readonly { readonly seq: number | null; readonly code: string }[];
}

export type EventDeps = Deps & { readonly turnstile: Turnstile };

/**
 * Takes over a batch of a gate's log. The batch is stored in pieces, each whole or not at all, and is acknowledged when
 * all of it is on disk; the same batch again, or cut off in the middle and sent again, changes nothing twice.
 * @throws StoreUnavailable what was not acknowledged is to be sent again
 */
export async function recordGateEvents(
  deps: EventDeps,
  batch: IncomingBatch,
): Promise<EventsAcknowledged | { readonly kind: 'gate_revoked' }> {
  const { store, bus, config, turnstile } = deps;
  const { gateId, logId, sent } = batch;
  const receivedAt = deps.now();
  const events = await readInPieces(deps, batch);
  const health = await store.findGateHealth(gateId);
  const stamps = events.map(({ stamp, content }) => ({ ...stamp, witness: witnessOf(content) }));
  const knownOffsetMs = health?.clockOffsetMs ?? null;
  const corrected = correctTimes(stamps, { receivedAt, sent, knownOffsetMs });
  const placed = events.flatMap((event, index) => {
    const time = corrected.times[index];
    return event.seq === null || time === undefined ? [] : [{ ...event, seq: event.seq, ...time }];
  });
  placed.sort((a, b) => a.seq - b.seq);

  const size = config.limits.eventsPerPiece;
  const pieces = Math.max(1, Math.ceil(placed.length / size));
  for (let piece = 0; piece < pieces; piece++) {
    const members = placed.slice(piece * size, (piece + 1) * size);
    const end = piece === pieces - 1 ? coverage(placed, batch.oldest) : null;
    const outcome = await turnstile(async () => {
      const records: GateEventRecord[] = [];
      for (const event of members) records.push(await recordOf(deps, event));
      const { offsetMs: clockOffsetMs } = corrected;
      const named = { gateId, logId, clockOffsetMs, now: receivedAt };
      return store.recordGateEvents({ ...named, events: records, end });
    });
    if (outcome.kind === 'gate_revoked') return outcome;
    publishTouched(bus, outcome);
    publishAlerts(bus, outcome.alerts);
    if (outcome.acknowledged !== null) {
      return { kind: 'recorded', ...outcome.acknowledged, rejected: rejectedOf(events) };
    }
  }
  throw new RangeError('the last piece acknowledges the batch');
}

/** Reading five hundred events at once would keep everybody waiting. */
async function readInPieces(
  { config, turnstile }: EventDeps,
  { events, read }: IncomingBatch,
): Promise<IncomingGateEvent[]> {
  const size = config.limits.eventsPerPiece;
  const all: IncomingGateEvent[] = [];
  for (let from = 0; from < events.length; from += size) {
    const piece = events.slice(from, from + size);
    all.push(...(await turnstile(async () => piece.map(read))));
  }
  return all;
}

/** A code that let somebody in tells when it did, also where the gate's own clock does not. */
function witnessOf(content: GateEventContent | null): TimeWitness | null {
  if (content?.type !== 'verification') return null;
  const { decision, direction, code: text, scannedAt = null } = content.verification;
  if (decision !== 'granted' || direction !== 'in' || text === null) return null;
  const code = parseCourierCode(text);
  return code && { scannedAt, from: acceptedFrom(code), until: acceptedUntil(code) };
}

/** What the batch says of the log: all that the gate has between its first and its last event. */
function coverage(placed: readonly { seq: number }[], oldest: number | null): BatchCoverage {
  const first = placed[0];
  const last = placed.at(-1);
  if (first === undefined || last === undefined) return { range: null, oldest };
  return { range: { from: first.seq, to: last.seq }, oldest };
}

function rejectedOf(events: readonly IncomingGateEvent[]) {
  return events.flatMap(({ seq, rejected }) =>
    rejected === null ? [] : [{ seq, code: rejected }],
  );
}

type PlacedEvent = IncomingGateEvent & {
  readonly seq: number;
  readonly at: Millis;
  readonly offsetMs: number | null;
  readonly certain: boolean;
};

async function recordOf(deps: EventDeps, event: PlacedEvent): Promise<GateEventRecord> {
  const { seq, digest, type, stamp, content, data, rejected, at, offsetMs, certain } = event;
  const verification = content?.type === 'verification' ? content.verification : null;
  return {
    seq,
    digest,
    type,
    ...stamp,
    at,
    clockOffsetMs: offsetMs,
    certain,
    data,
    rejected,
    content: verification === null ? content : null,
    attempt: verification === null ? null : await attemptOf(deps, verification, at),
  };
}

async function attemptOf(
  deps: EventDeps,
  verification: GateVerification,
  at: Millis,
): Promise<ReportedAttempt> {
  const { code: text, ...asked } = verification;
  return {
    ...asked,
    code: await examine(deps, text, at),
    codeDigest: text === null ? '' : codeDigest(text),
  };
}

/** Whether the code was authentic by the keys that were published then. */
async function examine(
  { keys }: EventDeps,
  text: string | null,
  at: Millis,
): Promise<PresentedCode> {
  if (text === null) return { kind: 'absent' };
  const code = parseCourierCode(text);
  if (code === null) return { kind: 'malformed' };
  const kind = await keys.verifyCodeOf(code, at);
  if (kind !== 'authentic') return { kind };
  const { directions, communityId, passId, notBefore, lifetimeSeconds, statusIndex } = code;
  const payload = { directions, communityId, passId, notBefore, lifetimeSeconds, statusIndex };
  return { kind, payload };
}
