/** A compound with one long road, zone behind zone, for riders to ride along. */

export interface RoadZone {
  readonly id: string;
  readonly name: string;
  /** Along the road, in metres. */
  readonly from: number;
  readonly to: number;
  readonly speedLimitKmh: number;
}

/** The limit between the zones. */
export const COMPOUND_LIMIT_KMH = 15;
export const ROAD_ZONES: readonly RoadZone[] = [
  { id: 'avenue', name: '主干道', from: 0, to: 400, speedLimitKmh: 25 },
  { id: 'playground', name: '儿童活动区', from: 700, to: 900, speedLimitKmh: 10 },
];
/** Between the zones, where rides that are not about zones go to and fro. */
export const PLAIN_FROM_M = 450;
export const PLAIN_TO_M = 650;

const WEST = 119.46;
const SOUTH = 35.42;
const ROAD_WIDTH_M = 60;
const METRES_PER_DEGREE = 111_320;
const METRES_PER_LON = METRES_PER_DEGREE * Math.cos((SOUTH * Math.PI) / 180);

/** Where a point of the road is. @param aside of its middle, to the north */
export function placeOf(along: number, aside: number): { lon: number; lat: number } {
  return { lon: WEST + along / METRES_PER_LON, lat: SOUTH + aside / METRES_PER_DEGREE };
}

/** The limit at a point of the road. */
export function limitAt(along: number): number {
  const zone = ROAD_ZONES.find(({ from, to }) => from <= along && along < to);
  return zone?.speedLimitKmh ?? COMPOUND_LIMIT_KMH;
}

/** The zones as GeoJSON (RFC 7946). */
export function roadZones() {
  return {
    type: 'FeatureCollection' as const,
    features: ROAD_ZONES.map(({ id, name, from, to }) => ({
      type: 'Feature' as const,
      id,
      properties: { name },
      geometry: { type: 'Polygon' as const, coordinates: [ringOf(from, to)] },
    })),
  };
}

function ringOf(from: number, to: number): number[][] {
  const half = ROAD_WIDTH_M / 2;
  const corners = [
    [from, -half],
    [to, -half],
    [to, half],
    [from, half],
    [from, -half],
  ];
  return corners.map(([along = 0, aside = 0]) => {
    const { lon, lat } = placeOf(along, aside);
    return [lon, lat];
  });
}
