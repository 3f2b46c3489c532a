import { z } from '@hono/zod-openapi';
import type { CodeRange, IssuingDeps } from '../../access/issue-codes.ts';
import { listRiderPasses } from '../../access/list-rider-passes.ts';
import { requestStationPass } from '../../access/request-station-pass.ts';
import type { AlertId, CourierId } from '../../domain/identifier.ts';
import { formatTime } from '../answer.ts';
import { type Api, endpoint } from '../endpoint.ts';
import type { EventStreams } from '../event-stream.ts';
import { notFound, Problem } from '../problem.ts';
import { RiderFeed } from '../rider-feed.ts';
import { alertCaseItem } from '../schemas/alert-case.ts';
import { passItem, passSchema } from '../schemas/pass.ts';
import { identifier, instant, instantText, integerQuery } from '../schemas/values.ts';
import { tooFarAhead } from './codes.ts';

const passesSchema = z
  .object({ items: z.array(passSchema).readonly(), serverTime: instantText })
  .openapi('Passes');

const stationPassSchema = passSchema.extend({ serverTime: instantText }).openapi('StationPass');

/** `/v1/rider/passes` and `/v1/rider/stream`: a rider's passes with their codes, once and as they change. */
export function registerRiderPasses(api: Api, deps: IssuingDeps, streams: EventStreams): void {
  registerList(api, deps);
  registerStream(api, deps, streams);
  registerStationPass(api, deps);
}

function registerList(api: Api, deps: IssuingDeps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/rider/passes',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'My passes and their codes',
      description:
        'Live passes and those that ended in the last two hours, newest first. Each carries exactly `codes` codes, the first being the window that holds `serverTime`, or with `after` the next ones: fetch ahead, and the pass works without signal. An ended pass has none. Where a rule already refuses entry there are no entry codes (exit-only ones while inside) and `refusal` says why.',
      query: z.object({
        codes: codesQuery(deps),
        after: instant.optional().openapi({
          description: 'A `notBefore` that is at hand: the codes are those after it.',
        }),
      }),
      answer: { description: 'The passes.', schema: passesSchema },
    },
    async ({ caller, query }) => {
      const range = { count: query.codes, after: query.after ?? null };
      return readPasses(deps, caller.courierId, range);
    },
  );
}

function registerStream(api: Api, deps: IssuingDeps, streams: EventStreams): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/rider/stream',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'My passes as they change',
      description:
        'Server-sent events: `passes`, with the body of `GET /v1/rider/passes`, at once and whenever it has changed; `decision`, when a gate or a guard has judged the rider: the answer that the gate got, and its `direction`; `alert`, with an item of `GET /v1/rider/alerts`, when one is raised about the rider. A comment every 15 s. Ends with the session.',
      query: z.object({ codes: codesQuery(deps) }),
      answer: { description: 'The stream.', contentType: 'text/event-stream' },
    },
    ({ caller, query }) =>
      streams.open(caller.sessionHash, (stream) => {
        const range = { count: query.codes, after: null };
        return new RiderFeed(deps, caller, stream, {
          passes: (courierId) => readPasses(deps, courierId, range),
          alert: (courierId, alertId) => readAlert(deps, courierId, alertId),
        });
      }),
  );
}

function registerStationPass(api: Api, deps: IssuingDeps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rider/passes',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'Ask for a station’s pass',
      description:
        'A station’s doors open to a rider for whom a platform vouched in the last 30 days, without a live order. The pass lasts 2 hours; asked for again, it is prolonged.',
      body: { json: z.object({ communityId: identifier('com') }).openapi('StationPassRequest') },
      answer: { description: 'The pass, with its first codes.', schema: stationPassSchema },
      problems: ['not_found', 'not_a_station', 'not_vouched'],
    },
    async ({ caller, body }) => {
      const { courierId } = caller;
      const outcome = await requestStationPass(deps, { courierId, communityId: body.communityId });
      switch (outcome.kind) {
        case 'ok':
          return { ...passItem(outcome), serverTime: formatTime(outcome.now) };
        case 'not_found':
          throw notFound('There is no such community.');
        case 'not_a_station':
          throw new Problem('not_a_station', 'Elsewhere a delivery makes the pass.');
        case 'not_vouched':
          throw new Problem('not_vouched', 'Open a new link in the app of your platform.');
      }
    },
  );
}

function codesQuery({ config: { limits } }: IssuingDeps) {
  const count = limits.codesPerRequestDefault;
  return integerQuery(1, limits.codesPerRequest).default(count).openapi({ default: count });
}

async function readAlert({ store, now }: IssuingDeps, courierId: CourierId, alertId: AlertId) {
  const found = await store.findRiderAlert({ courierId, alertId, as: 'announced', now: now() });
  return found === null ? null : alertCaseItem(found);
}

async function readPasses(
  deps: IssuingDeps,
  courierId: CourierId,
  range: CodeRange,
): Promise<z.input<typeof passesSchema>> {
  const outcome = await listRiderPasses(deps, { courierId, range });
  if (outcome.kind === 'too_far_ahead') throw tooFarAhead();
  return { items: outcome.passes.map(passItem), serverTime: formatTime(outcome.now) };
}
