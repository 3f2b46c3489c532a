import { z } from '@hono/zod-openapi';
import { PLAN_KINDS, type Plan, type Position } from '../../domain/plan.ts';
import { line } from './values.ts';

/** Things on one plan. */
export const PLAN_FEATURES = 2_000;
/** Corners of one thing. */
const CORNERS = 500;
const HOLES = 20;

/** Longitude and latitude; a height is left away. @see RFC 7946 §3.1.1 */
const position = z
  .array(z.number())
  .min(2)
  .max(3)
  .refine(
    ([longitude = 999, latitude = 999]) => Math.abs(longitude) <= 180 && Math.abs(latitude) <= 85,
    'expected [longitude, latitude] in degrees',
  )
  .transform(([longitude = 0, latitude = 0]): Position => [longitude, latitude]);

const ring = z.array(position).min(4).max(CORNERS);

const geometry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Point'), coordinates: position }),
  z.object({ type: z.literal('LineString'), coordinates: z.array(position).min(2).max(CORNERS) }),
  z.object({ type: z.literal('Polygon'), coordinates: z.array(ring).min(1).max(HOLES) }),
]);

const feature = z.object({
  type: z.literal('Feature'),
  geometry,
  properties: z
    .object({
      kind: z.enum(PLAN_KINDS),
      name: line(1, 60),
      speedLimitKmh: z.number().min(1).max(120).optional(),
    })
    .transform(({ kind, name, speedLimitKmh }) => ({
      kind,
      name,
      ...(speedLimitKmh !== undefined && { speedLimitKmh }),
    })),
});

/** A community's plan: GeoJSON of which only what is needed is kept. @see RFC 7946 */
export const planSchema = z
  .object({
    type: z.literal('FeatureCollection'),
    features: z.array(feature).max(PLAN_FEATURES),
  })
  .transform(({ type, features }): Plan => ({ type, features }))
  .openapi('Plan', {
    type: 'object',
    description:
      'A GeoJSON FeatureCollection (RFC 7946) of Points, LineStrings and Polygons in WGS-84, each with `properties.kind` and `properties.name`.',
    required: ['type', 'features'],
    properties: {
      type: { type: 'string', enum: ['FeatureCollection'] },
      features: { type: 'array', maxItems: PLAN_FEATURES, items: { type: 'object' } },
    },
  });
