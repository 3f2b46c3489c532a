/** The readings of one visit by what is mounted in the community: radars, and the sections between checkpoints. */
import type { Statement } from 'better-sqlite3';
import type { Millis } from '../../../domain/clock.ts';
import { type SpeedReading, type SpeedTerms, termsOf } from '../../../domain/speed/reading.ts';
import { type Section, type Sighting, sectionsOf } from '../../../domain/speed/section.ts';
import type { Context } from '../database.ts';
import type { PlacesInUse } from '../places.ts';
import type { RideRow, RideVisit } from './speed-rides.ts';

/** More of one visit are looked at no more: a rider comes by a checkpoint a few times. */
const MOST_SIGHTINGS = 500;

interface SightingRow extends SpeedTerms {
  readonly gateNo: number;
  readonly at: Millis;
  readonly checkpointId: string | null;
  readonly uncertaintyMs: number | null;
  readonly speedKmh: number | null;
  readonly accuracyKmh: number | null;
  readonly leastKmh: number | null;
}

/** A sighting with what held where it was made. */
interface PlacedSighting extends Sighting {
  readonly terms: SpeedTerms;
}

export interface MountedSoFar {
  readonly readings: readonly SpeedReading[];
  /** The next sighting, which has not waited long enough; null: there is none. */
  readonly next: Millis | null;
  /** Whether the exit of the visit may end a section. */
  readonly awaitsExit: boolean;
  /** The gate that reported the radar reading of an instant. */
  readonly gateAt: ReadonlyMap<Millis, number>;
}

export class MountedReadings {
  readonly #context: Context;
  readonly #sightings: Statement<[number], SightingRow>;
  readonly #entry: Statement<[number, Millis, number], { source: string }>;
  readonly #exit: Statement<[number, Millis, number], { source: string }>;

