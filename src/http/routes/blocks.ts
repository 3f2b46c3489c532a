import { z } from '@hono/zod-openapi';
import { blockCourier } from '../../access/block-courier.ts';
import type { Deps } from '../../access/deps.ts';
import { unblockCourier } from '../../access/unblock-courier.ts';
import { DAY_MS } from '../../domain/clock.ts';
import type { Block } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier, instant, instantText, line } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS } from '../supervisor.ts';
import { requireUntil } from '../until.ts';

/** A block has an end, and nobody is kept out for longer without being judged anew. */
const LONGEST_BLOCK_MS = 365 * DAY_MS;

const blockParams = z.object({ id: identifier('com'), courierId: identifier('cou') });

const blockSchema = z
  .object({
    courierId: identifier('cou'),
    reason: z.string(),
    until: instantText,
    createdAt: instantText,
  })
  .openapi('Block');

/** `/v1/communities/{id}/blocks`: couriers that a community keeps out for a time. */
export function registerBlocks(api: Api, deps: Deps): void {
  registerPut(api, deps);
  registerDelete(api, deps);
  registerList(api, deps);
}

function registerPut(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'put',
      path: '/v1/communities/{id}/blocks/{courierId}',
      auth: SUPERVISORS,
      right: 'guard',
      tag: 'Supervision',
      summary: 'Keep a courier out until an end',
      description:
        'Entry is `rider_blocked` at once, and the rider sees so before riding there; an exit is never refused. A block that is there already is replaced. The end lies at most a year ahead.',
      params: blockParams,
      body: { json: z.object({ reason: line(1, 200), until: instant }).openapi('BlockRequest') },
      answer: { description: 'The block.', schema: blockSchema },
    },
    async ({ caller, params: { id: communityId, courierId }, body }) => {
      await requireCommunity(deps, caller, communityId);
      const until = requireUntil(body.until, deps.now(), LONGEST_BLOCK_MS);
      const actor = actorOf(caller);
      const block = await blockCourier(deps, {
        communityId,
        courierId,
        reason: body.reason,
        until,
        actor,
      });
      if (block === null) throw notFound('There is no such courier.');
      return blockItem(block);
    },
  );
}

function registerDelete(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/communities/{id}/blocks/{courierId}',
      auth: SUPERVISORS,
      right: 'guard',
      tag: 'Supervision',
      summary: 'End a block before its time',
      params: blockParams,
      answer: { status: 204, description: 'Ended.' },
    },
    async ({ caller, params: { id: communityId, courierId } }) => {
      await requireCommunity(deps, caller, communityId);
      const ended = await unblockCourier(deps, { communityId, courierId, actor: actorOf(caller) });
      if (!ended) throw notFound('There is no such block.');
      return undefined;
    },
  );
}

function registerList(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/blocks',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Blocks in force, newest first',
      params: blockParams.pick({ id: true }),
      query: pageQuery,
      answer: {
        description: 'A page of blocks.',
        schema: pageSchema(blockSchema).openapi('BlockPage'),
      },
    },
    async ({ caller, params: { id: communityId }, query }) => {
      await requireCommunity(deps, caller, communityId);
      const page = await deps.store.listBlocks(communityId, pageRequest(query), deps.now());
      return pageAnswer(page, blockItem);
    },
  );
}

function blockItem({ courierId, reason, until, createdAt }: Block): z.input<typeof blockSchema> {
  return { courierId, reason, until: formatTime(until), createdAt: formatTime(createdAt) };
}
