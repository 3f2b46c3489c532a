/**
 * The judgement of a gate that cannot reach the service: the steps of `decide`, in the same order, as far as a
 * gate can know. Left out is what only the server knows: blocks and suspensions (to a gate both read
 * `delivery_not_active`), platform, vehicle, hard anti-passback, entries left, capacity, and a guard's
 * confirmation that a vehicle, conduct points or an alert ask for.
 */
import { acceptedUntil, type CourierCodePayload } from '../domain/courier-code.ts';
import {
  CODE_STEPS,
  firstReason,
  inOrder,
  LEFT_OUT,
  PASS_STEPS,
  type StepTable,
} from '../domain/entry-order.ts';
import {
  type CodeJudgement,
  codeRefusal,
  enteredJustNow,
  entryReason,
  judgeCommunity,
  judgeGate,
  judgePosture,
  judgeWindow,
  type LastEntry,
  mayRescan,
  type SharedFacts,
} from '../domain/entry-steps.ts';
import type { Direction } from '../domain/gate.ts';
import type { PassId } from '../domain/identifier.ts';
import { withinIntervals } from '../domain/opening-hours.ts';
import type { Bilingual, DeniedReason, GrantedReason } from '../domain/reason.ts';
import { CANNOT_JUDGE_MESSAGE, messageFor } from '../domain/reason-message.ts';
import { type Status, statusAt } from '../domain/status-list.ts';
import type { Bundle } from './bundle.ts';
import { type GateClock, type Obstacle, obstacle } from './gate-clock.ts';
import type { GateMemory, MemoryEvent } from './gate-memory.ts';
import type { OfflineCache } from './load-bundle.ts';
import { examineCode } from './verify-signature.ts';

/** One attempt, as the reader has it. */
export interface OfflineAttempt {
  readonly direction: Direction;
  /** As read, a scanner's own line end taken off; null: nothing was presented. */
  readonly code: string | null;
}

/** What a gate decides alone. It has no audit id: the gate reports it, and the server writes it down. */
export type OfflineOutcome = OfflineGrant | OfflineRefusal | NoJudgement;

/** The gate opens. */
export interface OfflineGrant {
  readonly outcome: 'granted';
  readonly reason: Exclude<GrantedReason, 'granted_by_guard'>;
  readonly message: Bilingual;
  /** The pass of an authentic code of this community. */
  readonly passId: PassId | null;
  /** Whether the code is used up by it; then that is on the gate's disk. */
  readonly consumesCode: boolean;
  /** At entry. */
  readonly speedLimitKmh: number | null;
  /** Of the rules that were judged by; null at an exit without a bundle. */
  readonly rulesVersion: number | null;
}

/** The gate stays shut, and the rider is told why. */
export interface OfflineRefusal {
  readonly outcome: 'denied';
  readonly reason: Exclude<DeniedReason, ServerOnlyReason>;
  readonly message: Bilingual;
  readonly passId: PassId | null;
  readonly rulesVersion: number;
}

/** Nobody could judge: the gate stays shut, and the rider asks the guard. It is no refusal and has no reason. */
export interface NoJudgement {
  readonly outcome: 'cannot_judge';
  /** `not_recorded`: what was decided could not be written to the gate's disk. */
  readonly why: Obstacle | 'not_recorded';
  readonly message: Bilingual;
}

/** Reasons that no gate finds alone. */
export const SERVER_ONLY_REASONS = [
  'rider_blocked',
  'rider_suspended',
  'platform_not_allowed',
  'vehicle_not_allowed',
  'entries_exhausted',
  'capacity_reached',
] as const satisfies readonly DeniedReason[];
type ServerOnlyReason = (typeof SERVER_ONLY_REASONS)[number];

type CodeReason = OfflineRefusal['reason'] | 'granted_open';
type PassReason = OfflineRefusal['reason'] | 'granted_rescan';

/** What is judged once the code has led to a pass. */
interface PassJudgement extends CodeJudgement {
  readonly bundle: Bundle;
  readonly status: Status;
  readonly codeUsed: boolean;
  readonly lastEntry: LastEntry | null;
}

const PASS_TABLE: StepTable<(typeof PASS_STEPS)[number], PassJudgement, PassReason> = {
  block: LEFT_OUT,
  suspension: LEFT_OUT,
  authorisation: ({ status }) => (status === 'valid' ? null : 'delivery_not_active'),
  rescan: ({ lastEntry, facts, now }) =>
    mayRescan(lastEntry, facts, now) ? 'granted_rescan' : null,
  hours: ({ bundle, now }) => (withinIntervals(bundle.openIntervals, now) ? null : 'outside_hours'),
  platform: LEFT_OUT,
  vehicle: LEFT_OUT,
  codeUse: ({ codeUsed }) => (codeUsed ? 'code_used' : null),
  passback: ({ lastEntry, now }) => (enteredJustNow(lastEntry, now) ? 'already_inside' : null),
  entriesLeft: LEFT_OUT,
  capacity: LEFT_OUT,
  confirmation: ({ bundle, now }) =>
    withinIntervals(bundle.rules.confirmationIntervals, now) ? 'guard_confirmation_required' : null,
};

const CODE_JUDGES = inOrder<(typeof CODE_STEPS)[number], CodeJudgement, CodeReason>(CODE_STEPS, {
  community: judgeCommunity,
  window: judgeWindow,
  gate: judgeGate,
  posture: judgePosture,
});
const PASS_JUDGES = inOrder(PASS_STEPS, PASS_TABLE);

