import type { CourierId } from '../domain/identifier.ts';
import type { Deps } from './deps.ts';

/** Ends a session: its token is worthless at once, and the streams that it opened end. */
export async function closeRiderSession(
  deps: Deps,
  input: { courierId: CourierId; sessionHash: string },
): Promise<void> {
  await deps.store.endRiderSession({ sessionHash: input.sessionHash, now: deps.now() });
  deps.bus.publish({ topic: `courier:${input.courierId}`, type: 'changed' });
}
