import type { Millis } from '../clock.ts';
import type { SpeedSource } from '../conduct/conduct.ts';
import type { EntryRules } from '../entry-rules.ts';

/** What a reading is held against: the rules of its own time, where it was made. */
export interface SpeedTerms {
  readonly limitKmh: number;
  /** The limit and its margin: what may be measured before anybody speaks of speeding. */
  readonly thresholdKmh: number;
  /** Null: in no zone. */
  readonly zoneId: string | null;
  readonly rulesVersion: number;
}

/**
 * A measured speed: by a radar at a gate or checkpoint; over the section between two checkpoints, which is a lower bound;
 * or by the rider's own phone, from the Doppler shift, never from the difference of two fixes. Nothing of where exactly.
 */
export interface SpeedReading {
  readonly source: SpeedSource;
  /** From when on it was measured: earlier than `at` for a section alone. */
  readonly from: Millis;
  readonly at: Millis;
  readonly speedKmh: number;
  readonly accuracyKmh: number;
  /** What the speed was at the least, its accuracy counted for the rider. */
  readonly leastKmh: number;
  readonly terms: SpeedTerms;
}

/** The fastest that anything moves where a rider is. What shows more is broken, and no reading. */
export const MOST_PLAUSIBLE_KMH = 150;
/** An accuracy worse than this says nothing. */
export const WORST_ACCURACY_KMH = 15;
/** Assumed of a radar that does not tell its accuracy: the tolerance of roadside radars under 100 km/h. */
export const RADAR_ACCURACY_KMH = 3;

/** What a phone tells is one standard deviation; a speed shows more than it is by two in one reading of fifty. */
const PHONE_DEVIATIONS = 2;
/** Assumed of a phone that tells none: browsers do not. */
const PHONE_DEVIATION_MPS = 0.5;
export const KMH_PER_MPS = 3.6;

/**
 * The accuracy of a phone's speed, comparable with that of a radar, which is the most that it errs by.
 * @param deviationMps as the phone tells it; null: it does not
 */
export function phoneAccuracyKmh(deviationMps: number | null): number {
  return (deviationMps ?? PHONE_DEVIATION_MPS) * PHONE_DEVIATIONS * KMH_PER_MPS;
}

/** Whether numbers can be a measured speed at all: finite, not negative, not beyond what rides. */
export function isPlausible(speedKmh: number, accuracyKmh: number): boolean {
  const speedOk = speedKmh >= 0 && speedKmh <= MOST_PLAUSIBLE_KMH;
  return speedOk && accuracyKmh >= 0 && accuracyKmh <= WORST_ACCURACY_KMH;
}

type SpeedRules = Pick<EntryRules, 'speedLimitKmh' | 'speedMargin' | 'zoneSpeedLimits'>;

/** The limit of a zone; null: outside of all zones. */
export function limitIn(rules: SpeedRules, zoneId: string | null): number {
  const own = rules.zoneSpeedLimits.find((zone) => zone.zoneId === zoneId);
  return own?.speedLimitKmh ?? rules.speedLimitKmh;
}

/**
 * What a reading is held against.
 * @param zoneIds where it may have been made, the likeliest first: in doubt the most generous limit counts
 */
export function termsOf(
  rules: SpeedRules,
  rulesVersion: number,
  zoneIds: readonly [string | null, ...(string | null)[]],
): SpeedTerms {
  let [zoneId] = zoneIds;
  let limitKmh = limitIn(rules, zoneId);
  for (const other of zoneIds) {
    const limit = limitIn(rules, other);
    if (limit > limitKmh) [zoneId, limitKmh] = [other, limit];
  }
  return { limitKmh, thresholdKmh: limitKmh + marginOf(rules, limitKmh), zoneId, rulesVersion };
}

function marginOf({ speedMargin: { absoluteKmh, percent } }: SpeedRules, limitKmh: number): number {
  return Math.max(absoluteKmh, (percent / 100) * limitKmh);
}

/** The speed that a reading proves, its accuracy counted for the rider as many times as the rules say. */
export function leastOf(rules: SpeedRules, speedKmh: number, accuracyKmh: number): number {
  return Math.max(0, speedKmh - rules.speedMargin.accuracyFactor * accuracyKmh);
}

export function isOver({ leastKmh, terms }: Pick<SpeedReading, 'leastKmh' | 'terms'>): boolean {
  return leastKmh > terms.thresholdKmh;
}

/** Whether the rider is back at the limit: half the margin above it, so that no episode ends and begins by turns. */
export function isCalm({ speedKmh, terms }: Pick<SpeedReading, 'speedKmh' | 'terms'>): boolean {
  return speedKmh < (terms.limitKmh + terms.thresholdKmh) / 2;
}
