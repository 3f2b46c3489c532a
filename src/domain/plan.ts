/** The plan of a community: what stands where, as GeoJSON. */
export const PLAN_KINDS = ['building', 'gate', 'checkpoint', 'zone', 'parking'] as const;
export type PlanKind = (typeof PLAN_KINDS)[number];

/** Longitude and latitude in WGS-84, in degrees. @see RFC 7946 §3.1.1 */
export type Position = readonly [number, number];

export type PlanGeometry =
  | { readonly type: 'Point'; readonly coordinates: Position }
  | { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] };

export interface PlanFeature {
  readonly type: 'Feature';
  readonly geometry: PlanGeometry;
  readonly properties: {
    readonly kind: PlanKind;
    /** Of a building what deliveries call it. */
    readonly name: string;
    /** Of a zone. */
    readonly speedLimitKmh?: number;
  };
}

export interface Plan {
  readonly type: 'FeatureCollection';
  readonly features: readonly PlanFeature[];
}

/** A point on a drawing: metres east and south of its north-west corner. */
export interface DrawnPoint {
  readonly x: number;
  readonly y: number;
}

export interface DrawnFeature {
  readonly kind: PlanKind;
  readonly name: string;
  /** One point, a line, or a ring that closes itself. */
  readonly shape: 'point' | 'line' | 'area';
  /** The lines of the shape: of an area its outline and its holes. */
  readonly lines: readonly (readonly DrawnPoint[])[];
  /** Where its name stands. */
  readonly centre: DrawnPoint;
}

/** A plan on a flat drawing, in metres. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly features: readonly DrawnFeature[];
}

const METRES_PER_DEGREE = 111_320;
/** Around what is drawn, as a part of its size. */
const MARGIN = 0.06;
const LEAST_METRES = 20;

/**
 * Draws a plan flat: equirectangular about its middle, exact to a metre over some kilometres.
 * Areas come first and points last, so that nothing is hidden. Null: there is nothing on it.
 */
export function drawPlan(plan: Plan): Drawing | null {
  const positions = plan.features.flatMap(({ geometry }) => linesOf(geometry).flat());
  if (positions.length === 0) return null;
  const [west, east] = ends(positions.map(([longitude]) => longitude));
  const [south, north] = ends(positions.map(([, latitude]) => latitude));
  const perDegree = METRES_PER_DEGREE * Math.cos((((south + north) / 2) * Math.PI) / 180);
  const extent = Math.max((east - west) * perDegree, (north - south) * METRES_PER_DEGREE);
  const margin = Math.max(extent, LEAST_METRES) * MARGIN;
  const place = ([longitude, latitude]: Position): DrawnPoint => ({
    x: round((longitude - west) * perDegree + margin),
    y: round((north - latitude) * METRES_PER_DEGREE + margin),
  });
  const features = plan.features.map((feature) => drawFeature(feature, place));
  return {
    width: round((east - west) * perDegree + 2 * margin),
    height: round((north - south) * METRES_PER_DEGREE + 2 * margin),
    features: features.sort((one, other) => ORDER[one.shape] - ORDER[other.shape]),
  };
}

const ORDER = { area: 0, line: 1, point: 2 } as const;
const SHAPES = { Point: 'point', LineString: 'line', Polygon: 'area' } as const;

function drawFeature(
  { geometry, properties }: PlanFeature,
  place: (position: Position) => DrawnPoint,
): DrawnFeature {
  const lines = linesOf(geometry).map((line) => line.map(place));
  const outline = lines[0] ?? [];
  const [left, right] = ends(outline.map(({ x }) => x));
  const [top, bottom] = ends(outline.map(({ y }) => y));
  const { kind, name } = properties;
  const centre = { x: round((left + right) / 2), y: round((top + bottom) / 2) };
  return { kind, name, shape: SHAPES[geometry.type], lines, centre };
}

function linesOf(geometry: PlanGeometry): readonly (readonly Position[])[] {
  if (geometry.type === 'Point') return [[geometry.coordinates]];
  return geometry.type === 'LineString' ? [geometry.coordinates] : geometry.coordinates;
}

function ends(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

function round(metres: number): number {
  return Math.round(metres * 10) / 10;
}
