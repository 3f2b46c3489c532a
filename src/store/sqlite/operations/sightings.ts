/** Riders seen at gates and checkpoints: whose the sighting is, and how fast they were. */
import type { Statement } from 'better-sqlite3';
import { DAY_MS, MINUTE_MS, type Millis, SECOND_MS } from '../../../domain/clock.ts';
import type { GateEventContent } from '../../../domain/gate-event.ts';
import {
  isPlausible,
  leastOf,
  RADAR_ACCURACY_KMH,
  termsOf,
} from '../../../domain/speed/reading.ts';
import { CLOCK_UNCERTAINTY_MS } from '../../../domain/speed/section.ts';
import { normalPlate, TIED_WITHIN_MS } from '../../../domain/speed/tie.ts';
import type { Context } from '../database.ts';
import type { GateRow } from '../reference-data.ts';
import type { Rides, RideVisit } from './speed-rides.ts';

/** When to look again whose a sighting is: a gate’s log may bring the scan that it belongs to hours later. */
const LOOK_AGAIN_MS: readonly Millis[] = [SECOND_MS, MINUTE_MS, 30 * MINUTE_MS, DAY_MS];
/** Until then the scan that is nearest to a reading in its lane may still come, and be written. */
const LANE_SETTLES_MS: Millis = TIED_WITHIN_MS + SECOND_MS;
/** Attempts looked back through for the scan of a lane: some seconds of the busiest service, a day of a quiet one. */
const ATTEMPTS_BACK = 5_000;
/** Visits looked back through for a plate, those open first. */
const VISITS_BACK = 1_000;

type SpeedContent = Extract<GateEventContent, { readonly type: 'speed' }>;

interface AttemptSpeed {
  readonly seq: number;
  readonly communityNo: number;
  readonly gateNo: number;
  readonly at: Millis;
  readonly source: string;
  readonly requestId: string;
  readonly passNo: number;
  readonly speedKmh: number;
  readonly accuracyKmh: number | null;
}

interface Pending {
  readonly no: number;
  readonly communityNo: number;
  readonly gateNo: number;
  readonly at: Millis;
  readonly lane: string | null;
  readonly requestId: string | null;
  readonly plate: string | null;
  readonly ties: number;
}

interface Scan {
  readonly gateNo: number;
  readonly lane: string | null;
  readonly at: Millis;
  readonly passNo: number;
}

/** Takes sightings over and finds out whose they are. */
export class Sightings {
  readonly #context: Context;
  readonly #rides: Rides;
  readonly #insert: Statement;
  readonly #measured: Statement<[number, number], AttemptSpeed>;
  readonly #pending: Statement<[Millis, number], Pending>;
  readonly #tie: Statement<[number, number]>;
  readonly #postpone: Statement<[Millis | null, string | null, number]>;
  readonly #asked: Statement<[number, string], { passNo: number | null }>;
  readonly #scans: Statement<[number, number, Millis, Millis], Scan>;
  readonly #plates: Statement<[number], { plate: string; passNo: number }>;

