import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { Attempt } from '../../../domain/attempt.ts';
import { ENTRY_BIT } from '../../../domain/courier-code.ts';
import { confirmEntry } from '../../../domain/decision.ts';
import { CONFIRMABLE_MS } from '../../../domain/decision-record.ts';
import { coversCommunity } from '../../../domain/scope.ts';
import type { CommunityRow } from '../reference-data.ts';
import { attempts } from '../schema.ts';
import { admissionReasons } from '../schema-reasons.ts';
import type { AttemptRow } from './attempt-record.ts';
import { addCommand } from './commands.ts';
import type { Operations } from './operation.ts';
import { type Judging, judgedAttempt } from './redeem.ts';

type GuardOperations = Pick<Operations, 'confirmDecision' | 'admit'>;

export function guardOperations(parts: Judging): GuardOperations {
  const { context, facts: reader, attempts: writer, visits } = parts;
  const { db, reference } = context;
  return {
    confirmDecision({ auditId, scope, openForMs, actor, now }) {
      const waiting = and(
        eq(attempts.auditId, auditId),
        eq(attempts.reason, 'guard_confirmation_required'),
      );
      const row = db.select().from(attempts).where(waiting).get();
      if (row === undefined) return { kind: 'not_found' };
      const community = reference.community(row.communityNo);
      if (!coversCommunity(scope, community)) return { kind: 'not_found' };
      const gate = reference.gate(reference.gateId(row.gateNo));
      const { passId, codeWindow } = row;
      const waits = row.confirmedSeq === null && now - row.at < CONFIRMABLE_MS;
      if (
        !waits ||
        gate === null ||
        gate.revokedAt !== null ||
        passId === null ||
        codeWindow === null
      ) {
        return { kind: 'not_confirmable' };
      }
      const found = reader.pass(passId, community.no, codeWindow);
      const facts = reader.facts(community, gate, found, passId, now);
      const attempt = attemptAgain(row, community, gate.id, codeWindow);
      const decision = confirmEntry(attempt, facts, now);
      const judgement = { gate, community, found, facts, decision, now };
      const decider = { source: 'guard', actor, confirms: auditId } as const;
      const { record, seq } = writer.write(judgedAttempt(attempt, judgement, visits, decider));
      db.update(attempts).set({ confirmedSeq: seq }).where(eq(attempts.seq, row.seq)).run();
      const command =
        record.decision === 'denied'
          ? null
          : addCommand(context, {
              gate,
              cause: 'confirmation',
              decision: record.auditId,
              openForMs,
              actor,
              now,
            });
      return { kind: 'decided', record, courierId: found?.courierId ?? null, command };
    },

    admit({ communityId, gateId, reason, openForMs, actor, now }) {
      const community = reference.communityById(communityId);
      const gate = reference.gate(gateId);
      if (
        community === null ||
        gate === null ||
        gate.revokedAt !== null ||
        gate.communityNo !== community.no
      )
        return null;
      const { version, rules } = reference.rules(community.no, now);
      const { record, seq } = writer.write({
        communityNo: community.no,
        communityId,
        gateNo: gate.no,
        gateId,
        requestId: randomUUID(),
        codeDigest: '', // no code was shown; a bare digest of the guard's words could be guessed
        direction: gate.directions.includes('in') ? 'in' : 'out',
        medium: null,
        at: now,
        source: 'guard',
        decision: 'granted',
        reason: 'granted_by_guard',
        passNo: null,
        passId: null,
        visitId: null,
        visitNo: null,
        enters: false,
        consumedWindow: null,
        codeWindow: null,
        speedLimitKmh: rules.speedLimitKmh,
        building: null,
        rulesVersion: version,
        flags: [],
        actor,
      });
      const command = addCommand(context, {
        gate,
        cause: 'admission',
        decision: record.auditId,
        openForMs,
        actor,
        now,
      });
      db.insert(admissionReasons).values({ attemptSeq: seq, reason }).run();
      return { record: { ...record, guardReason: reason }, command };
    },
  };
}

/** The refused attempt as the judge sees it again; that its code was authentic is on record. */
function attemptAgain(
  row: AttemptRow,
  community: CommunityRow,
  gateId: Attempt['gateId'],
  window: number,
): Attempt {
  if (row.passId === null || row.medium === null)
    throw new RangeError('a refusal that waits for a guard names a pass');
  const payload = {
    directions: ENTRY_BIT,
    communityId: community.id,
    passId: row.passId,
    notBefore: window,
    lifetimeSeconds: 0,
    statusIndex: 0,
  };
  const code: Attempt['code'] =
    row.source === 'tap'
      ? { kind: 'tap', freshness: 'fresh', key: window }
      : { kind: 'authentic', payload };
  return {
    requestId: randomUUID(),
    gateId,
    direction: row.direction,
    medium: row.medium,
    code,
    codeDigest: row.codeDigest,
    receivedAt: row.at,
    ...(row.lane === null ? {} : { lane: row.lane }),
  };
}
