/** Labelled rides before judges: what each finds of what truly happened. */

import { CLOCK_ERROR_MS } from '../gate-simulator/src/rides/mounted.ts';
import type { PhoneBatch } from '../gate-simulator/src/rides/phone.ts';
import {
  RIDE_CLASSES,
  type Ride,
  type RideClass,
  SECTION_ALONG,
} from '../gate-simulator/src/rides/rides.ts';
import { limitAt, ROAD_ZONES, roadZones } from '../gate-simulator/src/rides/road.ts';
import { type EntryRules, STANDARD_RULES } from '../src/domain/entry-rules.ts';
import {
  type Episode,
  findEpisodes,
  MOUNTED_METHOD,
  PHONE_METHOD,
} from '../src/domain/speed/episode.ts';
import {
  isPlausible,
  KMH_PER_MPS,
  leastOf,
  phoneAccuracyKmh,
  type SpeedReading,
  termsOf,
} from '../src/domain/speed/reading.ts';
import { prepareDistances, sectionsOf } from '../src/domain/speed/section.ts';
import { prepareZones, type ZoneMap, zonesAround } from '../src/domain/speed/zones.ts';
import { overspeedAlarms } from './overspeed-alarm.ts';

/** The rules of the road that the rides are on. */
export const ROAD_RULES: EntryRules = {
  ...STANDARD_RULES,
  zoneSpeedLimits: ROAD_ZONES.map(({ id, speedLimitKmh }) => ({ zoneId: id, speedLimitKmh })),
};

export const ROAD_MAP: ZoneMap = prepareZones(
  roadZones().features.map(({ id, properties, geometry }) => ({
    id,
    name: properties.name,
    polygons: [
      geometry.coordinates.map((ring) => ring.map(([lon = 0, lat = 0]) => [lon, lat] as const)),
    ],
  })),
);

/** Something that a judge found. */
export interface Found {
  readonly from: number;
  readonly to: number;
  readonly limitKmh: number;
}
export type RideJudge = (ride: Ride) => readonly Found[];

// ── ours ──────────────────────────────────────────────────────────────────────────────────────────────────

export function ourJudge(ride: Ride): readonly Found[] {
  return [
    ...findEpisodes(phoneReadings(ride.batches), PHONE_METHOD),
    ...findEpisodes(mountedReadings(ride), MOUNTED_METHOD),
  ].map(({ startAt, endAt, terms }: Episode) => ({
    from: startAt,
    to: endAt,
    limitKmh: terms.limitKmh,
  }));
}

const CLOCK_TOLERANCE_MS = 2_000;
const WORST_PLACE_M = 100;

/** As the service reads them: clocks put right, one reading a second. */
function phoneReadings(batches: readonly PhoneBatch[]): SpeedReading[] {
  const bySecond = new Map<number, SpeedReading>();
  let offset = 0;
  for (const { fixes, sentAt, arrivesAt } of batches) {
    const told = sentAt - arrivesAt;
    if (Math.abs(told - offset) > CLOCK_TOLERANCE_MS) offset = told;
    for (const { t, lat, lon, speedMps, speedAccuracyMps, accuracyM } of fixes) {
      const at = t - offset;
      const speedKmh = speedMps * KMH_PER_MPS;
      const accuracyKmh = phoneAccuracyKmh(speedAccuracyMps);
      if (!isPlausible(speedKmh, accuracyKmh) || accuracyM > WORST_PLACE_M) continue;
      const terms = termsOf(ROAD_RULES, 1, zonesAround(ROAD_MAP, [lon, lat], accuracyM));
      const leastKmh = leastOf(ROAD_RULES, speedKmh, accuracyKmh);
      const reading = { from: at, at, speedKmh, accuracyKmh, leastKmh, terms };
      const second = Math.floor(at / 1_000);
      const known = bySecond.get(second);
      if (known === undefined || at < known.at)
        bySecond.set(second, { source: 'phone', ...reading });
    }
  }
  return [...bySecond.values()];
}

const RADAR_ZONES: Readonly<Record<string, string | null>> = {
  'radar-0': 'avenue',
  'radar-1': null,
  'radar-2': 'playground',
};
const SECTIONS = prepareDistances(
  SECTION_ALONG.slice(1).map((along, n) => ({
    from: `clock-${n}`,
    to: `clock-${n + 1}`,
    metres: along - (SECTION_ALONG[n] ?? 0),
  })),
);

