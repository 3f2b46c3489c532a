import type { Millis } from './clock.ts';

/** So many units at once, and one more each time an interval has passed. */
export interface RateLimit {
  /** Units that can be spent at once after a rest; an integer from 1. */
  readonly burst: number;
  /** One unit comes back every so many milliseconds; an integer from 1. */
  readonly intervalMs: number;
}

/** What spending came to. `arrival` is the whole state to keep for the next time. */
export type Spending =
  | {
      readonly kind: 'spent';
      /** Theoretical arrival time: once it has passed, the state may be forgotten. */
      readonly arrival: Millis;
      /** Whole units left to spend now. */
      readonly remaining: number;
    }
  | {
      readonly kind: 'exceeded';
      readonly arrival: Millis;
      readonly remaining: number;
      /** The same cost can be spent after this long, if nothing else is spent meanwhile. */
      readonly retryInMs: number;
    };

/**
 * Spends units of a limit by the generic cell rate algorithm: exact, with one number of state, in integers.
 * Spending 0 looks and changes nothing. A refusal costs nothing.
 * @param arrival the state that the last spending left; null: none, or forgotten
 * @param cost units, an integer from 0 to `burst`
 * @throws RangeError when the cost could never be spent
 * @see ITU-T I.371 (GCRA), virtual scheduling
 */
export function spend(limit: RateLimit, arrival: Millis | null, now: Millis, cost = 1): Spending {
  const { burst, intervalMs } = limit;
  if (!Number.isInteger(cost) || cost < 0 || cost > burst)
    throw new RangeError(`cost must be an integer from 0 to ${burst}, got ${cost}`);
  const before = Math.max(arrival ?? now, now);
  const after = before + cost * intervalMs;
  const tolerated = now + burst * intervalMs;
  if (after > tolerated) {
    const remaining = Math.max(0, Math.floor((tolerated - before) / intervalMs));
    return { kind: 'exceeded', arrival: before, remaining, retryInMs: after - tolerated };
  }
  const remaining = Math.floor((tolerated - after) / intervalMs);
  return { kind: 'spent', arrival: after, remaining };
}