  constructor(context: Context) {
    this.#context = context;
    this.#sightings = context.sqlite.prepare(
      `SELECT gate_no AS gateNo, at, checkpoint_id AS checkpointId, uncertainty_ms AS uncertaintyMs, speed_kmh AS speedKmh,
         accuracy_kmh AS accuracyKmh, least_kmh AS leastKmh, limit_kmh AS limitKmh, threshold_kmh AS thresholdKmh,
         zone_id AS zoneId, rules_version AS rulesVersion
       FROM speed_sightings WHERE ride_no = ? ORDER BY at LIMIT ${MOST_SIGHTINGS}`,
    );
    this.#entry = context.sqlite.prepare(
      `SELECT source FROM attempts
       WHERE pass_no = ? AND entry_key IS NOT NULL AND at = ? AND gate_no = ? AND decision = 'granted'`,
    );
    this.#exit = context.sqlite.prepare(
      `SELECT source FROM attempts
       WHERE pass_no = ? AND direction = 'out' AND at = ? AND gate_no = ? AND decision = 'granted'`,
    );
  }

  /** Those up to an instant. Null: the rider was never seen. */
  of(ride: RideRow, visit: RideVisit | null, through: Millis): MountedSoFar | null {
    const rows = this.#sightings.all(ride.no);
    if (rows.length === 0) return null;
    const places = this.#context.reference.places(ride.communityNo);
    const seen = rows.filter(({ at }) => at <= through);
    const sections = this.#sections(seen, visit, places, through);
    return {
      readings: [...seen.flatMap(radarReading), ...sections],
      next: rows.find(({ at }) => at > through)?.at ?? null,
      awaitsExit: visit !== null && visit.closedAt === null && leadsToGate(rows, places),
      gateAt: new Map(seen.map(({ at, gateNo }) => [at, gateNo])),
    };
  }

  #sections(
    rows: readonly SightingRow[],
    visit: RideVisit | null,
    places: PlacesInUse,
    through: Millis,
  ): SpeedReading[] {
    if (places.distances.size === 0) return [];
    const inside = rows.flatMap((row): PlacedSighting[] => {
      const { at, checkpointId, uncertaintyMs, limitKmh, thresholdKmh, zoneId, rulesVersion } = row;
      const checkpoint = checkpointId === null ? undefined : places.checkpoints.get(checkpointId);
      if (checkpoint === undefined) return [];
      const terms = { limitKmh, thresholdKmh, zoneId, rulesVersion };
      const atGate = checkpoint.gateId !== null;
      const wrongBy = uncertaintyMs ?? Number.POSITIVE_INFINITY;
      return [{ at, checkpointId: checkpoint.id, uncertaintyMs: wrongBy, atGate, terms }];
    });
    const atGates = visit === null ? [] : this.#atGates(visit, places);
    const all = [...inside, ...atGates].filter(({ at }) => at <= through);
    const termsAt = new Map<Sighting, SpeedTerms>(all.map((each) => [each, each.terms]));
    return sectionsOf(all, places.distances).flatMap((section) => {
      const from = termsAt.get(section.from);
      const to = termsAt.get(section.to);
      return from === undefined || to === undefined ? [] : [sectionReading(section, from, to)];
    });
  }

  /**
   * The visit's entry and exit, where those gates are checkpoints and the instant is our own clock's: when a gate that
   * was alone saw the rider may be known to the minute only, and when a guard let somebody in is not when they came by.
   */
  #atGates(visit: RideVisit, places: PlacesInUse): PlacedSighting[] {
    const { reference } = this.#context;
    const { communityNo, passNo, openedAt, entryGateNo, closedAt, exitGateNo } = visit;
    const scans = [
      { at: openedAt, gateNo: entryGateNo, witness: this.#entry },
      { at: closedAt, gateNo: exitGateNo, witness: this.#exit },
    ];
    return scans.flatMap(({ at, gateNo, witness }) => {
      if (at === null || gateNo === null) return [];
      const seen = witness.all(passNo, at, gateNo);
      if (seen.length === 0 || seen.some(({ source }) => source !== 'online')) return [];
      const checkpoint = places.checkpointAt.get(reference.gateId(gateNo));
      if (checkpoint === undefined) return [];
      const { rules, version } = reference.rules(communityNo, at);
      const terms = termsOf(rules, version, [checkpoint.zoneId]);
      const { id: checkpointId, clockUncertaintyMs: uncertaintyMs } = checkpoint;
      return [{ at, checkpointId, uncertaintyMs, atGate: true, terms }];
    });
  }
}

function radarReading(row: SightingRow): SpeedReading[] {
  const { at, speedKmh, accuracyKmh, leastKmh, limitKmh, thresholdKmh, zoneId, rulesVersion } = row;
  if (speedKmh === null || accuracyKmh === null || leastKmh === null) return [];
  const terms = { limitKmh, thresholdKmh, zoneId, rulesVersion };
  return [{ source: 'radar', from: at, at, speedKmh, accuracyKmh, leastKmh, terms }];
}

/** Of two zones on the way the more generous limit counts. */
function sectionReading(section: Section, from: SpeedTerms, to: SpeedTerms): SpeedReading {
  const { speedKmh, leastKmh } = section;
  return {
    source: 'section',
    from: section.from.at,
    at: section.to.at,
    speedKmh,
    accuracyKmh: speedKmh - leastKmh,
    leastKmh,
    terms: from.limitKmh > to.limitKmh ? from : to,
  };
}

/** Whether a distance to a gate begins where the rider was seen. */
function leadsToGate(rows: readonly SightingRow[], places: PlacesInUse): boolean {
  return rows.some(({ checkpointId }) => {
    const targets = checkpointId === null ? undefined : places.distances.get(checkpointId);
    const checkpoint = checkpointId === null ? undefined : places.checkpoints.get(checkpointId);
    if (targets === undefined || checkpoint?.gateId !== null) return false;
    return [...targets.keys()].some((to) => (places.checkpoints.get(to)?.gateId ?? null) !== null);
  });
}
