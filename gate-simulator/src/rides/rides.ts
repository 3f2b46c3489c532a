/** A labelled set of rides: what happened is known, so whoever judges the readings can be judged. */
import { Chance } from './chance.ts';
import { episodesOf, everExceeded, type LabelledEpisode, thresholdOf } from './label.ts';
import { checkpointAt, type Sighting, sightingsOf } from './mounted.ts';
import { batchesOf, fixesOf, type PhoneBatch, type PhoneFix, receiverOf } from './phone.ts';
import { type Leg, type Profile, profileOf, type Truth, truthOf } from './profile.ts';
import { COMPOUND_LIMIT_KMH } from './road.ts';

export const RIDE_CLASSES = [
  /** Never faster than the limit. */
  'clean',
  /** Faster than the limit, never by the margin. */
  'just_under',
  /** A little more than the margin, for some time. */
  'just_over',
  /** Much too fast, one to three times. */
  'bursts',
  /** Too fast all along, but for dips of a second or two. */
  'dips',
  /** Clean, and one reading that is far off. */
  'spikes',
  /** Clean, and the receiver loses itself for a while. */
  'gps_jumps',
  /** Too fast for a moment before and after two hours of silence; or for long on both sides. */
  'long_gaps',
  /** Bursts by a phone whose clock is wrong by minutes. */
  'clock_errors',
  /** Through zones with limits of their own, kept or not. */
  'zone_changes',
  /** Bursts and clean rides, delivered late, twice and in any order. */
  'late_shuffled',
  /** Seen by radars. */
  'radars',
  /** Seen by the clocks of checkpoints. */
  'sections',
] as const;
export type RideClass = (typeof RIDE_CLASSES)[number];

export interface Ride {
  readonly class: RideClass;
  readonly seed: number;
  /** Our clock. */
  readonly startAt: number;
  readonly endAt: number;
  /** Whether it was ever too fast by more than the margin. */
  readonly exceeded: boolean;
  /** In our time. */
  readonly episodes: readonly {
    readonly from: number;
    readonly to: number;
    readonly limitKmh: number;
  }[];
  /** In the order in which they arrive. */
  readonly batches: readonly PhoneBatch[];
  readonly sightings: readonly Sighting[];
}

const START = Date.UTC(2026, 10, 21, 4);
const HOUR_S = 3_600;
const THRESHOLD = thresholdOf(COMPOUND_LIMIT_KMH);

/** So many rides of each class. The same seed gives the same rides. */
export function labelledRides(seed: number, ofEach: number): Ride[] {
  return RIDE_CLASSES.flatMap((rideClass, index) =>
    Array.from({ length: ofEach }, (_, n) =>
      makeRide(rideClass, (seed * 1_000_003 + index * 100_003 + n) >>> 0),
    ),
  );
}

export function makeRide(rideClass: RideClass, seed: number): Ride {
  return MAKERS[rideClass](new Chance(seed), { class: rideClass, seed });
}

type Named = Pick<Ride, 'class' | 'seed'>;
type Maker = (chance: Chance, named: Named) => Ride;

const MAKERS: Readonly<Record<RideClass, Maker>> = {
  clean: (chance, named) => byPhone(chance, named, calmly(chance, chance.whole(2, 5))),
  just_under: (chance, named) => {
    const legs = [calm(chance), plateau(chance, THRESHOLD - chance.between(0.3, 2.2), 15, 60)];
    return byPhone(chance, named, [...legs, calm(chance)]);
  },
  just_over: (chance, named) => {
    const legs = [calm(chance), plateau(chance, THRESHOLD + chance.between(1.5, 4), 15, 45)];
    return byPhone(chance, named, [...legs, calm(chance)]);
  },
  bursts: (chance, named) => byPhone(chance, named, bursting(chance)),
  dips: (chance, named) => byPhone(chance, named, dipping(chance)),
  spikes: withSpikes,
  gps_jumps: withJumps,
  long_gaps: withLongGap,
  clock_errors: withWrongClock,
  zone_changes: throughZones,
  late_shuffled: deliveredLate,
  radars: byRadars,
  sections: bySections,
};

// ── how riders ride ───────────────────────────────────────────────────────────────────────────────────────

function calm(chance: Chance): Leg {
  return plateau(chance, chance.between(6, COMPOUND_LIMIT_KMH - 1), 12, 40);
}

function plateau(chance: Chance, kmh: number, least: number, most: number): Leg {
  return { kmh, holdSeconds: chance.between(least, most) };
}

