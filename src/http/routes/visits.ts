import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import type { VisitRecord } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier, instantText } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS } from '../supervisor.ts';

const visitSchema = z
  .object({
    id: identifier('vis'),
    passId: identifier('pas'),
    courierId: identifier('cou').optional(),
    communityId: identifier('com'),
    openedAt: instantText,
    entryGateId: identifier('gat').optional(),
    closedAt: instantText.optional(),
    exitGateId: identifier('gat').optional(),
    closedBy: z.enum(['exit', 'delivery_end', 'timeout', 'join']).optional(),
  })
  .openapi('Visit', { description: 'Open while it has no `closedAt`.' });

/** `GET /v1/communities/{id}/visits`: who is inside, and who was. */
export function registerVisits(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/visits',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Visits, newest first',
      params: z.object({ id: identifier('com') }),
      query: pageQuery.extend({
        open: z
          .enum(['true', 'false'])
          .transform((text) => text === 'true')
          .optional()
          .openapi({
            type: 'boolean',
            description: 'Only those that are open, or only those that are not.',
          }),
      }),
      answer: {
        description: 'A page of visits.',
        schema: pageSchema(visitSchema).openapi('VisitPage'),
      },
    },
    async ({ caller, params, query }) => {
      const communityId = params.id;
      await requireCommunity(deps, caller, communityId);
      const open = query.open ?? null;
      const page = await deps.store.listVisits({ communityId, open, page: pageRequest(query) });
      return pageAnswer(page, visitItem);
    },
  );
}

function visitItem(visit: VisitRecord): z.input<typeof visitSchema> {
  return {
    id: visit.id,
    passId: visit.passId,
    courierId: visit.courierId ?? undefined,
    communityId: visit.communityId,
    openedAt: formatTime(visit.openedAt),
    entryGateId: visit.entryGateId ?? undefined,
    closedAt: visit.closedAt === null ? undefined : formatTime(visit.closedAt),
    exitGateId: visit.exitGateId ?? undefined,
    closedBy: visit.closedBy ?? undefined,
  };
}
