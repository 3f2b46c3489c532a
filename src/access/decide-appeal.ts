import type { AlertId, AppealId, CommunityId } from '../domain/identifier.ts';
import type { DecideAppealOutcome } from '../store/conduct-store.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishAppeal, publishTouched } from './publish.ts';

/** Decides an appeal, once; upheld, all that followed from the alert is undone. Managers and the rider hear of it. */
export async function decideAppeal(
  deps: Deps,
  input: {
    communityId: CommunityId;
    alertId: AlertId;
    appealId: AppealId;
    decision: 'upheld' | 'rejected';
    reason: string;
    actor: Actor;
  },
): Promise<DecideAppealOutcome> {
  const outcome = await deps.store.decideAppeal({ ...input, now: deps.now() });
  if (outcome.kind !== 'decided') return outcome;
  publishAppeal(deps.bus, outcome.appeal);
  publishTouched(deps.bus, outcome.change);
  return outcome;
}
