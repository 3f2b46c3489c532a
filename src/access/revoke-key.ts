import type { RevokeKeyOutcome } from '../keys/keys.ts';
import type { Actor, KeyPurpose } from '../store/store.ts';
import type { Deps } from './deps.ts';

/** Removes a key at once, and gates hear of it. */
export async function revokeKey(
  deps: Deps,
  input: { readonly purpose: KeyPurpose; readonly kid: string; readonly actor: Actor },
): Promise<RevokeKeyOutcome> {
  const { purpose, kid, actor } = input;
  const outcome = await deps.keys.revoke(purpose, kid, actor, deps.now());
  if (outcome === 'revoked') deps.bus.publish({ topic: 'keys', type: 'changed' });
  return outcome;
}
