import { createHash } from 'node:crypto';
import type { Statement } from 'better-sqlite3';
import type { AlertDetails, AlertRecord } from '../../../domain/alert.ts';
import type { Attempt } from '../../../domain/attempt.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { Facts } from '../../../domain/decision.ts';
import type { VisitId } from '../../../domain/identifier.ts';
import { type Reconciled, reconcile } from '../../../domain/reconcile.ts';
import type { FoldedVisit } from '../../../domain/visit-history.ts';
import type { GateEventRecord } from '../../store.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import type { GateRow } from '../reference-data.ts';
import { alertsOfDecision, raiseAlert } from './alerts.ts';
import type { AttemptRow, AttemptWriter, JudgedAttempt } from './attempt-record.ts';
import { DeliveriesThen } from './deliveries-then.ts';
import { FactsThen, type Report, type VerificationEvent } from './facts-then.ts';
import { type LaterConflict, LaterEntries } from './later-entries.ts';
import { NotEntered } from './not-entered.ts';
import {
  type HeldPass,
  type History,
  passageKey,
  type RecordedPassage,
  VisitHistory,
} from './visit-history.ts';

/** What a report has changed. */
export interface Reconciliation {
  readonly alerts: readonly AlertRecord[];
  /** Whose visits have changed; null: nobody's. */
  readonly courierNo: number | null;
}
const NOTHING: Reconciliation = { alerts: [], courierNo: null };

/** Takes over what gates decided without network, as if it had come in time. */
export class OfflineAttempts {
  readonly #context: Context;
  readonly #attempts: AttemptWriter;
  readonly #visits: VisitHistory;
  readonly #facts: FactsThen;
  readonly #later: LaterEntries;
  readonly #enter: Statement<[number, number, number]>;
  readonly #notEntered: NotEntered;
  readonly #taken: Statement<[number, number], unknown>;
  readonly #turnedBack: Statement<[string, number], { at: Millis }>;

