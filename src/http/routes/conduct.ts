import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { liftSanction } from '../../access/lift-sanction.ts';
import { setSanction } from '../../access/set-sanction.ts';
import { DAY_MS } from '../../domain/clock.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import {
  conductItem,
  conductSchema,
  movementItem,
  movementSchema,
  sanctionItem,
  sanctionSchema,
} from '../schemas/alert-case.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier, instant, line } from '../schemas/values.ts';
import { requireCommunity } from '../supervisor.ts';
import { requireUntil } from '../until.ts';

/** A sanction set by hand ends at the latest this much later. */
const LONGEST_SANCTION_MS = 30 * DAY_MS;
/** Points for one good deed. */
const MOST_POINTS = 1_000;

const courierParams = z.object({ id: identifier('com'), courierId: identifier('cou') });

/** Points and sanctions of couriers in a community. */
export function registerConduct(api: Api, deps: Deps): void {
  registerSetSanction(api, deps);
  registerLiftSanction(api, deps);
  registerBalance(api, deps);
  registerMovements(api, deps);
  registerContribution(api, deps);
}

function registerSetSanction(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/alerts/{alertId}/sanctions',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'Bind a rider because of an alert',
      description:
        'Beside what the rules say, on the ground of an alert that stands and that is not a phone’s word alone. It ends at most 30 days later; an appeal against the alert that is upheld lifts it, and so does its withdrawal. Somebody else decides about that appeal.',
      params: z.object({ id: identifier('com'), alertId: identifier('alr') }),
      body: {
        json: z
          .object({ kind: z.enum(['confirmation', 'suspension']), until: instant })
          .openapi('NewSanction'),
      },
      answer: { status: 201, description: 'The sanction.', schema: sanctionSchema },
      problems: ['conflict'],
    },
    async ({ caller, params: { id: communityId, alertId }, body }) => {
      await requireCommunity(deps, caller, communityId);
      const until = requireUntil(body.until, deps.now(), LONGEST_SANCTION_MS);
      const { kind } = body;
      const actor = actorOf(caller);
      const outcome = await setSanction(deps, { communityId, alertId, kind, until, actor });
      if (outcome === 'not_found') throw notFound('There is no such alert about a rider.');
      if (typeof outcome === 'string') throw new Problem('conflict', NO_GROUND[outcome]);
      return sanctionItem(outcome);
    },
  );
}

const NO_GROUND: Readonly<Record<'phone' | 'withdrawn' | 'upheld', string>> = {
  phone: 'A phone’s word binds nobody.',
  withdrawn: 'The alert was withdrawn.',
  upheld: 'An appeal against the alert was upheld.',
};

function registerLiftSanction(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/communities/{id}/sanctions/{sanctionId}',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'Lift a sanction before its time',
      params: z.object({ id: identifier('com'), sanctionId: identifier('san') }),
      answer: { status: 204, description: 'Lifted.' },
    },
    async ({ caller, params: { id: communityId, sanctionId } }) => {
      await requireCommunity(deps, caller, communityId);
      const lifted = await liftSanction(deps, { communityId, sanctionId, actor: actorOf(caller) });
      if (!lifted) throw notFound('There is no such sanction in force.');
      return undefined;
    },
  );
}

function registerBalance(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/couriers/{courierId}/conduct',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'A courier’s points and sanctions here',
      description: 'Of a courier with nothing on the accounts both are 0.',
      params: courierParams,
      answer: { description: 'The accounts.', schema: conductSchema },
    },
    async ({ caller, params: { id: communityId, courierId } }) => {
      await requireCommunity(deps, caller, communityId);
      const all = await deps.store.listConduct(courierId, deps.now());
      const own = all.find((record) => record.communityId === communityId);
      return conductItem(own ?? { communityId, conduct: 0, contribution: 0, sanctions: [] });
    },
  );
}

function registerMovements(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/couriers/{courierId}/movements',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'What moved a courier’s points here, newest first',
      description: 'A balance is the sum of the movements of its account.',
      params: courierParams,
      query: pageQuery,
      answer: { description: 'A page of movements.', schema: pageSchema(movementSchema) },
    },
    async ({ caller, params: { id: communityId, courierId }, query }) => {
      await requireCommunity(deps, caller, communityId);
      const page = pageRequest(query);
      const movements = await deps.store.listMovements({ communityId, courierId, page });
      return pageAnswer(movements, movementItem);
    },
  );
}

function registerContribution(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/couriers/{courierId}/contributions',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'Give points for a good deed',
      description:
        'On the contribution account, which no alert takes from. The same reference counts once.',
      params: courierParams,
      body: {
        json: z
          .object({ points: z.int().min(1).max(MOST_POINTS), reference: line(1, 64) })
          .openapi('Contribution'),
      },
      answer: { status: 204, description: 'Counted.' },
    },
    async ({ caller, params: { id: communityId, courierId }, body }) => {
      await requireCommunity(deps, caller, communityId);
      const deed = { communityId, courierId, ...body, actor: actorOf(caller) };
      if (!(await deps.store.contribute({ ...deed, now: deps.now() })))
        throw notFound('There is no such courier.');
      return undefined;
    },
  );
}