function calmly(chance: Chance, legs: number): Leg[] {
  return Array.from({ length: legs }, () => calm(chance));
}

function bursting(chance: Chance): Leg[] {
  const bursts = chance.whole(1, 3);
  const legs = [calm(chance)];
  for (let n = 0; n < bursts; n += 1)
    legs.push(plateau(chance, THRESHOLD + chance.between(4, 14), 5, 20), calm(chance));
  return legs;
}

function dipping(chance: Chance): Leg[] {
  const fast = THRESHOLD + chance.between(4, 10);
  const legs = [calm(chance), plateau(chance, fast, 8, 15)];
  for (let n = chance.whole(1, 3); n > 0; n -= 1) {
    const dip = { kmh: chance.between(11, 14), holdSeconds: chance.between(0.2, 1) };
    legs.push(dip, plateau(chance, fast, 8, 15));
  }
  return [...legs, calm(chance)];
}

// ── what is seen of it ────────────────────────────────────────────────────────────────────────────────────

interface Seen {
  readonly batches?: readonly PhoneBatch[];
  readonly sightings?: readonly Sighting[];
}

function rideOf(
  named: Named,
  truth: readonly Truth[],
  { batches = [], sightings = [] }: Seen,
): Ride {
  return {
    ...named,
    startAt: START,
    endAt: START + Math.ceil(truth.at(-1)?.s ?? 0) * 1_000,
    exceeded: everExceeded(truth),
    episodes: episodesOf(truth).map(inOurTime),
    batches,
    sightings,
  };
}

function inOurTime({ fromS, toS, limitKmh }: LabelledEpisode) {
  return { from: START + fromS * 1_000, to: START + toS * 1_000, limitKmh };
}

interface Listening {
  readonly course?: Profile['course'];
  /** What becomes of the fixes before they are sent. */
  readonly spoil?: (fixes: readonly PhoneFix[]) => readonly PhoneFix[];
  /** What becomes of the batches on their way. */
  readonly deliver?: (batches: readonly PhoneBatch[]) => readonly PhoneBatch[];
  readonly clockErrorMs?: number;
}

function byPhone(
  chance: Chance,
  named: Named,
  legs: readonly Leg[],
  { course = 'to-and-fro', spoil, deliver, clockErrorMs }: Listening = {},
): Ride {
  const truth = truthOf(profileOf(legs, course));
  const own = receiverOf(chance);
  const receiver = clockErrorMs === undefined ? own : { ...own, clockErrorMs };
  const fixes = fixesOf(chance, truth, receiver, START);
  const sent = batchesOf(chance, spoil?.(fixes) ?? fixes, receiver);
  return rideOf(named, truth, { batches: deliver?.(sent) ?? sent });
}

/** One reading, here and there, is far off, and the phone is sure of it. */
function withSpikes(chance: Chance, named: Named): Ride {
  const spikes = chance.whole(1, 4);
  const spoil = (fixes: readonly PhoneFix[]) => {
    const gap = Math.floor(fixes.length / spikes);
    const first = chance.whole(0, gap - 1);
    return fixes.map((fix, n) =>
      n % gap === first ? { ...fix, speedMps: fix.speedMps + chance.between(4, 20) } : fix,
    );
  };
  return byPhone(chance, named, calmly(chance, chance.whole(2, 5)), { spoil });
}

/** The receiver is somewhere else for some seconds; its speed is off as well, and it says how little it knows. */
function withJumps(chance: Chance, named: Named): Ride {
  const spoil = (fixes: readonly PhoneFix[]) => {
    const from = chance.whole(0, fixes.length - 1);
    const to = from + chance.whole(3, 15);
    const [east, north] = [chance.normal(0.002), chance.normal(0.002)];
    const off = chance.between(2, 8);
    return fixes.map((fix, n) => {
      if (n < from || n > to) return fix;
      const place = { lat: fix.lat + north, lon: fix.lon + east, accuracyM: 60 };
      const speed = { speedMps: fix.speedMps + off * chance.next(), speedAccuracyMps: off };
      return { ...fix, ...place, ...speed };
    });
  };
  return byPhone(chance, named, calmly(chance, chance.whole(2, 5)), { spoil });
}

