import { z } from '@hono/zod-openapi';
import { acknowledgeAlert } from '../../access/acknowledge-alert.ts';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import type { AlertId, CommunityId } from '../../domain/identifier.ts';
import type { AlertCase } from '../../store/conduct-store.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { evidenceAnswer, SVG } from '../evidence-answer.ts';
import { notFound } from '../problem.ts';
import { alertItem, alertSchema } from '../schemas/alert.ts';
import { alertCaseItem, alertCaseSchema } from '../schemas/alert-case.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS, type Supervisor, scopeOf } from '../supervisor.ts';

const alertParams = z.object({ id: identifier('com'), alertId: identifier('alr') });

/** `/v1/communities/{id}/alerts`: what a manager should look at, and what each rests on. */
export function registerAlerts(api: Api, deps: Deps): void {
  registerList(api, deps);
  registerOne(api, deps);
  registerPicture(api, deps);
  registerAcknowledgement(api, deps);
}

function registerList(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/alerts',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Alerts, newest first',
      description:
        'What lasts (`gate_offline`, `gate_clock_skew`, `gate_event_gap`, `gate_queue_high`) is raised once until it ends, and a speed alert lasts as long as its episode; everything else has ended when it is raised.',
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

function registerOne(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/alerts/{alertId}',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'One alert, with what it rests on',
      description:
        'Of a speed alert the readings, the limit and its margin, the zone, the version of the rules, the points that it cost, the sanctions that followed, and the appeal.',
      params: alertParams,
      answer: { description: 'The alert.', schema: alertCaseSchema },
    },
    async ({ caller, params }) => {
      await requireCommunity(deps, caller, params.id);
      return alertCaseItem(await requireAlert(deps, params.id, params.alertId));
    },
  );
}

function registerPicture(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/alerts/{alertId}/evidence.svg',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Speed over time against the limit, as a picture',
      description: '404 for an alert that is not about a speed.',
      params: alertParams,
      answer: { description: 'The picture.', contentType: SVG },
    },
    async ({ caller, params }) => {
      const { timezone } = await community(deps, caller, params.id);
      return evidenceAnswer(await requireAlert(deps, params.id, params.alertId), timezone);
    },
  );
}

function registerAcknowledgement(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/alerts/{alertId}/acknowledge',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Take note of an alert',
      description: 'The first time stays; again it changes nothing.',
      params: alertParams,
      answer: { description: 'The alert.', schema: alertSchema },
    },
    async ({ caller, params: { id: communityId, alertId } }) => {
      await requireCommunity(deps, caller, communityId);
      const actor = actorOf(caller);
      const alert = await acknowledgeAlert(deps, { communityId, alertId, actor });
      if (alert === null) throw notFound();
      return alertItem(alert);
    },
  );
}

async function requireAlert(
  { store }: Deps,
  communityId: CommunityId,
  alertId: AlertId,
): Promise<AlertCase> {
  const found = await store.findAlert({ communityId, alertId });
  if (found === null) throw notFound();
  return found;
}

async function community(deps: Deps, caller: Supervisor, id: CommunityId) {
  const found = await findCoveredCommunity(deps, scopeOf(caller), id);
  if (found === null) throw notFound();
  return found;
}
