import type { Statement } from 'better-sqlite3';
import type { Attempt } from '../../../domain/attempt.ts';
import type { Millis } from '../../../domain/clock.ts';
import { type Decision, decide, type Facts, type Granted } from '../../../domain/decision.ts';
import type { VisitId } from '../../../domain/identifier.ts';
import { visitTimeoutAt } from '../../../domain/pass.ts';
import type { RedeemOutcome } from '../../store.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import type { CommunityRow, GateRow } from '../reference-data.ts';
import { OPEN_SLOT } from '../schema.ts';
import { alertsOfDecision } from './alerts.ts';
import { AttemptWriter, type JudgedAttempt, recordOfRow } from './attempt-record.ts';
import { FactsReader, type PassAndVisit } from './facts.ts';
import type { Operations } from './operation.ts';
import { refreshPass } from './pass-lifecycle.ts';

/** The parts that verifying and a guard's confirmation share. */
export interface Judging {
  readonly context: Context;
  readonly facts: FactsReader;
  readonly visits: VisitWriter;
  readonly attempts: AttemptWriter;
}

export function judging(context: Context): Judging {
  return {
    context,
    facts: new FactsReader(context),
    visits: new VisitWriter(context),
    attempts: new AttemptWriter(context),
  };
}

export function redeemOperation(parts: Judging): Operations['redeem'] {
  const { context } = parts;
  const earlier: Statement<[number, string], Record<string, never>> = context.sqlite.prepare(
    'SELECT seq FROM attempts WHERE gate_no = ? AND request_id = ?',
  );
  return (attempt: Attempt): RedeemOutcome => {
    const gate = context.reference.gate(attempt.gateId);
    if (gate === null || gate.revokedAt !== null) return { kind: 'gate_revoked' };
    if ((attempt.gateEpoch ?? gate.epoch) !== gate.epoch) return { kind: 'gate_revoked' };
    if (earlier.get(gate.no, attempt.requestId) !== undefined)
      return repeat(context, gate, attempt);
    if (!gate.directions.includes(attempt.direction)) return { kind: 'no_such_reader' };
    const community = context.reference.community(gate.communityNo);
    const { code } = attempt;
    const payload =
      code.kind === 'authentic' && code.payload.communityId === community.id ? code.payload : null;
    const found =
      payload === null ? null : parts.facts.pass(payload.passId, community.no, payload.notBefore);
    const facts = parts.facts.facts(
      community,
      gate,
      found,
      payload?.passId ?? null,
      attempt.receivedAt,
    );
    const decision = decide(attempt, facts);
    const judgement = { gate, community, found, facts, decision, now: attempt.receivedAt };
    const judged = judgedAttempt(attempt, judgement, parts.visits, ONLINE);
    const { record } = parts.attempts.write(judged);
    const decided = { kind: 'decided', record, courierId: found?.courierId ?? null } as const;
    const alerts = alertsOfDecision(context, gate, judged, record.auditId, judged.at);
    return alerts.length === 0 ? decided : { ...decided, alerts };
  };
}

/** The first answer again, when it was the same question. */
function repeat(context: Context, gate: GateRow, attempt: Attempt): RedeemOutcome {
  const { requestId } = attempt;
  const row = context.queries.attemptByRequest.get({ gateNo: gate.no, requestId });
  if (row === undefined) return { kind: 'conflict' };
  const same =
    row.codeDigest === attempt.codeDigest &&
    row.direction === attempt.direction &&
    row.medium === attempt.medium;
  return same ? { kind: 'repeated', record: recordOfRow(context, row) } : { kind: 'conflict' };
}

/** By whom it was decided, and where no code was shown, on what. */
type Decider = Pick<JudgedAttempt, 'source' | 'actor' | 'confirms' | 'tag'>;
const ONLINE: Decider = { source: 'online', actor: undefined, confirms: undefined };

/** What a decision was made of and about. */
export interface Judgement {
  readonly gate: GateRow;
  readonly community: CommunityRow;
  readonly found: PassAndVisit | null;
  readonly facts: Facts;
  readonly decision: Decision;
  /** When the decision takes effect: at the scan, or when a guard confirmed it. */
  readonly now: Millis;
}