  constructor(context: Context, attempts: AttemptWriter) {
    this.#context = context;
    this.#attempts = attempts;
    const deliveries = new DeliveriesThen(context);
    this.#visits = new VisitHistory(context, deliveries);
    this.#facts = new FactsThen(context, deliveries, this.#visits);
    this.#later = new LaterEntries(context, this.#facts);
    const { sqlite } = context;
    this.#enter = sqlite.prepare('UPDATE attempts SET entry_key = ?, pass_no = ? WHERE seq = ?');
    this.#notEntered = new NotEntered(context, this.#visits);
    this.#taken = sqlite.prepare('SELECT 1 FROM attempts WHERE pass_no = ? AND entry_key = ?');
    this.#turnedBack = sqlite.prepare(
      `SELECT coalesce(e.device_time - e.clock_offset_ms, e.received_at) AS at
       FROM gate_events e JOIN gate_logs l ON l.no = e.log_no
       WHERE e.request_id = ? AND l.gate_no = ? AND e.type = 'passage' AND e.rejected IS NULL AND e.variant = 0
         AND json_extract(e.data, '$.passed') = 0`,
    );
  }

  /** A refusal of the gate's own, which judged nothing, stays an event. */
  record(gate: GateRow, event: GateEventRecord, now: Millis): Reconciliation {
    const { attempt } = event;
    if (attempt === null) return NOTHING;
    const { requestId, reason } = attempt;
    const { queries } = this.#context;
    const known = queries.attemptByRequest.get({ gateNo: gate.no, requestId });
    if (reason === null) {
      const courierNo = known === undefined ? null : this.#notEntered.takeBack(known, now);
      return { alerts: [], courierNo };
    }
    const asked = { ...attempt, reason };
    if (known === undefined || isSameQuestion(asked, known)) {
      const report = this.#read(gate, { ...event, attempt: asked }, known?.at ?? event.at, now);
      return known === undefined ? this.#write(report) : this.#merge(report, known);
    }
    return this.#writeBeside(gate, { ...event, attempt: asked }, now);
  }

  /** Another question under a number that was used: it is recorded under one of its own, and somebody is told. */
  #writeBeside(gate: GateRow, event: VerificationEvent, now: Millis): Reconciliation {
    const { requestId } = event.attempt;
    const attempt = { ...event.attempt, requestId: besideOf(requestId, event.digest) };
    const { alerts, courierNo } = this.#write(
      this.#read(gate, { ...event, attempt }, event.at, now),
    );
    const details = { seq: event.seq, type: event.type, requestId };
    const conflict = { kind: 'gate_event_conflict', gate, at: now, details } as const;
    const raised = raiseAlert(this.#context, conflict, now);
    return { alerts: raised === null ? alerts : [...alerts, raised], courierNo };
  }

  #read(gate: GateRow, event: VerificationEvent, at: Millis, now: Millis): Report {
    const community = this.#context.reference.community(gate.communityNo);
    const { code } = event.attempt;
    const here = code.kind === 'authentic' && code.payload.communityId === community.id;
    const pass = here ? this.#visits.findPass(code.payload.passId, community.no) : null;
    const granted = event.attempt.decision === 'granted';
    const history = pass === null || !granted ? null : this.#visits.read(pass, at);
    return { event, gate, community, pass, history, now };
  }

  // ── an attempt that nobody knew of ──────────────────────────────────────────────────────────────────────

  #write(report: Report): Reconciliation {
    const { event, gate, pass, history, now } = report;
    const { attempt } = event;
    const facts = this.#facts.of({
      ...{ ...report, at: event.at, code: attempt.code },
      ...{ leaving: attempt.direction === 'out', own: 0 },
    });
    const reconciled = reconcile(attemptOf(report), { ...attempt, certain: event.certain }, facts);
    const passage = this.#passageOf(report, reconciled);
    const visits = this.#fold(history, passage, now);
    const visitId =
      visitOf(visits, passage) ?? (passage?.kind === 'entry' ? newIdentifier('vis') : null);
    const judged = this.#freeKey(report, judgedAttempt(report, facts, reconciled, visitId));
    const { record, seq } = this.#attempts.write(judged);
    let changed: readonly VisitId[] = [];
    let later: readonly AlertRecord[] = [];
    if (history !== null && passage !== null) {
      const recorded = { ...passage, seq, visitId };
      const after = { ...history, passages: [...history.passages, recorded] };
      changed = this.#visits.write(after, this.#visits.fold(after, now), now);
      this.#tellCorrections(report, changed, visitId);
      if (reconciled.refusal === null)
        later = this.#tellLater(this.#later.conflicts(after, seq), now);
    }
    const alerts = alertsOfDecision(this.#context, gate, judged, record.auditId, now);
    alerts.push(...later);
    if (reconciled.refusal !== null) {
      const verdict = { decision: 'denied', reason: reconciled.refusal };
      alerts.push(...this.#conflict(report, verdict, record.auditId, visitId));
    }
    alerts.push(...this.#noEntry(report, judged, record.auditId));
    return { alerts, courierNo: changed.length > 0 ? (pass?.courierNo ?? null) : null };
  }

  /** Of two couriers who became one, another pass's entry may hold the key of this code: then it gets one of its own. */
  #freeKey({ pass }: Report, judged: JudgedAttempt): JudgedAttempt {
    const { consumedWindow: window } = judged;
    if (pass === null || window === null || !this.#isKeyTaken(pass, window)) return judged;
    return { ...judged, consumedWindow: null };
  }

  #isKeyTaken(pass: HeldPass, window: number): boolean {
    return this.#taken.get(pass.no, window) !== undefined;
  }

  #passageOf(
    { event, gate, pass }: Report,
    { enters, consumes }: Reconciled,
  ): RecordedPassage | null {
    const { attempt, at } = event;
    const kind = attempt.direction === 'out' ? 'exit' : 'entry';
    if (pass === null || (kind === 'entry' && !enters)) return null;
    const window = attempt.code.kind === 'authentic' ? attempt.code.payload.notBefore : -1;
    return {
      kind,
      at,
      key: passageKey(gate.no, attempt.requestId),
      gateNo: gate.no,
      visitId: null,
      live: false,
      seq: 0,
      passNo: pass.no,
      visitNo: null,
      entryKey: kind === 'entry' ? (consumes ? window : -1) : null,
    };
  }

  #fold(
    history: History | null,
    passage: RecordedPassage | null,
    now: Millis,
  ): FoldedVisit<RecordedPassage>[] {
    if (history === null) return [];
    const passages = passage === null ? history.passages : [...history.passages, passage];
    return this.#visits.fold({ ...history, passages }, now);
  }

  /** Visits other than the report's own that are not as they were told before. */
  #tellCorrections({ community, now }: Report, changed: readonly VisitId[], own: VisitId | null) {
    for (const visit of changed) {
      if (visit !== own)
        this.#context.audit.append('visit.corrected', now, community.id, { visit });
    }
  }

  // ── an attempt that was judged online too ───────────────────────────────────────────────────────────────

  /** The same attempt: nothing twice. Where the decisions differ, the gate's is what happened. */
  #merge(report: Report, known: AttemptRow): Reconciliation {
    const { attempt } = report.event;
    if (known.source === 'offline' || known.decision === attempt.decision) return NOTHING;
    const { decision, reason } = known;
    const alerts = this.#conflict(report, { decision, reason }, known.auditId, known.visitId);
    if (attempt.direction === 'out') return { alerts, courierNo: null };
    if (attempt.decision === 'denied') {
      return { alerts, courierNo: this.#notEntered.takeBack(known, report.now) };
    }
    if (known.entryKey !== null) return { alerts, courierNo: null };
    return { alerts, courierNo: this.#enterAfterAll(report, known) };
  }

  /** The service refused, the answer was lost, the gate let in: the visit is built from what the gate did. */
  #enterAfterAll(report: Report, known: AttemptRow): number | null {
    const { event, gate, community, pass, history, now } = report;
    if (pass === null || history === null || event.attempt.reason === 'granted_rescan') return null;
    const window =
      event.attempt.code.kind === 'authentic' ? event.attempt.code.payload.notBefore : 0;
    const entryKey = this.#isKeyTaken(pass, window) ? -known.seq : window;
    this.#enter.run(entryKey, pass.no, known.seq);
    this.#context.audit.append('attempt.entered', now, community.id, {
      gate: gate.id,
      decision: known.auditId,
    });
    const after = this.#visits.read(pass, known.at);
    const changed = this.#visits.write(after, this.#visits.fold(after, now), now);
    this.#tellCorrections(report, changed, null);
    return pass.courierNo;
  }

  // ── alerts ──────────────────────────────────────────────────────────────────────────────────────────────

  #conflict(
    { event, gate, pass, now }: Report,
    service: { readonly decision: string; readonly reason: string },
    auditId: string,
    visitId: VisitId | null,
  ): AlertRecord[] {
    const { requestId, decision, reason } = event.attempt;
    const details: AlertDetails = { requestId, gate: { decision, reason }, service };
    const alert = { kind: 'offline_conflict', gate, pass, visitId, auditId, at: event.at, details };
    const raised = raiseAlert(this.#context, { ...alert, kind: 'offline_conflict' }, now);
    return raised === null ? [] : [raised];
  }

  /** Entries that were reported first and turn out to be conflicts by one that was earlier. */
  #tellLater(conflicts: readonly LaterConflict[], now: Millis): AlertRecord[] {
    return conflicts.flatMap(({ row, pass, refusal }) => {
      const { requestId, reason, auditId, visitId, at } = row;
      const { reference } = this.#context;
      const gate = reference.gate(reference.gateId(row.gateNo));
      if (gate === null) return [];
      const service = { decision: 'denied', reason: refusal };
      const details = { requestId, gate: { decision: 'granted', reason }, service };
      const alert = {
        kind: 'offline_conflict',
        gate,
        pass,
        visitId,
        auditId,
        at,
        details,
      } as const;
      return raiseAlert(this.#context, alert, now) ?? [];
    });
  }

  /** That nobody went in may have been reported before the opening itself. */
  #noEntry({ event, gate, pass, now }: Report, judged: JudgedAttempt, auditId: string) {
    if (judged.decision === 'denied' || judged.direction === 'out') return [];
    const { requestId } = event.attempt;
    const turned = this.#turnedBack.get(requestId, gate.no);
    if (turned === undefined) return [];
    const { visitId } = judged;
    const alert = { gate, pass, visitId, auditId, at: turned.at, details: { requestId } };
    const raised = raiseAlert(this.#context, { ...alert, kind: 'granted_no_entry' }, now);
    return raised === null ? [] : [raised];
  }
}

