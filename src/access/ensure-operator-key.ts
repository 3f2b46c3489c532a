import type { Deps } from './deps.ts';
import { hashSecret } from './secrets.ts';

/**
 * Makes the first operator key where there is no API key at all: `obtain` says which, and is not called otherwise.
 * A key that was revoked does not come back by a restart.
 * @returns whether one was made
 */
export async function ensureOperatorKey(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  obtain: () => Promise<string>,
): Promise<boolean> {
  const { items } = await store.listApiKeys({ kind: 'all' }, { limit: 1, after: null });
  if (items.length > 0) return false;
  await store.createApiKey({
    name: 'first operator key',
    scope: { kind: 'all' },
    hash: hashSecret(await obtain()),
    actor: 'system',
    now: now(),
  });
  return true;
}
