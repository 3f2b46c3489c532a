import { LATE_TOLERANCE_SECONDS, type PassId, parseCourierCode } from 'courier-pass/gate';
import type { VerifyRequest } from '../wire/verify.ts';
import type { JudgedAlone, MemoryEvent } from './offline-judge.ts';
import type { Judgement } from './verify-client.ts';

/** What a judgement means to a gate that may be alone a moment later. */
export interface Remembrance {
  /** To be remembered; undefined: nothing, or it has been. */
  readonly event?: MemoryEvent;
  /** Whose passage is awaited now. */
  readonly passId?: PassId;
}

/**
 * A code that the server has used up is used up for the gate as well, an exit that it has recognised
 * ends what began with the entry.
 *
 * @param at Unix milliseconds of the server's clock
 */
export function memoryOf(
  { code, direction }: VerifyRequest,
  judgement: Judgement | JudgedAlone,
  at: number,
): Remembrance {
  if (judgement.kind === 'alone') {
    const { outcome, passId } = judgement.outcome;
    return outcome === 'granted' && passId !== null ? { passId } : {};
  }
  if (judgement.kind === 'unanswered' || judgement.answer.decision !== 'granted') return {};
  const parsed = code === undefined ? null : parseCourierCode(code);
  if (parsed === null || judgement.answer.passId !== parsed.passId) return {};
  const { passId, notBefore, lifetimeSeconds } = parsed;
  if (direction === 'out') return { event: { kind: 'exit', passId, at } };
  switch (judgement.answer.reason) {
    case 'granted':
    case 'granted_rider': {
      const usableUntil = (notBefore + lifetimeSeconds + LATE_TOLERANCE_SECONDS) * 1_000;
      return { event: { kind: 'entry', passId, notBefore, usableUntil, at }, passId };
    }
    case 'granted_rescan':
      return { event: { kind: 'rescan', passId, at }, passId };
    default:
      return { passId };
  }
}
