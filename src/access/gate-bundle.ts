import { createHash } from 'node:crypto';
import type { Millis } from '../domain/clock.ts';
import type { GateId } from '../domain/identifier.ts';
import { offlineTerms } from '../domain/offline-terms.ts';
import { type Bundle, type BundleDocument, writeBundle, writePostures } from '../gate/bundle.ts';
import type { GateTerms } from '../store/store.ts';
import type { Deps } from './deps.ts';
import type { SignedStatusList, StatusListDeps } from './status-list.ts';

/** None is registered with the service today. */
const NO_LANES: readonly string[] = [];

/**
 * The bundle of a gate, as things are now.
 * @returns null: the gate was revoked
 */
export async function readGateBundle(
  deps: StatusListDeps,
  gateId: GateId,
): Promise<{ readonly bundle: BundleDocument; readonly statusVersion: number } | null> {
  const now = deps.now();
  const terms = await deps.store.readGateTerms(gateId, now);
  const list = terms && (await deps.statusLists.read(deps, terms));
  if (terms === null || list === null) return null;
  return { bundle: writeBundle(bundleOf(deps, terms, list, now)), statusVersion: list.version };
}

function bundleOf(deps: Deps, terms: GateTerms, list: SignedStatusList, now: Millis): Bundle {
  const { gate, community } = terms;
  return {
    ...offlineTerms(terms, now),
    serverTime: now,
    version: terms.bundleVersion + list.version,
    gate: { id: gate.id, directions: gate.directions, lanes: NO_LANES },
    jwks: deps.keys.jwks(),
    statusList: list.jwt,
    posture: { community: community.posture, gate: gate.posture },
  };
}

/** What a gate compares with what it has: each part changes when it should be read again. */
export interface GateState {
  /** Of everything in the bundle but the status list, the postures and what the hour brings. */
  readonly bundle: string;
  readonly bundleVersion: number;
  readonly statusVersion: number;
  readonly posture: string;
  readonly postures: BundleDocument['posture'];
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
  const postures = writePostures({ community: community.posture, gate: gate.posture });
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
