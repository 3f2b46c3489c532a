/** A community's places, as the wire writes them. */
import { z } from '@hono/zod-openapi';
import { type Checkpoint, CLOCK_UNCERTAINTY_MS } from '../../domain/speed/section.ts';
import type { LonLat, Polygon, Zone } from '../../domain/speed/zones.ts';
import { identifier, line } from './values.ts';

/** Longitude and latitude; an altitude is read and left out. */
const position = z
  .array(z.number())
  .min(2)
  .max(3)
  .transform(([lon = 0, lat = 0]): LonLat => [lon, lat]);
const polygon = z.array(z.array(position));
const placeId = z.string().min(1).max(64).openapi({
  description: '1–32 of `a`–`z`, `0`–`9`, `_` and `-`, beginning with a letter or digit.',
});

const geometry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Polygon'), coordinates: polygon }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(polygon) }),
]);

/** GeoJSON (RFC 7946): a feature a zone, in WGS-84; of two that overlap the later lies on top. */
export const zonesSchema = z
  .object({
    type: z.literal('FeatureCollection'),
    features: z.array(
      z.object({
        type: z.literal('Feature'),
        id: placeId,
        properties: z.object({ name: line(1, 100) }),
        geometry,
      }),
    ),
  })
  .openapi('Zones');
export type ZonesBody = z.output<typeof zonesSchema>;

export function zonesOf({ features }: ZonesBody): Zone[] {
  return features.map(({ id, properties, geometry: shape }) => ({
    id,
    name: properties.name,
    polygons: shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates,
  }));
}

export function zonesItem(zones: readonly Zone[]): z.input<typeof zonesSchema> {
  return {
    type: 'FeatureCollection',
    features: zones.map(({ id, name, polygons }) => ({
      type: 'Feature',
      id,
      properties: { name },
      geometry: geometryOf(polygons),
    })),
  };
}

function geometryOf(polygons: readonly Polygon[]): z.input<typeof geometry> {
  const coordinates = polygons.map((rings) => rings.map((ring) => ring.map((each) => [...each])));
  const [only] = coordinates;
  return coordinates.length === 1 && only !== undefined
    ? { type: 'Polygon', coordinates: only }
    : { type: 'MultiPolygon', coordinates };
}

/** Where in the document a problem of its zones is. */
export function zonesPath(path: string, { features }: ZonesBody): string {
  const at = /^\[(\d+)\]/.exec(path)?.[1];
  const type = at === undefined ? undefined : features[Number(at)]?.geometry.type;
  const part = type === 'Polygon' ? /\.polygons\[\d+\]/ : /\.polygons/;
  return `features${path.replace(part, '.geometry.coordinates')}`;
}

const checkpoint = z.object({
  id: placeId,
  name: line(1, 100),
  zoneId: placeId.optional().openapi({ description: 'Left out: the zone at its position.' }),
  position: position.optional().openapi({ description: 'Longitude and latitude.' }),
  gateId: identifier('gat').optional().openapi({
    description: 'The gate that it is at; left out: inside.',
  }),
  clockUncertaintyMs: z.int().min(0).max(60_000).optional().openapi({
    default: CLOCK_UNCERTAINTY_MS,
    description: 'How far its clock may be from ours, either way.',
  }),
});
export const checkpointsSchema = z
  .object({ checkpoints: z.array(checkpoint) })
  .openapi('Checkpoints');

export function checkpointsOf({ checkpoints }: z.output<typeof checkpointsSchema>): Checkpoint[] {
  return checkpoints.map((each) => ({
    id: each.id,
    name: each.name,
    zoneId: each.zoneId ?? null,
    position: each.position ?? null,
    gateId: each.gateId ?? null,
    clockUncertaintyMs: each.clockUncertaintyMs ?? CLOCK_UNCERTAINTY_MS,
  }));
}

export function checkpointsItem(
  checkpoints: readonly Checkpoint[],
): z.input<typeof checkpointsSchema> {
  return {
    checkpoints: checkpoints.map(({ zoneId, position: at, gateId, ...each }) => ({
      ...each,
      ...(zoneId === null ? {} : { zoneId }),
      ...(at === null ? {} : { position: [...at] }),
      ...(gateId === null ? {} : { gateId }),
    })),
  };
}

export const distancesSchema = z
  .object({
    distances: z.array(
      z.object({
        from: placeId,
        to: placeId,
        metres: z.number().openapi({
          description: 'Of the shortest rideable path in this direction, as surveyed; at least 50.',
        }),
      }),
    ),
  })
  .openapi('Distances');
