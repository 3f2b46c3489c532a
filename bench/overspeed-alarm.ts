/**
 * How a common tracking server finds speeding, in our own words: after Traccar's `OverspeedProcessor` and the handler
 * around it (multiplier 1). The state is one flag and the time at which the speed went above the limit. While it stays
 * above, an event is raised once, as soon as that time is the minimal duration ago. One position at or below the limit
 * takes the flag away, and the next above it begins anew. A position that is older than the newest seen is not looked at,
 * the accuracy of a speed is not known, and how far apart two positions are does not matter.
 */
export interface TrackedPosition {
  readonly at: number;
  readonly speedKmh: number;
  readonly limitKmh: number;
}

export interface TrackedAlarm {
  readonly from: number;
  readonly at: number;
  readonly limitKmh: number;
}

/** @param positions in the order in which they arrive */
export function overspeedAlarms(
  positions: readonly TrackedPosition[],
  minimalMs: number,
): TrackedAlarm[] {
  const alarms: TrackedAlarm[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  let isFast = false;
  let fastSince: number | null = null;
  for (const { at, speedKmh, limitKmh } of positions) {
    if (at < newest) continue;
    newest = at;
    if (speedKmh <= limitKmh) {
      isFast = false;
      fastSince = null;
      continue;
    }
    if (!isFast) fastSince = at;
    isFast = true;
    if (fastSince === null || at - fastSince < minimalMs) continue;
    alarms.push({ from: fastSince, at, limitKmh });
    fastSince = null;
  }
  return alarms;
}
