import { z } from '@hono/zod-openapi';
import { createTag, tagUrl } from '../../access/create-tag.ts';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import type { CommunityId } from '../../domain/identifier.ts';
import type { Scope, TagRecord } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { invalidInput, notFound, Problem } from '../problem.ts';
import { pageAnswer, pageQuery, pageRequest, pageSchema } from '../schemas/paging.ts';
import { hexText, identifier, instantText } from '../schemas/values.ts';

/** Parameters of a tag's URL that mean something else than the MAC. */
const TAKEN = ['t', 'piccData', 'uid', 'counter', 'encFileData'];

const keyHex = hexText(32).openapi({ description: '16 bytes (AES-128).' });

const newTagSchema = z
  .object({
    gateId: identifier('gat'),
    uid: hexText(14).openapi({ description: 'The tag’s 7 bytes.', example: '04DE5F1EACC040' }),
    metaKey: keyHex.optional().openapi({
      description:
        'SDMMetaReadKey, which encrypts UID and counter. Left out: made. A tag that shows them in the clear does without.',
    }),
    fileKey: keyHex.optional().openapi({
      description:
        'SDMFileReadKey, which signs a tap. Left out: made. A key that is given here may have been in use: counters that an earlier tag of this UID has seen in the community stay used.',
    }),
    macParam: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,15}$|^$/, 'expected a parameter’s name, or nothing')
      .refine((name) => !TAKEN.includes(name), 'is the name of another parameter')
      .default('cmac')
      .openapi({
        description:
          'The name of the MAC’s parameter in the tag’s URL; empty: it follows the encrypted file data directly.',
      }),
  })
  .openapi('NewTag');

const madeKeysSchema = z
  .object({
    mainKey: keyHex.optional().openapi({ description: 'Key 0: with it the tag is written anew.' }),
    metaKey: keyHex.optional(),
    fileKey: keyHex.optional(),
  })
  .openapi('TagKeys', {
    description: 'The keys that were made, to be written into the tag. Shown once.',
  });

const tagMembers = {
  tagId: identifier('tag'),
  url: z.url().openapi({
    description:
      'What is written into the tag, followed by what it changes at every tap: `&piccData=` or `&uid=…&counter=`, `&encFileData=` where it has any, and `&cmac=` (or the MAC’s own name) at the end.',
    example: 'https://pass.example.cn/t#t=tag_0123456789abc',
  }),
};

const createdSchema = z
  .object({ ...tagMembers, keys: madeKeysSchema.optional() })
  .openapi('CreatedTag');

const tagSchema = z
  .object({
    ...tagMembers,
    gateId: identifier('gat'),
    uid: z.string(),
    macParam: z.string(),
    lastCounter: z.int().nullable().openapi({
      description: 'The highest read counter seen; null: it was never tapped.',
    }),
    createdAt: instantText,
  })
  .openapi('Tag');

const communityParams = z.object({ id: identifier('com') });

/** Tags at gates: NTAG 424 DNA, made by a manager. */
export function registerTags(api: Api, deps: Deps): void {
  const { store, config } = deps;

  /** @throws Problem 404 where it is not the caller's to see */
  async function requireCommunity(scope: Scope, id: CommunityId): Promise<void> {
    if ((await findCoveredCommunity(deps, scope, id)) === null) throw notFound();
  }

  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/communities/{id}/tags',
      auth: ['manager'],
      tag: 'Gates',
      summary: 'Register a tag at a gate’s entry',
      description:
        'An NTAG 424 DNA with Secure Dynamic Messaging (AES). Keys that are not given are made for this tag and shown in this answer only. A tag that is registered anew gets other keys, so nothing it signed before counts.',
      params: communityParams,
      body: { json: newTagSchema },
      answer: { status: 201, description: 'The tag.', schema: createdSchema },
      problems: ['conflict'],
    },
    async ({ caller, params, body }) => {
      await requireCommunity(caller.scope, params.id);
      const actor = actorOf(caller);
      const created = await createTag(deps, { ...body, communityId: params.id, actor });
      switch (created.kind) {
        case 'ok': {
          const { tag, made } = created.value;
          const keys = Object.keys(made).length === 0 ? undefined : made;
          return { tagId: tag.id, url: tagUrl(config, tag.id), keys };
        }
        case 'not_found':
          throw notFound('The community has no such gate.');
        case 'no_entry':
          throw invalidInput('gateId', 'the gate has no entry that a tap could open');
        case 'conflict':
          throw new Problem('conflict', `${created.detail}: delete that one first.`);
      }
    },
  );
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/tags',
      auth: ['manager'],
      tag: 'Gates',
      summary: 'List the tags of a community',
      params: communityParams,
      query: pageQuery,
      answer: { description: 'A page of tags in use.', schema: pageSchema(tagSchema) },
    },
    async ({ caller, params, query }) => {
      await requireCommunity(caller.scope, params.id);
      const page = await store.listTags(params.id, pageRequest(query));
      return pageAnswer(page, (tag) => tagItem(tag, tagUrl(config, tag.id)));
    },
  );
  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/tags/{tagId}',
      auth: ['manager'],
      tag: 'Gates',
      summary: 'Take a tag out of use',
      description: 'From now on its taps are refused with `unknown_key`.',
      params: z.object({ tagId: identifier('tag') }),
      answer: { status: 204, description: 'Out of use.' },
    },
    async ({ caller, params: { tagId } }) => {
      const tag = await store.findTag(tagId);
      if (tag === null) throw notFound();
      await requireCommunity(caller.scope, tag.communityId);
      const revoked = await store.revokeTag({ tagId, actor: actorOf(caller), now: deps.now() });
      if (!revoked) throw notFound();
      return undefined;
    },
  );
}

function tagItem(tag: TagRecord, url: string): z.input<typeof tagSchema> {
  const { id, gateId, uid, macParam, lastCounter, createdAt } = tag;
  return { tagId: id, url, gateId, uid, macParam, lastCounter, createdAt: formatTime(createdAt) };
}
