import type { Millis } from '../domain/clock.ts';
import type { SanctionKind } from '../domain/conduct/conduct.ts';
import type { AlertId, CommunityId } from '../domain/identifier.ts';
import type { NoGround, SanctionRecord } from '../store/conduct-store.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

/** A manager binds a rider for a time on the ground of an alert; an appeal against the alert may lift it. */
export async function setSanction(
  deps: Deps,
  input: {
    communityId: CommunityId;
    alertId: AlertId;
    kind: SanctionKind;
    until: Millis;
    actor: Actor;
  },
): Promise<SanctionRecord | 'not_found' | NoGround> {
  const outcome = await deps.store.setSanction({ ...input, now: deps.now() });
  if (typeof outcome === 'string') return outcome;
  publishTouched(deps.bus, outcome.change);
  return outcome.sanction;
}
