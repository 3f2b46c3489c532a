import type { KeySummary } from '../keys/keys.ts';
import type { Actor, KeyPurpose } from '../store/store.ts';
import type { Deps } from './deps.ts';

/** The next key becomes the active one, and gates hear of the new next one. @returns null: every number of a courier-code key was used within 400 days */
export async function rotateKey(
  deps: Deps,
  input: { readonly purpose: KeyPurpose; readonly actor: Actor },
): Promise<readonly KeySummary[] | null> {
  const keys = await deps.keys.rotate(input.purpose, input.actor, deps.now());
  if (keys !== null) deps.bus.publish({ topic: 'keys', type: 'changed' });
  return keys;
}