/**
 * Judges one attempt with what the gate has. At entry the first step that fails is the reason, as online; a grant
 * that opens a visit is in `memory`, and on disk, before this resolves. An index past the end of the status list
 * is `unknown_pass`. An exit is granted whatever else holds, with no cache and no clock as well, and waits for
 * no disk.
 *
 * Rejects only where a key cannot be used at all, and never at an exit; then nothing opens for those outside.
 * @param cache null: the gate has never had a bundle
 */
export function judgeOffline(
  attempt: OfflineAttempt,
  cache: OfflineCache | null,
  memory: GateMemory,
  clock: GateClock,
): Promise<OfflineOutcome> {
  return attempt.direction === 'out'
    ? letOut(attempt.code, cache, memory, clock)
    : judgeEntry(attempt.code, cache, memory, clock);
}

async function judgeEntry(
  text: string | null,
  cache: OfflineCache | null,
  memory: GateMemory,
  clock: GateClock,
): Promise<OfflineOutcome> {
  if (cache === null) return cannotJudge('no_bundle');
  const why = obstacle(cache, clock);
  if (why !== null) return cannotJudge(why);
  const { bundle } = cache;
  const code = await examineCode(text, cache.codeKeys);
  if (code.kind !== 'authentic') return deny(codeRefusal(code), null, bundle);
  const { payload } = code;
  const judgement = { facts: sharedFacts(bundle), code, now: clock.now };
  const reason = firstReason(CODE_JUDGES, judgement);
  if (reason === null) return judgePass(judgement, payload, cache, memory);
  if (reason === 'granted_open') return grant(reason, payload.passId, bundle);
  return deny(reason, reason === 'wrong_community' ? null : payload.passId, bundle);
}

/** Nothing is awaited between what the memory recalls and what it is given: two lanes cannot both use one code. */
async function judgePass(
  judgement: CodeJudgement,
  payload: CourierCodePayload,
  { bundle, statusList }: OfflineCache,
  memory: GateMemory,
): Promise<OfflineOutcome> {
  const { now } = judgement;
  const { passId, notBefore, statusIndex } = payload;
  const status = statusAt(statusList.bits, statusIndex);
  if (status === 'absent') return deny('unknown_pass', passId, bundle);
  const { codeUsed, lastEntry: last } = memory.recall(passId, notBefore);
  const lastEntry = last === null ? null : { ...last, gateId: bundle.gate.id };
  const onPass: PassJudgement = { ...judgement, bundle, status, codeUsed, lastEntry };
  const reason = firstReason(PASS_JUDGES, onPass) ?? entryReason(bundle.rules);
  if (!isGranted(reason)) return deny(reason, passId, bundle);
  const usableUntil = acceptedUntil(payload);
  const event: MemoryEvent =
    reason === 'granted_rescan'
      ? { kind: 'rescan', passId, at: now }
      : { kind: 'entry', passId, notBefore, usableUntil, at: now };
  try {
    await memory.remember(event);
  } catch {
    return cannotJudge('not_recorded');
  }
  return grant(reason, passId, bundle);
}

/** An exit is judged no further than its code's signature and community, and only to be remembered. */
async function letOut(
  text: string | null,
  cache: OfflineCache | null,
  memory: GateMemory,
  { now }: GateClock,
): Promise<OfflineOutcome> {
  const passId = cache === null ? null : await recognise(text, cache);
  if (passId !== null) rememberExit(memory, { kind: 'exit', passId, at: now });
  return grant('granted_exit', passId, cache?.bundle ?? null);
}

/** The pass of an authentic code of this community. Never rejects. */
async function recognise(
  text: string | null,
  { bundle, codeKeys }: OfflineCache,
): Promise<PassId | null> {
  try {
    const code = await examineCode(text, codeKeys);
    if (code.kind !== 'authentic') return null;
    return code.payload.communityId === bundle.rules.communityId ? code.payload.passId : null;
  } catch {
    return null;
  }
}

/** A disk that fails or hangs keeps nobody inside. */
function rememberExit(memory: GateMemory, event: MemoryEvent): void {
  try {
    Promise.resolve(memory.remember(event)).catch(() => {});
  } catch {
    // Not remembered: the pass is taken to be inside for 60 s.
  }
}

/** The bundle's word in the form of the server's facts; vehicles are not judged here. */
function sharedFacts({ gate, posture, rules }: Bundle): SharedFacts {
  const { communityId, kind, forRiders, passageSensor, rescanGraceSeconds } = rules;
  return {
    community: { id: communityId, kind },
    gate: { id: gate.id, passageSensor },
    communityPosture: posture.community,
    gatePosture: posture.gate,
    rules: { gates: forRiders ? 'all' : [], vehicles: [], rescanGraceSeconds },
  };
}

type EntryGrant = 'granted' | 'granted_rider' | 'granted_rescan';

function isGranted(reason: PassReason | EntryGrant): reason is EntryGrant {
  return reason === 'granted' || reason === 'granted_rider' || reason === 'granted_rescan';
}

function grant(
  reason: OfflineGrant['reason'],
  passId: PassId | null,
  bundle: Bundle | null,
): OfflineGrant {
  const atEntry = reason === 'granted_exit' ? null : bundle;
  return {
    outcome: 'granted',
    reason,
    message: messageFor(reason),
    passId,
    consumesCode: reason === 'granted' || reason === 'granted_rider',
    speedLimitKmh: atEntry?.rules.speedLimitKmh ?? null,
    rulesVersion: bundle?.rules.version ?? null,
  };
}

function deny(
  reason: OfflineRefusal['reason'],
  passId: PassId | null,
  { rules }: Bundle,
): OfflineRefusal {
  const message = messageFor(reason);
  return { outcome: 'denied', reason, message, passId, rulesVersion: rules.version };
}

function cannotJudge(why: NoJudgement['why']): NoJudgement {
  return { outcome: 'cannot_judge', why, message: CANNOT_JUDGE_MESSAGE };
}
