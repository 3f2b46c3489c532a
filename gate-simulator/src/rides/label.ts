/** What is true of a ride, whatever anybody measures of it. */
import type { Truth } from './profile.ts';

/** How much over the limit is spoken of as speeding, as communities have it unless they say otherwise. */
export const MARGIN_KMH = 3;
export const MARGIN_PERCENT = 10;
/** Too fast for less than this is no episode. */
export const MINIMAL_SECONDS = 3;
/** An episode goes on until the rider has been back at the limit for this long. */
export const CALM_SECONDS = 5;

export interface LabelledEpisode {
  readonly fromS: number;
  readonly toS: number;
  /** The limit where it began. */
  readonly limitKmh: number;
}

export function thresholdOf(limitKmh: number): number {
  return limitKmh + Math.max(MARGIN_KMH, (MARGIN_PERCENT / 100) * limitKmh);
}

/** Whether the rider was ever too fast by more than the margin. */
export function everExceeded(truth: readonly Truth[]): boolean {
  return truth.some(({ kmh, limitKmh }) => kmh > thresholdOf(limitKmh));
}

/** Stretches that were too fast for long enough; a short dip between two of them makes them one. */
export function episodesOf(truth: readonly Truth[]): LabelledEpisode[] {
  const episodes: LabelledEpisode[] = [];
  let stretch: LabelledEpisode | null = null as LabelledEpisode | null;
  let calmFrom: number | null = null;
  let longest = 0;
  let overFrom: number | null = null;
  const close = () => {
    if (stretch !== null && longest > MINIMAL_SECONDS) episodes.push(stretch);
    stretch = null;
    longest = 0;
  };
  for (const { s, kmh, limitKmh } of truth) {
    if (kmh > thresholdOf(limitKmh)) {
      overFrom ??= s;
      calmFrom = null;
      longest = Math.max(longest, s - overFrom);
      const begun: LabelledEpisode = stretch ?? { fromS: overFrom, limitKmh, toS: s };
      stretch = { ...begun, toS: s };
    } else {
      overFrom = null;
      if (kmh > limitKmh) calmFrom = null;
      else calmFrom ??= s;
      if (calmFrom !== null && s - calmFrom >= CALM_SECONDS) close();
    }
  }
  close();
  return episodes;
}
