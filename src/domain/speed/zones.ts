/** Zones of a community: polygons with holes, in WGS-84. A zone that comes later in the list lies on top. */

/** Longitude and latitude in degrees, as GeoJSON writes them. @see RFC 7946 §3.1.1 */
export type LonLat = readonly [number, number];
/** The outer ring and its holes, each closed: the last position is the first. */
export type Polygon = readonly (readonly LonLat[])[];

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly polygons: readonly Polygon[];
}

/** What a zone, a checkpoint is called: chosen by the manager, never changed. */
export const PLACE_ID = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export const ZONE_LIMITS = {
  zones: 200,
  /** Positions of all rings of a community. */
  positions: 10_000,
} as const;

interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** Zones made ready to be asked. */
export interface ZoneMap {
  readonly zones: readonly { readonly id: string; readonly parts: readonly ZonePart[] }[];
}
interface ZonePart {
  readonly polygon: Polygon;
  readonly box: Box;
}

export const NO_ZONES: ZoneMap = { zones: [] };

export function prepareZones(zones: readonly Zone[]): ZoneMap {
  const onTopFirst = [...zones].reverse();
  return {
    zones: onTopFirst.map(({ id, polygons }) => ({
      id,
      parts: polygons.map((polygon) => ({ polygon, box: boxOf(polygon) })),
    })),
  };
}

function boxOf(polygon: Polygon): Box {
  const outer = polygon[0] ?? [];
  const lons = outer.map(([lon]) => lon);
  const lats = outer.map(([, lat]) => lat);
  return {
    west: Math.min(...lons),
    south: Math.min(...lats),
    east: Math.max(...lons),
    north: Math.max(...lats),
  };
}

/**
 * The zones in which a point may lie that is known to within some metres; null stands for outside of all. Where the
 * point itself lies comes first.
 */
export function zonesAround(
  map: ZoneMap,
  point: LonLat,
  accuracyM: number,
): [string | null, ...(string | null)[]] {
  const inside: (string | null)[] = [];
  const near: (string | null)[] = [];
  let certain = false;
  for (const zone of map.zones) {
    const parts = zone.parts.filter(({ box }) => isNearBox(box, point, accuracyM));
    if (parts.length === 0) continue;
    const within = parts.some(({ polygon }) => isInside(polygon, point));
    const doubtful = parts.some(({ polygon }) => edgeDistanceM(polygon, point) <= accuracyM);
    if (within) inside.push(zone.id);
    else if (doubtful) near.push(zone.id);
    certain = within && !doubtful;
    if (certain) break;
  }
  if (!certain) (inside.length > 0 ? near : inside).push(null);
  const [first = null, ...others] = [...inside, ...near];
  return [first, ...others];
}

const METRES_PER_DEGREE = 111_320;

function isNearBox(box: Box, [lon, lat]: LonLat, metres: number): boolean {
  const latMargin = metres / METRES_PER_DEGREE;
  const lonMargin = latMargin / Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  return (
    lon >= box.west - lonMargin &&
    lon <= box.east + lonMargin &&
    lat >= box.south - latMargin &&
    lat <= box.north + latMargin
  );
}

/** Whether a point lies in a polygon and in none of its holes: a line from it crosses the rings an odd number of times. */
export function isInside(polygon: Polygon, [lon, lat]: LonLat): boolean {
  let odd = false;
  for (const ring of polygon) {
    for (let n = 1; n < ring.length; n += 1) {
      const [lonA, latA] = ring[n - 1] ?? [0, 0];
      const [lonB, latB] = ring[n] ?? [0, 0];
      if (latA > lat === latB > lat) continue;
      if (lon < lonA + ((lat - latA) / (latB - latA)) * (lonB - lonA)) odd = !odd;
    }
  }
  return odd;
}

/** The distance from a point to the nearest edge, in metres: on a plane, which a compound is. */
function edgeDistanceM(polygon: Polygon, [lon, lat]: LonLat): number {
  const perLon = METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
  let least = Number.POSITIVE_INFINITY;
  for (const ring of polygon) {
    for (let n = 1; n < ring.length; n += 1) {
      const [lonA, latA] = ring[n - 1] ?? [0, 0];
      const [lonB, latB] = ring[n] ?? [0, 0];
      const ax = (lonA - lon) * perLon;
      const ay = (latA - lat) * METRES_PER_DEGREE;
      const dx = (lonB - lonA) * perLon;
      const dy = (latB - latA) * METRES_PER_DEGREE;
      const length = dx * dx + dy * dy;
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length));
      least = Math.min(least, Math.hypot(ax + along * dx, ay + along * dy));
    }
  }
  return least;
}
