import type { Attempt, PresentedCode } from './attempt.ts';
import {
  authorising,
  isPlatformAllowed,
  lasts,
  nearestBuilding,
  vehicleOf,
  vehiclesAt,
} from './authorisation.ts';
import type { Millis } from './clock.ts';
import type { Community, PostureState } from './community.ts';
import type { DeliveryStatus, Leg, Vehicle } from './delivery.ts';
import {
  CODE_STEPS,
  firstReason,
  inOrder,
  LEFT_OUT,
  PASS_STEPS,
  type Step,
  type StepTable,
} from './entry-order.ts';
import type { EntryRules, GuardConfirmationRule } from './entry-rules.ts';
import {
  type CodeJudgement,
  codeRefusal,
  enteredJustNow,
  entryReason,
  isOfCommunity,
  judgeCommunity,
  judgeGate,
  judgePosture,
  judgeWindow,
  type LastEntry,
  mayRescan,
} from './entry-steps.ts';
import type { Gate } from './gate.ts';
import type { PassId, VisitId } from './identifier.ts';
import { withinHours } from './opening-hours.ts';
import type { DeniedReason, GrantedReason } from './reason.ts';

export {
  passAuthorised,
  type StaticFacts,
  type StaticRefusal,
  staticRefusal,
} from './authorisation.ts';
export { type LastEntry, PASSBACK_MS } from './entry-steps.ts';

/** One leg of a delivery that leads to this community, as the judge needs it. */
export interface DeliveryFacts {
  readonly platform: string;
  /** Whether the platform is admitted to the community's district. */
  readonly platformAdmitted: boolean;
  readonly leg: Leg;
  readonly status: DeliveryStatus;
  readonly newestAt: Millis;
  /** Left out by the platform: `e-bike` is assumed. */
  readonly vehicle: Vehicle | null;
  readonly building: string | null;
  readonly deadlineAt: Millis | null;
}

export interface PassFacts {
  readonly id: PassId;
  readonly status: 'active' | 'leaving' | 'ended';
  /** A station's pass ends here; null for a pass made by deliveries. */
  readonly expiresAt: Millis | null;
  readonly deliveries: readonly DeliveryFacts[];
  /** Deliveries that have ever authorised the pass, ended ones included. */
  readonly deliveriesCounted: number;
  /** Entries that consumed a code. */
  readonly entries: number;
  readonly lastEntry: LastEntry | null;
  readonly openVisit: { readonly id: VisitId; readonly openedAt: Millis } | null;
  readonly codeUsed: boolean;
  /** Ends of a block, a suspension and a demand for confirmation, excluded; null: there is none. */
  readonly blockedUntil: Millis | null;
  readonly suspendedUntil: Millis | null;
  readonly confirmationUntil: Millis | null;
  /** Conduct points lost in this community. */
  readonly conductPoints: number;
}

/** Everything the judgement depends on, read in the transaction that records it. */
export interface Facts {
  readonly community: Community;
  readonly gate: Gate;
  readonly communityPosture: PostureState;
  readonly gatePosture: PostureState;
  readonly rules: EntryRules;
  readonly rulesVersion: number;
  /** The pass that the code names, when it exists in this community. */
  readonly pass: PassFacts | null;
  /** Riders inside; null where no capacity is set. */
  readonly occupancy: number | null;
}

/** What a decision does to the visit. */
export type VisitEffect =
  | { readonly kind: 'none' }
  | { readonly kind: 'open' }
  | { readonly kind: 'keep'; readonly id: VisitId }
  | { readonly kind: 'close'; readonly id: VisitId };

/** Things that a manager should see, found while judging. */
export type DecisionFlag =
  | 'anti_passback'
  | 'code_replayed'
  | 'exit_without_visit'
  | 'unrecognised_code_at_exit'
  /** A gate without network let in whom the service would have refused. */
  | 'offline_conflict';

export interface Granted {
  readonly decision: 'granted';
  readonly reason: GrantedReason;
  /** Whether the code is used up by it. */
  readonly consumesCode: boolean;
  readonly visit: VisitEffect;
  /** Building of the nearest deadline. */
  readonly building: string | null;
}
export interface Denied {
  readonly decision: 'denied';
  readonly reason: DeniedReason;
}
export type Decision = (Granted | Denied) & { readonly flags: readonly DecisionFlag[] };

export type Decide = (attempt: Attempt, facts: Facts) => Decision;

/**
 * Judges an attempt: the one rule of who may pass, online and in a backtest. Pure and total.
 * At entry the first step that fails is the reason; an exit is always granted.
 */
export const decide: Decide = (attempt, facts) =>
  attempt.direction === 'out'
    ? decideExit(attempt, facts)
    : decideEntry(attempt, facts, attempt.receivedAt, AT_GATE);

/**
 * Judges again an entry that a guard confirms, with facts read afresh: everything but the confirmation
 * itself, the code's time window (the guard has 2 minutes) and the rescan (one press opens once).
 * `granted_by_guard` consumes the code. With posture `open` in force it is `granted_open`, as for anybody.
 * @param now the instant of the confirmation; `attempt.receivedAt` is that of the scan
 */
