import type { DecisionRecord } from '../domain/decision-record.ts';
import type { CommunityId, GateId } from '../domain/identifier.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishCommand, publishDecision } from './publish.ts';

/** Records that a guard admitted somebody by hand, and tells the gate to open. @returns null when the community has no such gate */
export async function admit(
  deps: Deps,
  input: { communityId: CommunityId; gateId: GateId; reason: string; actor: Actor },
): Promise<DecisionRecord | null> {
  const openForMs = deps.config.limits.gateOpenMs;
  const admitted = await deps.store.admit({ ...input, openForMs, now: deps.now() });
  if (admitted === null) return null;
  publishCommand(deps.bus, admitted.command);
  publishDecision(deps.bus, admitted.record, null);
  return admitted.record;
}
