import type { CommunityId } from '../domain/identifier.ts';
import {
  checkCheckpoints,
  checkDistances,
  checkZones,
  type PlaceProblem,
} from '../domain/speed/check-places.ts';
import type { PlaceDocuments, PlaceKind, Places, PlaceVersion } from '../store/speed-store.ts';
import type { Actor, GateRecord } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { listAll } from './list-all.ts';
import { publishTouched } from './publish.ts';

/** One of a community's documents about its places. */
export type PlaceDocument = {
  [Kind in PlaceKind]: { readonly kind: Kind; readonly document: PlaceDocuments[Kind] };
}[PlaceKind];

export interface PutPlacesInput {
  readonly communityId: CommunityId;
  readonly places: PlaceDocument;
  /** The versions of which the author had seen the newest; null: whatever is there. */
  readonly ifVersions: readonly number[] | null;
  readonly actor: Actor;
}

export type PutPlacesOutcome =
  | { readonly kind: 'ok'; readonly value: PlaceVersion<readonly unknown[]> }
  /** They make no sense, or none here. */
  | { readonly kind: 'unsound'; readonly problems: readonly PlaceProblem[] }
  | { readonly kind: 'version_mismatch' | 'not_found' };

/** Replaces a document about a community's places. Readings from now on are judged by it. */
export async function putPlaces(deps: Deps, input: PutPlacesInput): Promise<PutPlacesOutcome> {
  const { store, bus } = deps;
  const { communityId, places, ifVersions, actor } = input;
  const now = deps.now();
  const there = await store.readPlaces(communityId);
  if (there === null) return { kind: 'not_found' };
  const problems = await problemsOf(deps, communityId, places, there);
  if (problems.length > 0) return { kind: 'unsound', problems };
  const { version } = there[places.kind];
  if (ifVersions !== null && !ifVersions.includes(version)) return { kind: 'version_mismatch' };
  const ifVersion = ifVersions === null ? null : version;
  const put = await store.putPlaces({ communityId, ...places, ifVersion, actor, now });
  if (put.kind === 'conflict') return { kind: 'version_mismatch' };
  if (put.kind === 'not_found') return put;
  publishTouched(bus, { couriers: [], communities: [communityId] });
  return put;
}

async function problemsOf(
  { store, now }: Deps,
  communityId: CommunityId,
  places: PlaceDocument,
  there: Places,
): Promise<PlaceProblem[]> {
  if (places.kind === 'zones') {
    const rules = await store.currentRules(communityId, now());
    const limited = rules?.rules.zoneSpeedLimits.map(({ zoneId }) => zoneId) ?? [];
    const named = there.checkpoints.document.flatMap(({ zoneId }) => zoneId ?? []);
    return checkZones(places.document, new Set([...limited, ...named]));
  }
  if (places.kind === 'distances')
    return checkDistances(places.document, there.checkpoints.document);
  const gates = await listAll((page) => store.listGates(communityId, page));
  return checkCheckpoints(places.document, {
    zoneIds: new Set(there.zones.document.map(({ id }) => id)),
    gateIds: new Set(gates.map(({ id }: GateRecord) => id)),
    usedIds: new Set(there.distances.document.flatMap(({ from, to }) => [from, to])),
  });
}
