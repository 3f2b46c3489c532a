import type { ManagerScope } from '../domain/scope.ts';
import type { Actor, ApiKey, Scope } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { findCoveredCommunity } from './find-covered.ts';
import { hashSecret, newApiKey } from './secrets.ts';

/** Makes an API key. The key itself is shown once. @returns null: the scope does not lie within the maker's, or names nothing */
export async function createApiKey(
  deps: Deps,
  input: {
    readonly name: string;
    readonly scope: Scope;
    readonly within: ManagerScope;
    readonly actor: Actor;
  },
): Promise<{ readonly record: ApiKey; readonly key: string } | null> {
  const { within, ...members } = input;
  if (!(await coversScope(deps, within, members.scope))) return null;
  const key = newApiKey(deps);
  const record = await deps.store.createApiKey({
    ...members,
    hash: hashSecret(key),
    now: deps.now(),
  });
  return { record, key };
}

/** Whether a scope names something that exists and lies within another scope. */
export async function coversScope(deps: Deps, outer: ManagerScope, inner: Scope): Promise<boolean> {
  switch (inner.kind) {
    case 'all':
    case 'audit':
      return outer.kind === 'all';
    case 'district':
      return (
        outer.kind === 'all' || (outer.kind === 'district' && outer.district === inner.district)
      );
    case 'community':
      return (await findCoveredCommunity(deps, outer, inner.communityId)) !== null;
    case 'platform':
      return outer.kind === 'all' && (await deps.store.findPlatform(inner.slug)) !== null;
  }
}