/** What nobody can read is all one: a gate may report less of it than it was asked. */
function isSameQuestion(asked: VerificationEvent['attempt'], known: AttemptRow): boolean {
  if (asked.code.kind !== 'authentic' && known.passId === null) return true;
  return (
    asked.codeDigest === known.codeDigest &&
    asked.direction === known.direction &&
    asked.medium === known.medium
  );
}

/** A UUID of its own for an event, the same each time (version 8, RFC 9562). */
function besideOf(requestId: string, eventDigest: string): string {
  const hash = createHash('sha256').update(`${requestId} ${eventDigest}`).digest('hex');
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`];
  return [...parts, `8${hash.slice(17, 20)}`, hash.slice(20, 32)].join('-');
}

function attemptOf({ event, gate }: Report): Attempt {
  const { decision: _d, reason: _r, ...asked } = event.attempt;
  return { ...asked, gateId: gate.id, receivedAt: event.at };
}

/** The visit that a passage opens, goes on with or closes. */
function visitOf(
  visits: readonly FoldedVisit<RecordedPassage>[],
  passage: RecordedPassage | null,
): VisitId | null {
  if (passage === null) return null;
  const { kind, at, gateNo } = passage;
  const own = visits.find(({ entries, end }) =>
    kind === 'entry'
      ? entries.includes(passage)
      : end?.by === 'exit' && end.at === at && end.gateNo === gateNo,
  );
  return own?.id ?? null;
}

function judgedAttempt(
  { event, gate, community, pass, now }: Report,
  facts: Facts,
  { flags, enters, consumes }: Reconciled,
  visitId: VisitId | null,
): JudgedAttempt {
  const { attempt, at } = event;
  const window = attempt.code.kind === 'authentic' ? attempt.code.payload.notBefore : null;
  const entered = attempt.decision === 'granted' && attempt.direction === 'in';
  return {
    communityNo: community.no,
    communityId: community.id,
    gateNo: gate.no,
    gateId: gate.id,
    requestId: attempt.requestId,
    codeDigest: attempt.codeDigest,
    direction: attempt.direction,
    medium: attempt.medium,
    at,
    source: 'offline',
    decision: attempt.decision,
    reason: attempt.reason,
    passNo: pass?.no ?? null,
    passId: pass?.id ?? null,
    visitNo: null,
    visitId,
    enters,
    consumedWindow: consumes ? window : null,
    codeWindow: window,
    speedLimitKmh: entered ? facts.rules.speedLimitKmh : null,
    building: null,
    rulesVersion: facts.rulesVersion,
    flags,
    lane: attempt.lane,
    scannedAt: attempt.scannedAt,
    speedKmh: attempt.speedKmh,
    accuracyKmh: attempt.accuracyKmh,
    clock: { deviceTime: event.deviceTime, receivedAt: now, offsetMs: event.clockOffsetMs },
  };
}
