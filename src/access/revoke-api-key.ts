import type { ApiKeyId } from '../domain/identifier.ts';
import type { ManagerScope } from '../domain/scope.ts';
import type { Actor, RevokeApiKeyOutcome } from '../store/store.ts';
import { coversScope } from './create-api-key.ts';
import type { Deps } from './deps.ts';

/** Ends an API key at once; one that does not lie within the caller's scope is not found. */
export async function revokeApiKey(
  deps: Deps,
  input: { readonly id: ApiKeyId; readonly within: ManagerScope; readonly actor: Actor },
): Promise<RevokeApiKeyOutcome> {
  const { store } = deps;
  const { within, id, actor } = input;
  const key = await store.getApiKey(id);
  if (key === null || !(await coversScope(deps, within, key.scope))) return 'not_found';
  return store.revokeApiKey({ id, actor, now: deps.now() });
}
