import type { Millis } from '../domain/clock.ts';
import {
  type AgreeingSide,
  checkRules,
  type EntryRules,
  type RuleProblem,
} from '../domain/entry-rules.ts';
import type { CommunityId } from '../domain/identifier.ts';
import type { Actor, GateRecord, RulesVersion } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { listAll } from './list-all.ts';
import { publishTouched } from './publish.ts';

export interface PutRulesInput {
  readonly communityId: CommunityId;
  readonly rules: EntryRules;
  readonly agreedBy: readonly AgreeingSide[];
  /** Why, in the author's words. */
  readonly reason?: string | null;
  /** Null: now. */
  readonly effectiveFrom: Millis | null;
  /** The versions of which the author had seen the newest; null: whatever is there. */
  readonly ifVersions: readonly number[] | null;
  readonly actor: Actor;
}

export type PutRulesOutcome =
  | { readonly kind: 'ok'; readonly version: RulesVersion }
  /** The rules make no sense, or none here. */
  | { readonly kind: 'unsound'; readonly problems: readonly RuleProblem[] }
  /** They would have been effective before they were known. */
  | { readonly kind: 'backdated' }
  /** Somebody else has written a newer version. */
  | { readonly kind: 'version_mismatch' }
  | { readonly kind: 'not_found' };

/** Writes a new version of a community's rules; those before it are kept. Live views hear of it. */
export async function putRules(deps: Deps, input: PutRulesInput): Promise<PutRulesOutcome> {
  const { store, bus, config } = deps;
  const { communityId, rules, agreedBy, actor } = input;
  const now = deps.now();
  const effectiveFrom = input.effectiveFrom ?? now;
  if (effectiveFrom < now - config.limits.rulesBackdateMs) return { kind: 'backdated' };
  const problems = await findProblems(deps, communityId, rules);
  if (problems.length > 0) return { kind: 'unsound', problems };
  const ifVersion = input.ifVersions && (await newestOf(deps, communityId, input.ifVersions));
  if (ifVersion === undefined) return { kind: 'version_mismatch' };
  const put = await store.putRules({
    communityId,
    rules,
    agreedBy,
    reason: input.reason ?? null,
    effectiveFrom,
    ifVersion,
    actor,
    now,
  });
  if (put.kind === 'conflict') return { kind: 'version_mismatch' };
  if (put.kind === 'not_found') return put;
  publishTouched(bus, { couriers: [], communities: [communityId] });
  return { kind: 'ok', version: put.value };
}

/** All that is wrong with rules in a community, or makes no sense there. */
export async function findProblems(
  deps: Deps,
  communityId: CommunityId,
  rules: EntryRules,
): Promise<RuleProblem[]> {
  const gates = await listAll((page) => deps.store.listGates(communityId, page));
  return [
    ...checkRules(rules, surroundingsOf(gates)),
    ...unknownGates(rules, gates),
    ...(await unknownZones(deps, communityId, rules)),
  ];
}

function surroundingsOf(gates: readonly GateRecord[]) {
  return { hasExitReader: gates.some(({ directions }) => directions.includes('out')) };
}

/** Rules that name a gate of another community would shut out riders by mistake. */
function unknownGates({ gates: named }: EntryRules, gates: readonly GateRecord[]): RuleProblem[] {
  if (named === 'all') return [];
  return named.flatMap(({ gateId }, index) =>
    gates.some(({ id }) => id === gateId)
      ? []
      : [{ path: `gates[${index}].gateId`, message: 'is not a gate of this community' }],
  );
}

/** A limit of a zone that does not exist would never hold. */
async function unknownZones(
  { store }: Deps,
  communityId: CommunityId,
  { zoneSpeedLimits }: EntryRules,
): Promise<RuleProblem[]> {
  if (zoneSpeedLimits.length === 0) return [];
  const zones = (await store.readPlaces(communityId))?.zones.document ?? [];
  return zoneSpeedLimits.flatMap(({ zoneId }, index) =>
    zones.some(({ id }) => id === zoneId)
      ? []
      : [{ path: `zoneSpeedLimits[${index}].zoneId`, message: 'is not a zone of this community' }],
  );
}

/** The one of several versions that can match: the newest there is. @returns undefined: none of them can */
async function newestOf(
  { store }: Deps,
  communityId: CommunityId,
  versions: readonly number[],
): Promise<number | undefined> {
  if (versions.length <= 1) return versions[0];
  const { items } = await store.listRules(communityId, { limit: 1, after: null });
  return versions.find((version) => version === items[0]?.version);
}
