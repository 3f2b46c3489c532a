import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import { COMMUNITY_KINDS } from '../../domain/community.ts';
import { templateFor } from '../../domain/entry-rules.ts';
import { isTimeZone } from '../../domain/opening-hours.ts';
import type { CommunityRecord } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { postureItem, postureSchema } from '../schemas/posture.ts';
import { exact, identifier, instantText, line } from '../schemas/values.ts';

const DEFAULT_TIMEZONE = 'Asia/Shanghai';

const timezoneSchema = z
  .string()
  .refine(isTimeZone, 'expected an IANA time zone such as Asia/Shanghai')
  .openapi({ example: DEFAULT_TIMEZONE });

const districtSchema = line(1, 64).nullable();
/** Some compounds have their developer, phase and street in their name. */
const nameSchema = line(1, 200);

const newCommunitySchema = z
  .object({
    name: nameSchema,
    kind: z
      .enum(COMMUNITY_KINDS)
      .openapi({ description: 'Chooses the template of its first rules.' }),
    timezone: timezoneSchema.default(DEFAULT_TIMEZONE),
    district: districtSchema.default(null),
  })
  .openapi('NewCommunity');

const communityChangeSchema = z
  .strictObject({
    name: nameSchema.optional(),
    timezone: timezoneSchema.optional(),
    district: districtSchema.optional(),
  })
  .openapi('CommunityChange');

const communitySchema = z
  .object({
    id: identifier('com'),
    name: z.string(),
    kind: z.enum(COMMUNITY_KINDS),
    timezone: z.string(),
    district: z.string().nullable(),
    posture: postureSchema,
    createdAt: instantText,
  })
  .openapi('Community');

const params = z.object({ id: identifier('com') });

/** `/v1/communities`: the places whose gates we judge for. */
export function registerCommunities(api: Api, deps: Deps): void {
  const { store, now } = deps;
  const item = (community: CommunityRecord) => communityItem(community, now());
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities',
      auth: ['operator'],
      tag: 'Communities',
      summary: 'Make a community',
      description: 'Its first rules are the template of its kind.',
      body: { json: newCommunitySchema },
      answer: { status: 201, description: 'The community.', schema: communitySchema },
    },
    async ({ caller, body }) => {
      const rules = templateFor(body.kind);
      const actor = actorOf(caller);
      return item(await store.createCommunity({ ...body, rules, actor, now: now() }));
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities',
      auth: ['manager'],
      tag: 'Communities',
      summary: 'List communities',
      description: 'Those that the key’s scope reaches.',
      query: pageQuery,
      answer: { description: 'A page of communities.', schema: pageSchema(communitySchema) },
    },
    async ({ caller, query }) =>
      pageAnswer(await store.listCommunities(caller.scope, pageRequest(query)), item),
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}',
      auth: ['manager'],
      tag: 'Communities',
      summary: 'Read a community',
      params,
      answer: { description: 'The community.', schema: communitySchema },
    },
    async ({ caller, params }) => {
      const community = await findCoveredCommunity(deps, caller.scope, params.id);
      if (community === null) throw notFound();
      return item(community);
    },
  );
  endpoint(
    api,
    {
      method: 'patch',
      path: '/v1/communities/{id}',
      auth: ['operator'],
      tag: 'Communities',
      summary: 'Change a community',
      description: 'A member left out stays as it is. The kind stays for ever.',
      params,
      body: { json: communityChangeSchema },
      answer: { description: 'The community as it is now.', schema: communitySchema },
    },
    async ({ caller, params, body }) => {
      const id = params.id;
      const change = { ...exact(body), id, actor: actorOf(caller), now: now() };
      const community = await store.updateCommunity(change);
      if (community === null) throw notFound();
      deps.bus.publish({ topic: `community:${id}`, type: 'changed' });
      return item(community);
    },
  );
}

function communityItem(community: CommunityRecord, now: number): z.input<typeof communitySchema> {
  const { id, name, kind, timezone, district, posture, createdAt } = community;
  return {
    id,
    name,
    kind,
    timezone,
    district,
    posture: postureItem(posture, now),
    createdAt: formatTime(createdAt),
  };
}
