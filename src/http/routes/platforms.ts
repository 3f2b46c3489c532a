import { z } from '@hono/zod-openapi';
import { addWebhookSecret } from '../../access/add-webhook-secret.ts';
import { createPlatform } from '../../access/create-platform.ts';
import type { Deps } from '../../access/deps.ts';
import type { Platform } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { instantText, line } from '../schemas/values.ts';

const slugSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected 1–64 of a–z, 0–9, dot, underscore and hyphen')
  .openapi({ example: 'kuaisong' });

const districtsSchema = z.array(line(1, 64)).min(1).max(200).nullable();

const newPlatformSchema = z
  .object({
    slug: slugSchema,
    name: line(1, 100),
    adapter: z
      .enum(['standard'])
      .default('standard')
      .openapi({ description: 'The shape of its callbacks.' }),
    districts: districtsSchema
      .default(null)
      .openapi({ description: 'The districts that it serves; null: all.' }),
  })
  .openapi('NewPlatform');

const secret = z.string().openapi({ description: 'Shown once.' });

const createdPlatformSchema = z
  .object({ slug: slugSchema, webhookSecret: secret, apiKey: secret })
  .openapi('PlatformSecrets');

const platformSchema = z
  .object({
    slug: slugSchema,
    name: z.string(),
    adapter: z.string(),
    districts: z.array(z.string()).readonly().nullable(),
  })
  .openapi('Platform');

const newSecretSchema = z
  .object({ webhookSecret: secret, oldValidUntil: instantText })
  .openapi('WebhookSecret');

/** `/v1/platforms`: who may call us back, and with which secrets. */
export function registerPlatforms(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/platforms',
      auth: ['operator'],
      tag: 'Platforms',
      summary: 'Admit a platform',
      body: { json: newPlatformSchema },
      answer: { status: 201, description: 'Its secrets.', schema: createdPlatformSchema },
      problems: ['conflict'],
    },
    async ({ caller, body }) => {
      const created = await createPlatform(deps, { ...body, actor: actorOf(caller) });
      if (created.kind === 'conflict') throw new Problem('conflict', 'The slug is taken.');
      const { platform, webhookSecret, apiKey } = created.value;
      return { slug: platform.slug, webhookSecret, apiKey };
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/platforms',
      auth: ['operator'],
      tag: 'Platforms',
      summary: 'List platforms',
      query: pageQuery,
      answer: { description: 'A page of platforms.', schema: pageSchema(platformSchema) },
    },
    async ({ query }) =>
      pageAnswer(await deps.store.listPlatforms(pageRequest(query)), platformItem),
  );
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/platforms/{slug}/webhook-secrets',
      auth: ['operator'],
      tag: 'Platforms',
      summary: 'Replace a webhook secret',
      description: 'The new secret is in force at once; the older ones stay valid for 24 hours.',
      params: z.object({ slug: slugSchema }),
      answer: { status: 201, description: 'The new secret.', schema: newSecretSchema },
    },
    async ({ caller, params }) => {
      const added = await addWebhookSecret(deps, { slug: params.slug, actor: actorOf(caller) });
      if (added === null) throw notFound();
      return { webhookSecret: added.webhookSecret, oldValidUntil: formatTime(added.oldValidUntil) };
    },
  );
}

function platformItem({ slug, name, adapter, districts }: Platform) {
  return { slug, name, adapter, districts };
}
