import { createHash } from 'node:crypto';
import { HOUR_MS, type Millis } from '../domain/clock.ts';
import type { CommunityKind, PostureState } from '../domain/community.ts';
import type { EntryRules } from '../domain/entry-rules.ts';
import type { Direction } from '../domain/gate.ts';
import type { CommunityId, GateId } from '../domain/identifier.ts';
import { type OpenInterval, openIntervals } from '../domain/opening-hours.ts';
import type { PublicKeySet } from '../keys/keys.ts';
import type { GateTerms } from '../store/store.ts';
import type { Deps } from './deps.ts';
import type { SignedStatusList, StatusListDeps } from './status-list.ts';

/** Everything that a gate needs to judge alone. */
export interface GateBundle {
  readonly serverTime: Millis;
  /** Only grows. */
  readonly version: number;
  readonly maxStaleMinutes: number;
  readonly gate: {
    readonly id: GateId;
    readonly directions: readonly Direction[];
    /** Names of lanes; none is registered with the service today. */
    readonly lanes: readonly string[];
  };
  readonly jwks: PublicKeySet;
  readonly statusList: string;
  /** Each with its own end: which one is in force is judged at the gate. */
  readonly posture: GatePostures;
  readonly openIntervals: readonly OpenInterval[];
  readonly rules: {
    readonly version: number;
    readonly communityId: CommunityId;
    readonly kind: CommunityKind;
    readonly forRiders: boolean;
    readonly passageSensor: boolean;
    readonly rescanGraceSeconds: number;
    readonly speedLimitKmh: number;
    readonly offline: { readonly allow: boolean };
    readonly confirmationIntervals: readonly OpenInterval[];
  };
}

export interface GatePostures {
  readonly community: PostureState;
  readonly gate: PostureState;
}

/** How far ahead opening hours are written out. */
const INTERVALS_AHEAD_MS = 48 * HOUR_MS;

/**
 * The bundle of a gate, as things are now.
 * @returns null: the gate was revoked
 */
export async function readGateBundle(
  deps: StatusListDeps,
  gateId: GateId,
): Promise<{ readonly bundle: GateBundle; readonly statusVersion: number } | null> {
  const now = deps.now();
  const terms = await deps.store.readGateTerms(gateId, now);
  const list = terms && (await deps.statusLists.read(deps, terms));
  if (terms === null || list === null) return null;
  return { bundle: bundleOf(deps, terms, list, now), statusVersion: list.version };
}

function bundleOf(deps: Deps, terms: GateTerms, list: SignedStatusList, now: Millis): GateBundle {
  const { gate, community, rules } = terms;
  const confirmation = rules.guardConfirmation?.hours ?? [];
  const intervals = (hours: EntryRules['hours']) => intervalsOf(hours, community.timezone, now);
  return {
    serverTime: now,
    version: terms.bundleVersion + list.version,
    maxStaleMinutes: rules.offline.maxStaleMinutes,
    gate: { id: gate.id, directions: gate.directions, lanes: [] },
    jwks: deps.keys.jwks(),
    statusList: list.jwt,
    posture: { community: community.posture, gate: gate.posture },
    openIntervals: intervals(rules.hours),
    rules: {
      version: terms.rulesVersion,
      communityId: community.id,
      kind: community.kind,
      forRiders: rules.gates === 'all' || rules.gates.some(({ gateId }) => gateId === gate.id),
      passageSensor: gate.passageSensor,
      rescanGraceSeconds: rules.rescanGraceSeconds,
      speedLimitKmh: rules.speedLimitKmh,
      offline: { allow: rules.offline.allow },
      confirmationIntervals: confirmation.length === 0 ? [] : intervals(confirmation),
    },
  };
}

/** From an hour before the hour at hand, for clocks that are a little behind; the same all through that hour. */
function intervalsOf(hours: EntryRules['hours'], timezone: string, now: Millis): OpenInterval[] {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  return openIntervals(hours, timezone, hour - HOUR_MS, hour + HOUR_MS + INTERVALS_AHEAD_MS);
}

/** What a gate compares with what it has: each part changes when it should be read again. */
export interface GateState {
  /** Of everything in the bundle but the status list, the postures and what the hour brings. */
  readonly bundle: string;
  readonly bundleVersion: number;
  readonly statusVersion: number;
  readonly posture: string;
  readonly postures: GatePostures;
  readonly epoch: number;
}

/** @returns null: the gate was revoked */
export async function readGateState(deps: Deps, gateId: GateId): Promise<GateState | null> {
  const terms = await deps.store.readGateTerms(gateId, deps.now());
  if (terms === null) return null;
  const { gate, community, rules, rulesVersion, bundleVersion, statusVersion } = terms;
  const { directions, passageSensor, epoch } = gate;
  const { kind, timezone } = community;
  const kept = { directions, passageSensor, kind, timezone, rulesVersion, rules };
  const postures = { community: community.posture, gate: gate.posture };
  return {
    bundle: fingerprint([kept, deps.keys.jwks()]),
    bundleVersion: bundleVersion + statusVersion,
    statusVersion,
    posture: fingerprint(postures),
    postures,
    epoch,
  };
}

/** 66 bits: enough to tell apart what follows upon each other. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 11);
}
