/** What a gate judges by when it is alone, as the wire writes it. */
import { z } from '@hono/zod-openapi';
import type { GateBundle, GatePostures } from '../../access/gate-bundle.ts';
import { COMMUNITY_KINDS, POSTURES, type PostureState } from '../../domain/community.ts';
import type { OpenInterval } from '../../domain/opening-hours.ts';
import { formatTime } from '../answer.ts';
import { identifier, instantText } from './values.ts';

const setPostureSchema = z
  .object({ posture: z.enum(POSTURES), until: instantText.nullable() })
  .openapi('SetPosture', {
    description: 'As it was set: from `until` on it is normal. Null: until the next command.',
  });

export const posturesSchema = z
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

/** Members and their order are fixed: equal bundles are equal texts. */
export function bundleItem(bundle: GateBundle): z.input<typeof bundleSchema> {
  const { rules, jwks } = bundle;
  return {
    serverTime: formatTime(bundle.serverTime),
    version: bundle.version,
    maxStaleMinutes: bundle.maxStaleMinutes,
    gate: bundle.gate,
    jwks: { keys: jwks.keys },
    statusList: bundle.statusList,
    posture: posturesItem(bundle.posture),
    openIntervals: bundle.openIntervals.map(intervalItem),
    rules: { ...rules, confirmationIntervals: rules.confirmationIntervals.map(intervalItem) },
  };
}

export function posturesItem({ community, gate }: GatePostures): z.input<typeof posturesSchema> {
  return { community: postureItem(community), gate: postureItem(gate) };
}

function postureItem({ posture, until }: PostureState): z.input<typeof setPostureSchema> {
  return { posture, until: until === null ? null : formatTime(until) };
}

function intervalItem({ from, to }: OpenInterval): z.input<typeof intervalSchema> {
  return { from: formatTime(from), to: formatTime(to) };
}
