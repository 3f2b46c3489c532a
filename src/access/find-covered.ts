import type { CommunityId, GateId } from '../domain/identifier.ts';
import { coversCommunity } from '../domain/scope.ts';
import type { CommunityRecord, GateRecord, Scope } from '../store/store.ts';
import type { Deps } from './deps.ts';

/** A community that the scope reaches. @returns null: it does not exist, or is not the caller's to see */
export async function findCoveredCommunity(
  { store }: Pick<Deps, 'store'>,
  scope: Scope,
  id: CommunityId,
): Promise<CommunityRecord | null> {
  if (scope.kind === 'community' && scope.communityId !== id) return null;
  const community = await store.findCommunity(id);
  return community !== null && coversCommunity(scope, community) ? community : null;
}

/** A gate, not revoked, of a community that the scope reaches. @returns null: there is none, or it is not the caller's to see */
export async function findCoveredGate(
  deps: Pick<Deps, 'store'>,
  scope: Scope,
  id: GateId,
): Promise<GateRecord | null> {
  const gate = await deps.store.findGate(id);
  if (gate === null) return null;
  const community = await findCoveredCommunity(deps, scope, gate.communityId);
  return community === null ? null : gate;
}