/** Carries out what the decision does to the visit and describes the attempt for the log. */
export function judgedAttempt(
  attempt: Attempt,
  judgement: Judgement,
  visits: VisitWriter,
  decider: Decider,
): JudgedAttempt {
  const { gate, community, found, facts, decision, now } = judgement;
  const granted = decision.decision === 'granted' ? decision : null;
  const visit = granted === null ? NO_VISIT : visits.apply(granted, judgement);
  const { code } = attempt;
  const window = code.kind === 'authentic' ? code.payload.notBefore : null;
  const tapKey = code.kind === 'tap' ? code.key : undefined;
  const entered = granted !== null && attempt.direction === 'in';
  return {
    communityNo: community.no,
    communityId: community.id,
    gateNo: gate.no,
    gateId: gate.id,
    requestId: attempt.requestId,
    codeDigest: attempt.codeDigest,
    direction: attempt.direction,
    medium: attempt.medium,
    at: now,
    source: decider.source,
    decision: decision.decision,
    reason: decision.reason,
    passNo: found?.no ?? null,
    passId: facts.pass?.id ?? null,
    visitNo: visit.no,
    visitId: visit.id,
    enters: visit.no !== null && (granted?.consumesCode === true || granted?.visit.kind === 'open'),
    consumedWindow: granted?.consumesCode === true ? (tapKey ?? window) : null,
    codeWindow: window,
    tapKey,
    speedLimitKmh: entered ? facts.rules.speedLimitKmh : null,
    building: granted?.building ?? null,
    rulesVersion: facts.rulesVersion,
    flags: decision.flags,
    lane: attempt.lane,
    scannedAt: attempt.scannedAt,
    speedKmh: attempt.speedKmh,
    accuracyKmh: attempt.accuracyKmh,
    actor: decider.actor,
    confirms: decider.confirms,
    tag: decider.tag,
  };
}

/** Opens, keeps and closes visits. */
export class VisitWriter {
  readonly #context: Context;
  readonly #open: Statement;
  readonly #dropCarried: Statement;
  readonly #enterAgain: Statement;
  readonly #rescan: Statement;
  readonly #close: Statement;

  constructor(context: Context) {
    this.#context = context;
    const { sqlite } = context;
    this.#open = sqlite.prepare(
      `INSERT INTO visits (id, community_no, pass_no, slot, opened_at, entry_gate_no, last_entry_at,
         last_entry_gate_no, due_at, due_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'timeout')`,
    );
    this.#dropCarried = sqlite.prepare('UPDATE passes SET carried_visit_no = NULL WHERE no = ?');
    this.#enterAgain = sqlite.prepare(
      'UPDATE visits SET last_entry_at = ?, last_entry_gate_no = ?, rescans = 0, passage_at = NULL WHERE no = ?',
    );
    this.#rescan = sqlite.prepare('UPDATE visits SET rescans = rescans + 1 WHERE no = ?');
    this.#close = sqlite.prepare(
      `UPDATE visits SET slot = no, closed_at = ?, exit_gate_no = ?, closed_by = 'exit' WHERE no = ?`,
    );
  }

  /** Returns the visit that the grant belongs to, if any. */
  apply(granted: Granted, judgement: Judgement): GrantedVisit {
    const { visit } = granted;
    const { gate, found, now } = judgement;
    if (visit.kind === 'none' || found === null) return NO_VISIT;
    if (visit.kind === 'open') return this.#openVisit(judgement, found);
    if (visit.kind === 'close') this.#closeByExit(found, gate, now);
    else if (granted.consumesCode) this.#enterAgain.run(now, gate.no, found.visit?.no);
    else if (granted.reason === 'granted_rescan') this.#rescan.run(found.visit?.no);
    return { no: found.visit?.no ?? null, id: visit.id };
  }

  /** An ended pass, let in by posture open, has no visit: it never revives, and nothing would end it. */
  #openVisit({ community, gate, facts, now }: Judgement, found: PassAndVisit): GrantedVisit {
    if (found.status === 'ended') return NO_VISIT;
    const id = newIdentifier('vis');
    const due = visitTimeoutAt(now, facts.rules.maxDwellMinutes);
    const opened = this.#open.run(
      id,
      community.no,
      found.no,
      OPEN_SLOT,
      now,
      gate.no,
      now,
      gate.no,
      due,
    );
    if (found.carriedVisitNo !== null) this.#dropCarried.run(found.no);
    return { no: Number(opened.lastInsertRowid), id };
  }

  #closeByExit(found: PassAndVisit, gate: GateRow, now: Millis): void {
    const { visit } = found;
    if (visit === null) return;
    this.#close.run(now, gate.no, visit.no);
    if (visit.passNo === found.no && found.status === 'active') return;
    refreshPass(this.#context, visit.passNo, now);
  }
}

/** The visit that a grant belongs to. */
interface GrantedVisit {
  readonly no: number | null;
  readonly id: VisitId | null;
}
const NO_VISIT: GrantedVisit = { no: null, id: null };
