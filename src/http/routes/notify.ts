import { z } from '@hono/zod-openapi';
import {
  type CreateNotifyEndpointOutcome,
  createNotifyEndpoint,
} from '../../access/create-notify-endpoint.ts';
import type { Deps } from '../../access/deps.ts';
import type { CommunityId } from '../../domain/identifier.ts';
import type { NotifyOwner } from '../../store/notify-store.ts';
import { actorOf, type CallerOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, notFound, Problem } from '../problem.ts';
import {
  createdEndpointSchema,
  endpointItem,
  endpointSchema,
  NOTIFICATION_STATES,
  newEndpointSchema,
  newPlatformEndpointSchema,
  notificationItem,
  notificationSchema,
  replayedSchema,
  replaySchema,
} from '../schemas/notify.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { identifier } from '../schemas/values.ts';
import { requireCommunity } from '../supervisor.ts';

/** Whose receivers a path is about, and who may manage them. */
interface Owned<Rule extends 'manager' | 'operator', Params extends z.ZodObject> {
  readonly auth: readonly [Rule];
  readonly tag: string;
  readonly path: string;
  readonly params: Params;
  /** @throws Problem 404 where it is not the caller's to see */
  owner(caller: CallerOf<Rule>, params: z.output<Params>): Promise<NotifyOwner>;
}

/** Receivers of notifications: those of a community, and those that a platform was given by the operator. */
export function registerNotify(api: Api, deps: Deps): void {
  const ofCommunity: Owned<'manager', z.ZodObject<{ id: z.ZodType<CommunityId> }>> = {
    auth: ['manager'],
    tag: 'Notifications',
    path: '/v1/communities/{id}/notify-endpoints',
    params: z.object({ id: identifier('com') }),
    async owner(caller, { id }) {
      await requireCommunity(deps, caller, id);
      return { kind: 'community', communityId: id };
    },
  };
  const ofPlatform: Owned<'operator', z.ZodObject<{ slug: z.ZodString }>> = {
    auth: ['operator'],
    tag: 'Platforms',
    path: '/v1/platforms/{slug}/notify-endpoints',
    params: z.object({ slug: z.string() }),
    owner: async (_caller, { slug }) => ({ kind: 'platform', slug }),
  };
  registerForCommunity(api, deps, ofCommunity);
  registerForPlatform(api, deps, ofPlatform);
  registerManagement(api, deps, ofCommunity);
  registerManagement(api, deps, ofPlatform);
}

function registerForCommunity<Params extends z.ZodObject>(
  api: Api,
  deps: Deps,
  owned: Owned<'manager', Params>,
): void {
  endpoint(
    api,
    {
      method: 'post',
      path: owned.path,
      auth: owned.auth,
      tag: owned.tag,
      summary: 'Have somebody told of alerts and appeals',
      description:
        'A webhook (Standard Webhooks, with a secret of its own), or a group robot of 企业微信 or 钉钉. What cannot be delivered is tried again for three days with growing pauses, then kept for a replay. No redirects are followed, and no address that is not public is called.',
      params: owned.params,
      body: { json: newEndpointSchema },
      answer: { status: 201, description: 'The receiver.', schema: createdEndpointSchema },
      problems: ['conflict'],
    },
    async ({ caller, params, body }) => {
      const owner = await owned.owner(caller, params);
      const { secret = null, ...settings } = body;
      const input = { ...settings, owner, secret, actor: actorOf(caller) };
      return created(await createNotifyEndpoint(deps, input));
    },
  );
}

