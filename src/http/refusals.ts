import type { Limits } from '../config.ts';
import { MINUTE_MS, type Millis, SECOND_MS } from '../domain/clock.ts';
import { spend } from '../domain/rate-limit.ts';

/** Counts wrong credentials by address. What is forgotten costs nothing but a fresh allowance. */
export interface Refusals {
  /** Counts one. @returns null while the address is within its allowance, else the seconds to wait */
  count(address: string, now: Millis): number | null;
}

/**
 * An allowance of `refusalsPerMinute`, all of which may come at once. At most `refusalAddresses` are kept: the one
 * that was refused longest ago is forgotten first.
 */
export function createRefusals(
  limits: Pick<Limits, 'refusalsPerMinute' | 'refusalAddresses'>,
): Refusals {
  const limit = {
    burst: limits.refusalsPerMinute,
    intervalMs: Math.ceil(MINUTE_MS / limits.refusalsPerMinute),
  };
  const arrivals = new Map<string, Millis>();
  return {
    count(address, now) {
      const spending = spend(limit, arrivals.get(address) ?? null, now);
      if (spending.kind === 'exceeded') return Math.ceil(spending.retryInMs / SECOND_MS);
      arrivals.delete(address);
      arrivals.set(address, spending.arrival);
      if (arrivals.size > limits.refusalAddresses) forgetOldest(arrivals);
      return null;
    },
  };
}

function forgetOldest(arrivals: Map<string, Millis>): void {
  for (const address of arrivals.keys()) {
    arrivals.delete(address);
    return;
  }
}
