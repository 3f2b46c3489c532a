import { DAY_MS } from '../domain/clock.ts';
import type { KeySummary } from '../keys/keys.ts';
import type { Actor, KeyPurpose } from '../store/store.ts';
import type { Deps } from './deps.ts';

const KEY_NUMBERS = 256;
const KEY_NUMBER_REST_MS = 400 * DAY_MS;

/** The next key becomes the active one. @returns null: every number of a courier-code key was used within 400 days */
export async function rotateKey(
  deps: Deps,
  input: { readonly purpose: KeyPurpose; readonly actor: Actor },
): Promise<readonly KeySummary[] | null> {
  const now = deps.now();
  if (input.purpose === 'courier-code') {
    const used = await deps.store.keyNumbersSince(now - KEY_NUMBER_REST_MS);
    if (new Set(used).size >= KEY_NUMBERS) return null;
  }
  return deps.keys.rotate(input.purpose, input.actor, now);
}
