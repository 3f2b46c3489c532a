/** How a decision is written on the wire: one way for the gate's answer, the list of decisions and live events. */
import type { z } from '@hono/zod-openapi';
import type { Millis } from '../domain/clock.ts';
import type { DecisionRecord } from '../domain/decision-record.ts';
import { messageFor } from '../domain/reason-message.ts';
import type { decisionItemSchema, verifyAnswerSchema } from './schemas/decision.ts';

/** The answer to a gate. Members that do not apply are undefined, which JSON leaves out. */
export type VerifyAnswer = z.input<typeof verifyAnswerSchema>;
/** A decision as managers and guards see it. */
export type DecisionItem = z.input<typeof decisionItemSchema>;

/** The answer that a stored decision has, whenever it is asked for. @param gateOpenMs how long a gate is opened */
export function verifyAnswer(record: DecisionRecord, gateOpenMs: number): VerifyAnswer {
  const granted = record.decision === 'granted';
  const { building } = record;
  return {
    decision: record.decision,
    reason: record.reason,
    message: messageFor(record.reason, record.source),
    openForMs: granted ? gateOpenMs : 0,
    visitId: granted ? (record.visitId ?? undefined) : undefined,
    passId: record.passId ?? undefined,
    speedLimitKmh: granted ? (record.speedLimitKmh ?? undefined) : undefined,
    guidance: granted && building ? { building } : undefined,
    auditId: record.auditId,
    serverTime: formatTime(record.at),
  };
}

export function decisionItem(record: DecisionRecord, gateOpenMs: number): DecisionItem {
  return {
    ...verifyAnswer(record, gateOpenMs),
    gateId: record.gateId,
    direction: record.direction,
    medium: record.medium ?? undefined,
    requestId: record.requestId,
    at: formatTime(record.at),
    source: record.source,
    rulesVersion: record.rulesVersion,
    flags: record.flags,
    guardReason: record.guardReason,
  };
}

/** An instant as answers write it: RFC 3339, UTC, with milliseconds. */
export function formatTime(instant: Millis): string {
  return new Date(instant).toISOString();
}
