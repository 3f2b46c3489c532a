/** Managers and guards, and what they reach. */
import type { Deps } from '../access/deps.ts';
import { findCoveredCommunity } from '../access/find-covered.ts';
import type { CommunityId } from '../domain/identifier.ts';
import type { ManagerScope } from '../domain/scope.ts';
import type { CallerOf } from './auth.ts';
import { notFound } from './problem.ts';

/** The rules of endpoints for managers and guards. */
export const SUPERVISORS = ['manager', 'guard'] as const;
export type Supervisor = CallerOf<(typeof SUPERVISORS)[number]>;

/** A guard's device reaches the community that it stands in. */
export function scopeOf(caller: Supervisor): ManagerScope {
  return caller.kind === 'gate'
    ? { kind: 'community', communityId: caller.communityId }
    : caller.scope;
}

/** Lets pass who reaches the community. @throws Problem 404 when there is none, or it is not the caller's to see */
export async function requireCommunity(
  deps: Pick<Deps, 'store'>,
  caller: Supervisor,
  id: CommunityId,
): Promise<void> {
  if ((await findCoveredCommunity(deps, scopeOf(caller), id)) === null) throw notFound();
}
