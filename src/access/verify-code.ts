import type { Attempt, PresentedCode } from '../domain/attempt.ts';
import type { Millis } from '../domain/clock.ts';
import {
  type CourierCode,
  type CourierCodePayload,
  parseCourierCode,
} from '../domain/courier-code.ts';
import type { Direction, Medium } from '../domain/gate.ts';
import type { GateId } from '../domain/identifier.ts';
import type { RedeemOutcome } from '../store/store.ts';
import type { IssuingDeps } from './issue-codes.ts';
import { codeDigest, type IssuedCode } from './issued-codes.ts';
import { publishAlerts, publishDecision } from './publish.ts';

/** What a gate asks. */
export interface VerifyInput {
  readonly gateId: GateId;
  /** Of its token. */
  readonly gateEpoch: number;
  /** UUID, in any case. */
  readonly requestId: string;
  /** As presented, whatever it is; null: nothing was presented. */
  readonly code: string | null;
  readonly medium: Medium;
  readonly direction: Direction;
  readonly lane?: string | undefined;
  readonly scannedAt?: Millis | undefined;
  readonly speedKmh?: number | undefined;
  readonly accuracyKmh?: number | undefined;
}

/**
 * Judges one attempt at a gate. Resolves only when the decision is durable; the same `requestId` gets its first
 * answer again.
 * @throws StoreUnavailable the outcome may be unknown: the same request resolves it
 */
export async function verifyCode(deps: IssuingDeps, input: VerifyInput): Promise<RedeemOutcome> {
  const { code: text } = input;
  const issued = text === null ? null : recogniseIssued(deps, text);
  const attempt: Attempt = {
    requestId: input.requestId.toLowerCase(),
    gateId: input.gateId,
    gateEpoch: input.gateEpoch,
    direction: input.direction,
    medium: input.medium,
    code: issued === null ? await examine(deps, text) : authentic(issued.payload),
    codeDigest: issued?.digest ?? (text === null ? '' : codeDigest(text)),
    receivedAt: deps.now(),
    lane: input.lane,
    scannedAt: input.scannedAt,
    speedKmh: input.speedKmh,
    accuracyKmh: input.accuracyKmh,
  };
  const outcome = await deps.store.redeem(attempt);
  if (outcome.kind === 'decided') {
    publishDecision(deps.bus, outcome.record, outcome.courierId);
    if (outcome.alerts !== undefined) publishAlerts(deps.bus, outcome.alerts);
  }
  return outcome;
}

/** What this process issued itself needs no check of its signature, while its key is published. */
function recogniseIssued(deps: IssuingDeps, text: string): IssuedCode | null {
  const issued = deps.issuedCodes.recognise(text);
  return issued !== null && deps.keys.isPublished(issued.keyNumber) ? issued : null;
}

/** Whether the code is authentic, before any fact is loaded. */
async function examine(deps: IssuingDeps, text: string | null): Promise<PresentedCode> {
  if (text === null) return ABSENT;
  const code = parseCourierCode(text);
  if (code === null) return MALFORMED;
  const kind = await deps.keys.verifyCode(code);
  return kind === 'authentic' ? authentic(payloadOf(code)) : { kind };
}
const ABSENT: PresentedCode = { kind: 'absent' };
const MALFORMED: PresentedCode = { kind: 'malformed' };
const authentic = (payload: CourierCodePayload): PresentedCode => ({ kind: 'authentic', payload });

/** The payload alone: the signature has done its work, and what goes to the store is copied. */
function payloadOf(code: CourierCode): CourierCodePayload {
  const { directions, communityId, passId, notBefore, lifetimeSeconds, statusIndex } = code;
  return { directions, communityId, passId, notBefore, lifetimeSeconds, statusIndex };
}
