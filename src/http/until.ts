import { DAY_MS, type Millis } from '../domain/clock.ts';
import { invalidInput } from './problem.ts';

/** The end of something that a command sets: after `now`, and at most `longestMs` later. @throws Problem 422 */
export function requireUntil(until: Millis, now: Millis, longestMs: Millis): Millis {
  if (until <= now) throw invalidInput('until', 'must lie in the future');
  if (until > now + longestMs) {
    throw invalidInput('until', `must lie at most ${longestMs / DAY_MS} days ahead`);
  }
  return until;
}
