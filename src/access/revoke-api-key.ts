import type { ApiKeyId } from '../domain/identifier.ts';
import type { Actor, Scope } from '../store/store.ts';
import { coversScope } from './create-api-key.ts';
import type { Deps } from './deps.ts';
import { listAll } from './list-all.ts';

export type RevokeApiKeyOutcome = 'ok' | 'not_found' | 'last_operator_key';

/** Ends an API key at once. The last key of scope `all` stays: nobody could make another. */
export async function revokeApiKey(
  deps: Deps,
  input: { readonly id: ApiKeyId; readonly within: Scope; readonly actor: Actor },
): Promise<RevokeApiKeyOutcome> {
  const { store } = deps;
  const { within, id, actor } = input;
  const key = await store.getApiKey(id);
  if (key === null || !(await coversScope(deps, within, key.scope))) return 'not_found';
  if (key.scope.kind === 'all' && (await countOperatorKeys(deps)) <= 1) return 'last_operator_key';
  return (await store.revokeApiKey({ id, actor, now: deps.now() })) ? 'ok' : 'not_found';
}

async function countOperatorKeys({ store }: Deps): Promise<number> {
  const keys = await listAll((page) => store.listApiKeys({ kind: 'all' }, page));
  return keys.filter(({ scope }) => scope.kind === 'all').length;
}
