import type { Limits } from '../config.ts';
import { MINUTE_MS, type Millis, SECOND_MS } from '../domain/clock.ts';
import { type RateLimit, spend } from '../domain/rate-limit.ts';

/** Counts what each of many may do only so often. What is forgotten costs nothing but a fresh allowance. */
export interface Allowances {
  /** Counts one. @returns null while it is within the allowance, else the seconds to wait */
  count(whose: string, now: Millis): number | null;
}

/** At most `most` are kept: the one that was counted longest ago is forgotten first. */
export function createAllowances(limit: RateLimit, most: number): Allowances {
  const arrivals = new Map<string, Millis>();
  return {
    count(whose, now) {
      const spending = spend(limit, arrivals.get(whose) ?? null, now);
      if (spending.kind === 'exceeded') return Math.ceil(spending.retryInMs / SECOND_MS);
      arrivals.delete(whose);
      arrivals.set(whose, spending.arrival);
      if (arrivals.size > most) forgetOldest(arrivals);
      return null;
    },
  };
}

/** Wrong credentials by address: an allowance of `refusalsPerMinute`, all of which may come at once. */
export function createRefusals(
  limits: Pick<Limits, 'refusalsPerMinute' | 'refusalAddresses'>,
): Allowances {
  const { refusalsPerMinute: burst, refusalAddresses } = limits;
  return createAllowances({ burst, intervalMs: Math.ceil(MINUTE_MS / burst) }, refusalAddresses);
}

function forgetOldest(arrivals: Map<string, Millis>): void {
  for (const whose of arrivals.keys()) {
    arrivals.delete(whose);
    return;
  }
}
