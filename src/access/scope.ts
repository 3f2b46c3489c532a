import type { Community } from '../domain/community.ts';
import type { Scope } from '../store/store.ts';

/** Scopes of keys that manage communities. */
export type ManagerScope = Exclude<Scope, { kind: 'platform' }>;
/** The scope of a platform's keys. */
export type PlatformScope = Extract<Scope, { kind: 'platform' }>;

/** Whether a scope reaches a community: all, its district, or itself. A platform's scope reaches none. */
export function coversCommunity(
  scope: Scope,
  community: Pick<Community, 'id' | 'district'>,
): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'district':
      return community.district === scope.district;
    case 'community':
      return community.id === scope.communityId;
    case 'platform':
      return false;
  }
}