function mountedReadings({ sightings }: Ride): SpeedReading[] {
  const radars = sightings.flatMap(({ checkpointId, at, speedKmh, accuracyKmh }) => {
    if (speedKmh === null || accuracyKmh === null) return [];
    const terms = termsOf(ROAD_RULES, 1, [RADAR_ZONES[checkpointId] ?? null]);
    const leastKmh = leastOf(ROAD_RULES, speedKmh, accuracyKmh);
    return [{ source: 'radar' as const, from: at, at, speedKmh, accuracyKmh, leastKmh, terms }];
  });
  const timed = sightings.map(({ checkpointId, at }) => ({
    checkpointId,
    at,
    uncertaintyMs: CLOCK_ERROR_MS,
    atGate: false,
  }));
  const terms = termsOf(ROAD_RULES, 1, [null]);
  const sections = sectionsOf(timed, SECTIONS).map(({ from, to, speedKmh, leastKmh }) => ({
    source: 'section' as const,
    from: from.at,
    at: to.at,
    speedKmh,
    accuracyKmh: speedKmh - leastKmh,
    leastKmh,
    terms,
  }));
  return [...radars, ...sections];
}

// ── the other ─────────────────────────────────────────────────────────────────────────────────────────────

const MINIMAL_MS = 3_000;

/** As the other server is told: positions as they arrive, and the limit where each is. @param margin on the limit */
export function trackerJudge(margin: (limitKmh: number) => number): RideJudge {
  return ({ batches, sightings }) => {
    // It knows no phone's clock; it is told the right time, so that this is not held against it.
    const byPhone = batches.flatMap(({ fixes, sentAt, arrivesAt }) =>
      fixes.map(({ t, lat, lon, speedMps }) => {
        const [zone] = zonesAround(ROAD_MAP, [lon, lat], 0);
        const { limitKmh } = termsOf(ROAD_RULES, 1, [zone]);
        const limit = limitKmh + margin(limitKmh);
        const isWrong = Math.abs(sentAt - arrivesAt) > CLOCK_TOLERANCE_MS;
        const at = isWrong ? t - (sentAt - arrivesAt) : t;
        return { at, speedKmh: speedMps * KMH_PER_MPS, limitKmh: limit };
      }),
    );
    const byRadar = sightings.flatMap(({ checkpointId, at, speedKmh }) => {
      const zone = ROAD_ZONES.find(({ id }) => id === RADAR_ZONES[checkpointId]);
      const limitKmh = zone?.speedLimitKmh ?? limitAt(Number.NEGATIVE_INFINITY);
      return speedKmh === null ? [] : [{ at, speedKmh, limitKmh: limitKmh + margin(limitKmh) }];
    });
    return overspeedAlarms([...byPhone, ...byRadar], MINIMAL_MS).map(({ from, at, limitKmh }) => ({
      from,
      to: at,
      limitKmh,
    }));
  };
}

// ── the score ─────────────────────────────────────────────────────────────────────────────────────────────

export interface Score {
  readonly rides: number;
  readonly episodes: number;
  readonly alerts: number;
  /** Alerts that belong to an episode which had none yet. */
  readonly right: number;
  /** Rides that never exceeded the limit by the margin, and got an alert. */
  readonly wronged: readonly Ride[];
  /** Rides in which not every episode got one alert, or some alert had no episode. */
  readonly inexact: readonly Ride[];
}

/** Clocks and waiting for the second that follows make this much of a difference. */
const SLACK_MS = 2_000;

export function scoreOf(rides: readonly Ride[], judge: RideJudge): Score {
  const score = { rides: rides.length, episodes: 0, alerts: 0, right: 0 };
  const wronged: Ride[] = [];
  const inexact: Ride[] = [];
  for (const ride of rides) {
    const found = judge(ride);
    const left = [...found];
    let right = 0;
    for (const episode of ride.episodes) {
      const index = left.findIndex(
        ({ from, to }) => from <= episode.to + SLACK_MS && to >= episode.from - SLACK_MS,
      );
      if (index < 0) continue;
      left.splice(index, 1);
      right += 1;
    }
    score.episodes += ride.episodes.length;
    score.alerts += found.length;
    score.right += right;
    if (!ride.exceeded && found.length > 0) wronged.push(ride);
    if (right < ride.episodes.length || left.length > 0) inexact.push(ride);
  }
  return { ...score, wronged, inexact };
}

export const precision = ({ right, alerts }: Score) => (alerts === 0 ? 1 : right / alerts);
export const recall = ({ right, episodes }: Score) => (episodes === 0 ? 1 : right / episodes);

/** Each class judged by itself. */
export function scoresByClass(rides: readonly Ride[], judge: RideJudge) {
  return new Map<RideClass, Score>(
    RIDE_CLASSES.map((each) => [
      each,
      scoreOf(
        rides.filter((ride) => ride.class === each),
        judge,
      ),
    ]),
  );
}