export function confirmEntry(attempt: Attempt, facts: Facts, now: Millis): Decision {
  return attempt.direction === 'out'
    ? decideExit(attempt, facts)
    : decideEntry(attempt, facts, now, BY_GUARD);
}

/** A way of judging an entry: its steps in order, and the reason when none of them objects. */
interface Procedure {
  readonly codeSteps: readonly Step<CodeJudgement<Facts>, CodeReason>[];
  readonly passSteps: readonly Step<PassJudgement, PassReason>[];
  readonly granted: (facts: Facts) => GrantedReason;
}
type CodeReason = DeniedReason | 'granted_open';
type PassReason = DeniedReason | 'granted_rescan';

/** What is judged once the code has led to a pass. */
interface PassJudgement extends CodeJudgement<Facts> {
  readonly pass: PassFacts;
  /** Whether a station's term holds now: then no delivery is needed, and none is looked at. */
  readonly withinTerm: boolean;
  /** The deliveries that authorise the pass now. */
  readonly active: readonly DeliveryFacts[];
  /** Those of them whose platform and vehicle may enter here. */
  readonly passing: readonly DeliveryFacts[];
}

const CODE_TABLE: StepTable<(typeof CODE_STEPS)[number], CodeJudgement<Facts>, CodeReason> = {
  community: judgeCommunity,
  window: judgeWindow,
  gate: judgeGate,
  posture: judgePosture,
};

const PASS_TABLE: StepTable<(typeof PASS_STEPS)[number], PassJudgement, PassReason> = {
  block: judgeBlock,
  suspension: judgeSuspension,
  authorisation: judgeAuthorisation,
  rescan: judgeRescan,
  hours: judgeHours,
  platform: judgePlatform,
  vehicle: judgeVehicle,
  codeUse: judgeCodeUse,
  passback: judgePassback,
  entriesLeft: judgeEntriesLeft,
  capacity: judgeCapacity,
  confirmation: judgeConfirmation,
};

const AT_GATE: Procedure = {
  codeSteps: inOrder(CODE_STEPS, CODE_TABLE),
  passSteps: inOrder(PASS_STEPS, PASS_TABLE),
  granted: ({ community }) => entryReason(community),
};

const BY_GUARD: Procedure = {
  codeSteps: inOrder(CODE_STEPS, { ...CODE_TABLE, window: LEFT_OUT }),
  passSteps: inOrder(PASS_STEPS, { ...PASS_TABLE, rescan: LEFT_OUT, confirmation: LEFT_OUT }),
  granted: () => 'granted_by_guard',
};

function decideEntry(attempt: Attempt, facts: Facts, now: Millis, procedure: Procedure): Decision {
  const { code } = attempt;
  if (code.kind !== 'authentic' && code.kind !== 'tap') return deny(codeRefusal(code));
  const judgement: CodeJudgement<Facts> = { facts, code, now };
  const ofCode = firstReason(procedure.codeSteps, judgement);
  if (ofCode === 'granted_open') return grantOpen(facts, now);
  if (ofCode !== null) return deny(ofCode, isReplayedTap(code) ? ['code_replayed'] : []);
  if (facts.pass === null) return deny('unknown_pass');
  const onPass = passJudgement(judgement, facts.pass);
  const ofPass = firstReason(procedure.passSteps, onPass);
  if (ofPass === 'granted_rescan') return grantRescan(onPass);
  if (ofPass !== null) return deny(ofPass, ofPass === 'code_used' ? ['code_replayed'] : []);
  return grantEntry(onPass, procedure.granted(facts));
}

/** A tap seen before is a replay; one overtaken by another phone's is not. */
function isReplayedTap(code: PresentedCode): boolean {
  return code.kind === 'tap' && code.freshness === 'used';
}

/** An exit is never refused; what is odd about it becomes a flag. Window, use and delivery do not matter. */
function decideExit({ code }: Attempt, { community, pass }: Facts): Decision {
  const recognised = isOfCommunity(code, community);
  if (!recognised || pass === null) return grantExit(NO_VISIT, ['unrecognised_code_at_exit']);
  if (pass.openVisit === null) return grantExit(NO_VISIT, ['exit_without_visit']);
  return grantExit({ kind: 'close', id: pass.openVisit.id }, []);
}

function judgeBlock({ pass, now }: PassJudgement): PassReason | null {
  return lasts(pass.blockedUntil, now) ? 'rider_blocked' : null;
}

function judgeSuspension({ pass, now }: PassJudgement): PassReason | null {
  return lasts(pass.suspendedUntil, now) ? 'rider_suspended' : null;
}

function judgeAuthorisation({ pass, withinTerm, active }: PassJudgement): PassReason | null {
  const authorised = pass.status === 'active' && (withinTerm || active.length > 0);
  return authorised ? null : 'delivery_not_active';
}

