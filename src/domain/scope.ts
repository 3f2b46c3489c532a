import type { Community } from './community.ts';
import type { CommunityId } from './identifier.ts';

/** What an API key reaches. */
export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'district'; readonly district: string }
  | { readonly kind: 'community'; readonly communityId: CommunityId }
  | { readonly kind: 'platform'; readonly slug: string };

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
