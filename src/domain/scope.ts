import type { Community } from './community.ts';
import type { CommunityId } from './identifier.ts';

/** What an API key reaches. */
export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'district'; readonly district: string }
  | { readonly kind: 'community'; readonly communityId: CommunityId }
  | { readonly kind: 'platform'; readonly slug: string }
  /** The whole audit log, to read, and nothing else. */
  | { readonly kind: 'audit' };

/** Scopes of keys that manage communities. */
export type ManagerScope = Exclude<Scope, { kind: 'platform' } | { kind: 'audit' }>;
/** Scopes of keys that read the whole audit log. */
export type AuditorScope = Extract<Scope, { kind: 'all' } | { kind: 'audit' }>;
/** The scope of a platform's keys. */
export type PlatformScope = Extract<Scope, { kind: 'platform' }>;

/** Whether a scope reaches a community: all, its district, or itself. A platform's and an auditor's reach none. */
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
    case 'audit':
      return false;
  }
}
