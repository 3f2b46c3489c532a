import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import type { AlertId, CourierId } from '../../domain/identifier.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { evidenceAnswer, SVG } from '../evidence-answer.ts';
import { notFound } from '../problem.ts';
import {
  alertCaseItem,
  alertCaseSchema,
  conductItem,
  conductSchema,
} from '../schemas/alert-case.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier } from '../schemas/values.ts';

const params = z.object({ alertId: identifier('alr') });

/** `/v1/rider/alerts` and `/v1/rider/conduct`: what a rider is told of, with what it rests on. */
export function registerRiderAlerts(api: Api, deps: Deps): void {
  registerList(api, deps);
  registerOne(api, deps);
  registerPicture(api, deps);
  registerAccounts(api, deps);
}

function registerList(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/rider/alerts',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'Alerts about me, newest first',
      description:
        'Of every community, each with its evidence, its points and its appeal. Whatever is listed counts as shown from now on.',
      query: pageQuery,
      answer: { description: 'A page of alerts.', schema: pageSchema(alertCaseSchema) },
    },
    async ({ caller: { courierId }, query }) => {
      const page = pageRequest(query);
      const alerts = await deps.store.listRiderAlerts({ courierId, page, now: deps.now() });
      return pageAnswer(alerts, alertCaseItem);
    },
  );
}

function registerOne(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/rider/alerts/{alertId}',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'One alert about me',
      description: 'It counts as shown from now on.',
      params,
      answer: { description: 'The alert.', schema: alertCaseSchema },
    },
    async ({ caller, params: { alertId } }) =>
      alertCaseItem(await requireOwn(deps, caller.courierId, alertId)),
  );
}

function registerPicture(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/rider/alerts/{alertId}/evidence.svg',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'My speed over time against the limit, as a picture',
      description: '404 for an alert that is not about a speed.',
      params,
      answer: { description: 'The picture.', contentType: SVG },
    },
    async ({ caller, params: { alertId } }) => {
      const found = await requireOwn(deps, caller.courierId, alertId);
      const community = await deps.store.findCommunity(found.alert.communityId);
      if (community === null) throw notFound();
      return evidenceAnswer(found, community.timezone);
    },
  );
}

function registerAccounts(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/rider/conduct',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'My points and sanctions, community by community',
      answer: {
        description: 'Communities where there is something on an account.',
        schema: z.object({ items: z.array(conductSchema).readonly() }).openapi('RiderConduct'),
      },
    },
    async ({ caller }) => ({
      items: (await deps.store.listConduct(caller.courierId, deps.now())).map(conductItem),
    }),
  );
}

async function requireOwn({ store, now }: Deps, courierId: CourierId, alertId: AlertId) {
  const found = await store.findRiderAlert({ courierId, alertId, as: 'shown', now: now() });
  if (found === null) throw notFound('There is no such alert about you.');
  return found;
}
