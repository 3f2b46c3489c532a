import type { CommunityId, SanctionId } from '../domain/identifier.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/** Ends a sanction before its time. @returns false: there is none in force */
export async function liftSanction(
  deps: Deps,
  input: { communityId: CommunityId; sanctionId: SanctionId; actor: Actor },
): Promise<boolean> {
  const change = await deps.store.liftSanction({ ...input, now: deps.now() });
  if (change === null) return false;
  publishTouched(deps.bus, change);
  return true;
}
