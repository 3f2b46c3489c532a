import { z } from '@hono/zod-openapi';
import { createApiKey } from '../../access/create-api-key.ts';
import type { Deps } from '../../access/deps.ts';
import { revokeApiKey } from '../../access/revoke-api-key.ts';
import type { ApiKey } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, notFound, Problem } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier, instantText, line } from '../schemas/values.ts';

const scopeSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('all') }),
    z.object({ kind: z.literal('district'), district: line(1, 64) }),
    z.object({ kind: z.literal('community'), communityId: identifier('com') }),
    z.object({ kind: z.literal('platform'), slug: line(1, 64) }),
    z.object({ kind: z.literal('audit') }),
  ])
  .openapi('Scope');

const newKeySchema = z.object({ name: line(1, 100), scope: scopeSchema }).openapi('NewApiKey');

const keyMembers = {
  id: identifier('key'),
  name: z.string(),
  scope: scopeSchema,
  createdAt: instantText,
};
const apiKeySchema = z.object(keyMembers).openapi('ApiKey');
const createdKeySchema = z
  .object({
    ...keyMembers,
    key: z.string().openapi({ description: 'The key itself. Shown once.' }),
  })
  .openapi('CreatedApiKey');

/** `/v1/api-keys`: a key that manages makes, sees and ends keys inside its own scope only; a platform's none. */
export function registerApiKeys(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/api-keys',
      auth: ['manager'],
      tag: 'API keys',
      summary: 'Make an API key',
      description: 'Its scope lies within that of the key that makes it.',
      body: { json: newKeySchema },
      answer: { status: 201, description: 'The key.', schema: createdKeySchema },
    },
    async ({ caller, body }) => {
      const created = await createApiKey(deps, {
        ...body,
        within: caller.scope,
        actor: actorOf(caller),
      });
      if (created === null)
        throw invalidInput('scope', 'names nothing within the scope of your own key');
      return { ...keyItem(created.record), key: created.key };
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/api-keys',
      auth: ['manager'],
      right: 'manage',
      tag: 'API keys',
      summary: 'List API keys',
      description: 'Those inside the scope of the key that asks.',
      query: pageQuery,
      answer: { description: 'A page of keys.', schema: pageSchema(apiKeySchema) },
    },
    async ({ caller, query }) =>
      pageAnswer(await deps.store.listApiKeys(caller.scope, pageRequest(query)), keyItem),
  );
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/api-keys/{id}',
      auth: ['manager'],
      tag: 'API keys',
      summary: 'Revoke an API key',
      description: 'At once. The last key of scope `all` cannot be revoked.',
      params: z.object({ id: identifier('key') }),
      answer: { status: 204, description: 'Revoked.' },
      problems: ['conflict'],
    },
    async ({ caller, params }) => {
      const actor = actorOf(caller);
      const outcome = await revokeApiKey(deps, { id: params.id, within: caller.scope, actor });
      if (outcome === 'not_found') throw notFound();
      if (outcome === 'last_operator_key') {
        throw new Problem('conflict', 'It is the last key of scope all; make another one first.');
      }
      return undefined;
    },
  );
}

function keyItem({ id, name, scope, createdAt }: ApiKey) {
  return { id, name, scope, createdAt: formatTime(createdAt) };
}
