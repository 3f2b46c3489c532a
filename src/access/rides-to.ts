import type { CommunityId, CourierId } from '../domain/identifier.ts';
import type { Deps } from './deps.ts';

/** Whether a courier holds a live pass for the community: then its plan is shown to him. */
export async function ridesTo(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  courierId: CourierId,
  communityId: CommunityId,
): Promise<boolean> {
  const passes = await store.listCourierPasses(courierId, now());
  return passes.some((pass) => pass.community.id === communityId && pass.status !== 'ended');
}
