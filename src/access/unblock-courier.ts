import type { CommunityId, CourierId } from '../domain/identifier.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/** Ends a block before its time. @returns false: there was none */
export async function unblockCourier(
  deps: Deps,
  input: { communityId: CommunityId; courierId: CourierId; actor: Actor },
): Promise<boolean> {
  const outcome = await deps.store.deleteBlock({ ...input, now: deps.now() });
  if (outcome.kind !== 'ok') return false;
  publishTouched(deps.bus, outcome);
  return true;
}
