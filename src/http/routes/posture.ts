import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findCoveredGate } from '../../access/find-covered.ts';
import { setCommunityPosture, setGatePosture } from '../../access/set-posture.ts';
import { DAY_MS, type Millis } from '../../domain/clock.ts';
import { POSTURES, type Posture } from '../../domain/community.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, notFound, Problem } from '../problem.ts';
import { postureItem, postureSchema } from '../schemas/posture.ts';
import { identifier, instant, line } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS, scopeOf } from '../supervisor.ts';
import { requireUntil } from '../until.ts';

/** A posture has an end, so that none is forgotten. */
const LONGEST_POSTURE_MS = 7 * DAY_MS;

const COMMUNITY_POSTURES = ['normal', 'lockdown', 'open'] as const;

/** `until` and `reason` are needed for all but a return to normal. */
function commandSchema<P extends Posture>(postures: readonly [P, ...P[]]) {
  return z.object({
    posture: z.enum(postures),
    until: instant.nullish().openapi({
      description: 'When it falls back to normal: at most 7 days ahead. Required unless normal.',
    }),
    reason: line(1, 200).optional().openapi({ description: 'Required unless normal.' }),
  });
}

/** `PUT …/posture`: state set by command, with an end. */
export function registerPosture(api: Api, deps: Deps): void {
  registerCommunity(api, deps);
  registerGate(api, deps);
}

function registerCommunity(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'put',
      path: '/v1/communities/{id}/posture',
      auth: SUPERVISORS,
      right: 'guard',
      tag: 'Supervision',
      summary: 'Lock a community down, open it, or return to normal',
      description:
        'In force at all gates with the next decision. `lockdown` refuses entry, `open` grants any authentic code of the community; exits are never refused.',
      params: z.object({ id: identifier('com') }),
      body: { json: commandSchema(COMMUNITY_POSTURES).openapi('CommunityPostureCommand') },
      answer: { description: 'The posture that was set.', schema: postureSchema },
      problems: ['conflict'],
    },
    async ({ caller, params, body }) => {
      const communityId = params.id;
      await requireCommunity(deps, caller, communityId);
      const now = deps.now();
      const command = { posture: body.posture, ...termsOf(body, now) };
      const actor = actorOf(caller);
      const outcome = await setCommunityPosture(deps, { communityId, ...command, actor });
      if (outcome === 'not_found') throw notFound();
      if (outcome === 'restored')
        throw new Problem(
          'conflict',
          'It is a restored backup: an operator must confirm it first.',
        );
      return postureItem(command, now);
    },
  );
}

function registerGate(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'put',
      path: '/v1/gates/{id}/posture',
      auth: SUPERVISORS,
      right: 'guard',
      tag: 'Supervision',
      summary: 'Lock a gate down, open or close it, or return to normal',
      params: z.object({ id: identifier('gat') }),
      body: { json: commandSchema(POSTURES).openapi('GatePostureCommand') },
      answer: { description: 'The posture that was set.', schema: postureSchema },
    },
    async ({ caller, params, body }) => {
      const gate = await findCoveredGate(deps, scopeOf(caller), params.id);
      if (gate === null) throw notFound();
      const now = deps.now();
      const command = { posture: body.posture, ...termsOf(body, now) };
      const { id: gateId, communityId } = gate;
      const actor = actorOf(caller);
      if (!(await setGatePosture(deps, { gateId, communityId, ...command, actor })))
        throw notFound();
      return postureItem(command, now);
    },
  );
}

interface PostureBody {
  readonly posture: Posture;
  readonly until?: Millis | null | undefined;
  readonly reason?: string | undefined;
}

/** @throws Problem 422 where the end or the reason is missing, or the end is past or too far ahead */
function termsOf(body: PostureBody, now: Millis): { until: Millis | null; reason: string | null } {
  if (body.posture === 'normal') return { until: null, reason: body.reason ?? null };
  if (body.until == null) throw invalidInput('until', 'required unless normal');
  if (body.reason === undefined) throw invalidInput('reason', 'required unless normal');
  return { until: requireUntil(body.until, now, LONGEST_POSTURE_MS), reason: body.reason };
}
