import type { DecisionRecord } from '../domain/decision-record.ts';
import type { CommunityId, GateId } from '../domain/identifier.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishDecision } from './publish.ts';

/** Records that a guard admitted somebody by hand. @returns null when the community has no such gate */
export async function admit(
  deps: Deps,
  input: { communityId: CommunityId; gateId: GateId; reason: string; actor: Actor },
): Promise<DecisionRecord | null> {
  const record = await deps.store.admit({ ...input, now: deps.now() });
  if (record !== null) publishDecision(deps.bus, record, null);
  return record;
}
