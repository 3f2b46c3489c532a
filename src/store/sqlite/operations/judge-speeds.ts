/** From readings to alerts, visit by visit: after a restart, late, or in any order, the same comes of the same readings. */
import Database, { type Statement } from 'better-sqlite3';
import { MINUTE_MS, type Millis } from '../../../domain/clock.ts';
import type { VisitId } from '../../../domain/identifier.ts';
import {
  compareReadings,
  type Episode,
  type EpisodeState,
  findEpisodes,
  isIdle,
  MOUNTED_METHOD,
  NOTHING_SEEN,
  openEpisode,
  PHONE_METHOD,
  SILENCE_MS,
  step,
} from '../../../domain/speed/episode.ts';
import { REORDER_MS } from '../../../domain/speed/level.ts';
import type { SpeedReading } from '../../../domain/speed/reading.ts';
import type { ConductChange } from '../../conduct-store.ts';
import type { Context } from '../database.ts';
import { MountedReadings } from './mounted-readings.ts';
import type { Operations } from './operation.ts';
import { Sightings } from './sightings.ts';
import { EpisodeAlerts } from './speed-alerts.ts';
import {
  keysBetween,
  type RideProgress,
  type RideRow,
  Rides,
  type RideVisit,
} from './speed-rides.ts';

/** While a visit is open its exit may end a section: it is looked at this often. */
const LOOK_FOR_EXIT_MS: Millis = 15_000;

/** Readings are tied with one look at the attempts for many of them, so they go further a round than visits. */
const READINGS_PER_VISIT = 32;

/** A visit that could not be judged is tried again after this time. */
const JUDGE_AGAIN_MS = MINUTE_MS;

export function speedOperations(context: Context): Pick<Operations, 'judgeSpeeds'> {
  const { sqlite } = context;
  const rides = new Rides(context);
  const sightings = new Sightings(context, rides);
  const judge = new Judge(context, rides);
  const progress: Statement<[], { seq: number }> = sqlite.prepare(
    'SELECT attempt_seq AS seq FROM speed_progress WHERE no = 1',
  );
  const advance: Statement<[number]> = sqlite.prepare(
    `INSERT INTO speed_progress (no, attempt_seq) VALUES (1, ?)
     ON CONFLICT (no) DO UPDATE SET attempt_seq = excluded.attempt_seq`,
  );
  return {
    judgeSpeeds({ now, limit }) {
      const after = progress.get()?.seq ?? 0;
      const most = limit * READINGS_PER_VISIT;
      const { through, taken } = sightings.takeMeasured(after, most, now);
      if (taken > 0) advance.run(through);
      const tied = sightings.tie(now, most);
      const due = rides.due(now, limit);
      const failed: VisitId[] = [];
      const changes = due.flatMap((visitId) => {
        const judged = judgeAlone(context, () => judge.judge(rides.get(visitId), now));
        if (judged !== null) return judged;
        failed.push(visitId);
        rides.postpone(visitId, now + JUDGE_AGAIN_MS);
        return [];
      });
      const more = taken === most || tied === most || due.length === limit;
      return { changes, failed, more };
    },
  };
}

/**
 * One visit by itself: what cannot be judged keeps none of the others waiting. Null: it cannot, and nothing of it is
 * written. @throws what SQLite throws: then it is not the visit
 */
function judgeAlone<T>({ sqlite, audit, reference }: Context, run: () => T): T | null {
  sqlite.exec('SAVEPOINT ride');
  try {
    const value = run();
    sqlite.exec('RELEASE ride');
    return value;
  } catch (error) {
    if (!sqlite.inTransaction || error instanceof Database.SqliteError) throw error;
    sqlite.exec('ROLLBACK TO ride; RELEASE ride');
    audit.forget();
    reference.forget();
    return null;
  }
}

interface PhoneRow {
  readonly at: Millis;
  readonly speedKmh: number;
  readonly accuracyKmh: number;
  readonly leastKmh: number;
  readonly limitKmh: number;
  readonly thresholdKmh: number;
  readonly zoneId: string | null;
  readonly rulesVersion: number;
}

class Judge {
  readonly #rides: Rides;
  readonly #mounted: MountedReadings;
  readonly #alerts: EpisodeAlerts;
  readonly #between: Statement<[number, number, Millis, Millis], PhoneRow>;
  readonly #next: Statement<[number, number, Millis], { at: Millis }>;

