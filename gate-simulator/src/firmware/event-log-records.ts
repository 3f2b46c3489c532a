import type { GateEvent, SeqRange } from '../wire/gate-events.ts';
import { isObject, type JsonObject } from '../wire/json.ts';
import { LostEvents } from './lost-events.ts';

/** What the records of a log's file come to. */
export interface LogContents {
  /** Undefined: the file says of no log. */
  readonly logId: string | undefined;
  /** The number of the next event. */
  readonly next: number;
  readonly acknowledged: number;
  /** What waits, in the order of the numbers. */
  readonly events: Map<number, GateEvent>;
  readonly lost: LostEvents;
}

/**
 * Reads the records of a log:
 *
 * - `{log}`: its identifier and where it stood when the file was last rewritten; the first record
 * - `{event}`: one event; under one number the last counts, for an earlier one was never acknowledged to anybody.
 *   With `untold` it tells of all losses before it but these
 * - `{acknowledged}`: the server has everything up to this number
 * - `{lost}`, `{lostUnnumbered}`: events that were overwritten
 *
 * Events whose log is not known, because the head of the file is damaged, are given new numbers in a new log.
 */
export function readLogRecords(records: readonly unknown[]): LogContents {
  const log = { events: new Map<number, GateEvent>(), lost: new LostEvents(), next: 1, through: 0 };
  let logId: string | undefined;
  for (const record of records) {
    if (!isObject(record)) continue;
    const { log: head, event, acknowledged } = record;
    if (isObject(head) && typeof head.logId === 'string') {
      logId = head.logId;
      log.next = count(head.next, 1);
      log.through = count(head.acknowledged, 0);
      log.lost.addRanges(rangesOf(head.lost));
      log.lost.add([], count(head.lostUnnumbered, 0));
    } else if (isEvent(event)) {
      if (Array.isArray(record.untold)) log.lost.keepOnly(rangesOf(record.untold));
      log.events.set(event.seq, event);
      log.next = Math.max(log.next, event.seq + 1);
    } else if (typeof acknowledged === 'number') {
      log.through = Math.max(log.through, acknowledged);
    } else readLoss(record, log);
  }
  const waiting = [...log.events.values()]
    .filter(({ seq }) => seq > log.through)
    .sort((a, b) => a.seq - b.seq);
  return logId === undefined
    ? startedAnew(waiting)
    : { ...log, logId, acknowledged: log.through, events: bySeq(waiting) };
}

function readLoss(
  { lost, lostUnnumbered }: JsonObject,
  log: { lost: LostEvents; events: Map<number, GateEvent> },
): void {
  const seqs = Array.isArray(lost) ? lost.filter((seq) => typeof seq === 'number') : [];
  log.lost.add(seqs, count(lostUnnumbered, 0));
  for (const seq of seqs) log.events.delete(seq);
}

function startedAnew(waiting: readonly GateEvent[]): LogContents {
  const events = bySeq(waiting.map((event, index) => ({ ...event, seq: index + 1 })));
  return {
    logId: undefined,
    next: events.size + 1,
    acknowledged: 0,
    events,
    lost: new LostEvents(),
  };
}

function bySeq(events: readonly GateEvent[]): Map<number, GateEvent> {
  return new Map(events.map((event) => [event.seq, event]));
}

/** The line's checksum says that this gate wrote it, so its members are what they were. */
function isEvent(value: unknown): value is GateEvent {
  return isObject(value) && typeof value.seq === 'number' && typeof value.type === 'string';
}

function rangesOf(value: unknown): SeqRange[] {
  if (!Array.isArray(value)) return [];
  return value.filter((range) => isObject(range) && typeof range.from === 'number');
}

function count(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : otherwise;
}