function judgeRescan({ pass, facts, now }: PassJudgement): PassReason | null {
  return pass.openVisit !== null && mayRescan(pass.lastEntry, facts, now) ? 'granted_rescan' : null;
}

function judgeHours({ facts, now }: PassJudgement): PassReason | null {
  const { rules, community } = facts;
  return withinHours(rules.hours, community.timezone, now) ? null : 'outside_hours';
}

function judgePlatform({ facts, withinTerm, active }: PassJudgement): PassReason | null {
  if (withinTerm || active.some((delivery) => isPlatformAllowed(delivery, facts.rules)))
    return null;
  return 'platform_not_allowed';
}

function judgeVehicle({ withinTerm, passing }: PassJudgement): PassReason | null {
  return withinTerm || passing.length > 0 ? null : 'vehicle_not_allowed';
}

function judgeCodeUse({ pass }: PassJudgement): PassReason | null {
  return pass.codeUsed ? 'code_used' : null;
}

function judgePassback({ pass, facts, now }: PassJudgement): PassReason | null {
  const hard = facts.rules.antiPassback === 'hard' && pass.openVisit !== null;
  return hard || enteredJustNow(pass.lastEntry, now) ? 'already_inside' : null;
}

function judgeEntriesLeft({ pass, facts }: PassJudgement): PassReason | null {
  if (pass.expiresAt !== null) return null;
  const most = facts.rules.maxEntriesPerDelivery * Math.max(1, pass.deliveriesCounted);
  return pass.entries < most ? null : 'entries_exhausted';
}

function judgeCapacity({ pass, facts }: PassJudgement): PassReason | null {
  const { capacity } = facts.rules;
  if (pass.openVisit !== null || capacity === null || facts.occupancy === null) return null;
  return facts.occupancy < capacity ? null : 'capacity_reached';
}

function judgeConfirmation(judgement: PassJudgement): PassReason | null {
  const { pass, facts, now } = judgement;
  const rule = facts.rules.guardConfirmation;
  const asked =
    lasts(pass.confirmationUntil, now) || (rule !== null && asksConfirmation(rule, judgement));
  return asked ? 'guard_confirmation_required' : null;
}

/** Of several deliveries one whose vehicle needs no confirmation suffices. */
function asksConfirmation(rule: GuardConfirmationRule, judgement: PassJudgement): boolean {
  const { pass, facts, now, passing } = judgement;
  if (rule.conductPoints !== null && pass.conductPoints >= rule.conductPoints) return true;
  if (rule.hours.length > 0 && withinHours(rule.hours, facts.community.timezone, now)) return true;
  return passing.length > 0 && passing.every((item) => rule.vehicles.includes(vehicleOf(item)));
}

function passJudgement({ facts, code, now }: CodeJudgement<Facts>, pass: PassFacts): PassJudgement {
  const { rules } = facts;
  const vehicles = vehiclesAt(rules, facts.gate.id) ?? [];
  const active = authorising(pass.deliveries, rules, now);
  const passing = active.filter(
    (delivery) => isPlatformAllowed(delivery, rules) && vehicles.includes(vehicleOf(delivery)),
  );
  return { facts, code, now, pass, withinTerm: lasts(pass.expiresAt, now), active, passing };
}

const NO_VISIT: VisitEffect = { kind: 'none' };
const NEW_VISIT: VisitEffect = { kind: 'open' };

function deny(reason: DeniedReason, flags: readonly DecisionFlag[] = []): Decision {
  return { decision: 'denied', reason, flags };
}

/** The second grant of one code: nobody went in at the first. */
function grantRescan({ pass, active }: PassJudgement): Decision {
  return {
    decision: 'granted',
    reason: 'granted_rescan',
    consumesCode: false,
    visit: visitOf(pass),
    building: nearestBuilding(active),
    flags: [],
  };
}

/** A later entry keeps the open visit; unless anti-passback is off, that is flagged. */
function grantEntry({ pass, facts, passing }: PassJudgement, reason: GrantedReason): Decision {
  const flagged = pass.openVisit !== null && facts.rules.antiPassback !== 'off';
  return {
    decision: 'granted',
    reason,
    consumesCode: true,
    visit: visitOf(pass),
    building: nearestBuilding(passing),
    flags: flagged ? ['anti_passback'] : [],
  };
}

/** Posture `open` lets in whoever shows an authentic code, known here or not. */
function grantOpen({ pass, rules }: Facts, now: Millis): Decision {
  return {
    decision: 'granted',
    reason: 'granted_open',
    consumesCode: false,
    visit: pass === null ? NO_VISIT : visitOf(pass),
    building: pass === null ? null : nearestBuilding(authorising(pass.deliveries, rules, now)),
    flags: [],
  };
}

function grantExit(visit: VisitEffect, flags: readonly DecisionFlag[]): Decision {
  const reason = 'granted_exit';
  return { decision: 'granted', reason, consumesCode: false, visit, building: null, flags };
}

function visitOf({ openVisit }: PassFacts): VisitEffect {
  return openVisit === null ? NEW_VISIT : { kind: 'keep', id: openVisit.id };
}
