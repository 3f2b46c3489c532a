import { randomUUID } from 'node:crypto';
import type { Statement } from 'better-sqlite3';
import type { Attempt, PresentedCode } from '../../../domain/attempt.ts';
import type { Millis } from '../../../domain/clock.ts';
import { decide } from '../../../domain/decision.ts';
import type { DecisionRecord } from '../../../domain/decision-record.ts';
import type { CourierId, PassId } from '../../../domain/identifier.ts';
import type { CommandOutcome, TapAttempt, TapDecision } from '../../store.ts';
import type { Context } from '../database.ts';
import type { CommunityRow, GateRow } from '../reference-data.ts';
import { alertsOfDecision } from './alerts.ts';
import { recordOfRow } from './attempt-record.ts';
import { addCommand } from './commands.ts';
import { courierNo } from './couriers.ts';
import type { PassAndVisit } from './facts.ts';
import type { Operations } from './operation.ts';
import { type Judging, judgedAttempt } from './redeem.ts';
import { type TagAtGate, type TagRow, tagAtGate } from './tags.ts';

/**
 * A tap has the key 2^32 + tag · 2^24 + counter: above every window of a code (32 bits of seconds), another one for
 * each tag and counter (24 bits), and exact. So the index that holds "one code, one entry" of a pass holds "one tap,
 * one entry" as well, and an entry by tap counts like any other.
 */
const FIRST_TAP_KEY = 2 ** 32;
const COUNTERS = 2 ** 24;

export function tapOperation(parts: Judging): Operations['redeemTap'] {
  const { context } = parts;
  const raise: Statement<[number, number]> = context.sqlite.prepare(
    'UPDATE tags SET last_counter = ? WHERE no = ?',
  );
  const judge = tapJudge(parts);
  return (input) => {
    const at = tagAtGate(context, input.tagId);
    if (at === null) return { kind: 'no_such_tag' };
    const first = earlier(context, at.gate, input);
    if (first !== null) return { kind: 'repeated', record: first };
    const counter = at.tag.revokedAt === null ? counterOf(input) : null;
    const code = presentedBy(at.tag, input, counter);
    if (counter !== null && counter > at.tag.lastCounter) raise.run(counter, at.tag.no);
    return judge(input, at, code, counter);
  };
}

/** What the gate made of a tap: by its command, which it claims before it opens. */
export function tapOpening(context: Context): Operations['findTapOpening'] {
  const find: Statement<[string], TappedCommand> = context.sqlite.prepare(
    `SELECT c.claimed_at AS claimedAt, c.expires_at AS expiresAt, c.outcome, p.courier_no AS courierNo
     FROM gate_commands c JOIN attempts a ON a.audit_id = c.audit_id AND a.source = 'tap'
       JOIN passes p ON p.id = a.pass_id WHERE c.audit_id = ?`,
  );
  return ({ auditId, courierId, now }) => {
    const command = find.get(auditId);
    if (command === undefined || command.courierNo !== courierNo(context, courierId)) return null;
    if (command.outcome === 'not_done' || command.outcome === 'not_delivered') return 'not_opened';
    if (command.claimedAt !== null) return 'opened';
    return now < command.expiresAt ? 'waiting' : 'not_opened';
  };
}

interface TappedCommand {
  readonly claimedAt: Millis | null;
  readonly expiresAt: Millis;
  readonly outcome: CommandOutcome | null;
  readonly courierNo: number | null;
}

/** Judges a tap whose counter has been taken, records it, and where it is granted orders the gate to open. */
function tapJudge(parts: Judging) {
  const { context } = parts;
  const passOf = passFinder(parts);
  return (
    input: TapAttempt,
    { tag, gate }: TagAtGate,
    code: PresentedCode,
    counter: number | null,
  ): TapDecision => {
    const { now, openForMs } = input;
    const community = context.reference.community(gate.communityNo);
    const held = code.kind === 'tap' ? passOf(input.courierId, community, code.key) : null;
    const found = held?.pass ?? null;
    const facts = parts.facts.facts(community, gate, found, held?.id ?? null, now);
    const attempt = attemptOf(input, gate, code);
    const decision = decide(attempt, facts);
    const judgement = { gate, community, found, facts, decision, now };
    const decider = { ...BY_TAP, tag: { id: tag.id, counter } };
    const judged = judgedAttempt(attempt, judgement, parts.visits, decider);
    const { record } = parts.attempts.write(judged);
    const order = { gate, cause: 'tap', decision: record.auditId, openForMs, now } as const;
    const command =
      record.decision === 'denied'
        ? null
        : addCommand(context, { ...order, actor: `tag:${tag.id}` });
    const alerts = alertsOfDecision(context, gate, judged, record.auditId, now);
    return { kind: 'decided', record, courierId: found?.courierId ?? null, command, alerts };
  };
}
const BY_TAP = { source: 'tap', actor: undefined, confirms: undefined } as const;

/** The first answer to this rider for this tap. */
function earlier(context: Context, gate: GateRow, { tap }: TapAttempt): DecisionRecord | null {
  if (tap.kind !== 'authentic') return null;
  const { requestId } = tap;
  const row = context.queries.attemptByRequest.get({ gateNo: gate.no, requestId });
  return row === undefined ? null : recordOfRow(context, row);
}

function counterOf({ tap }: TapAttempt): number | null {
  return tap.kind === 'authentic' ? tap.counter : null;
}

/** @param counter of an authentic tap of a tag in force */
function presentedBy(tag: TagRow, { tap }: TapAttempt, counter: number | null): PresentedCode {
  if (tag.revokedAt !== null) return { kind: 'unknown_key' };
  if (tap.kind !== 'authentic' || counter === null)
    return { kind: tap.kind === 'malformed' ? 'malformed' : 'bad_signature' };
  const key = FIRST_TAP_KEY + tag.no * COUNTERS + counter;
  if (counter > tag.lastCounter) return { kind: 'tap', freshness: 'fresh', key };
  return { kind: 'tap', freshness: counter === tag.lastCounter ? 'used' : 'overtaken', key };
}

function attemptOf(input: TapAttempt, gate: GateRow, code: PresentedCode): Attempt {
  return {
    requestId: input.tap.kind === 'authentic' ? input.tap.requestId : randomUUID(),
    gateId: gate.id,
    direction: 'in',
    medium: 'nfc',
    code,
    codeDigest: '', // the log names the tag and its counter instead
    receivedAt: input.now,
  };
}

/** A pass with the identifier that it is asked for by. */
interface HeldPass {
  readonly id: PassId;
  readonly pass: PassAndVisit;
}

/** Finds a courier's pass for a community: the live one, else the one that ended last. */
function passFinder({ context, facts }: Judging) {
  const newest: Statement<[number, number], { id: PassId }> = context.sqlite.prepare(
    `SELECT id FROM passes WHERE courier_no = ? AND community_no = ?
     ORDER BY status = 'ended', no DESC LIMIT 1`,
  );
  return (courierId: CourierId, community: CommunityRow, tapKey: number): HeldPass | null => {
    const holder = courierNo(context, courierId);
    const row = holder === null ? undefined : newest.get(holder, community.no);
    if (row === undefined) return null;
    const pass = facts.pass(row.id, community.no, tapKey);
    return pass && { id: row.id, pass };
  };
}
