import type { Statement } from 'better-sqlite3';
import type { AlertDetails, AlertRecord } from '../../../domain/alert.ts';
import type { Attempt } from '../../../domain/attempt.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { Facts } from '../../../domain/decision.ts';
import type { VisitId } from '../../../domain/identifier.ts';
import { type Reconciled, reconcile } from '../../../domain/reconcile.ts';
import type { FoldedVisit } from '../../../domain/visit-history.ts';
import type { GateEventRecord, ReportedAttempt } from '../../store.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import type { CommunityRow, GateRow } from '../reference-data.ts';
import { alertsOfDecision, raiseAlert } from './alerts.ts';
import type { AttemptRow, AttemptWriter, JudgedAttempt } from './attempt-record.ts';
import { DeliveriesThen } from './deliveries-then.ts';
import { PassThen } from './pass-then.ts';
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

type VerificationEvent = GateEventRecord & {
  readonly attempt: ReportedAttempt & { readonly reason: NonNullable<ReportedAttempt['reason']> };
};

/** A report with what was read for it. */
interface Report {
  readonly event: VerificationEvent;
  readonly gate: GateRow;
  readonly community: CommunityRow;
  readonly pass: HeldPass | null;
  /** Of the pass's holder; null: no pass, or it was refused. */
  readonly history: History | null;
  readonly now: Millis;
}

/** Takes over what gates decided without network, as if it had come in time. */
export class OfflineAttempts {
  readonly #context: Context;
  readonly #attempts: AttemptWriter;
  readonly #visits: VisitHistory;
  readonly #passThen: PassThen;
  readonly #enter: Statement<[number, number, number]>;
  readonly #turnedBack: Statement<[string, number], { at: Millis }>;

  constructor(context: Context, attempts: AttemptWriter) {
    this.#context = context;
    this.#attempts = attempts;
    const deliveries = new DeliveriesThen(context);
    this.#visits = new VisitHistory(context, deliveries);
    this.#passThen = new PassThen(context, deliveries, this.#visits);
    const { sqlite } = context;
    this.#enter = sqlite.prepare('UPDATE attempts SET entry_key = ?, pass_no = ? WHERE seq = ?');
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
    if (attempt === null || attempt.reason === null) return NOTHING;
    const verification = { ...event, attempt: { ...attempt, reason: attempt.reason } };
    const { requestId } = attempt;
    const { queries } = this.#context;
    const known = queries.attemptByRequest.get({ gateNo: gate.no, requestId });
    const report = this.#read(gate, verification, known?.at ?? event.at, now);
    return known === undefined ? this.#write(report) : this.#merge(report, known);
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
    const facts = this.#facts(report);
    const reconciled = reconcile(attemptOf(report), { ...attempt, certain: event.certain }, facts);
    const passage = this.#passageOf(report, reconciled);
    const visits = this.#fold(history, passage, now);
    const visitId =
      visitOf(visits, passage) ?? (passage?.kind === 'entry' ? newIdentifier('vis') : null);
    const judged = judgedAttempt(report, facts, reconciled, visitId);
    const { record, seq } = this.#attempts.write(judged);
    let changed: readonly VisitId[] = [];
    if (history !== null && passage !== null) {
      const recorded = { ...passage, seq, visitId };
      const after = { ...history, passages: [...history.passages, recorded] };
      changed = this.#visits.write(after, this.#visits.fold(after, now), now);
      this.#tellCorrections(report, changed, visitId);
    }
    const alerts = alertsOfDecision(this.#context, gate, judged, record.auditId, now);
    if (reconciled.refusal !== null) {
      const verdict = { decision: 'denied', reason: reconciled.refusal };
      alerts.push(...this.#conflict(report, verdict, record.auditId, visitId));
    }
    alerts.push(...this.#noEntry(report, judged, record.auditId));
    return { alerts, courierNo: changed.length > 0 ? (pass?.courierNo ?? null) : null };
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
    const enters = attempt.decision === 'granted' && attempt.direction === 'in';
    if (!enters || known.entryKey !== null) return { alerts, courierNo: null };
    return { alerts, courierNo: this.#enterAfterAll(report, known) };
  }

  /** The service refused, the answer was lost, the gate let in: the visit is built from what the gate did. */
  #enterAfterAll(report: Report, known: AttemptRow): number | null {
    const { event, gate, community, pass, history, now } = report;
    if (pass === null || history === null || event.attempt.reason === 'granted_rescan') return null;
    const window =
      event.attempt.code.kind === 'authentic' ? event.attempt.code.payload.notBefore : 0;
    const used = history.passages.some(
      (each) => each.passNo === pass.no && each.entryKey === window,
    );
    const entryKey = used ? -known.seq : window;
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

  // ── what was true then ──────────────────────────────────────────────────────────────────────────────────

  /** Postures are kept as they are now, not as they were: the gate's own word for them stands. */
  #facts({ event, gate, community, pass, history }: Report): Facts {
    const { at, attempt } = event;
    const { reference } = this.#context;
    const { version, rules } = reference.rules(community.no, at);
    const normal = { posture: 'normal', until: null } as const;
    const window = attempt.code.kind === 'authentic' ? attempt.code.payload.notBefore : null;
    return {
      community,
      gate: reference.gateFacts(gate),
      communityPosture: normal,
      gatePosture: normal,
      rules,
      rulesVersion: version,
      pass:
        pass === null || history === null
          ? null
          : this.#passThen.facts(pass, history, {
              at,
              window,
              leaving: attempt.direction === 'out',
            }),
      occupancy: null,
    };
  }
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
