/** Speeds over sections: the time that a rider took from one checkpoint to the next. */
import type { Millis } from '../clock.ts';
import type { GateId } from '../identifier.ts';
import type { LonLat } from './zones.ts';

/** A place where riders are seen to come by. */
export interface Checkpoint {
  readonly id: string;
  readonly name: string;
  /** The zone that it is in; null: in none, or the one at its position. */
  readonly zoneId: string | null;
  readonly position: LonLat | null;
  /** The gate that it is at: each scan there is a sighting. Null: inside. */
  readonly gateId: GateId | null;
  /** How far its clock may be from ours, either way. */
  readonly clockUncertaintyMs: Millis;
}

/** The shortest rideable path from one checkpoint to another, as surveyed: the way back may be another. */
export interface Distance {
  readonly from: string;
  readonly to: string;
  readonly metres: number;
}

/** Over less than this a second's error of a clock is worth too much. */
export const LEAST_SECTION_M = 50;
export const MOST_SECTION_M = 20_000;
export const CHECKPOINT_LIMITS = { checkpoints: 200, distances: 2_000 } as const;
/** Of a checkpoint that says nothing about its clock. */
export const CLOCK_UNCERTAINTY_MS: Millis = 1_000;

/** Somebody was at a checkpoint. */
export interface Sighting {
  readonly at: Millis;
  readonly checkpointId: string;
  /** How wrong `at` may be, either way; infinite: nobody knows. */
  readonly uncertaintyMs: Millis;
  readonly atGate: boolean;
}

/** A measured section. */
export interface Section {
  readonly from: Sighting;
  readonly to: Sighting;
  readonly metres: number;
  readonly speedKmh: number;
  /** With both clocks as wrong as they may be: what they could explain counts for the rider. */
  readonly leastKmh: number;
}

/** Distances made ready to be asked. */
export type DistanceMap = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function prepareDistances(distances: readonly Distance[]): DistanceMap {
  const map = new Map<string, Map<string, number>>();
  for (const { from, to, metres } of distances) {
    const targets = map.get(from) ?? new Map<string, number>();
    map.set(from, targets.set(to, metres));
  }
  return map;
}

/**
 * The sections of a visit: between each two sightings that follow each other. None from gate to gate, where the stop
 * at the door hides everything; none without a surveyed distance of {@link LEAST_SECTION_M} or more, backwards in
 * time, or between clocks that nobody knows.
 */
export function sectionsOf(sightings: readonly Sighting[], distances: DistanceMap): Section[] {
  const inOrder = [...sightings].sort(
    (a, b) => a.at - b.at || a.checkpointId.localeCompare(b.checkpointId),
  );
  return inOrder.flatMap((to, index) => {
    const from = inOrder[index - 1];
    const section = from === undefined ? null : sectionBetween(from, to, distances);
    return section === null ? [] : [section];
  });
}

function sectionBetween(from: Sighting, to: Sighting, distances: DistanceMap): Section | null {
  if (from.checkpointId === to.checkpointId || (from.atGate && to.atGate)) return null;
  const metres = distances.get(from.checkpointId)?.get(to.checkpointId);
  const elapsedMs = to.at - from.at;
  const uncertaintyMs = from.uncertaintyMs + to.uncertaintyMs;
  if (metres === undefined || metres < LEAST_SECTION_M) return null;
  if (elapsedMs <= 0 || !Number.isFinite(uncertaintyMs)) return null;
  const kmhOver = (ms: Millis) => (metres / ms) * 3_600;
  const speedKmh = kmhOver(elapsedMs);
  return { from, to, metres, speedKmh, leastKmh: kmhOver(elapsedMs + uncertaintyMs) };
}
