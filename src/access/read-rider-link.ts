import type { CourierId } from '../domain/identifier.ts';
import type { Deps } from './deps.ts';
import { hashSecret } from './secrets.ts';

/** Whether a link belongs to the courier who holds it, or to another whom it would join. Uses nothing up. */
export async function readRiderLink(
  { store, now }: Deps,
  input: { token: string; courierId: CourierId },
): Promise<'own' | 'other' | 'unusable'> {
  const link = await store.findRiderLink({ linkHash: hashSecret(input.token), now: now() });
  if (link === null) return 'unusable';
  return link.courierId === input.courierId ? 'own' : 'other';
}
