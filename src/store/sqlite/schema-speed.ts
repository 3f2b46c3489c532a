/** Where riders ride and how fast: places of a community, readings, and the episodes found in them. */
import { sql } from 'drizzle-orm';
import { index, integer, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { AlertId, VisitId } from '../../domain/identifier.ts';
import type { EpisodeState } from '../../domain/speed/episode.ts';
import type { EpisodeWitness } from '../../domain/speed/level.ts';
import type { PlaceKind } from '../speed-store.ts';

const no = () => integer('no').primaryKey();
const at = (name: string) => integer(name);

/** Zones, checkpoints and distances: whole documents, never edited in place. */
export const places = sqliteTable(
  'places',
  {
    no: no(),
    communityNo: integer('community_no').notNull(),
    kind: text('kind').$type<PlaceKind>().notNull(),
    version: integer('version').notNull(),
    author: text('author').notNull(),
    createdAt: at('created_at').notNull(),
    document: text('document', { mode: 'json' }).$type<readonly unknown[]>().notNull(),
  },
  (t) => [uniqueIndex('places_version').on(t.communityNo, t.kind, t.version)],
);

/** Riders who let their phone send positions. */
export const positionConsents = sqliteTable('position_consents', {
  courierNo: integer('courier_no').primaryKey(),
  givenAt: at('given_at').notNull(),
});

/** A visit of which some speed is known. */
export const speedRides = sqliteTable(
  'speed_rides',
  {
    no: no(),
    visitId: text('visit_id').$type<VisitId>().notNull(),
    communityNo: integer('community_no').notNull(),
    passNo: integer('pass_no').notNull(),
    /** The instant from which the keys of its phone readings count seconds. */
    baseAt: at('base_at').notNull(),
    /** The phone's clock minus ours, as first told; null: it has not been. */
    phoneOffsetMs: integer('phone_offset_ms'),
    /** Where judging the phone's readings has come to; null: nothing is going on. */
    phoneState: text('phone_state', { mode: 'json' }).$type<EpisodeState>(),
    /** Readings of the phone up to here have been judged, this instant included. */
    phoneThrough: at('phone_through'),
    /** The earliest reading of the phone that came since. */
    phoneFreshFrom: at('phone_fresh_from'),
    /** When it is to be judged next; null: when something new comes. */
    dueAt: at('due_at'),
    /** When its oldest phone reading is to be forgotten; null: it has none. */
    forgetAt: at('forget_at'),
  },
  (t) => [
    uniqueIndex('speed_rides_visit').on(t.visitId),
    index('speed_rides_due').on(t.dueAt).where(sql`due_at IS NOT NULL`),
    index('speed_rides_forget').on(t.forgetAt).where(sql`forget_at IS NOT NULL`),
    index('speed_rides_pass').on(t.passNo),
  ],
);

/** What a rider's phone measured: one reading a second. Forgotten after a day; where it was is not kept at all. */
export const phoneReadings = sqliteTable('phone_readings', {
  /** The ride's number times 2^18, and the seconds since its base: a ride's readings lie together, in order of time. */
  key: integer('key').primaryKey(),
  at: at('at').notNull(),
  speedKmh: real('speed_kmh').notNull(),
  accuracyKmh: real('accuracy_kmh').notNull(),
  leastKmh: real('least_kmh').notNull(),
  limitKmh: real('limit_kmh').notNull(),
  thresholdKmh: real('threshold_kmh').notNull(),
  zoneId: text('zone_id'),
  rulesVersion: integer('rules_version').notNull(),
});

/** Somebody was seen at a gate or checkpoint, with the speed that a radar measured where there is one. */
export const speedSightings = sqliteTable(
  'speed_sightings',
  {
    no: no(),
    communityNo: integer('community_no').notNull(),
    gateNo: integer('gate_no').notNull(),
    checkpointId: text('checkpoint_id'),
    at: at('at').notNull(),
    /** How wrong `at` may be, either way; null: nobody knows. */
    uncertaintyMs: integer('uncertainty_ms'),
    speedKmh: real('speed_kmh'),
    accuracyKmh: real('accuracy_kmh'),
    leastKmh: real('least_kmh'),
    limitKmh: real('limit_kmh').notNull(),
    thresholdKmh: real('threshold_kmh').notNull(),
    zoneId: text('zone_id'),
    rulesVersion: integer('rules_version').notNull(),
    /** Whose it is; null: not known, or not yet. */
    rideNo: integer('ride_no'),
    /** What may tell whose it is, until it is known or given up. */
    lane: text('lane'),
    requestId: text('request_id'),
    plate: text('plate'),
    /** When to look again; null: it is known, or given up. */
    tieAt: at('tie_at'),
    ties: integer('ties').notNull().default(0),
  },
  (t) => [
    index('speed_sightings_ride').on(t.rideNo, t.at).where(sql`ride_no IS NOT NULL`),
    index('speed_sightings_tie').on(t.tieAt).where(sql`tie_at IS NOT NULL`),
  ],
);

/** Episodes that were found, each with its alert. */
export const speedEpisodes = sqliteTable(
  'speed_episodes',
  {
    no: no(),
    rideNo: integer('ride_no').notNull(),
    witness: text('witness').$type<EpisodeWitness>().notNull(),
    alertId: text('alert_id').$type<AlertId>().notNull(),
    startAt: at('start_at').notNull(),
    endAt: at('end_at').notNull(),
    /** What was last told of it: what is told again is not written again. */
    told: text('told').notNull(),
    bell: text('bell').$type<'rings' | 'silent'>().notNull(),
    /** Readings that came late show that there was none. */
    withdrawnAt: at('withdrawn_at'),
  },
  (t) => [index('speed_episodes_ride').on(t.rideNo, t.witness)],
);

/** How far the attempts have been looked through for what radars at gates measured. */
export const speedProgress = sqliteTable('speed_progress', {
  no: no(),
  attemptSeq: integer('attempt_seq').notNull(),
});
