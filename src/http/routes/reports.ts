import { z } from '@hono/zod-openapi';
import { answerReport } from '../../access/answer-report.ts';
import type { Deps } from '../../access/deps.ts';
import { findCoveredReport } from '../../access/find-covered-report.ts';
import { makeReport } from '../../access/make-report.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, notFound, Problem } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import {
  newReportSchema,
  ownReportItem,
  ownReportSchema,
  reportAnswerSchema,
  reportItem,
  reportSchema,
} from '../schemas/report.ts';
import { identifier } from '../schemas/values.ts';
import { requireCommunity } from '../supervisor.ts';

const params = z.object({ id: identifier('rep') });

/** Riders report what they see in a community; its manager answers, and may give contribution points. */
export function registerReports(api: Api, deps: Deps): void {
  registerMaking(api, deps);
  registerLists(api, deps);
  registerPhoto(api, deps);
  registerAnswering(api, deps);
}

function registerMaking(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rider/reports',
      auth: ['rider'],
      tag: 'Reports',
      summary: 'Report what I saw',
      description:
        'To the manager of a community that the rider has a pass for, or had within a day: a place, a sentence and perhaps a photo.',
      body: { json: newReportSchema, maxBytes: deps.config.limits.reportBytes },
      answer: { status: 201, description: 'The report.', schema: ownReportSchema },
      problems: ['not_found', 'too_many_reports'],
    },
    async ({ caller, body }) => {
      const { courierId } = caller;
      const outcome = await makeReport(deps, { ...body, courierId, photo: body.photo ?? null });
      switch (outcome.kind) {
        case 'ok':
          return ownReportItem(outcome.report);
        case 'not_a_photo':
          throw invalidInput('photo', 'expected a whole JPEG of at most 4096 pixels a side');
        case 'not_there':
          throw notFound('You have no pass for this community.');
        case 'too_many':
          throw new Problem('too_many_reports', `At most ${outcome.most} reports in a day.`);
      }
    },
  );
}

function registerLists(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/rider/reports',
      auth: ['rider'],
      tag: 'Reports',
      summary: 'My reports, newest first',
      query: pageQuery,
      answer: {
        description: 'A page of reports, and the contribution points of all of them.',
        schema: pageSchema(ownReportSchema)
          .extend({ contributionPoints: z.int() })
          .openapi('OwnReportPage'),
      },
    },
    async ({ caller, query }) => {
      const page = pageRequest(query);
      const listed = await deps.store.listCourierReports({ courierId: caller.courierId, page });
      const { contributionPoints } = listed;
      return { ...pageAnswer(listed, ownReportItem), contributionPoints };
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/reports',
      auth: ['manager'],
      tag: 'Reports',
      summary: 'Riders’ reports, newest first',
      params: z.object({ id: identifier('com') }),
      query: pageQuery.extend({
        open: z
          .enum(['true', 'false'])
          .transform((text) => text === 'true')
          .optional()
          .openapi({
            type: 'boolean',
            description: 'Only those without an answer, or the others.',
          }),
      }),
      answer: {
        description: 'A page of reports.',
        schema: pageSchema(reportSchema).openapi('ReportPage'),
      },
    },
    async ({ caller, params: { id: communityId }, query }) => {
      await requireCommunity(deps, caller, communityId);
      const open = query.open ?? null;
      const page = await deps.store.listReports({ communityId, open, page: pageRequest(query) });
      return pageAnswer(page, reportItem);
    },
  );
}

/** Nothing in a picture runs, whatever a browser takes it for. */
const PHOTO_POLICY = "default-src 'none'; sandbox";

function registerPhoto(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/reports/{id}/photo.jpg',
      auth: ['rider', 'manager'],
      tag: 'Reports',
      summary: 'The photo of a report',
      description: 'For its rider and for managers of its community.',
      params,
      answer: { description: 'The picture.', contentType: 'image/jpeg' },
    },
    async ({ caller, params: { id } }) => {
      const report =
        caller.kind === 'rider'
          ? await deps.store.findReport(id)
          : await findCoveredReport(deps, caller.scope, id);
      if (caller.kind === 'rider' && report?.courierId !== caller.courierId) throw notFound();
      const photo = report && (await deps.store.readReportPhoto(id));
      if (photo === null) throw notFound();
      return new Response(Uint8Array.from(Buffer.from(photo, 'base64')), {
        headers: {
          'content-type': 'image/jpeg',
          'content-security-policy': PHOTO_POLICY,
          'cross-origin-resource-policy': 'same-origin',
          'cache-control': 'private, max-age=3600',
        },
      });
    },
  );
}

function registerAnswering(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/reports/{id}/answer',
      auth: ['manager'],
      tag: 'Reports',
      summary: 'Answer a report',
      description: 'Once. The rider reads the answer, and the points that came with it.',
      params,
      body: { json: reportAnswerSchema },
      answer: { description: 'The report with its answer.', schema: reportSchema },
      problems: ['conflict'],
    },
    async ({ caller, params: { id }, body }) => {
      const { scope } = caller;
      const outcome = await answerReport(deps, { ...body, id, scope, actor: actorOf(caller) });
      switch (outcome.kind) {
        case 'ok':
          return reportItem(outcome.report);
        case 'answered':
          throw new Problem('conflict', 'Somebody has answered it.');
        case 'not_found':
          throw notFound();
      }
    },
  );
}