function registerForPlatform<Params extends z.ZodObject>(
  api: Api,
  deps: Deps,
  owned: Owned<'operator', Params>,
): void {
  endpoint(
    api,
    {
      method: 'post',
      path: owned.path,
      auth: owned.auth,
      tag: owned.tag,
      summary: 'Let a platform be told of serious alerts',
      description:
        'Only from now on; only serious ones about its own riders that the rider was shown, and either did not object to within 72 hours or objected to in vain. Without such a receiver a platform is told nothing.',
      params: owned.params,
      body: { json: newPlatformEndpointSchema },
      answer: { status: 201, description: 'The receiver.', schema: createdEndpointSchema },
      problems: ['conflict'],
    },
    async ({ caller, params, body }) => {
      const owner = await owned.owner(caller, params);
      const settings = {
        kind: 'webhook',
        events: ['alert.raised'],
        leastLevel: 'serious',
      } as const;
      const input = { ...body, ...settings, owner, secret: null, actor: actorOf(caller) };
      return created(await createNotifyEndpoint(deps, input));
    },
  );
}

function created(outcome: CreateNotifyEndpointOutcome): z.input<typeof createdEndpointSchema> {
  switch (outcome.kind) {
    case 'ok': {
      const { endpoint: made, webhookSecret } = outcome;
      return { ...endpointItem(made), webhookSecret: webhookSecret ?? undefined };
    }
    case 'not_found':
      throw notFound();
    case 'unusable':
      throw invalidInput('url', outcome.why);
    case 'too_many':
      throw new Problem('conflict', 'There are as many receivers as there may be: remove one.');
  }
}

function registerManagement<Rule extends 'manager' | 'operator', Params extends z.ZodObject>(
  api: Api,
  deps: Deps,
  { auth, tag, path, params, owner }: Owned<Rule, Params>,
): void {
  const { store } = deps;
  const one = params.extend({ endpointId: identifier('ntf') });
  type One = z.output<Params> & { endpointId: z.output<ReturnType<typeof identifier<'ntf'>>> };
  endpoint(
    api,
    {
      method: 'get',
      path,
      auth,
      tag,
      summary: 'Receivers of notifications',
      params,
      query: pageQuery,
      answer: { description: 'A page of receivers.', schema: pageSchema(endpointSchema) },
    },
    async ({ caller, params: given, query }) => {
      const page = await store.listNotifyEndpoints(await owner(caller, given), pageRequest(query));
      return pageAnswer(page, endpointItem);
    },
  );
  endpoint(
    api,
    {
      method: 'delete',
      path: `${path}/{endpointId}`,
      auth,
      tag,
      summary: 'Tell a receiver nothing more',
      params: one,
      answer: { status: 204, description: 'Removed.' },
    },
    async ({ caller, params: given }) => {
      const own = given as One;
      const input = { owner: await owner(caller, own), id: own.endpointId };
      const actor = actorOf(caller);
      if (!(await store.removeNotifyEndpoint({ ...input, actor, now: deps.now() })))
        throw notFound();
      return undefined;
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: `${path}/{endpointId}/notifications`,
      auth,
      tag,
      summary: 'What was and is to be sent, newest first',
      description: '`state=dead`: what was given up. What was settled is kept for 30 days.',
      params: one,
      query: pageQuery.extend({ state: z.enum(NOTIFICATION_STATES).optional() }),
      answer: { description: 'A page of notifications.', schema: pageSchema(notificationSchema) },
    },
    async ({ caller, params: given, query }) => {
      const own = given as One;
      const page = await store.listNotifications({
        owner: await owner(caller, own),
        id: own.endpointId,
        state: query.state ?? null,
        page: pageRequest(query),
      });
      if (page === null) throw notFound();
      return pageAnswer(page, notificationItem);
    },
  );
  endpoint(
    api,
    {
      method: 'post',
      path: `${path}/{endpointId}/replay`,
      auth,
      tag,
      summary: 'Send again what was given up',
      params: one,
      body: { json: replaySchema },
      answer: { description: 'How many wait again.', schema: replayedSchema },
    },
    async ({ caller, params: given, body }) => {
      const own = given as One;
      const replayed = await store.replayNotifications({
        owner: await owner(caller, own),
        id: own.endpointId,
        notificationId: body.notificationId ?? null,
        actor: actorOf(caller),
        now: deps.now(),
      });
      return { replayed };
    },
  );
}
