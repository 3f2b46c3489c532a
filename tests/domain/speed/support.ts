import type { SpeedReading, SpeedTerms } from '../../../src/domain/speed/reading.ts';

export const LIMIT = 15;
export const THRESHOLD = 18;
export const TERMS: SpeedTerms = {
  limitKmh: LIMIT,
  thresholdKmh: THRESHOLD,
  zoneId: null,
  rulesVersion: 7,
};

/** A reading of a phone that is right. */
export function phone(second: number, speedKmh: number): SpeedReading {
  const at = second * 1_000;
  const measured = { speedKmh, accuracyKmh: 0, leastKmh: speedKmh };
  return { source: 'phone', from: at, at, ...measured, terms: TERMS };
}

/** One reading a second. */
export function phoneRun(fromSecond: number, speeds: readonly number[]): SpeedReading[] {
  return speeds.map((speedKmh, n) => phone(fromSecond + n, speedKmh));
}

export function radar(second: number, speedKmh: number): SpeedReading {
  return { ...phone(second, speedKmh), source: 'radar' };
}
