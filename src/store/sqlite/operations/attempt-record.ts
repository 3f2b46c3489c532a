import type { Statement } from 'better-sqlite3';
import { eq } from 'drizzle-orm';
import { type DecisionEntry, writeDecisionEntry } from '../../../domain/decision-entry.ts';
import type { DecisionRecord } from '../../../domain/decision-record.ts';
import type { Context } from '../database.ts';
import { newSalt } from '../random.ts';
import type { attempts } from '../schema.ts';
import { admissionReasons } from '../schema-reasons.ts';

export type AttemptRow = typeof attempts.$inferSelect;

/** A judged attempt, about to be written: its audit entry and its row are made from the same members. */
export interface JudgedAttempt extends DecisionEntry {
  readonly communityNo: number;
  readonly gateNo: number;
  readonly passNo: number | null;
  readonly visitNo: number | null;
  /** Whether it opened a visit or entered again. */
  readonly enters: boolean;
  readonly speedLimitKmh: number | null;
  readonly building: string | null;
  /** Of an authentic tap: the key under which it counts once. */
  readonly tapKey?: number | undefined;
}

/** Writes attempts with their audit entries: two inserts, both at the end of their tables. */
export class AttemptWriter {
  readonly #context: Context;
  readonly #insert: Statement;

  constructor(context: Context) {
    this.#context = context;
    this.#insert = context.sqlite.prepare(
      `INSERT INTO attempts (seq, audit_id, community_no, gate_no, request_id, code_digest, direction, medium, at, source,
         decision, reason, pass_no, pass_id, visit_no, visit_id, entry_key, code_window, speed_limit_kmh, building,
         rules_version, flags, lane, scanned_at, speed_kmh, accuracy_kmh)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  write(a: JudgedAttempt): { record: DecisionRecord; seq: number } {
    const { audit } = this.#context;
    const { seq, auditId } = audit.appendText(writeDecisionEntry(a, newSalt()));
    this.#insert.run(
      seq,
      auditId,
      a.communityNo,
      a.gateNo,
      a.requestId,
      a.codeDigest,
      a.direction,
      a.medium,
      a.at,
      a.source,
      a.decision,
      a.reason,
      a.passNo,
      a.passId,
      a.visitNo,
      a.visitId,
      a.enters ? (a.consumedWindow ?? -seq) : null,
      a.tapKey ?? a.codeWindow,
      a.speedLimitKmh,
      a.building,
      a.rulesVersion,
      a.flags.length === 0 ? null : JSON.stringify(a.flags),
      a.lane ?? null,
      a.scannedAt ?? null,
      a.speedKmh ?? null,
      a.accuracyKmh ?? null,
    );
    return { record: recordOfJudged(a, auditId), seq };
  }
}

function recordOfJudged(a: JudgedAttempt, auditId: string): DecisionRecord {
  return {
    auditId,
    requestId: a.requestId,
    gateId: a.gateId,
    communityId: a.communityId,
    at: a.at,
    source: a.source,
    direction: a.direction,
    medium: a.medium,
    decision: a.decision,
    reason: a.reason,
    passId: a.passId,
    visitId: a.visitId,
    speedLimitKmh: a.speedLimitKmh,
    building: a.building,
    rulesVersion: a.rulesVersion,
    flags: a.flags,
  };
}

/** A stored attempt as the port shows it: the same as when it was decided. */
export function recordOfRow(context: Context, row: AttemptRow): DecisionRecord {
  const { reference } = context;
  return {
    auditId: row.auditId,
    requestId: row.requestId,
    gateId: reference.gateId(row.gateNo),
    communityId: reference.community(row.communityNo).id,
    at: row.at,
    source: row.source,
    direction: row.direction,
    medium: row.medium,
    decision: row.decision,
    reason: row.reason,
    passId: row.passId,
    visitId: row.visitId,
    speedLimitKmh: row.speedLimitKmh,
    building: row.building,
    rulesVersion: row.rulesVersion,
    flags: row.flags ?? [],
    ...(isAdmission(row) ? admissionReason(context, row.seq) : {}),
  };
}

/** A guard who confirms lets a pass in; one who admits by hand, somebody whom no pass names. */
function isAdmission({ source, passId }: AttemptRow): boolean {
  return source === 'guard' && passId === null;
}

function admissionReason({ db }: Context, seq: number): { guardReason?: string } {
  const row = db
    .select({ guardReason: admissionReasons.reason })
    .from(admissionReasons)
    .where(eq(admissionReasons.attemptSeq, seq))
    .get();
  return row ?? {};
}