/** Two hours of silence between two acts that were too fast: both for a moment, or both for long. */
function withLongGap(chance: Chance, named: Named): Ride {
  const isMoment = chance.happens(0.5);
  const fast = (): Leg =>
    isMoment
      ? { kmh: THRESHOLD + 3, holdSeconds: 1.2 }
      : plateau(chance, THRESHOLD + chance.between(4, 10), 8, 20);
  const legs = [calm(chance), fast(), { kmh: 0, holdSeconds: 2 * HOUR_S }, fast(), calm(chance)];
  const profile = profileOf(legs, 'to-and-fro');
  const [, , , silentFrom, , , silentTo] = profile.corners;
  const truth = truthOf(profile);
  const receiver = receiverOf(chance);
  const isHeard = (s: number) => s <= (silentFrom?.s ?? 0) || s >= (silentTo?.s ?? 0);
  const fixes = fixesOf(chance, truth, receiver, START, isHeard);
  return rideOf(named, truth, { batches: batchesOf(chance, fixes, receiver) });
}

function withWrongClock(chance: Chance, named: Named): Ride {
  const clockErrorMs = (chance.happens(0.5) ? 1 : -1) * chance.between(3_000, 900_000);
  return byPhone(chance, named, bursting(chance), { clockErrorMs });
}

/** Avenue at 25, then 15, then the playground at 10: kept everywhere, or missed in one of them. */
function throughZones(chance: Chance, named: Named): Ride {
  const missed = chance.happens(0.5) ? chance.whole(0, 2) : null;
  const limits = [25, COMPOUND_LIMIT_KMH, 10];
  const legs = limits.map((limitKmh, zone): Leg => {
    const over = thresholdOf(limitKmh) + chance.between(4, 10);
    const kmh = zone === missed ? over : limitKmh - chance.between(0.5, 2);
    // The brakes are drawn well before the border, and nobody hurries before it.
    const metres = [370, 290, 190][zone] ?? 0;
    return { kmh, holdSeconds: metres / (kmh / 3.6) };
  });
  return byPhone(chance, named, legs, { course: 'through' });
}

/** Batches overtake each other, come again, or come half an hour later. */
function deliveredLate(chance: Chance, named: Named): Ride {
  const legs = chance.happens(0.3) ? calmly(chance, 4) : bursting(chance);
  const deliver = (batches: readonly PhoneBatch[]) => {
    const repeated = batches.filter(() => chance.happens(0.1));
    return [...batches, ...repeated]
      .map((batch) => {
        const late = chance.happens(0.2) ? chance.between(10, 1_800) : chance.between(0, 8);
        const delay = Math.round(late * 1_000);
        const { arrivesAt, sentAt } = batch;
        const shuffled = { ...batch, fixes: chance.shuffled(batch.fixes) };
        return { ...shuffled, sentAt: sentAt + delay, arrivesAt: arrivesAt + delay };
      })
      .sort((a, b) => a.arrivesAt - b.arrivesAt);
  };
  return byPhone(chance, named, legs, { deliver });
}

// ── what is mounted ───────────────────────────────────────────────────────────────────────────────────────

/** Radars far enough apart for each act to be seen by one. */
const RADARS_ALONG = [200, 580, 820] as const;

function byRadars(chance: Chance, named: Named): Ride {
  const missed = chance.happens(0.5) ? chance.whole(0, 2) : null;
  const limits = [25, COMPOUND_LIMIT_KMH, 10];
  const legs = limits.map((limitKmh, zone): Leg => {
    const over = thresholdOf(limitKmh) + chance.between(4, 12);
    const kmh = zone === missed ? over : thresholdOf(limitKmh) - chance.between(0.5, 4);
    return { kmh, holdSeconds: ([370, 290, 190][zone] ?? 0) / (kmh / 3.6) };
  });
  const truth = truthOf(profileOf(legs, 'through'));
  const radars = RADARS_ALONG.map((along, n) => checkpointAt(chance, `radar-${n}`, along, 3));
  return rideOf(named, truth, { sightings: sightingsOf(chance, truth, radars, START) });
}

export const SECTION_ALONG = [420, 500, 620] as const;

/** At one speed from the first clock to the last: one act, over two sections. */
function bySections(chance: Chance, named: Named): Ride {
  const tooFast = chance.happens(0.5);
  const over = THRESHOLD + chance.between(6, 14);
  const kmh = tooFast ? over : THRESHOLD - chance.between(0.5, 8);
  const legs = [
    { kmh: 20, holdSeconds: 400 / (20 / 3.6) },
    { kmh, holdSeconds: 260 / (kmh / 3.6) },
    { kmh: 8, holdSeconds: 20 },
  ];
  const truth = truthOf(profileOf(legs, 'through'));
  const clocks = SECTION_ALONG.map((along, n) => checkpointAt(chance, `clock-${n}`, along, null));
  return rideOf(named, truth, { sightings: sightingsOf(chance, truth, clocks, START) });
}
