import type { Deps } from './deps.ts';
import { listAll } from './list-all.ts';
import { hashSecret } from './secrets.ts';

/**
 * Makes an operator key where there is no key of scope `all`, however many others there are: `obtain` says which, and is not called otherwise.
 * A key that was revoked does not come back by a restart.
 * @returns whether one was made
 */
export async function ensureOperatorKey(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  obtain: () => Promise<string>,
): Promise<boolean> {
  const keys = await listAll((page) => store.listApiKeys({ kind: 'all' }, page));
  if (keys.some(({ scope }) => scope.kind === 'all')) return false;
  await store.createApiKey({
    name: 'first operator key',
    scope: { kind: 'all' },
    hash: hashSecret(await obtain()),
    actor: 'system',
    now: now(),
  });
  return true;
}
