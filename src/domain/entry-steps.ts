/** The steps of judgement at entry that a gate without network takes as well as the server. */
import type { PresentedCode } from './attempt.ts';
import { vehiclesAt } from './authorisation.ts';
import { MINUTE_MS, type Millis, SECOND_MS } from './clock.ts';
import { type Community, type PostureState, postureAt } from './community.ts';
import { codeWindow, ENTRY_BIT } from './courier-code.ts';
import type { EntryRules } from './entry-rules.ts';
import type { Gate } from './gate.ts';
import type { GateId } from './identifier.ts';

/** What the server and a gate's bundle both say of the place. */
export interface SharedFacts {
  readonly community: Pick<Community, 'id' | 'kind'>;
  readonly gate: Pick<Gate, 'id' | 'passageSensor'>;
  readonly communityPosture: PostureState;
  readonly gatePosture: PostureState;
  readonly rules: Pick<EntryRules, 'gates' | 'vehicles' | 'rescanGraceSeconds'>;
}

/** What is judged while only the code is looked at. */
export interface CodeJudgement<F extends SharedFacts = SharedFacts> {
  readonly facts: F;
  readonly code: Recognised;
  readonly now: Millis;
}

/** What may lead to a pass: an authentic code, or the tap of a tag in its place. */
export type Recognised = Extract<PresentedCode, { kind: 'authentic' | 'tap' }>;

/** The newest entry of the pass's courier that consumed a code. */
export interface LastEntry {
  readonly at: Millis;
  readonly gateId: GateId;
  /** Whether the lane reported somebody passing after it. */
  readonly passageReported: boolean;
  /** Rescans granted since. */
  readonly rescans: number;
  /** Whether an exit lies after it. */
  readonly exited: boolean;
}

/** Another entry of a pass within this time is a pass handed back, whatever `antiPassback` says. */
export const PASSBACK_MS = MINUTE_MS;

/** Why a code is refused that is not authentic. */
export function codeRefusal(
  code: Exclude<PresentedCode, Recognised>,
): 'malformed_code' | 'unknown_key' | 'bad_signature' {
  return code.kind === 'absent' || code.kind === 'malformed' ? 'malformed_code' : code.kind;
}

/** A tap is of the community whose tag it is. */
export function isOfCommunity(code: PresentedCode, { id }: Pick<Community, 'id'>): boolean {
  return code.kind === 'tap' || (code.kind === 'authentic' && code.payload.communityId === id);
}

export function judgeCommunity({ code, facts }: CodeJudgement): 'wrong_community' | null {
  return isOfCommunity(code, facts.community) ? null : 'wrong_community';
}

/** In the place of a window a tap has its counter: only a fresh one says that somebody stands at the gate now. */
export function judgeWindow({
  code,
  now,
}: CodeJudgement): 'code_not_yet_valid' | 'code_expired' | 'code_used' | null {
  if (code.kind === 'tap') return code.freshness === 'fresh' ? null : 'code_used';
  const window = codeWindow(code.payload, now);
  if (window === 'open') return null;
  return window === 'not_yet' ? 'code_not_yet_valid' : 'code_expired';
}

export function judgeGate({ code, facts }: CodeJudgement): 'wrong_gate' | null {
  if (code.kind === 'authentic' && (code.payload.directions & ENTRY_BIT) === 0) return 'wrong_gate';
  return vehiclesAt(facts.rules, facts.gate.id) === null ? 'wrong_gate' : null;
}

/** Over community and gate: lockdown before closed before open before normal. */
export function judgePosture({
  facts,
  now,
}: CodeJudgement): 'community_lockdown' | 'gate_closed' | 'granted_open' | null {
  const ofCommunity = postureAt(facts.communityPosture, now);
  const ofGate = postureAt(facts.gatePosture, now);
  if (ofCommunity === 'lockdown' || ofGate === 'lockdown') return 'community_lockdown';
  if (ofCommunity === 'closed' || ofGate === 'closed') return 'gate_closed';
  return ofCommunity === 'open' || ofGate === 'open' ? 'granted_open' : null;
}

/**
 * Whether the door was opened for this pass here just now and nobody went in: then it opens once more. A gate
 * without a passage sensor cannot know, so there it does so once.
 */
export function mayRescan(lastEntry: LastEntry | null, facts: SharedFacts, now: Millis): boolean {
  if (lastEntry === null || lastEntry.gateId !== facts.gate.id) return false;
  if (lastEntry.exited || lastEntry.passageReported) return false;
  if (now - lastEntry.at >= facts.rules.rescanGraceSeconds * SECOND_MS) return false;
  return facts.gate.passageSensor || lastEntry.rescans === 0;
}

/** Whether the pass went in less than 60 s ago, and no exit lies between. */
export function enteredJustNow(lastEntry: LastEntry | null, now: Millis): boolean {
  return lastEntry !== null && !lastEntry.exited && now - lastEntry.at < PASSBACK_MS;
}

/** The reason of an entry that nothing objects to. */
export function entryReason({ kind }: Pick<Community, 'kind'>): 'granted' | 'granted_rider' {
  return kind === 'station' ? 'granted_rider' : 'granted';
}
