/** What a rider's phone makes of a ride: positions with errors, sent now and then. */
import { type Chance, Wander } from './chance.ts';
import { type Truth, truthAt } from './profile.ts';
import { placeOf } from './road.ts';

/** A position as the phone has it. */
export interface PhoneFix {
  /** By the phone's clock, Unix milliseconds. */
  readonly t: number;
  readonly lat: number;
  readonly lon: number;
  readonly speedMps: number;
  readonly speedAccuracyMps: number;
  readonly accuracyM: number;
}

/** Positions that are sent together. */
export interface PhoneBatch {
  readonly fixes: readonly PhoneFix[];
  /** By the phone's clock. */
  readonly sentAt: number;
  /** By ours. */
  readonly arrivesAt: number;
}

export interface Receiver {
  /** One standard deviation of the Doppler speed, which the phone tells truly. */
  readonly speedDeviationMps: number;
  /** The radius that the true place is in with 95 %, as browsers tell it. */
  readonly accuracyM: number;
  /** The phone's clock minus ours. */
  readonly clockErrorMs: number;
}

export function receiverOf(chance: Chance): Receiver {
  return {
    speedDeviationMps: chance.between(0.15, 0.5),
    accuracyM: chance.between(4, 12),
    clockErrorMs: chance.normal(200),
  };
}

/** How fast noise forgets, from one second to the next. */
const SPEED_KEEPS = 0.3;
const PLACE_KEEPS = 0.95;
/** The radius that 95 % lie in, in standard deviations of each axis. */
const DEVIATIONS_95 = 2.448;

/** A fix each second. @param startAt our clock @param isHeard whether there was signal at that second */
export function fixesOf(
  chance: Chance,
  truth: readonly Truth[],
  receiver: Receiver,
  startAt: number,
  isHeard: (s: number) => boolean = () => true,
): PhoneFix[] {
  const { speedDeviationMps, accuracyM, clockErrorMs } = receiver;
  const speedNoise = new Wander(chance, speedDeviationMps, SPEED_KEEPS);
  const east = new Wander(chance, accuracyM / DEVIATIONS_95, PLACE_KEEPS);
  const north = new Wander(chance, accuracyM / DEVIATIONS_95, PLACE_KEEPS);
  const fixes: PhoneFix[] = [];
  const last = truth.at(-1)?.s ?? 0;
  const phase = chance.next();
  for (let s = phase; s <= last; s += 1) {
    const { kmh, along } = truthAt(truth, s);
    const speedMps = Math.max(0, kmh / 3.6 + speedNoise.next());
    const place = placeOf(along + east.next(), north.next());
    if (!isHeard(s)) continue;
    const t = Math.round(startAt + s * 1_000 + clockErrorMs);
    fixes.push({ t, ...place, speedMps, speedAccuracyMps: speedDeviationMps, accuracyM });
  }
  return fixes;
}

/** Batches of some seconds, sent at once and a moment under way. */
export function batchesOf(
  chance: Chance,
  fixes: readonly PhoneFix[],
  { clockErrorMs }: Receiver,
  seconds = 5,
): PhoneBatch[] {
  const batches: PhoneBatch[] = [];
  for (let from = 0; from < fixes.length; from += seconds) {
    const part = fixes.slice(from, from + seconds);
    const sentAt = (part.at(-1)?.t ?? 0) + 50;
    const underWay = chance.between(30, 300);
    batches.push({ fixes: part, sentAt, arrivesAt: sentAt - clockErrorMs + underWay });
  }
  return batches;
}
