/** Whether a gate's clock and its bundle are good enough to judge alone. */
import { MINUTE_MS, type Millis } from '../domain/clock.ts';
import type { OfflineCache } from './load-bundle.ts';

/** What a gate knows of the time. */
export interface GateClock {
  /** The server's time: the offset learnt at the last contact, and monotonic time since. */
  readonly now: Millis;
  /** Whether the server's time was learnt since the gate has booted. */
  readonly synchronised: boolean;
  /** The latest of the server's time that the gate has ever known, kept on its disk; 0: none. */
  readonly latestKnown: Millis;
}

/** Why a gate must not judge an entry; its rider asks the guard. */
export type Obstacle =
  | 'no_bundle'
  | 'offline_not_allowed'
  | 'clock_not_synchronised'
  | 'clock_stepped_back'
  | 'bundle_too_old'
  | 'status_list_too_old';

/** A clock that is this far behind what it was, included, has stepped back; less is the drift of an estimate. */
export const STEP_BACK_MS = 2_000;

/** What keeps a gate from judging now, the first in the order of {@link Obstacle}; null: nothing. */
export function obstacle(
  cache: OfflineCache,
  clock: GateClock,
): Exclude<Obstacle, 'no_bundle'> | null {
  const { bundle, statusList } = cache;
  const { now, synchronised, latestKnown } = clock;
  const stale = bundle.maxStaleMinutes * MINUTE_MS;
  if (!bundle.rules.offline.allow) return 'offline_not_allowed';
  if (!synchronised) return 'clock_not_synchronised';
  if (Math.max(latestKnown, bundle.serverTime) - now >= STEP_BACK_MS) return 'clock_stepped_back';
  if (now - bundle.serverTime >= stale) return 'bundle_too_old';
  const outdated = now - statusList.issuedAt >= stale || now >= statusList.expiresAt;
  return outdated ? 'status_list_too_old' : null;
}
