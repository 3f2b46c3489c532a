import type { RiderSession } from '../store/store.ts';
import type { Deps } from './deps.ts';

/**
 * A rider's session while it lasts. One in use slides its end forward, now and then; that the end could not be
 * moved keeps nobody from reading.
 */
export async function readRiderSession(
  { store, config, now, log }: Pick<Deps, 'store' | 'config' | 'now' | 'log'>,
  sessionHash: string,
): Promise<RiderSession | null> {
  const { riderSessionMs, riderSessionSlideEveryMs } = config.limits;
  const at = now();
  const session = await store.findRiderSession({ sessionHash, now: at });
  if (session === null || at - session.slidAt < riderSessionSlideEveryMs) return session;
  store
    .slideRiderSession({ sessionHash, extendTo: at + riderSessionMs, now: at })
    .catch((err: unknown) => log.warn({ err }, "a rider's session could not be prolonged"));
  return session;
}
