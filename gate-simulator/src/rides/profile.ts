/** How fast a rider truly rides, and where that is. */
import { limitAt, PLAIN_FROM_M, PLAIN_TO_M } from './road.ts';

/** A speed that is reached and then held. */
export interface Leg {
  readonly kmh: number;
  readonly holdSeconds: number;
}

/** A ride's speed, second by second of its time, between corners. */
export interface Profile {
  /** Where the speed is what, in order; between them it changes evenly. */
  readonly corners: readonly { readonly s: number; readonly kmh: number }[];
  readonly seconds: number;
  /** Whether the ride goes straight through the zones; else to and fro between them. */
  readonly course: 'through' | 'to-and-fro';
}

/** An e-bike gains and loses so much speed. */
const KMH_PER_SECOND = 6;

export function profileOf(legs: readonly Leg[], course: Profile['course']): Profile {
  const corners: { s: number; kmh: number }[] = [];
  let s = 0;
  for (const { kmh, holdSeconds } of legs) {
    const before = corners.at(-1)?.kmh;
    if (before !== undefined) s += Math.abs(kmh - before) / KMH_PER_SECOND;
    corners.push({ s, kmh });
    s += holdSeconds;
    corners.push({ s, kmh });
  }
  return { corners, seconds: s, course };
}

/** The true speed. */
export function speedAt({ corners }: Profile, s: number): number {
  const after = corners.findIndex((corner) => corner.s >= s);
  const next = corners[after];
  const before = corners[after - 1];
  if (next === undefined) return corners.at(-1)?.kmh ?? 0;
  if (before === undefined || next.s === before.s) return next.kmh;
  return before.kmh + ((s - before.s) / (next.s - before.s)) * (next.kmh - before.kmh);
}

const STEP_S = 0.1;

/** What was true at an instant of a ride. */
export interface Truth {
  readonly s: number;
  readonly kmh: number;
  readonly along: number;
  readonly limitKmh: number;
}

/** The whole ride in tenths of seconds. */
export function truthOf(profile: Profile): Truth[] {
  const truth: Truth[] = [];
  let metres = 0;
  for (let tick = 0; tick * STEP_S <= profile.seconds; tick += 1) {
    const s = tick * STEP_S;
    const kmh = speedAt(profile, s);
    metres += (kmh / 3.6) * STEP_S;
    const along = placeAlong(profile.course, metres);
    truth.push({ s, kmh, along, limitKmh: limitAt(along) });
  }
  return truth;
}

/** What was true at a time, to the tenth of a second. */
export function truthAt(truth: readonly Truth[], s: number): Truth {
  const found = truth[Math.min(truth.length - 1, Math.max(0, Math.round(s / STEP_S)))];
  if (found === undefined) throw new RangeError('a ride lasts some time');
  return found;
}

function placeAlong(course: Profile['course'], metres: number): number {
  if (course === 'through') return metres;
  const length = PLAIN_TO_M - PLAIN_FROM_M;
  const round = metres % (2 * length);
  return PLAIN_FROM_M + (round < length ? round : 2 * length - round);
}
