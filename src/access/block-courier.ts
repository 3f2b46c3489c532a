import type { Millis } from '../domain/clock.ts';
import type { CommunityId, CourierId } from '../domain/identifier.ts';
import type { Actor, Block } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/** Keeps a courier out of a community until an end; a block that is there already is replaced. @returns null: no such courier */
export async function blockCourier(
  deps: Deps,
  input: {
    communityId: CommunityId;
    courierId: CourierId;
    reason: string;
    until: Millis;
    actor: Actor;
  },
): Promise<Block | null> {
  const outcome = await deps.store.putBlock({ ...input, now: deps.now() });
  if (outcome.kind !== 'ok') return null;
  publishTouched(deps.bus, outcome);
  return outcome.value;
}
