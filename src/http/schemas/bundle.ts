/** What a gate judges by when it is alone, as the wire writes it. */
import { z } from '@hono/zod-openapi';
import { COMMUNITY_KINDS, POSTURES } from '../../domain/community.ts';
import { identifier, instantText } from './values.ts';

const setPostureSchema = z
  .object({ posture: z.enum(POSTURES), until: instantText.nullable() })
  .openapi('SetPosture', {
    description: 'As it was set: from `until` on it is normal. Null: until the next command.',
  });

const posturesSchema = z
  .object({ community: setPostureSchema, gate: setPostureSchema })
  .openapi('GatePostures');

const intervalSchema = z
  .object({ from: instantText, to: instantText })
  .openapi('OpenInterval', { description: '`from` included, `to` excluded.' });

export const bundleSchema = z
  .object({
    serverTime: instantText,
    version: z.int().openapi({ description: 'Only grows.' }),
    maxStaleMinutes: z.int().min(1).max(720).openapi({
      description: 'Older than this, no entry is judged by the bundle or by its status list.',
    }),
    gate: z.object({
      id: identifier('gat'),
      directions: z.array(z.enum(['in', 'out'])).readonly(),
      lanes: z.array(z.string()).readonly(),
    }),
    jwks: z
      .object({ keys: z.array(z.looseObject({})).readonly() })
      .openapi({ description: 'Courier-code and status-list keys, next ones included.' }),
    statusList: z.string().openapi({ description: 'Compact JWS, `statuslist+jwt`.' }),
    posture: posturesSchema,
    openIntervals: z.array(intervalSchema).readonly().openapi({
      description: 'When riders may enter, for the next 48 hours at least, in UTC. None: never.',
    }),
    rules: z
      .object({
        version: z.int(),
        communityId: identifier('com'),
        kind: z.enum(COMMUNITY_KINDS),
        forRiders: z.boolean(),
        passageSensor: z.boolean(),
        rescanGraceSeconds: z.number(),
        speedLimitKmh: z.number(),
        offline: z.object({ allow: z.boolean() }),
        confirmationIntervals: z.array(intervalSchema).readonly(),
      })
      .openapi({ description: 'What can be judged offline, applied to this gate.' }),
  })
  .openapi('GateBundle');
