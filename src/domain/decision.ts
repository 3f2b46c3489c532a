import type { Attempt, PresentedCode } from './attempt.ts';
import { authorising, isPlatformAllowed, lasts, vehicleOf, vehiclesAt } from './authorisation.ts';
import { MINUTE_MS, type Millis, SECOND_MS } from './clock.ts';
import { type Community, type PostureState, postureAt } from './community.ts';
import { type CourierCodePayload, codeWindow, ENTRY_BIT } from './courier-code.ts';
import type { DeliveryStatus, Leg, Vehicle } from './delivery.ts';
import type { EntryRules, GuardConfirmationRule } from './entry-rules.ts';
import type { Gate } from './gate.ts';
import type { GateId, PassId, VisitId } from './identifier.ts';
import { withinHours } from './opening-hours.ts';
import type { DeniedReason, GrantedReason } from './reason.ts';

export {
  passAuthorised,
  type StaticFacts,
  type StaticRefusal,
  staticRefusal,
} from './authorisation.ts';

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
  | 'unrecognised_code_at_exit';

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

/** Another entry of a pass within this time is a pass handed back, whatever `antiPassback` says. */
export const PASSBACK_MS = MINUTE_MS;

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
  readonly codeSteps: readonly ((judgement: CodeJudgement) => Decision | null)[];
  readonly passSteps: readonly ((judgement: PassJudgement) => Decision | null)[];
  readonly granted: (facts: Facts) => GrantedReason;
}

/** What is judged while only the code is looked at. */
interface CodeJudgement {
  readonly facts: Facts;
  readonly payload: CourierCodePayload;
  readonly now: Millis;
}

/** What is judged once the code has led to a pass. */
interface PassJudgement extends CodeJudgement {
  readonly pass: PassFacts;
  /** Whether a station's term holds now: then no delivery is needed, and none is looked at. */
  readonly withinTerm: boolean;
  /** The deliveries that authorise the pass now. */
  readonly active: readonly DeliveryFacts[];
  /** Those of them whose platform and vehicle may enter here. */
  readonly passing: readonly DeliveryFacts[];
}

/** The order of judgement at entry. What precedes the community is in {@link codeRefusal}. */
const AT_GATE: Procedure = {
  codeSteps: [judgeCommunity, judgeWindow, judgeGate, judgePosture],
  passSteps: [
    judgeBlock,
    judgeSuspension,
    judgeAuthorisation,
    judgeRescan,
    judgeHours,
    judgePlatform,
    judgeVehicle,
    judgeCodeUse,
    judgePassback,
    judgeEntriesLeft,
    judgeCapacity,
    judgeConfirmation,
  ],
  granted: ({ community }) => (community.kind === 'station' ? 'granted_rider' : 'granted'),
};

const BY_GUARD: Procedure = {
  codeSteps: AT_GATE.codeSteps.filter((step) => step !== judgeWindow),
  passSteps: AT_GATE.passSteps.filter((step) => step !== judgeRescan && step !== judgeConfirmation),
  granted: () => 'granted_by_guard',
};

function decideEntry(attempt: Attempt, facts: Facts, now: Millis, procedure: Procedure): Decision {
  const { code } = attempt;
  if (code.kind !== 'authentic') return deny(codeRefusal(code));
  const judgement: CodeJudgement = { facts, payload: code.payload, now };
  for (const step of procedure.codeSteps) {
    const decision = step(judgement);
    if (decision !== null) return decision;
  }
  if (facts.pass === null) return deny('unknown_pass');
  const ofPass = passJudgement(judgement, facts.pass);
  for (const step of procedure.passSteps) {
    const decision = step(ofPass);
    if (decision !== null) return decision;
  }
  return grantEntry(ofPass, procedure.granted(facts));
}

/** An exit is never refused; what is odd about it becomes a flag. Window, use and delivery do not matter. */
function decideExit({ code }: Attempt, { community, pass }: Facts): Decision {
  const recognised = code.kind === 'authentic' && code.payload.communityId === community.id;
  if (!recognised || pass === null) return grantExit(NO_VISIT, ['unrecognised_code_at_exit']);
  if (pass.openVisit === null) return grantExit(NO_VISIT, ['exit_without_visit']);
  return grantExit({ kind: 'close', id: pass.openVisit.id }, []);
}

function codeRefusal(code: Exclude<PresentedCode, { kind: 'authentic' }>): DeniedReason {
  return code.kind === 'absent' || code.kind === 'malformed' ? 'malformed_code' : code.kind;
}

function judgeCommunity({ payload, facts }: CodeJudgement): Decision | null {
  return payload.communityId === facts.community.id ? null : deny('wrong_community');
}

function judgeWindow({ payload, now }: CodeJudgement): Decision | null {
  const window = codeWindow(payload, now);
  if (window === 'open') return null;
  return deny(window === 'not_yet' ? 'code_not_yet_valid' : 'code_expired');
}

function judgeGate({ payload, facts }: CodeJudgement): Decision | null {
  if ((payload.directions & ENTRY_BIT) === 0) return deny('wrong_gate');
  return vehiclesAt(facts.rules, facts.gate.id) === null ? deny('wrong_gate') : null;
}

function judgePosture({ facts, now }: CodeJudgement): Decision | null {
  const ofCommunity = postureAt(facts.communityPosture, now);
  const ofGate = postureAt(facts.gatePosture, now);
  if (ofCommunity === 'lockdown' || ofGate === 'lockdown') return deny('community_lockdown');
  if (ofCommunity === 'closed' || ofGate === 'closed') return deny('gate_closed');
  return ofCommunity === 'open' || ofGate === 'open' ? grantOpen(facts, now) : null;
}