  constructor(context: Context, rides: Rides) {
    this.#context = context;
    this.#rides = rides;
    const { sqlite } = context;
    this.#insert = sqlite.prepare(
      `INSERT INTO speed_sightings (community_no, gate_no, checkpoint_id, at, uncertainty_ms, speed_kmh, accuracy_kmh,
         least_kmh, limit_kmh, threshold_kmh, zone_id, rules_version, ride_no, lane, request_id, plate, tie_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#measured = sqlite.prepare(
      `SELECT seq, community_no AS communityNo, gate_no AS gateNo, at, source, request_id AS requestId,
         pass_no AS passNo, speed_kmh AS speedKmh, accuracy_kmh AS accuracyKmh
       FROM attempts WHERE speed_kmh IS NOT NULL AND decision = 'granted' AND pass_no IS NOT NULL AND seq > ?
       ORDER BY seq LIMIT ?`,
    );
    this.#pending = sqlite.prepare(
      `SELECT no, community_no AS communityNo, gate_no AS gateNo, at, lane, request_id AS requestId, plate, ties
       FROM speed_sightings WHERE tie_at <= ? ORDER BY tie_at LIMIT ?`,
    );
    this.#tie = sqlite.prepare(
      `UPDATE speed_sightings SET ride_no = ?, tie_at = NULL, plate = NULL, request_id = NULL WHERE no = ?`,
    );
    this.#postpone = sqlite.prepare(
      'UPDATE speed_sightings SET tie_at = ?, ties = ties + 1, plate = ? WHERE no = ?',
    );
    this.#asked = sqlite.prepare(
      `SELECT pass_no AS passNo FROM attempts WHERE gate_no = ? AND request_id = ? AND decision = 'granted'`,
    );
    this.#scans = sqlite.prepare(
      `SELECT gate_no AS gateNo, lane, at, pass_no AS passNo FROM attempts
       WHERE community_no = ? AND seq > ? AND at BETWEEN ? AND ? AND pass_no IS NOT NULL AND decision = 'granted'`,
    );
    this.#plates = sqlite.prepare(
      `SELECT d.plate, v.pass_no AS passNo
       FROM (SELECT pass_no FROM visits WHERE community_no = ? ORDER BY slot DESC LIMIT ${VISITS_BACK}) v
         JOIN pass_deliveries l ON l.pass_no = v.pass_no JOIN deliveries d ON d.no = l.delivery_no
       WHERE d.plate IS NOT NULL`,
    );
  }

  /** Keeps what a gate reports, to be tied to a visit later: by its request, its lane, or its plate. */
  report(gate: GateRow, event: SpeedContent, when: { at: Millis; certain: boolean }, now: Millis) {
    const { at, certain } = when;
    const { speedKmh, accuracyKmh, lane, requestId, checkpointId, plate } = event;
    const measured = { communityNo: gate.communityNo, gateNo: gate.no, at, speedKmh, accuracyKmh };
    const tie = { lane, requestId, plate: plate === null ? null : normalPlate(plate) };
    // When it was is all that a lane says: of a device without a clock it says nothing.
    const byLane = requestId === null && plate === null;
    const named = byLane ? null : now;
    const tieAt = byLane && certain ? Math.max(now, at + LANE_SETTLES_MS) : named;
    this.#store({ ...measured, checkpointId, certain, rideNo: null, ...tie, tieAt });
  }

  /**
   * Takes over what radars at gates have measured since, of whoever was let through: a picture of a code that is shown
   * in vain says nothing of its rider. @returns how far it has come
   */
  takeMeasured(after: number, limit: number, now: Millis): { through: number; taken: number } {
    const rows = this.#measured.all(after, limit);
    for (const row of rows) {
      const { requestId, passNo, at } = row;
      const visit = this.#visitAt(passNo, at);
      const ride = visit === null ? null : this.#rides.of(visit);
      // How well a gate that was alone knew the time is not kept with what it decided.
      const own = { ...row, checkpointId: null, certain: row.source !== 'offline' };
      const none = { lane: null, plate: null };
      if (ride === null) this.#store({ ...own, ...none, rideNo: null, requestId, tieAt: now });
      else {
        this.#store({ ...own, ...none, rideNo: ride.no, requestId: null, tieAt: null });
        this.#rides.wake(ride, at);
      }
    }
    return { through: rows.at(-1)?.seq ?? after, taken: rows.length };
  }

  /** Ties what waits for it. @returns how many were looked at */
  tie(now: Millis, limit: number): number {
    const pending = this.#pending.all(now, limit);
    const byCommunity = new Map<number, Pending[]>();
    for (const each of pending) {
      const others = byCommunity.get(each.communityNo);
      if (others === undefined) byCommunity.set(each.communityNo, [each]);
      else others.push(each);
    }
    for (const [communityNo, sightings] of byCommunity) this.#tieAll(communityNo, sightings, now);
    return pending.length;
  }

  #tieAll(communityNo: number, sightings: readonly Pending[], now: Millis): void {
    const scans = new ScansByLane(this.#scansAround(communityNo, sightings));
    const plates = sightings.some(({ plate }) => plate !== null)
      ? this.#platesIn(communityNo)
      : new Map<string, number[]>();
    for (const sighting of sightings) {
      const visit = this.#ownerOf(sighting, scans, plates);
      if (visit === null) {
        this.#lookAgain(sighting, now);
        continue;
      }
      const ride = this.#rides.of(visit);
      this.#tie.run(ride.no, sighting.no);
      this.#rides.wake(ride, sighting.at);
    }
  }

  #ownerOf(
    { gateNo, requestId, lane, plate, at }: Pending,
    scans: ScansByLane,
    plates: ReadonlyMap<string, readonly number[]>,
  ): RideVisit | null {
    const passNos: (number | null)[] = [];
    if (requestId !== null) passNos.push(this.#asked.get(gateNo, requestId)?.passNo ?? null);
    else if (plate !== null) passNos.push(...(plates.get(plate) ?? []));
    else passNos.push(scans.nearest({ gateNo, lane, at })?.passNo ?? null);
    const visits = new Map<string, RideVisit>();
    for (const passNo of passNos) {
      const visit = passNo === null ? null : this.#visitAt(passNo, at);
      if (visit !== null) visits.set(visit.id, visit);
    }
    // A plate that two riders gave says nothing of either.
    const [only] = visits.values();
    return visits.size === 1 ? (only ?? null) : null;
  }

  /** One look through the newest attempts for all of them. */
  #scansAround(communityNo: number, sightings: readonly Pending[]): Scan[] {
    const byLane = sightings.filter(({ requestId, plate }) => requestId === null && plate === null);
    if (byLane.length === 0) return [];
    const times = byLane.map(({ at }) => at);
    const newest = this.#context.sqlite
      .prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM attempts')
      .get();
    return this.#scans.all(
      communityNo,
      (newest?.seq ?? 0) - ATTEMPTS_BACK,
      Math.min(...times) - TIED_WITHIN_MS,
      Math.max(...times) + TIED_WITHIN_MS,
    );
  }

  #platesIn(communityNo: number): Map<string, number[]> {
    const plates = new Map<string, number[]>();
    for (const { plate, passNo } of this.#plates.all(communityNo)) {
      const key = normalPlate(plate);
      const passNos = plates.get(key);
      if (passNos === undefined) plates.set(key, [passNo]);
      else passNos.push(passNo);
    }
    return plates;
  }

  #lookAgain({ no, ties, plate }: Pending, now: Millis): void {
    const wait = LOOK_AGAIN_MS[ties];
    if (wait === undefined) this.#postpone.run(null, null, no);
    else this.#postpone.run(now + wait, plate, no);
  }

  #visitAt(passNo: number, at: Millis): RideVisit | null {
    const during = ({ openedAt, closedAt }: RideVisit) =>
      openedAt - TIED_WITHIN_MS <= at &&
      at <= (closedAt ?? Number.POSITIVE_INFINITY) + TIED_WITHIN_MS;
    return this.#rides.visitsOf(passNo).find(during) ?? null;
  }

  #store(sighting: NewSighting): void {
    const { communityNo, gateNo, at, certain } = sighting;
    const { reference } = this.#context;
    const places = reference.places(communityNo);
    const gateId = reference.gateId(gateNo);
    const named = sighting.checkpointId;
    const checkpoint =
      named === null ? places.checkpointAt.get(gateId) : places.checkpoints.get(named);
    const { rules, version } = reference.rules(communityNo, at);
    // Of a checkpoint that nobody knows any more nobody knows the zone either.
    const anywhere = named !== null && checkpoint === undefined;
    const zones = anywhere ? rules.zoneSpeedLimits.map(({ zoneId }) => zoneId) : [];
    const terms = termsOf(rules, version, [checkpoint?.zoneId ?? null, ...zones]);
    const accuracyKmh = sighting.accuracyKmh ?? RADAR_ACCURACY_KMH;
    const { speedKmh } = sighting;
    const measured = speedKmh !== null && isPlausible(speedKmh, accuracyKmh) ? speedKmh : null;
    this.#insert.run(
      communityNo,
      gateNo,
      checkpoint?.id ?? null,
      at,
      certain ? (checkpoint?.clockUncertaintyMs ?? CLOCK_UNCERTAINTY_MS) : null,
      measured,
      measured === null ? null : accuracyKmh,
      measured === null ? null : leastOf(rules, measured, accuracyKmh),
      terms.limitKmh,
      terms.thresholdKmh,
      terms.zoneId,
      terms.rulesVersion,
      sighting.rideNo,
      sighting.lane,
      sighting.requestId,
      sighting.plate,
      sighting.tieAt,
    );
  }
}

interface NewSighting {
  readonly communityNo: number;
  readonly gateNo: number;
  readonly checkpointId: string | null;
  readonly at: Millis;
  readonly certain: boolean;
  readonly speedKmh: number | null;
  readonly accuracyKmh: number | null;
  readonly rideNo: number | null;
  readonly lane: string | null;
  readonly requestId: string | null;
  readonly plate: string | null;
  readonly tieAt: Millis | null;
}

/** Scans, found by their lane and their time. */
class ScansByLane {
  readonly #slots = new Map<string, Scan[]>();

  constructor(scans: readonly Scan[]) {
    for (const scan of scans) {
      const key = slotOf(scan, 0);
      const others = this.#slots.get(key);
      if (others === undefined) this.#slots.set(key, [scan]);
      else others.push(scan);
    }
  }

  /** The granted scan of the same lane that is nearest in time, within five seconds. */
  nearest(seen: Omit<Scan, 'passNo'>): Scan | null {
    let nearest: Scan | null = null;
    for (const neighbour of [-1, 0, 1]) {
      for (const scan of this.#slots.get(slotOf(seen, neighbour)) ?? []) {
        const apart = Math.abs(scan.at - seen.at);
        if (apart > TIED_WITHIN_MS) continue;
        if (nearest === null || apart < Math.abs(nearest.at - seen.at)) nearest = scan;
      }
    }
    return nearest;
  }
}

/** A lane in a slot of five seconds, or in one beside it. */
function slotOf({ gateNo, lane, at }: Omit<Scan, 'passNo'>, neighbour: number): string {
  return JSON.stringify([gateNo, lane, Math.floor(at / TIED_WITHIN_MS) + neighbour]);
}