  constructor(context: Context, rides: Rides) {
    this.#rides = rides;
    this.#mounted = new MountedReadings(context);
    this.#alerts = new EpisodeAlerts(context);
    const { sqlite } = context;
    this.#between = sqlite.prepare(
      `SELECT at, speed_kmh AS speedKmh, accuracy_kmh AS accuracyKmh, least_kmh AS leastKmh, limit_kmh AS limitKmh,
         threshold_kmh AS thresholdKmh, zone_id AS zoneId, rules_version AS rulesVersion
       FROM phone_readings WHERE key BETWEEN ? AND ? AND at > ? AND at <= ? ORDER BY key`,
    );
    this.#next = sqlite.prepare(
      'SELECT at FROM phone_readings WHERE key BETWEEN ? AND ? AND at > ? ORDER BY key LIMIT 1',
    );
  }

  judge(ride: RideRow, now: Millis): ConductChange[] {
    const visit = this.#rides.visitOf(ride);
    const phone = this.#judgePhone(ride, visit, now);
    const mounted = this.#judgeMounted(ride, visit, now);
    const dueAt = earliest(phone.progress.dueAt, mounted.dueAt);
    this.#rides.write(ride, { ...phone.progress, dueAt });
    return [...phone.changes, ...mounted.changes];
  }

  #judgePhone(ride: RideRow, visit: RideVisit | null, now: Millis) {
    const through = now - REORDER_MS;
    const goesOn = ride.phoneThrough !== null && !this.#cameLate(ride, ride.phoneThrough);
    const from = goesOn ? (ride.phoneThrough ?? BEGINNING) : BEGINNING;
    const readings = this.#phoneReadings(ride, from, through);
    const before = goesOn ? (ride.phoneState ?? NOTHING_SEEN) : NOTHING_SEEN;
    const since = goesOn
      ? (before.stretch?.startAt ?? Number.POSITIVE_INFINITY)
      : Number.NEGATIVE_INFINITY;
    const { ended, state } = fold(before, readings);
    const isOver = visit === null || visit.closedAt !== null || hasFallenSilent(state, through);
    const next = this.#next.get(...keysBetween(ride, through, END), through)?.at ?? null;
    const ends = isOver && next === null;
    const last = openEpisode(state);
    const found = last === null ? ended : [...ended, last];
    const seenFrom = Math.min(since, readings[0]?.at ?? Number.POSITIVE_INFINITY);
    const changes = this.#alerts.reconcile(
      { ride, visit, witness: 'phone', now },
      {
        episodes: found,
        seenFrom: goesOn ? seenFrom : (readings[0]?.at ?? Number.POSITIVE_INFINITY),
        goesOn: ends ? null : last,
        gateOf: () => null,
        readingsOf: ({ startAt, endAt }) =>
          this.#phoneReadings(ride, startAt - AROUND_MS, endAt + AROUND_MS),
      },
    );
    const after = ends || isIdle(state) ? null : state;
    const progress: RideProgress = {
      phoneState: after,
      phoneThrough: through,
      phoneFreshFrom: next,
      dueAt: this.#phoneDue(after, next),
    };
    return { changes, progress };
  }

  /** Whether a reading came for a time that has been judged. */
  #cameLate({ phoneFreshFrom }: RideRow, through: Millis): boolean {
    return phoneFreshFrom !== null && phoneFreshFrom <= through;
  }

  #phoneDue(state: EpisodeState | null, next: Millis | null): Millis | null {
    const silence = state?.lastAt == null ? null : state.lastAt + SILENCE_MS + REORDER_MS + 1;
    return earliest(silence, next === null ? null : next + REORDER_MS);
  }

  #phoneReadings(ride: RideRow, after: Millis, through: Millis): SpeedReading[] {
    return this.#between.all(...keysBetween(ride, after, through), after, through).map((row) => {
      const { at, speedKmh, accuracyKmh, leastKmh, ...terms } = row;
      return { source: 'phone', from: at, at, speedKmh, accuracyKmh, leastKmh, terms };
    });
  }

  /** What is mounted sees a rider a few times: all of it is judged anew. */
  #judgeMounted(ride: RideRow, visit: RideVisit | null, now: Millis) {
    const through = now - REORDER_MS;
    const seen = this.#mounted.of(ride, visit, through);
    if (seen === null) return { changes: [], dueAt: null };
    const { readings, next, awaitsExit, gateAt } = seen;
    const changes = this.#alerts.reconcile(
      { ride, visit, witness: 'mounted', now },
      {
        episodes: findEpisodes(readings, MOUNTED_METHOD),
        seenFrom: Number.NEGATIVE_INFINITY,
        goesOn: null,
        gateOf: ({ peak }) => (peak.source === 'radar' ? (gateAt.get(peak.at) ?? null) : null),
        readingsOf: () => [...readings].sort(compareReadings),
      },
    );
    const exit = awaitsExit ? now + LOOK_FOR_EXIT_MS : null;
    return { changes, dueAt: earliest(exit, next === null ? null : next + REORDER_MS) };
  }
}

const BEGINNING = Number.MIN_SAFE_INTEGER;
const END = Number.MAX_SAFE_INTEGER;
/** Readings this long before and after an episode are evidence as well: they show how it began and ended. */
const AROUND_MS: Millis = 15_000;

function fold(before: EpisodeState, readings: readonly SpeedReading[]) {
  const ended: Episode[] = [];
  let state = before;
  for (const reading of readings) {
    const next = step(state, reading, PHONE_METHOD);
    if (next.ended !== null) ended.push(next.ended);
    state = next.state;
  }
  return { ended, state };
}

function hasFallenSilent({ lastAt }: EpisodeState, through: Millis): boolean {
  return lastAt === null || through - lastAt > SILENCE_MS;
}

function earliest(a: Millis | null, b: Millis | null): Millis | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