function judgeBlock({ pass, now }: PassJudgement): Decision | null {
  return lasts(pass.blockedUntil, now) ? deny('rider_blocked') : null;
}

function judgeSuspension({ pass, now }: PassJudgement): Decision | null {
  return lasts(pass.suspendedUntil, now) ? deny('rider_suspended') : null;
}

function judgeAuthorisation({ pass, withinTerm, active }: PassJudgement): Decision | null {
  const authorised = pass.status === 'active' && (withinTerm || active.length > 0);
  return authorised ? null : deny('delivery_not_active');
}

/** The second grant of one code: the door was opened for this pass here just now, and nobody went in. */
function judgeRescan({ pass, facts, now, active }: PassJudgement): Decision | null {
  const { lastEntry, openVisit } = pass;
  if (lastEntry === null || openVisit === null) return null;
  if (lastEntry.gateId !== facts.gate.id || lastEntry.exited || lastEntry.passageReported)
    return null;
  if (now - lastEntry.at >= facts.rules.rescanGraceSeconds * SECOND_MS) return null;
  if (!facts.gate.passageSensor && lastEntry.rescans > 0) return null;
  return {
    decision: 'granted',
    reason: 'granted_rescan',
    consumesCode: false,
    visit: { kind: 'keep', id: openVisit.id },
    building: nearestBuilding(active),
    flags: [],
  };
}

function judgeHours({ facts, now }: PassJudgement): Decision | null {
  const { rules, community } = facts;
  return withinHours(rules.hours, community.timezone, now) ? null : deny('outside_hours');
}

function judgePlatform({ facts, withinTerm, active }: PassJudgement): Decision | null {
  if (withinTerm || active.some((delivery) => isPlatformAllowed(delivery, facts.rules)))
    return null;
  return deny('platform_not_allowed');
}

function judgeVehicle({ withinTerm, passing }: PassJudgement): Decision | null {
  return withinTerm || passing.length > 0 ? null : deny('vehicle_not_allowed');
}

function judgeCodeUse({ pass }: PassJudgement): Decision | null {
  return pass.codeUsed ? deny('code_used', ['code_replayed']) : null;
}

function judgePassback({ pass, facts, now }: PassJudgement): Decision | null {
  const { lastEntry, openVisit } = pass;
  const justEntered = lastEntry !== null && !lastEntry.exited && now - lastEntry.at < PASSBACK_MS;
  const hard = facts.rules.antiPassback === 'hard' && openVisit !== null;
  return justEntered || hard ? deny('already_inside') : null;
}

function judgeEntriesLeft({ pass, facts }: PassJudgement): Decision | null {
  if (pass.expiresAt !== null) return null;
  const most = facts.rules.maxEntriesPerDelivery * Math.max(1, pass.deliveriesCounted);
  return pass.entries < most ? null : deny('entries_exhausted');
}

function judgeCapacity({ pass, facts }: PassJudgement): Decision | null {
  const { capacity } = facts.rules;
  if (pass.openVisit !== null || capacity === null || facts.occupancy === null) return null;
  return facts.occupancy < capacity ? null : deny('capacity_reached');
}

function judgeConfirmation(judgement: PassJudgement): Decision | null {
  const { pass, facts, now } = judgement;
  const rule = facts.rules.guardConfirmation;
  const asked =
    lasts(pass.confirmationUntil, now) || (rule !== null && asksConfirmation(rule, judgement));
  return asked ? deny('guard_confirmation_required') : null;
}

/** Of several deliveries one whose vehicle needs no confirmation suffices. */
function asksConfirmation(rule: GuardConfirmationRule, judgement: PassJudgement): boolean {
  const { pass, facts, now, passing } = judgement;
  if (rule.conductPoints !== null && pass.conductPoints >= rule.conductPoints) return true;
  if (rule.hours.length > 0 && withinHours(rule.hours, facts.community.timezone, now)) return true;
  return passing.length > 0 && passing.every((item) => rule.vehicles.includes(vehicleOf(item)));
}

function passJudgement({ facts, payload, now }: CodeJudgement, pass: PassFacts): PassJudgement {
  const { rules } = facts;
  const vehicles = vehiclesAt(rules, facts.gate.id) ?? [];
  const active = authorising(pass.deliveries, rules, now);
  const passing = active.filter(
    (delivery) => isPlatformAllowed(delivery, rules) && vehicles.includes(vehicleOf(delivery)),
  );
  return { facts, payload, now, pass, withinTerm: lasts(pass.expiresAt, now), active, passing };
}

const NO_VISIT: VisitEffect = { kind: 'none' };
const NEW_VISIT: VisitEffect = { kind: 'open' };

function deny(reason: DeniedReason, flags: readonly DecisionFlag[] = []): Decision {
  return { decision: 'denied', reason, flags };
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

/** The building of the drop-off with the nearest deadline; one without a deadline comes last. */
function nearestBuilding(deliveries: readonly DeliveryFacts[]): string | null {
  let nearest: DeliveryFacts | null = null;
  for (const delivery of deliveries) {
    if (delivery.leg !== 'dropoff') continue;
    if (nearest === null || deadlineOf(delivery) < deadlineOf(nearest)) nearest = delivery;
  }
  return nearest?.building ?? null;
}

function deadlineOf({ deadlineAt }: DeliveryFacts): Millis {
  return deadlineAt ?? Number.POSITIVE_INFINITY;
}
