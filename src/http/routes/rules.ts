import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import { type PutRulesOutcome, putRules } from '../../access/put-rules.ts';
import { readEntryGuide } from '../../access/read-entry-guide.ts';
import { AGREEING_SIDES, templateFor } from '../../domain/entry-rules.ts';
import type { CommunityId } from '../../domain/identifier.ts';
import type { RulesVersion, Scope } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { actorOf, type CallerOf } from '../auth.ts';
import { type Api, endpoint, jsonResponse } from '../endpoint.ts';
import { parseIfMatch, versionTag } from '../etag.ts';
import { invalidInput, notFound, Problem } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { completeRules, rulesSchema } from '../schemas/rules.ts';
import { bilingual, identifier, instant, instantText, line } from '../schemas/values.ts';

const sidesSchema = z.array(z.enum(AGREEING_SIDES)).max(AGREEING_SIDES.length);

const newRulesSchema = z
  .object({
    agreedBy: sidesSchema
      .default([])
      .transform((sides) => AGREEING_SIDES.filter((side) => sides.includes(side))),
    effectiveFrom: instant
      .optional()
      .openapi({ description: 'Now unless said otherwise; at most 5 minutes ago.' }),
    reason: line(1, 200).optional().openapi({ description: 'Why, in a sentence.' }),
    rules: rulesSchema.openapi({
      description: 'A member left out is as in the template of the community’s kind.',
    }),
  })
  .openapi('NewRules');

const rulesVersionSchema = z
  .object({
    version: z.int(),
    author: z.string(),
    agreedBy: z.array(z.enum(AGREEING_SIDES)).readonly(),
    reason: z.string().optional(),
    createdAt: instantText,
    effectiveFrom: instantText,
    rules: z.looseObject({}).openapi({ description: 'The whole document, as it is judged by.' }),
  })
  .openapi('Rules');

const guideSchema = z
  .object({
    community: z.object({ id: identifier('com'), name: z.string() }),
    version: z.int(),
    sections: z
      .array(
        z.object({ topic: z.string(), title: bilingual, lines: z.array(bilingual).readonly() }),
      )
      .readonly(),
    planVersion: z
      .int()
      .optional()
      .openapi({ description: 'Of `GET /v1/communities/{id}/plan`. Left out: there is none.' }),
  })
  .openapi('EntryGuide');

const params = z.object({ id: identifier('com') });

/** `/v1/communities/{id}/rules`: versions that are never edited in place. */
export function registerRules(api: Api, deps: Deps): void {
  const { store, now } = deps;

  /** @throws Problem 404 where it is not the caller's to see */
  async function community(scope: Scope, id: CommunityId) {
    const found = await findCoveredCommunity(deps, scope, id);
    if (found === null) throw notFound();
    return found;
  }

  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/rules',
      auth: ['manager'],
      tag: 'Rules',
      summary: 'Read the rules in force',
      params,
      answer: {
        description:
          'The version in force now. The tag is that of the newest version, announced ones included: what `If-Match` is held against.',
        schema: rulesVersionSchema,
        headers: ETAG,
      },
    },
    async ({ caller, params, requestId }) => {
      const { id } = await community(caller.scope, params.id);
      const current = await store.currentRules(id, now());
      if (current === null) throw notFound();
      const { items } = await store.listRules(id, { limit: 1, after: null });
      return rulesResponse(current, requestId, items[0]?.version ?? current.version);
    },
  );
  endpoint(
    api,
    {
      method: 'put',
      path: '/v1/communities/{id}/rules',
      auth: ['manager'],
      tag: 'Rules',
      summary: 'Write a new version of the rules',
      description:
        'With `If-Match`, only when the newest version is the one named; `"*"` and no header ask nothing. Hard anti-passback and a capacity need a gate with an exit reader.',
      params,
      body: { json: newRulesSchema },
      answer: { description: 'The new version.', schema: rulesVersionSchema, headers: ETAG },
      problems: ['version_mismatch'],
    },
    async ({ caller, params, body, c, requestId }) => {
      const { id, kind } = await community(caller.scope, params.id);
      const ifMatch = parseIfMatch(c.req.header('if-match'));
      const outcome = await putRules(deps, {
        communityId: id,
        rules: completeRules(body.rules, templateFor(kind)),
        agreedBy: body.agreedBy,
        reason: body.reason ?? null,
        effectiveFrom: body.effectiveFrom ?? null,
        ifVersions: ifMatch.kind === 'any' ? null : ifMatch.versions,
        actor: actorOf(caller),
      });
      const version = versionOf(outcome);
      return rulesResponse(version, requestId, version.version);
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/rules/versions',
      auth: ['manager'],
      tag: 'Rules',
      summary: 'List the versions of the rules',
      description: 'Newest first; one whose `effectiveFrom` lies ahead comes into force then.',
      params,
      query: pageQuery,
      answer: { description: 'A page of versions.', schema: pageSchema(rulesVersionSchema) },
    },
    async ({ caller, params, query }) => {
      const { id } = await community(caller.scope, params.id);
      return pageAnswer(await store.listRules(id, pageRequest(query)), rulesItem);
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/rules/guide',
      auth: ['gate', 'rider', 'manager'],
      tag: 'Rules',
      summary: 'Read the rules as riders do',
      description:
        'Whole sentences in Chinese and English. Any rider may read it; a gate reads that of its community.',
      params,
      answer: { description: 'The entry guide.', schema: guideSchema },
    },
    async ({ caller, params }) => {
      const found = await community(readableScope(caller, params.id), params.id);
      const [guide, plan] = await Promise.all([
        readEntryGuide(deps, found),
        store.readPlan(found.id),
      ]);
      const { id, name } = found;
      return { community: { id, name }, ...guide, planVersion: plan?.version };
    },
  );
}

const ETAG = { etag: 'The newest version, quoted.' };

/** What a reader of the guide may see. */
function readableScope(caller: CallerOf<'manager' | 'gate' | 'rider'>, asked: CommunityId): Scope {
  if (caller.kind === 'key' || caller.kind === 'account') return caller.scope;
  return { kind: 'community', communityId: caller.kind === 'gate' ? caller.communityId : asked };
}

/** @throws Problem where no version was written */
function versionOf(outcome: PutRulesOutcome): RulesVersion {
  switch (outcome.kind) {
    case 'ok':
      return outcome.version;
    case 'unsound':
      throw new Problem('invalid_input', 'See errors.', {
        errors: outcome.problems.map(({ path, message }) => ({ path: `rules.${path}`, message })),
      });
    case 'backdated':
      throw invalidInput('effectiveFrom', 'lies more than 5 minutes in the past');
    case 'version_mismatch':
      throw new Problem('version_mismatch', 'Read the newest version, then write yours.');
    case 'not_found':
      throw notFound();
  }
}

function rulesResponse(version: RulesVersion, requestId: string, newest: number): Response {
  return jsonResponse(rulesItem(version), 200, requestId, { etag: versionTag(newest) });
}

function rulesItem(version: RulesVersion): z.input<typeof rulesVersionSchema> {
  const { createdAt, effectiveFrom, rules, ...members } = version;
  return {
    ...members,
    createdAt: formatTime(createdAt),
    effectiveFrom: formatTime(effectiveFrom),
    rules: { ...rules },
  };
}
