/** What is mounted along the road makes of a ride: radars, and clocks at checkpoints. */
import type { Chance } from './chance.ts';
import type { Truth } from './profile.ts';

/** A rider who comes by a checkpoint. */
export interface Sighting {
  readonly checkpointId: string;
  /** By the checkpoint's clock, Unix milliseconds. */
  readonly at: number;
  /** Null: there is no radar. */
  readonly speedKmh: number | null;
  readonly accuracyKmh: number | null;
}

export interface RoadCheckpoint {
  readonly id: string;
  /** Along the road, in metres. */
  readonly along: number;
  /** The most that its radar errs by, as it is certified; null: it has none. */
  readonly radarErrorKmh: number | null;
  /** Its clock minus ours: at most half a second, or it is adjusted. */
  readonly clockErrorMs: number;
}

/** The most that a checkpoint's clock may err by. */
export const CLOCK_ERROR_MS = 500;

export function checkpointAt(
  chance: Chance,
  id: string,
  along: number,
  radarErrorKmh: number | null,
): RoadCheckpoint {
  const clockErrorMs = Math.max(-CLOCK_ERROR_MS, Math.min(CLOCK_ERROR_MS, chance.normal(200)));
  return { id, along, radarErrorKmh, clockErrorMs };
}

/** Everything that the checkpoints see of a ride straight through. */
export function sightingsOf(
  chance: Chance,
  truth: readonly Truth[],
  checkpoints: readonly RoadCheckpoint[],
  startAt: number,
): Sighting[] {
  return checkpoints.flatMap(({ id, along, radarErrorKmh, clockErrorMs }): Sighting[] => {
    const passed = truth.find((each) => each.along >= along);
    if (passed === undefined) return [];
    const at = Math.round(startAt + passed.s * 1_000 + clockErrorMs);
    if (radarErrorKmh === null)
      return [{ checkpointId: id, at, speedKmh: null, accuracyKmh: null }];
    const error = chance.normal(radarErrorKmh / 3);
    const within = Math.max(-radarErrorKmh, Math.min(radarErrorKmh, error));
    const speedKmh = Math.max(0, passed.kmh + within);
    return [{ checkpointId: id, at, speedKmh, accuracyKmh: radarErrorKmh }];
  });
}
