/** Whether what a manager says of a community's places makes sense: all that is wrong, at once. */
import type { GateId } from '../identifier.ts';
import {
  CHECKPOINT_LIMITS,
  type Checkpoint,
  type Distance,
  LEAST_SECTION_M,
  MOST_SECTION_M,
} from './section.ts';
import { PLACE_ID, type Polygon, ZONE_LIMITS, type Zone } from './zones.ts';

/** `path` is written from the document's own list on: `[0].polygons[0][1]`. */
export interface PlaceProblem {
  readonly path: string;
  readonly message: string;
}

/** A ring has at least three corners, and its first position again at its end. */
const LEAST_POSITIONS = 4;

/** @param needed zones that rules or checkpoints name: they cannot go */
export function checkZones(zones: readonly Zone[], needed: ReadonlySet<string>): PlaceProblem[] {
  const ids = new Set(zones.map(({ id }) => id));
  const missing = [...needed].filter((id) => !ids.has(id));
  const positions = zones.reduce((sum, { polygons }) => sum + polygons.flat(2).length, 0);
  return [
    ...problemIf(zones.length > ZONE_LIMITS.zones, '', `at most ${ZONE_LIMITS.zones} zones`),
    ...problemIf(
      positions > ZONE_LIMITS.positions,
      '',
      `at most ${ZONE_LIMITS.positions} positions in all`,
    ),
    ...missing.map((id) => ({
      path: '',
      message: `zone "${id}" is named by rules or checkpoints`,
    })),
    ...duplicates(zones.map(({ id }) => id)),
    ...zones.flatMap(({ id, polygons }, index) => [
      ...badId(id, `[${index}].id`),
      ...problemIf(polygons.length === 0, `[${index}].polygons`, 'must have a polygon'),
      ...polygons.flatMap((polygon, part) => checkPolygon(polygon, `[${index}].polygons[${part}]`)),
    ]),
  ];
}

function checkPolygon(polygon: Polygon, path: string): PlaceProblem[] {
  if (polygon.length === 0) return [{ path, message: 'must have an outer ring' }];
  return polygon.flatMap((ring, index) => {
    const at = `${path}[${index}]`;
    const [first, last] = [ring[0], ring.at(-1)];
    const isClosed = first?.[0] === last?.[0] && first?.[1] === last?.[1];
    const wrong = ring.findIndex(([lon, lat]) => !isOnEarth(lon, lat));
    return [
      ...problemIf(ring.length < LEAST_POSITIONS, at, 'must have at least 4 positions'),
      ...problemIf(!isClosed, at, 'must end with the position that it begins with'),
      ...problemIf(wrong >= 0, `${at}[${wrong}]`, 'must be longitude and latitude in degrees'),
    ];
  });
}

function isOnEarth(lon: number, lat: number): boolean {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
}

export function checkCheckpoints(
  checkpoints: readonly Checkpoint[],
  there: {
    readonly zoneIds: ReadonlySet<string>;
    readonly gateIds: ReadonlySet<GateId>;
    /** Named by distances. */
    readonly usedIds: ReadonlySet<string>;
  },
): PlaceProblem[] {
  const { checkpoints: most } = CHECKPOINT_LIMITS;
  const ids = new Set(checkpoints.map(({ id }) => id));
  const missing = [...there.usedIds].filter((id) => !ids.has(id));
  const gateIds = checkpoints.map(({ gateId }) => gateId);
  return [
    ...problemIf(checkpoints.length > most, '', `at most ${most} checkpoints`),
    ...missing.map((id) => ({ path: '', message: `checkpoint "${id}" is named by a distance` })),
    ...duplicates(checkpoints.map(({ id }) => id)),
    ...checkpoints.flatMap(({ id, zoneId, gateId, position }, index) => [
      ...badId(id, `[${index}].id`),
      ...problemIf(
        zoneId !== null && !there.zoneIds.has(zoneId),
        `[${index}].zoneId`,
        'is not a zone of this community',
      ),
      ...problemIf(
        gateId !== null && !there.gateIds.has(gateId),
        `[${index}].gateId`,
        'is not a gate of this community',
      ),
      ...problemIf(
        gateId !== null && gateIds.indexOf(gateId) < index,
        `[${index}].gateId`,
        'another checkpoint is at this gate',
      ),
      ...problemIf(
        position !== null && !isOnEarth(...position),
        `[${index}].position`,
        'must be longitude and latitude in degrees',
      ),
    ]),
  ];
}

export function checkDistances(
  distances: readonly Distance[],
  checkpoints: readonly Checkpoint[],
): PlaceProblem[] {
  const { distances: most } = CHECKPOINT_LIMITS;
  const byId = new Map(checkpoints.map((each) => [each.id, each]));
  const pairs = distances.map(({ from, to }) => `${from} ${to}`);
  return [
    ...problemIf(distances.length > most, '', `at most ${most} distances`),
    ...distances.flatMap(({ from, to, metres }, index) => {
      const between = [byId.get(from), byId.get(to)];
      const gates = between.every((each) => (each?.gateId ?? null) !== null);
      return [
        ...problemIf(!byId.has(from), `[${index}].from`, 'is not a checkpoint of this community'),
        ...problemIf(!byId.has(to), `[${index}].to`, 'is not a checkpoint of this community'),
        ...problemIf(from === to, `[${index}].to`, 'must be another checkpoint'),
        ...problemIf(gates, `[${index}]`, 'from gate to gate the stop at the door hides the speed'),
        ...problemIf(
          !(metres >= LEAST_SECTION_M && metres <= MOST_SECTION_M),
          `[${index}].metres`,
          `must be from ${LEAST_SECTION_M} to ${MOST_SECTION_M}`,
        ),
        ...problemIf(
          pairs.indexOf(`${from} ${to}`) < index,
          `[${index}]`,
          `repeats the distance from "${from}" to "${to}"`,
        ),
      ];
    }),
  ];
}

function badId(id: string, path: string): PlaceProblem[] {
  const message = 'must be 1–32 of a–z, 0–9, _ and -, and begin with a letter or digit';
  return problemIf(!PLACE_ID.test(id), path, message);
}

function duplicates(ids: readonly string[]): PlaceProblem[] {
  return ids.flatMap((id, index) =>
    problemIf(ids.indexOf(id) < index, `[${index}].id`, `repeats "${id}"`),
  );
}

function problemIf(wrong: boolean, path: string, message: string): PlaceProblem[] {
  return wrong ? [{ path, message }] : [];
}
