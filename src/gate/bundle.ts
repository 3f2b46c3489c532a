/**
 * The bundle: everything a gate needs to judge alone, as `GET /v1/gate/bundle` answers it. Written by the server
 * and read by gates with the two functions here, so that they cannot drift apart.
 */
import type { Millis } from '../domain/clock.ts';
import type { CommunityKind, Posture, PostureState } from '../domain/community.ts';
import type { Direction } from '../domain/gate.ts';
import type { CommunityId, GateId } from '../domain/identifier.ts';
import type { OfflineRules, OfflineTerms } from '../domain/offline-terms.ts';
import type { OpenInterval } from '../domain/opening-hours.ts';
import type { PublishedKeySet } from './key-set.ts';

/** A bundle in the program: times are milliseconds since the Unix epoch. */
export interface Bundle extends OfflineTerms {
  /** When the server made it. */
  readonly serverTime: Millis;
  /** Given by the server; it only grows. */
  readonly version: number;
  readonly gate: {
    readonly id: GateId;
    readonly directions: readonly Direction[];
    /** The lanes' names, where the server knows them. */
    readonly lanes: readonly string[];
  };
  /** Courier-code keys and status-list keys. */
  readonly jwks: PublishedKeySet;
  /** Compact JWS, `statuslist+jwt`. */
  readonly statusList: string;
  /** Each with its own end: which one is in force is judged at the instant. */
  readonly posture: { readonly community: PostureState; readonly gate: PostureState };
}

/** A bundle on the wire: JSON, times in RFC 3339, UTC with milliseconds. */
export interface BundleDocument {
  readonly serverTime: string;
  readonly version: number;
  /** 1–720. */
  readonly maxStaleMinutes: number;
  readonly gate: Bundle['gate'];
  readonly jwks: PublishedKeySet;
  readonly statusList: string;
  readonly posture: { readonly community: PostureDocument; readonly gate: PostureDocument };
  readonly openIntervals: readonly IntervalDocument[];
  readonly rules: {
    readonly version: number;
    readonly communityId: CommunityId;
    readonly kind: CommunityKind;
    readonly forRiders: boolean;
    readonly passageSensor: boolean;
    readonly rescanGraceSeconds: number;
    readonly speedLimitKmh: number;
    readonly offline: { readonly allow: boolean };
    readonly confirmationIntervals: readonly IntervalDocument[];
  };
}

/** `until` null: until the next command. */
export interface PostureDocument {
  readonly posture: Posture;
  readonly until: string | null;
}

/** `from` included, `to` excluded. */
export interface IntervalDocument {
  readonly from: string;
  readonly to: string;
}

/** Writes a bundle for the wire: members and their order are fixed, so equal bundles are equal texts. */
export function writeBundle(bundle: Bundle): BundleDocument {
  const { gate, posture } = bundle;
  return {
    serverTime: timeText(bundle.serverTime),
    version: bundle.version,
    maxStaleMinutes: bundle.maxStaleMinutes,
    gate: { id: gate.id, directions: gate.directions, lanes: gate.lanes },
    jwks: bundle.jwks,
    statusList: bundle.statusList,
    posture: writePostures(posture),
    openIntervals: bundle.openIntervals.map(writeInterval),
    rules: writeRules(bundle.rules),
  };
}

function writeRules(rules: OfflineRules): BundleDocument['rules'] {
  return {
    version: rules.version,
    communityId: rules.communityId,
    kind: rules.kind,
    forRiders: rules.forRiders,
    passageSensor: rules.passageSensor,
    rescanGraceSeconds: rules.rescanGraceSeconds,
    speedLimitKmh: rules.speedLimitKmh,
    offline: { allow: rules.offline.allow },
    confirmationIntervals: rules.confirmationIntervals.map(writeInterval),
  };
}

/** As the bundle and the stream's event `posture` write it. */
export function writePostures({ community, gate }: Bundle['posture']): BundleDocument['posture'] {
  return { community: writePosture(community), gate: writePosture(gate) };
}

function writePosture({ posture, until }: PostureState): PostureDocument {
  return { posture, until: until === null ? null : timeText(until) };
}

function writeInterval({ from, to }: OpenInterval): IntervalDocument {
  return { from: timeText(from), to: timeText(to) };
}

function timeText(at: Millis): string {
  return new Date(at).toISOString();
}
