import { z } from '@hono/zod-openapi';
import { admit } from '../../access/admit.ts';
import { confirmDecision } from '../../access/confirm-decision.ts';
import type { Deps } from '../../access/deps.ts';
import { decisionItem } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { decisionItemSchema } from '../schemas/decision.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier, line } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS, scopeOf } from '../supervisor.ts';

const communityParams = z.object({ id: identifier('com') });

/** What was decided at a community's gates, and what a guard decides. */
export function registerDecisions(api: Api, deps: Deps): void {
  registerList(api, deps);
  registerConfirm(api, deps);
  registerAdmissions(api, deps);
}

function registerList(api: Api, deps: Deps): void {
  const { limits } = deps.config;
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/decisions',
      auth: SUPERVISORS,
      tag: 'Supervision',
      summary: 'Decisions at the gates, newest first',
      params: communityParams,
      query: pageQuery,
      answer: {
        description: 'A page of decisions: what the gate was answered, and what it had asked.',
        schema: pageSchema(decisionItemSchema).openapi('DecisionPage'),
      },
    },
    async ({ caller, params, query }) => {
      const communityId = params.id;
      await requireCommunity(deps, caller, communityId);
      const page = await deps.store.listDecisions(communityId, pageRequest(query));
      return pageAnswer(page, (record) => decisionItem(record, limits.gateOpenMs));
    },
  );
}

function registerConfirm(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/decisions/{auditId}/confirm',
      auth: SUPERVISORS,
      right: 'guard',
      tag: 'Supervision',
      summary: 'Let in a rider whose entry waits for a guard',
      description:
        'For a decision denied with `guard_confirmation_required`, within 2 minutes and once. It is judged again with what is true now: the answer may be another denial.',
      params: z.object({ auditId: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
      answer: { description: 'The new decision.', schema: decisionItemSchema },
      problems: ['not_confirmable'],
    },
    async ({ caller, params }) => {
      const by = { scope: scopeOf(caller), actor: actorOf(caller) };
      const outcome = await confirmDecision(deps, { auditId: params.auditId, ...by });
      if (outcome.kind === 'not_found') throw notFound();
      if (outcome.kind === 'not_confirmable') {
        throw new Problem(
          'not_confirmable',
          'It was confirmed already, is older than 2 minutes, or never waited for a guard.',
        );
      }
      return decisionItem(outcome.record, deps.config.limits.gateOpenMs);
    },
  );
}

function registerAdmissions(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/admissions',
      auth: SUPERVISORS,
      right: 'guard',
      tag: 'Supervision',
      summary: 'Record that a guard admitted somebody by hand',
      params: communityParams,
      body: {
        json: z
          .object({ gateId: identifier('gat'), reason: line(1, 200) })
          .openapi('AdmissionRequest'),
      },
      answer: { status: 201, description: 'The decision on record.', schema: decisionItemSchema },
    },
    async ({ caller, params, body }) => {
      const communityId = params.id;
      await requireCommunity(deps, caller, communityId);
      const record = await admit(deps, { communityId, ...body, actor: actorOf(caller) });
      if (record === null) throw notFound('The community has no such gate.');
      return decisionItem(record, deps.config.limits.gateOpenMs);
    },
  );
}
