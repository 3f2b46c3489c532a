import type { Statement } from 'better-sqlite3';
import type { AlertRecord } from '../../../domain/alert.ts';
import { MINUTE_MS, type Millis } from '../../../domain/clock.ts';
import type { GateEventContent, SeqRange } from '../../../domain/gate-event.ts';
import type { CourierId } from '../../../domain/identifier.ts';
import type { BatchCoverage, GateEventRecord } from '../../store.ts';
import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import { isFault } from '../faults.ts';
import type { GateRow } from '../reference-data.ts';
import { endAlert, raiseAlert, raiseEnded } from './alerts.ts';
import type { AttemptRow } from './attempt-record.ts';
import { reportCommand } from './commands.ts';
import { courierId } from './couriers.ts';
import { healthIn, noteHealth } from './gate-health.ts';
import { liveGate } from './gate-rows.ts';
import { OfflineAttempts } from './offline-attempts.ts';
import type { Operations } from './operation.ts';
import type { Judging } from './redeem.ts';
import { Sightings } from './sightings.ts';
import { Rides } from './speed-rides.ts';

/** Others with one number that are kept beside the first. */
const MOST_VARIANTS = 8;
/** Ranges of missing numbers that are named. */
const MOST_GAPS = 100;
/**
 * Numbers missing before a batch, of a gate that does not say what it still has, are waited for until the same batch
 * comes again so much later: longer than any upload takes, so that two that overtook each other lose nothing. Within a
 * batch there is nothing to wait for.
 */
const GAP_PATIENCE_MS = 10 * MINUTE_MS;

interface LogRow {
  readonly no: number;
  readonly ackedThrough: number;
}

