import type { AlertId, CommunityId, CourierId } from '../domain/identifier.ts';
import type { AppealOutcome } from '../store/conduct-store.ts';
import type { Deps } from './deps.ts';
import { publishAppeal, publishTouched } from './publish.ts';

/** A rider objects to an alert of their own. Managers hear of it. @param communityId null: whichever it is in */
export async function fileAppeal(
  deps: Deps,
  input: { courierId: CourierId; alertId: AlertId; communityId: CommunityId | null; text: string },
): Promise<AppealOutcome> {
  const outcome = await deps.store.fileAppeal({ ...input, now: deps.now() });
  if (outcome.kind !== 'filed') return outcome;
  publishAppeal(deps.bus, outcome.appeal);
  publishTouched(deps.bus, outcome.change);
  return outcome;
}
