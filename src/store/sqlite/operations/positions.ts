/** What riders' phones tell, and only while they consent. */
import type { Statement } from 'better-sqlite3';
import { DAY_MS, HOUR_MS, type Millis, SECOND_MS } from '../../../domain/clock.ts';
import type { PassId } from '../../../domain/identifier.ts';
import { isOver, leastOf, termsOf } from '../../../domain/speed/reading.ts';
import { zonesAround } from '../../../domain/speed/zones.ts';
import type { RecordPositionsOutcome, RiderPosition } from '../../speed-store.ts';
import type { Context } from '../database.ts';
import { courierNo } from './couriers.ts';
import type { Operations } from './operation.ts';
import { keysOf, type RideRow, Rides, type RideVisit, readingKey } from './speed-rides.ts';

type PositionOperations = Pick<
  Operations,
  | 'findPositionConsent'
  | 'givePositionConsent'
  | 'withdrawPositionConsent'
  | 'recordPositions'
  | 'forgetPositions'
>;

/** Positions made during a visit may come this long after its end: phones have no signal everywhere. */
const LATE_MS = HOUR_MS;
/** A phone's clock that is wrong by less is taken at its word; its error may wander by as much before it is told anew. */
const CLOCK_TOLERANCE_MS = 2 * SECOND_MS;
/** A reading is forgotten at this age. */
const KEPT_MS = DAY_MS;

