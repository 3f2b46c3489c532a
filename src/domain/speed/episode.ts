/**
 * From readings to episodes: one act of speeding is one episode, however many readings saw it and however they came.
 * A fold over the readings in order of their own time, so that what is known of the past fits into one small state.
 */
import { type Millis, SECOND_MS } from '../clock.ts';
import type { SpeedSource } from '../conduct/conduct.ts';
import { isCalm, isOver, type SpeedReading, type SpeedTerms } from './reading.ts';

/** How many readings it takes. */
export interface EpisodeMethod {
  /** So many readings one after the other must be over, … */
  readonly readings: number;
  /** … over so long a time, … */
  readonly spanMs: Millis;
  /** … with no two further apart than this. */
  readonly gapMs: Millis;
}

/** A phone errs often and reads often; what is mounted errs seldom and sees a rider once. */
export const PHONE_METHOD: EpisodeMethod = {
  readings: 3,
  spanMs: 3 * SECOND_MS,
  gapMs: 10 * SECOND_MS,
};
export const MOUNTED_METHOD: EpisodeMethod = {
  readings: 1,
  spanMs: 0,
  gapMs: Number.POSITIVE_INFINITY,
};

/** Calm for this long ends an episode; a dip does not. */
export const CALM_MS: Millis = 5 * SECOND_MS;
/** Nobody is said to have been speeding through a time that nobody saw: a silence this long ends an episode. */
export const SILENCE_MS: Millis = 60 * SECOND_MS;

/** The reading that shows most, in proportion to the limit where it was made. */
export interface Peak {
  readonly at: Millis;
  readonly source: SpeedSource;
  readonly speedKmh: number;
  readonly leastKmh: number;
  readonly limitKmh: number;
  readonly zoneId: string | null;
}

export interface Episode {
  /** Of its first reading that was over. */
  readonly startAt: Millis;
  /** Of its last one. */
  readonly endAt: Millis;
  /** Of the reading that made it an episode: before it nobody could have known. */
  readonly knownAt: Millis;
  /** Readings that were over. */
  readonly readings: number;
  readonly peak: Peak;
  /** Those of its start, whatever zone or version of the rules it runs into. */
  readonly terms: SpeedTerms;
}

/** Readings that were over, before it is known whether they are an episode: `knownAt` is null until then. */
type Stretch = Omit<Episode, 'knownAt'> & { readonly knownAt: Millis | null };

/** All that has to be known of the readings so far. Plain data: it can be written down and read back. */
export interface EpisodeState {
  readonly stretch: Stretch | null;
  /** Since when every reading has been calm. */
  readonly calmSince: Millis | null;
  readonly lastAt: Millis | null;
}

export const NOTHING_SEEN: EpisodeState = { stretch: null, calmSince: null, lastAt: null };

export interface Step {
  readonly state: EpisodeState;
  readonly ended: Episode | null;
}

/** Takes the next reading. Readings come in the order of {@link compareReadings}. */
export function step(before: EpisodeState, reading: SpeedReading, method: EpisodeMethod): Step {
  const { state, ended } = afterSilence(before, reading.from, method);
  if (isOver(reading)) return { state: extended(state, reading, method), ended };
  const lastAt = reading.at;
  if (state.stretch === null || state.stretch.knownAt === null)
    return { state: { stretch: null, calmSince: null, lastAt }, ended };
  if (!isCalm(reading)) return { state: { ...state, calmSince: null, lastAt }, ended };
  const calmSince = state.calmSince ?? reading.at;
  if (reading.at - calmSince < CALM_MS) return { state: { ...state, calmSince, lastAt }, ended };
  return { state: { ...NOTHING_SEEN, lastAt }, ended: ended ?? openEpisode(state) };
}

/** What a time without readings does: an episode ends, and what was none yet never becomes one. */
function afterSilence(state: EpisodeState, until: Millis, method: EpisodeMethod): Step {
  const { stretch, lastAt } = state;
  if (stretch === null || lastAt === null) return { state, ended: null };
  const longest = stretch.knownAt === null ? method.gapMs : SILENCE_MS;
  if (until - lastAt <= longest) return { state, ended: null };
  return { state: { ...NOTHING_SEEN, lastAt }, ended: openEpisode(state) };
}

function extended(
  { stretch }: EpisodeState,
  reading: SpeedReading,
  method: EpisodeMethod,
): EpisodeState {
  const { at, from, terms } = reading;
  const peak = peakOf(reading);
  const grown: Stretch =
    stretch === null
      ? { startAt: from, endAt: at, knownAt: null, readings: 1, peak, terms }
      : {
          ...stretch,
          startAt: Math.min(stretch.startAt, from),
          endAt: at,
          readings: stretch.readings + 1,
          peak: ratio(peak) > ratio(stretch.peak) ? peak : stretch.peak,
        };
  const enough = grown.readings >= method.readings && at - grown.startAt >= method.spanMs;
  const knownAt = grown.knownAt ?? (enough ? at : null);
  return { stretch: { ...grown, knownAt }, calmSince: null, lastAt: at };
}

function peakOf({ at, source, speedKmh, leastKmh, terms }: SpeedReading): Peak {
  const { limitKmh, zoneId } = terms;
  return { at, source, speedKmh, leastKmh, limitKmh, zoneId };
}

/** How many times the limit was proven. */
export function ratio({ leastKmh, limitKmh }: Pick<Peak, 'leastKmh' | 'limitKmh'>): number {
  return leastKmh / limitKmh;
}

/** The episode that goes on after the readings so far, or that they end with. */
export function openEpisode({ stretch }: EpisodeState): Episode | null {
  if (stretch === null || stretch.knownAt === null) return null;
  return { ...stretch, knownAt: stretch.knownAt };
}

/** Whether the readings so far say anything about those to come. */
export function isIdle({ stretch }: EpisodeState): boolean {
  return stretch === null;
}

/** The episodes of a visit, whatever order its readings are given in and however often each is. */
export function findEpisodes(readings: Iterable<SpeedReading>, method: EpisodeMethod): Episode[] {
  const episodes: Episode[] = [];
  let state = NOTHING_SEEN;
  let before: SpeedReading | null = null;
  for (const reading of [...readings].sort(compareReadings)) {
    if (before !== null && compareReadings(before, reading) === 0) continue;
    before = reading;
    const next = step(state, reading, method);
    state = next.state;
    if (next.ended !== null) episodes.push(next.ended);
  }
  const last = openEpisode(state);
  return last === null ? episodes : [...episodes, last];
}

/** By their own time; two of one instant by what they say, never by when they came. */
export function compareReadings(a: SpeedReading, b: SpeedReading): number {
  return (
    a.at - b.at ||
    a.from - b.from ||
    a.leastKmh - b.leastKmh ||
    a.speedKmh - b.speedKmh ||
    a.terms.limitKmh - b.terms.limitKmh ||
    a.terms.rulesVersion - b.terms.rulesVersion ||
    (a.terms.zoneId ?? '').localeCompare(b.terms.zoneId ?? '')
  );
}
