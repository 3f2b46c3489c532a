import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { revokeKey } from '../../access/revoke-key.ts';
import { rotateKey } from '../../access/rotate-key.ts';
import type { KeySummary } from '../../keys/keys.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint, jsonResponse } from '../endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { instantText } from '../schemas/values.ts';

const purposeSchema = z.enum(['courier-code', 'token', 'tag', 'status-list', 'checkpoint']);

const keySchema = z
  .object({
    purpose: purposeSchema,
    kid: z.string(),
    state: z.enum(['next', 'active', 'retired', 'revoked']),
    createdAt: instantText,
    stateSince: instantText,
  })
  .openapi('SigningKey');

const keysSchema = z.object({ items: z.array(keySchema), next: z.null() });

const jwksSchema = z
  .object({ keys: z.array(z.looseObject({ kid: z.string() })).readonly() })
  .openapi('Jwks');

/** Gates learn of a revoked key within this time when they fetch the set from a cache. */
const JWKS_MAX_AGE_SECONDS = 60;

/** Signing keys: the public ones for anyone, their succession for the operator. */
export function registerKeys(api: Api, deps: Deps): void {
  const { keys } = deps;
  endpoint(
    api,
    {
      method: 'get',
      path: '/.well-known/jwks.json',
      auth: ['nobody'],
      tag: 'Service',
      summary: 'The public keys',
      description:
        'Courier-code keys have a decimal `kid` of 0–255, status-list keys one that starts with `sl-`. The next key is published before it signs; a retired one stays until its last code has expired.',
      answer: { description: 'A JWK set (RFC 7517).', schema: jwksSchema },
    },
    ({ requestId }) =>
      jsonResponse(keys.jwks(), 200, requestId, {
        'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}`,
      }),
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/keys',
      auth: ['operator'],
      tag: 'Keys',
      summary: 'List signing keys',
      answer: { description: 'The keys in force.', schema: keysSchema },
    },
    () => keyList(keys.list()),
  );
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/keys/{purpose}/rotate',
      auth: ['operator'],
      tag: 'Keys',
      summary: 'Let the next key sign',
      description: 'The active key is retired, and a new next key is published.',
      params: z.object({ purpose: purposeSchema }),
      answer: { description: 'The keys in force.', schema: keysSchema },
      problems: ['conflict'],
    },
    async ({ caller, params }) => {
      const rotated = await rotateKey(deps, { purpose: params.purpose, actor: actorOf(caller) });
      if (rotated === null)
        throw new Problem('conflict', 'Every key number was used within 400 days.');
      return keyList(rotated);
    },
  );
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/keys/{purpose}/{kid}',
      auth: ['operator'],
      tag: 'Keys',
      summary: 'Revoke a signing key',
      description:
        'At once: what it signed counts no more. An active key is replaced by the next. The only key that can sign stays as long as no key number is free for another.',
      params: z.object({ purpose: purposeSchema, kid: z.string().min(1).max(64) }),
      answer: { status: 204, description: 'Revoked.' },
      problems: ['conflict'],
    },
    async ({ caller, params }) => {
      const outcome = await revokeKey(deps, { ...params, actor: actorOf(caller) });
      if (outcome === 'not_found') throw notFound();
      if (outcome === 'no_successor') {
        throw new Problem(
          'conflict',
          'No other key could sign: every key number was used within 400 days.',
        );
      }
      return undefined;
    },
  );
}

function keyList(items: readonly KeySummary[]): z.input<typeof keysSchema> {
  const written = items.map(({ createdAt, stateSince, ...members }) => ({
    ...members,
    createdAt: formatTime(createdAt),
    stateSince: formatTime(stateSince),
  }));
  return { items: written, next: null };
}