export function gateEventOperations(parts: Judging): Pick<Operations, 'recordGateEvents'> {
  const { context } = parts;
  const { sqlite } = context;
  const log: Statement<[number, string], LogRow> = sqlite.prepare(
    'SELECT no, acked_through AS ackedThrough FROM gate_logs WHERE gate_no = ? AND log_id = ?',
  );
  const addLog: Statement<[number, string, Millis]> = sqlite.prepare(
    'INSERT INTO gate_logs (gate_no, log_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const events = new EventWriter(parts);
  const gaps = new LogKeeper(context);

  return {
    recordGateEvents({ gateId, logId, events: records, end, clockOffsetMs, now }) {
      const gate = liveGate(context, gateId);
      if (gate === null) return { kind: 'gate_revoked' };
      addLog.run(gate.no, logId, now);
      const row = log.get(gate.no, logId);
      if (row === undefined) throw new RangeError('the log was made');
      const taken = new Taken(context);
      const fresh = records.filter((record) => events.take(gate, row, record, taken, now));
      appendEntry(context, gate, logId, fresh, now);
      const health = healthIn(fresh.map(({ content }) => content));
      const clock = clockOffsetMs === null ? {} : { clockOffsetMs };
      if (end !== null || Object.keys(health).length > 0)
        taken.alerts.push(...noteHealth(context, gate, { ...health, ...clock }, now));
      const acknowledged = end === null ? null : gaps.acknowledge(gate, row, end, taken, now);
      return { kind: 'recorded', acknowledged, ...taken.outcome(gate) };
    },
  };
}

/** What came of a piece. */
class Taken {
  readonly alerts: AlertRecord[] = [];
  readonly #couriers = new Set<CourierId>();
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  raise(alert: AlertRecord | null): void {
    if (alert !== null) this.alerts.push(alert);
  }

  touch(courierNo: number | null): void {
    const id = courierId(this.#context, courierNo);
    if (id !== null) this.#couriers.add(id);
  }

  outcome(gate: GateRow) {
    const couriers = [...this.#couriers];
    const communities =
      couriers.length === 0 ? [] : [this.#context.reference.community(gate.communityNo).id];
    return { alerts: this.alerts, couriers, communities };
  }
}

/** Stores events and carries out what they say. */
class EventWriter {
  readonly #context: Context;
  readonly #offline: OfflineAttempts;
  readonly #sightings: Sightings;
  readonly #known: Statement<[number, number], { digest: string }>;
  readonly #insert: Statement;
  readonly #passed: Statement<[Millis, number | null, number, Millis]>;

  constructor({ context, attempts }: Judging) {
    this.#context = context;
    this.#offline = new OfflineAttempts(context, attempts);
    this.#sightings = new Sightings(context, new Rides(context));
    const { sqlite } = context;
    this.#known = sqlite.prepare('SELECT digest FROM gate_events WHERE log_no = ? AND seq = ?');
    this.#insert = sqlite.prepare(
      `INSERT INTO gate_events (log_no, seq, variant, type, device_time, uptime_ms, boot_id, received_at,
         clock_offset_ms, digest, request_id, data, rejected) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#passed = sqlite.prepare(
      `UPDATE visits SET passage_at = ?
       WHERE no = ? AND last_entry_gate_no = ? AND last_entry_at <= ? AND passage_at IS NULL`,
    );
  }

  /** Returns whether it is new: an event that is stored changes nothing when it comes again. */
  take(gate: GateRow, log: LogRow, event: GateEventRecord, taken: Taken, now: Millis): boolean {
    const known = this.#known.all(log.no, event.seq);
    if (known.some((each) => each.digest === event.digest)) return false;
    if (known.length > MOST_VARIANTS) return false;
    this.#store(log, event, known.length, now);
    if (known.length > 0) {
      const details = { seq: event.seq, type: event.type };
      const alert = { kind: 'gate_event_conflict', gate, at: now, details } as const;
      taken.raise(raiseAlert(this.#context, alert, now));
    } else this.#carryOutOrTell(gate, event, taken, now);
    return true;
  }

  #store(log: LogRow, event: GateEventRecord, variant: number, now: Millis): void {
    const { content, attempt } = event;
    const requestId =
      attempt?.requestId ?? (content?.type === 'passage' ? content.requestId : null);
    this.#insert.run(
      log.no,
      event.seq,
      variant,
      event.type,
      event.deviceTime,
      event.uptimeMs,
      event.bootId,
      now,
      event.clockOffsetMs,
      event.digest,
      requestId,
      JSON.stringify(event.data),
      event.rejected,
    );
  }

  /**
   * An event that cannot be carried out must not keep back those behind it: it stays stored, what it began is taken
   * back, and somebody is told. @throws what speaks of the disk, and not of the event
   */
  #carryOutOrTell(gate: GateRow, event: GateEventRecord, taken: Taken, now: Millis): void {
    const { sqlite, audit, reference } = this.#context;
    sqlite.exec('SAVEPOINT event');
    try {
      this.#carryOut(gate, event, taken, now);
      sqlite.exec('RELEASE event');
    } catch (error) {
      if (isFault(error) || !sqlite.inTransaction) throw error;
      sqlite.exec('ROLLBACK TO event; RELEASE event');
      audit.forget();
      reference.forget();
      const details = { seq: event.seq, type: event.type, notCarriedOut: true };
      const alert = { kind: 'gate_event_conflict', gate, at: now, details } as const;
      taken.raise(raiseAlert(this.#context, alert, now));
    }
  }

  #carryOut(gate: GateRow, event: GateEventRecord, taken: Taken, now: Millis): void {
    if (event.rejected !== null) return;
    const { content, at, attempt } = event;
    if (attempt !== null) {
      const { alerts, courierNo } = this.#offline.record(gate, event, now);
      for (const alert of alerts) taken.raise(alert);
      taken.touch(courierNo);
      return;
    }
    const context = this.#context;
    switch (content?.type) {
      case 'passage':
        taken.raise(this.#passage(gate, content, at, now));
        return;
      case 'speed':
        this.#sightings.report(gate, content, event, now);
        return;
      case 'door_forced':
      case 'tamper': {
        const { type: kind, lane } = content;
        const details = lane === null ? {} : { lane };
        taken.raise(raiseAlert(context, { kind, gate, at, details }, now));
        return;
      }
      case 'queue':
        if (content.lostUnnumbered === 0) return;
        taken.raise(raiseLost(context, gate, { unnumbered: content.lostUnnumbered }, now));
        return;
      case 'command': {
        const { commandId, done } = content;
        reportCommand(context, { gateId: gate.id, commandId, done, now });
      }
    }
  }

  /** Somebody went in, or nobody did. Of an attempt that is not known yet it is read when that comes. */
  #passage(
    gate: GateRow,
    { requestId, passed }: Extract<GateEventContent, { type: 'passage' }>,
    at: Millis,
    now: Millis,
  ): AlertRecord | null {
    if (requestId === null) return null;
    const context = this.#context;
    const entry = context.queries.attemptByRequest.get({ gateNo: gate.no, requestId });
    if (entry === undefined || !isEntry(entry)) return null;
    if (passed) {
      this.#passed.run(at, entry.visitNo, gate.no, entry.at);
      return null;
    }
    const { passNo, passId, visitId, auditId } = entry;
    const pass = passNo === null || passId === null ? null : { no: passNo, id: passId };
    const alert = { gate, pass, visitId, auditId, at, details: { requestId } };
    return raiseAlert(context, { ...alert, kind: 'granted_no_entry' }, now);
  }
}

function isEntry({ decision, direction, entryKey }: AttemptRow): boolean {
  return direction === 'in' && (decision === 'granted' || entryKey !== null);
}

/** Events that never come any more. */
function raiseLost(context: Context, gate: GateRow, details: object, now: Millis) {
  const alert = { kind: 'gate_event_gap', gate, at: now, details: { lost: true, ...details } };
  return raiseEnded(context, { ...alert, kind: 'gate_event_gap' }, now);
}

/** What is new of a piece appears on the audit log by its digest. */
function appendEntry(
  { audit, reference }: Context,
  gate: GateRow,
  logId: string,
  fresh: readonly GateEventRecord[],
  now: Millis,
): void {
  const [first] = fresh;
  const last = fresh.at(-1);
  if (first === undefined || last === undefined) return;
  audit.append('gate.events', now, reference.community(gate.communityNo).id, {
    gate: gate.id,
    log: digest(logId),
    first: first.seq,
    last: last.seq,
    count: fresh.length,
    events: digest(fresh.map((event) => `${event.seq} ${event.digest}\n`).join('')),
  });
}

/** Knows what is there of each log, and what is missing. */
class LogKeeper {
  readonly #context: Context;
  readonly #stored: Statement<[number, number, number], { seq: number }>;
  readonly #receivedAt: Statement<[number, number], { at: Millis }>;
  readonly #acknowledge: Statement<[number, number]>;
  readonly #queueEvents: Statement<[number, number], { data: string }>;

  constructor(context: Context) {
    this.#context = context;
    const { sqlite } = context;
    this.#stored = sqlite.prepare(
      'SELECT seq FROM gate_events WHERE log_no = ? AND seq BETWEEN ? AND ? AND variant = 0 ORDER BY seq',
    );
    this.#receivedAt = sqlite.prepare(
      'SELECT received_at AS at FROM gate_events WHERE log_no = ? AND seq = ? AND variant = 0',
    );
    this.#queueEvents = sqlite.prepare(
      "SELECT data FROM gate_events WHERE log_no = ? AND seq > ? AND variant = 0 AND type = 'queue' AND rejected IS NULL",
    );
    this.#acknowledge = sqlite.prepare('UPDATE gate_logs SET acked_through = ? WHERE no = ?');
  }

  acknowledge(
    gate: GateRow,
    log: LogRow,
    { range, oldest }: BatchCoverage,
    taken: Taken,
    now: Millis,
  ): { ackedThrough: number; gaps: readonly SeqRange[] } {
    if (range === null) return { ackedThrough: log.ackedThrough, gaps: [] };
    const gaps = this.#gaps(log, range.to);
    const waits = this.#waitsFor(log, range, oldest, now);
    const ackedThrough = waits ? log.ackedThrough : this.#contiguous(log, range.to);
    if (ackedThrough > log.ackedThrough) this.#acknowledge.run(ackedThrough, log.no);
    const context = this.#context;
    if (waits) {
      const details = { ...gaps[0] };
      taken.raise(raiseAlert(context, { kind: 'gate_event_gap', gate, at: now, details }, now));
    } else {
      taken.raise(endAlert(context, gate, 'gate_event_gap', now));
      if (gaps.length > 0 && ackedThrough > log.ackedThrough)
        taken.raise(raiseLost(context, gate, { ranges: gaps.slice(0, 20) }, now));
    }
    return { ackedThrough, gaps };
  }

  /** Missing numbers above what was acknowledged, up to the end of the batch. */
  #gaps(log: LogRow, to: number): SeqRange[] {
    const gaps: SeqRange[] = [];
    let next = log.ackedThrough + 1;
    for (const { seq } of this.#stored.iterate(log.no, next, to)) {
      if (seq > next) gaps.push({ from: next, to: seq - 1 });
      next = seq + 1;
      if (gaps.length === MOST_GAPS) break;
    }
    return gaps;
  }

  /** Whether something that is missing before the batch may still come. */
  #waitsFor(log: LogRow, { from }: SeqRange, oldest: number | null, now: Millis): boolean {
    const below = oldest === null ? log.ackedThrough : Math.max(log.ackedThrough, oldest - 1);
    if (from <= this.#firstMissing(log, below)) return false;
    if (oldest !== null) return true;
    const first = this.#receivedAt.get(log.no, from);
    return first === undefined || now - first.at < GAP_PATIENCE_MS;
  }

  /** The first number after `through` that is neither stored nor told to be lost. */
  #firstMissing(log: LogRow, through: number): number {
    let missing = this.#contiguous(log, through) + 1;
    for (const { from, to } of this.#toldLost(log)) {
      if (from <= missing && missing <= to) missing = this.#contiguous(log, to) + 1;
    }
    return missing;
  }

  /** What the gate has said of its losses, in the order of the numbers. */
  #toldLost(log: LogRow): SeqRange[] {
    const told = this.#queueEvents.all(log.no, log.ackedThrough);
    return told
      .flatMap(({ data }) => (JSON.parse(data) as { lost?: readonly SeqRange[] }).lost ?? [])
      .sort((a, b) => a.from - b.from);
  }

  /** The end of what is stored without a gap from a number on. */
  #contiguous(log: LogRow, from: number): number {
    let through = Math.max(log.ackedThrough, from);
    for (const { seq } of this.#stored.iterate(log.no, through + 1, Number.MAX_SAFE_INTEGER)) {
      if (seq !== through + 1) break;
      through = seq;
    }
    return through;
  }
}
