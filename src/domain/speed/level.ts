import { MINUTE_MS, type Millis, SECOND_MS } from '../clock.ts';
import { SERIOUS_FACTOR } from '../conduct/conduct.ts';
import type { SpeedLevel } from '../entry-rules.ts';
import { type Episode, ratio } from './episode.ts';

/** An episode that becomes known later than this is recorded and rings no bell. */
export const BELL_WITHIN_MS: Millis = 2 * MINUTE_MS;
/** Readings are waited for this long before they are judged: within it they may come in any order. */
export const REORDER_MS: Millis = 5 * SECOND_MS;

/** Who saw an episode: the rider's own phone, or what is mounted in the community. */
export type EpisodeWitness = 'phone' | 'mounted';

/**
 * How grave an episode is by its own speed: of what its readings prove, not of what they show. A phone's word is a notice
 * to its rider and never more. That warnings add up is another matter.
 */
export function baseLevelOf({ peak }: Pick<Episode, 'peak'>, witness: EpisodeWitness): SpeedLevel {
  if (witness === 'phone') return 'notice';
  return ratio(peak) >= SERIOUS_FACTOR ? 'serious' : 'warning';
}

/** Whether an episode became known too late to ring for it. */
export function isLate({ knownAt }: Pick<Episode, 'knownAt'>, now: Millis): boolean {
  return now - knownAt > BELL_WITHIN_MS;
}
