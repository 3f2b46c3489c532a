import { z } from '@hono/zod-openapi';
import { authenticateWebhook } from '../../access/authenticate-webhook.ts';
import type { Deps } from '../../access/deps.ts';
import { recordDelivery } from '../../access/record-delivery.ts';
import { DELIVERY_STATUSES, VEHICLES } from '../../domain/delivery.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { inputProblem, invalidInput, Problem } from '../problem.ts';
import { exact, foreignId, identifier, instant, line } from '../schemas/values.ts';

const paramsSchema = z.object({
  slug: z.string().openapi({ description: 'The platform.', example: 'kuaisong' }),
});

const floor = z.int().min(-10).max(200);

/** Members that we do not know are tolerated: a platform may say more than we use. */
const deliverySchema = z
  .object({
    deliveryId: foreignId,
    riderId: foreignId.optional(),
    status: z.enum(DELIVERY_STATUSES),
    label: line(0, 100).optional().openapi({ example: '快送 #18' }),
    pickup: z.object({ communityId: identifier('com').optional() }).optional(),
    dropoff: z
      .object({
        communityId: identifier('com').optional(),
        building: line(0, 32).optional(),
        unit: line(0, 32).optional(),
        floor: floor.optional(),
      })
      .optional(),
    vehicle: z.enum(VEHICLES).optional(),
    plate: line(0, 20).optional(),
    deadlineAt: instant.optional(),
  })
  .openapi({ description: 'A member left out keeps its newest given value.' });

const callbackSchema = z
  .object({
    type: z.literal('delivery.updated'),
    timestamp: instant.openapi({ description: 'When it became so; at most 5 minutes ahead.' }),
    data: deliverySchema,
  })
  .openapi('DeliveryCallback');

/** `POST /v1/webhooks/{slug}`: what a platform says of its deliveries. */
export function registerWebhooks(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/webhooks/{slug}',
      auth: ['nobody'],
      tag: 'Platforms',
      summary: 'A delivery has changed',
      description:
        'A `DeliveryCallback`, sent as Standard Webhooks are: `webhook-id` (1–128 printable characters), `webhook-timestamp` (Unix seconds, within 5 minutes) and `webhook-signature` (`v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<raw body>`; several with spaces between) are checked over the raw body before it is read.\n\nAnswered 202 once durable. The same `webhook-id` again is 202 and changes nothing. Callbacks may come late, twice and out of order: a delivery’s state is a function of the set of its callbacks.',
      params: paramsSchema,
      body: { raw: 'application/json', schema: callbackSchema },
      answer: { status: 202, description: 'Recorded.', schema: z.object({}) },
      problems: ['invalid_signature', 'invalid_input', 'too_many_refusals'],
    },
    async ({ params: { slug }, body, c }) => {
      const webhookId = c.req.header('webhook-id') ?? null;
      const timestamp = c.req.header('webhook-timestamp') ?? null;
      const signature = c.req.header('webhook-signature') ?? null;
      const headers = { id: webhookId, timestamp, signature };
      if (!(await authenticateWebhook(deps, { ...headers, slug, body })) || webhookId === null) {
        throw api.auth.refused(c, wrongSignature());
      }
      if (!WEBHOOK_ID.test(webhookId)) {
        throw invalidInput('webhook-id', 'expected 1–128 printable ASCII characters');
      }
      const { data, timestamp: changedAt } = readCallback(body);
      const callback = { ...data, platform: slug, webhookId, timestamp: changedAt };
      const outcome = await recordDelivery(deps, callback);
      if (outcome.kind === 'unknown_community') {
        throw invalidInput(outcome.path, 'there is no such community');
      }
      if (outcome.kind === 'too_many_callbacks') {
        const message = `has ${outcome.most} callbacks already: only its end is still taken`;
        throw invalidInput('data.deliveryId', message);
      }
      if (outcome.kind === 'ahead_of_time') {
        throw invalidInput('timestamp', 'lies more than 5 minutes ahead');
      }
      return {};
    },
  );
}

const WEBHOOK_ID = /^[\x20-\x7e]{1,128}$/;

/** @throws Problem 400 where it is not JSON in UTF-8, 422 where it is not a callback */
function readCallback(body: Uint8Array) {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch {
    throw new Problem('malformed_request', 'The body is not JSON in UTF-8.');
  }
  const parsed = callbackSchema.safeParse(value);
  if (!parsed.success) throw inputProblem(parsed.error);
  return exact(parsed.data);
}
const utf8 = new TextDecoder('utf-8', { fatal: true });

function wrongSignature(): Problem {
  return new Problem(
    'invalid_signature',
    'No secret of this platform signed it within the last 5 minutes.',
  );
}
