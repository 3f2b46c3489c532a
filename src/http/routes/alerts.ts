import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { alertItem, alertSchema } from '../schemas/alert.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS } from '../supervisor.ts';

/** `GET /v1/communities/{id}/alerts`: what a manager should look at. */
export function registerAlerts(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/alerts',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Alerts, newest first',
      description:
        'What lasts (`gate_offline`, `gate_clock_skew`, `gate_event_gap`, `gate_queue_high`) is raised once until it ends; everything else has ended when it is raised.',
      params: z.object({ id: identifier('com') }),
      query: pageQuery.extend({
        open: z
          .enum(['true', 'false'])
          .transform((text) => text === 'true')
          .optional()
          .openapi({ type: 'boolean', description: 'Only those that last, or only the others.' }),
      }),
      answer: {
        description: 'A page of alerts.',
        schema: pageSchema(alertSchema).openapi('AlertPage'),
      },
    },
    async ({ caller, params, query }) => {
      const communityId = params.id;
      await requireCommunity(deps, caller, communityId);
      const open = query.open ?? null;
      const page = await deps.store.listAlerts({ communityId, open, page: pageRequest(query) });
      return pageAnswer(page, alertItem);
    },
  );
}