export function positionOperations(context: Context): PositionOperations {
  const { sqlite } = context;
  const writer = new PositionWriter(context);
  const consent: Statement<[number], { givenAt: Millis }> = sqlite.prepare(
    'SELECT given_at AS givenAt FROM position_consents WHERE courier_no = ?',
  );
  const give: Statement<[number, Millis]> = sqlite.prepare(
    'INSERT INTO position_consents (courier_no, given_at) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const withdraw = sqlite.prepare('DELETE FROM position_consents WHERE courier_no = ?');
  const pass: Statement<[PassId], { no: number; courierNo: number | null }> = sqlite.prepare(
    'SELECT no, courier_no AS courierNo FROM passes WHERE id = ?',
  );
  return {
    findPositionConsent(courierId) {
      const no = courierNo(context, courierId);
      return no === null ? null : (consent.get(no)?.givenAt ?? null);
    },

    givePositionConsent({ courierId, now }) {
      const no = courierNo(context, courierId);
      if (no === null) throw new RangeError('a session’s courier exists');
      if (give.run(no, now).changes > 0) appendConsent(context, no, 'given', now);
      return consent.get(no)?.givenAt ?? now;
    },

    withdrawPositionConsent({ courierId, now }) {
      const no = courierNo(context, courierId);
      if (no === null || withdraw.run(no).changes === 0) return;
      writer.forgetAll(no);
      appendConsent(context, no, 'withdrawn', now);
    },

    recordPositions({ courierId, passId, sentAt, positions, now }): RecordPositionsOutcome {
      const no = courierNo(context, courierId);
      const held = pass.get(passId);
      if (no === null || held === undefined || held.courierNo !== no) return { kind: 'not_found' };
      if (consent.get(no) === undefined) return { kind: 'no_consent' };
      return writer.record(held.no, { sentAt, positions, now });
    },

    forgetPositions: ({ now, limit }) => writer.forget(now, limit),
  };
}

/** The log names passes, not couriers: those that are live. */
function appendConsent({ sqlite, audit }: Context, courier: number, what: string, now: Millis) {
  const passes = sqlite
    .prepare<[number], { id: string }>(
      `SELECT id FROM passes WHERE courier_no = ? AND status <> 'ended' ORDER BY no LIMIT 20`,
    )
    .all(courier)
    .map(({ id }) => id);
  audit.append(`consent.${what}`, now, null, { to: 'positions', passes });
}

interface Batch {
  readonly sentAt: Millis | null;
  readonly positions: readonly RiderPosition[];
  readonly now: Millis;
}

/** What a batch brings for one visit. */
interface Taking {
  readonly visit: RideVisit;
  /** Null: nothing has been asked of it yet. */
  ride: RideRow | null;
  /** Of its earliest reading. */
  from: Millis;
  accepted: number;
  isFast: boolean;
}

function isDuring({ openedAt, closedAt }: RideVisit, at: Millis): boolean {
  return openedAt <= at && at <= (closedAt ?? Number.POSITIVE_INFINITY);
}

class PositionWriter {
  readonly #context: Context;
  readonly #rides: Rides;
  readonly #insert: Statement;
  readonly #noteBatch: Statement;
  readonly #noteKept: Statement<[Millis, number, Millis]>;
  readonly #setOffset: Statement<[number, number]>;

  constructor(context: Context) {
    this.#context = context;
    this.#rides = new Rides(context);
    const { sqlite } = context;
    this.#insert = sqlite.prepare(
      `INSERT INTO phone_readings (key, at, speed_kmh, accuracy_kmh, least_kmh, limit_kmh, threshold_kmh, zone_id,
         rules_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET at = excluded.at, speed_kmh = excluded.speed_kmh,
         accuracy_kmh = excluded.accuracy_kmh, least_kmh = excluded.least_kmh, limit_kmh = excluded.limit_kmh,
         threshold_kmh = excluded.threshold_kmh, zone_id = excluded.zone_id, rules_version = excluded.rules_version
       WHERE (excluded.at, excluded.least_kmh, excluded.speed_kmh, -excluded.limit_kmh)
         < (phone_readings.at, phone_readings.least_kmh, phone_readings.speed_kmh, -phone_readings.limit_kmh)`,
    );
    this.#noteBatch = sqlite.prepare(
      `UPDATE speed_rides SET forget_at = min(coalesce(forget_at, 1e15), @forgetAt),
         phone_fresh_from = min(coalesce(phone_fresh_from, 1e15), @from),
         due_at = min(coalesce(due_at, 1e15), @dueAt) WHERE no = @no`,
    );
    this.#noteKept = sqlite.prepare(
      'UPDATE speed_rides SET forget_at = ? WHERE no = ? AND coalesce(forget_at, 1e15) > ?',
    );
    this.#setOffset = sqlite.prepare('UPDATE speed_rides SET phone_offset_ms = ? WHERE no = ?');
  }

  record(passNo: number, batch: Batch): RecordPositionsOutcome {
    const { now } = batch;
    const recent = this.#rides
      .visitsOf(passNo)
      .filter(({ closedAt }) => closedAt === null || closedAt >= now - LATE_MS)
      .map((visit): Taking => ({ visit, ride: null, from: now, accepted: 0, isFast: false }));
    const [newest] = recent;
    if (newest === undefined) return { kind: 'no_visit' };
    const offset = this.#offset(this.#rideOf(newest), batch);
    const tally = { accepted: 0, future: 0, outsideVisit: 0 };
    for (const position of batch.positions) {
      const at = position.at - offset;
      const taking = recent.find(({ visit }) => isDuring(visit, at));
      if (at > now + CLOCK_TOLERANCE_MS) tally.future += 1;
      else if (taking === undefined) tally.outsideVisit += 1;
      else {
        tally.accepted += 1;
        this.#take(taking, { ...position, at });
      }
    }
    for (const taking of recent) if (taking.accepted > 0) this.#note(taking, now);
    return { kind: 'recorded', visitId: newest.visit.id, ...tally };
  }

  #rideOf(taking: Taking): RideRow {
    taking.ride ??= this.#rides.of(taking.visit);
    return taking.ride;
  }

  /** The phone's clock minus ours: as first told, so that what is sent again is the same reading. */
  #offset(ride: RideRow, { sentAt, now }: Batch): Millis {
    const known = ride.phoneOffsetMs ?? 0;
    const told = sentAt === null ? known : sentAt - now;
    if (Math.abs(told - known) <= CLOCK_TOLERANCE_MS) return known;
    this.#setOffset.run(told, ride.no);
    return told;
  }

  #take(taking: Taking, position: RiderPosition): void {
    const { reference } = this.#context;
    const { communityNo } = taking.visit;
    const { at, lon, lat, accuracyM, speedKmh, accuracyKmh } = position;
    const { rules, version } = reference.rules(communityNo, at);
    const zones = zonesAround(reference.places(communityNo).zones, [lon, lat], accuracyM);
    const terms = termsOf(rules, version, zones);
    const leastKmh = leastOf(rules, speedKmh, accuracyKmh);
    this.#insert.run(
      readingKey(this.#rideOf(taking), at),
      at,
      speedKmh,
      accuracyKmh,
      leastKmh,
      terms.limitKmh,
      terms.thresholdKmh,
      terms.zoneId,
      terms.rulesVersion,
    );
    taking.accepted += 1;
    taking.from = Math.min(taking.from, at);
    taking.isFast ||= isOver({ leastKmh, terms });
  }

  /** Who rides slowly has nothing judged: only what is too fast, goes on, or comes late wakes the judge. */
  #note(taking: Taking, now: Millis): void {
    const { no, phoneState, phoneThrough } = this.#rideOf(taking);
    const { from, isFast } = taking;
    const isLate = phoneThrough !== null && from <= phoneThrough;
    const forgetAt = from + KEPT_MS;
    if (isFast || isLate || phoneState !== null)
      this.#noteBatch.run({ no, forgetAt, from, dueAt: now });
    else this.#noteKept.run(forgetAt, no, forgetAt);
  }

  /** Forgets what a withdrawn consent leaves no ground to keep. */
  forgetAll(courier: number): void {
    const { sqlite } = this.#context;
    const rides = sqlite
      .prepare<[number], { no: number }>(
        `SELECT no FROM speed_rides WHERE forget_at IS NOT NULL
           AND pass_no IN (SELECT no FROM passes WHERE courier_no = ?)`,
      )
      .all(courier);
    for (const ride of rides) {
      sqlite.prepare('DELETE FROM phone_readings WHERE key BETWEEN ? AND ?').run(...keysOf(ride));
      sqlite.prepare('UPDATE speed_rides SET forget_at = NULL WHERE no = ?').run(ride.no);
    }
  }

  /** Forgets readings of their age, ride by ride. */
  forget(now: Millis, limit: number): number {
    const { sqlite } = this.#context;
    const due = sqlite
      .prepare<[Millis, number], Pick<RideRow, 'no'>>(
        'SELECT no FROM speed_rides WHERE forget_at <= ? ORDER BY forget_at LIMIT ?',
      )
      .all(now, limit);
    let forgotten = 0;
    for (const ride of due) {
      if (forgotten >= limit) break;
      forgotten += this.#forgetRide(ride, now);
    }
    return forgotten;
  }

  /** One ride's readings are few enough to go at once: one a second of a visit. */
  #forgetRide(ride: Pick<RideRow, 'no'>, now: Millis): number {
    const { sqlite } = this.#context;
    const [first, last] = keysOf(ride);
    const { changes } = sqlite
      .prepare('DELETE FROM phone_readings WHERE key BETWEEN ? AND ? AND at <= ?')
      .run(first, last, now - KEPT_MS);
    const oldest = sqlite
      .prepare<[number, number], { at: Millis | null }>(
        'SELECT min(at) AS at FROM phone_readings WHERE key BETWEEN ? AND ?',
      )
      .get(first, last);
    const next = oldest?.at == null ? null : oldest.at + KEPT_MS;
    sqlite.prepare('UPDATE speed_rides SET forget_at = ? WHERE no = ?').run(next, ride.no);
    return changes;
  }
}
