import type { Millis } from '../domain/clock.ts';
import type { Posture } from '../domain/community.ts';
import type { CommunityId, GateId } from '../domain/identifier.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';

interface PostureCommand<P extends Posture> {
  readonly posture: P;
  /** When it falls back to normal; null for normal itself. */
  readonly until: Millis | null;
  readonly reason: string | null;
  readonly actor: Actor;
}

/** `restored`: the lockdown of a restored backup is an operator's to end, by confirming it. */
export type PostureOutcome = 'set' | 'not_found' | 'restored';

/** Sets a community's posture; that of a restored backup stays. */
export async function setCommunityPosture(
  deps: Deps,
  input: PostureCommand<Exclude<Posture, 'closed'>> & { readonly communityId: CommunityId },
): Promise<PostureOutcome> {
  if ((await deps.store.readRestore()) !== null) return 'restored';
  const { communityId, ...command } = input;
  const done = await deps.store.setCommunityPosture({
    id: communityId,
    ...command,
    now: deps.now(),
  });
  if (!done) return 'not_found';
  deps.bus.publish({ topic: `community:${communityId}`, type: 'changed' });
  return 'set';
}

/** Sets a gate's posture. @returns false: there is no such gate */
export async function setGatePosture(
  deps: Deps,
  input: PostureCommand<Posture> & { readonly gateId: GateId; readonly communityId: CommunityId },
): Promise<boolean> {
  const { communityId, ...command } = input;
  const done = await deps.store.setGatePosture({ ...command, now: deps.now() });
  if (done) deps.bus.publish({ topic: `community:${communityId}`, type: 'changed' });
  return done;
}
