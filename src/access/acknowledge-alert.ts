import type { AlertRecord } from '../domain/alert.ts';
import type { AlertId, CommunityId } from '../domain/identifier.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/** Notes that a manager has taken note of an alert. @returns null: there is none */
export async function acknowledgeAlert(
  deps: Deps,
  input: { communityId: CommunityId; alertId: AlertId; actor: Actor },
): Promise<AlertRecord | null> {
  const change = await deps.store.acknowledgeAlert({ ...input, now: deps.now() });
  if (change === null) return null;
  publishTouched(deps.bus, change);
  return change.alert;
}
