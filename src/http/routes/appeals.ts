import { z } from '@hono/zod-openapi';
import { decideAppeal } from '../../access/decide-appeal.ts';
import type { Deps } from '../../access/deps.ts';
import { fileAppeal } from '../../access/file-appeal.ts';
import { APPEAL_STATES } from '../../domain/conduct/appeal.ts';
import type { AppealOutcome, AppealRecord } from '../../store/conduct-store.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { appealItem, appealSchema } from '../schemas/alert-case.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier, line } from '../schemas/values.ts';
import { requireCommunity } from '../supervisor.ts';

const newAppealSchema = z
  .object({ text: line(1, 500).openapi({ description: 'Why. Erasable; never on the audit log.' }) })
  .openapi('NewAppeal');

const WHEN = 'Once for each alert of one’s own, until 30 days after it was shown first.';

/** Riders object to alerts about them, and managers decide. */
export function registerAppeals(api: Api, deps: Deps): void {
  registerOfCommunity(api, deps);
  registerOfRider(api, deps);
  registerList(api, deps);
  registerDecision(api, deps);
}

function registerOfCommunity(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/alerts/{alertId}/appeals',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'Object to an alert about me',
      description: WHEN,
      params: z.object({ id: identifier('com'), alertId: identifier('alr') }),
      body: { json: newAppealSchema },
      answer: { status: 201, description: 'The appeal.', schema: appealSchema },
      problems: ['appealed_before', 'appeal_too_late'],
    },
    async ({ caller: { courierId }, params: { id: communityId, alertId }, body: { text } }) =>
      appealItem(filed(await fileAppeal(deps, { courierId, alertId, communityId, text }))),
  );
}

function registerOfRider(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rider/alerts/{alertId}/appeals',
      auth: ['rider'],
      tag: 'Riders',
      summary: 'Object to an alert about me, by the alert alone',
      description: WHEN,
      params: z.object({ alertId: identifier('alr') }),
      body: { json: newAppealSchema },
      answer: { status: 201, description: 'The appeal.', schema: appealSchema },
      problems: ['appealed_before', 'appeal_too_late'],
    },
    async ({ caller: { courierId }, params: { alertId }, body: { text } }) =>
      appealItem(filed(await fileAppeal(deps, { courierId, alertId, communityId: null, text }))),
  );
}

function registerList(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/appeals',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'Appeals, newest first',
      params: z.object({ id: identifier('com') }),
      query: pageQuery.extend({ state: z.enum(APPEAL_STATES).optional() }),
      answer: { description: 'A page of appeals.', schema: pageSchema(appealSchema) },
    },
    async ({ caller, params: { id: communityId }, query }) => {
      await requireCommunity(deps, caller, communityId);
      const state = query.state ?? null;
      const page = await deps.store.listAppeals({ communityId, state, page: pageRequest(query) });
      return pageAnswer(page, appealItem);
    },
  );
}

function registerDecision(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/alerts/{alertId}/appeals/{appealId}/decision',
      auth: ['manager'],
      tag: 'Supervision',
      summary: 'Decide an appeal',
      description:
        'Once. Upheld, the alert counts no more: its points come back, and what followed from it is lifted. Whoever set a sanction by hand on the alert’s ground leaves the decision to another manager.',
      params: z.object({
        id: identifier('com'),
        alertId: identifier('alr'),
        appealId: identifier('apl'),
      }),
      body: {
        json: z
          .object({
            decision: z.enum(['upheld', 'rejected']),
            reason: line(1, 500).openapi({ description: 'For the rider to read.' }),
          })
          .openapi('AppealDecision'),
      },
      answer: { description: 'The appeal.', schema: appealSchema },
      problems: ['appeal_decided', 'own_sanction'],
    },
    async ({ caller, params: { id: communityId, alertId, appealId }, body }) => {
      await requireCommunity(deps, caller, communityId);
      const actor = actorOf(caller);
      const outcome = await decideAppeal(deps, { communityId, alertId, appealId, ...body, actor });
      switch (outcome.kind) {
        case 'decided':
          return appealItem(outcome.appeal);
        case 'not_found':
          throw notFound();
        case 'decided_before':
          throw new Problem('appeal_decided', 'An appeal is decided once.');
        case 'own_sanction':
          throw new Problem('own_sanction', 'You have set a sanction because of this alert.');
      }
    },
  );
}

/** @throws Problem where nothing was filed */
function filed(outcome: AppealOutcome): AppealRecord {
  switch (outcome.kind) {
    case 'filed':
      return outcome.appeal;
    case 'not_found':
      throw notFound('There is no such alert about you.');
    case 'appealed_before':
      throw new Problem('appealed_before', 'Each alert may be objected to once.');
    case 'too_late':
      throw new Problem('appeal_too_late', 'It was shown to you more than 30 days ago.');
  }
}
