import type { CommunityId } from '../domain/identifier.ts';
import type { Plan } from '../domain/plan.ts';
import type { PlanRecord } from '../store/manager-store.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/** Replaces a community's plan. Live views hear of it. @returns null: there is no such community */
export async function putPlan(
  { store, bus, now }: Pick<Deps, 'store' | 'bus' | 'now'>,
  input: { readonly communityId: CommunityId; readonly plan: Plan; readonly actor: Actor },
): Promise<PlanRecord | null> {
  const record = await store.putPlan({ ...input, now: now() });
  if (record !== null) publishTouched(bus, { couriers: [], communities: [input.communityId] });
  return record;
}
