import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/domain/clock.ts';
import type { ApiKeyId } from '../../../src/domain/identifier.ts';
import type { ApiKey, Scope } from '../../../src/store/store.ts';
import {
  entriesOf,
  freshStore,
  type OpenStore,
  sha256,
  sharedStore,
} from '../../support/store-under-test.ts';
import { ACTOR, makePlatform, makeWorld, NOON, unique } from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

const NO_KEY = 'key_0000000000000' as ApiKeyId;

export function describePlatforms(open: OpenStore): void {
  const under = sharedStore(open);

  function platform(
    slug: string,
    changes: { apiKeyHash?: string; districts?: readonly string[] | null } = {},
  ) {
    return under.store.createPlatform({
      slug,
      name: '快送',
      adapter: 'standard',
      districts: changes.districts ?? null,
      sealedSecret: 'sealed-0',
      apiKeyName: 'first key',
      apiKeyHash: changes.apiKeyHash ?? sha256(unique('api-key')),
      actor: ACTOR,
      now: NOON,
    });
  }

  describe('platforms', () => {
    it('is found as it was made, with a secret in force and an API key of its own', async () => {
      const slug = unique('kuai');
      const apiKeyHash = sha256(unique('api-key'));
      const made = { slug, name: '快送', adapter: 'standard', districts: ['donggang'] };
      expect(await platform(slug, { apiKeyHash, districts: ['donggang'] })).toEqual({
        kind: 'ok',
        value: made,
      });
      expect(await under.store.findPlatform(slug)).toEqual({
        ...made,
        secrets: [{ sealed: 'sealed-0', validUntil: null }],
      });
      expect(await under.store.findApiKey(apiKeyHash)).toMatchObject({
        name: 'first key',
        scope: { kind: 'platform', slug },
      });
      expect(await under.store.findPlatform(unique('kuai'))).toBeNull();
    });

    it('has one owner for a slug: the second is a conflict that leaves nothing behind', async () => {
      const slug = unique('kuai');
      await platform(slug);
      const apiKeyHash = sha256(unique('api-key'));
      const entries = await entriesOf(under.store, async () => {
        expect(await platform(slug, { apiKeyHash })).toMatchObject({ kind: 'conflict' });
      });
      expect(entries).toEqual([]);
      expect(await under.store.findApiKey(apiKeyHash)).toBeNull();
    });

    it('is made whole or not at all', async () => {
      const [slug, apiKeyHash] = [unique('kuai'), sha256(unique('api-key'))];
      await platform(unique('kuai'), { apiKeyHash });
      const entries = await entriesOf(under.store, () =>
        expect(platform(slug, { apiKeyHash })).rejects.toThrow(),
      );
      expect(entries).toEqual([]);
      expect(await under.store.findPlatform(slug)).toBeNull();
      expect(await platform(slug)).toMatchObject({ kind: 'ok' });
    });

    it('may serve as many districts, with names as long, as a request may name', async () => {
      const districts = Array.from({ length: 200 }, (_, index) => `${index}`.padEnd(64, '区'));
      const slug = unique('kuai');
      expect(await platform(slug, { districts })).toMatchObject({
        kind: 'ok',
        value: { districts },
      });
    });

    it('lists platforms page by page', async () => {
      const slugs = [unique('kuai'), unique('kuai'), unique('kuai')];
      for (const slug of slugs) await makePlatform(under, slug);
      const listed = await expectPaged((page) => under.store.listPlatforms(page));
      expect(listed.slice(-3).map(({ slug }) => slug)).toEqual(slugs);
    });

    it('puts a new webhook secret in force at once and ends the one before at the time named', async () => {
      const slug = unique('kuai');
      await makePlatform(under, slug);
      const add = (sealedSecret: string, oldValidUntil: number) =>
        under.store.addWebhookSecret({
          slug,
          sealedSecret,
          oldValidUntil,
          actor: ACTOR,
          now: NOON,
        });
      expect(await add('sealed-1', NOON + DAY_MS)).toBe(true);
      expect(await add('sealed-2', NOON + 2 * DAY_MS)).toBe(true);
      const secrets = (await under.store.findPlatform(slug))?.secrets ?? [];
      expect(secrets.toSorted((a, b) => a.sealed.localeCompare(b.sealed))).toEqual([
        { sealed: 'sealed-0', validUntil: NOON + DAY_MS },
        { sealed: 'sealed-1', validUntil: NOON + 2 * DAY_MS },
        { sealed: 'sealed-2', validUntil: null },
      ]);
      const nobody = {
        slug: unique('kuai'),
        sealedSecret: 'x',
        oldValidUntil: NOON,
        actor: ACTOR,
        now: NOON,
      };
      expect(await under.store.addWebhookSecret(nobody)).toBe(false);
    });
  });

  describe('API keys', () => {
    function key(scope: Scope, hash = sha256(unique('api-key'))): Promise<ApiKey> {
      return under.store.createApiKey({ name: 'a key', scope, hash, actor: ACTOR, now: NOON });
    }

    it('is found by its hash and by its id until it is revoked', async () => {
      const hash = sha256(unique('api-key'));
      const scope: Scope = { kind: 'district', district: unique('district') };
      const made = await key(scope, hash);
      expect(made).toMatchObject({ name: 'a key', scope, createdAt: NOON });
      expect(await under.store.findApiKey(hash)).toEqual(made);
      expect(await under.store.getApiKey(made.id)).toEqual(made);
      const revoke = (id: ApiKeyId) => under.store.revokeApiKey({ id, actor: ACTOR, now: NOON });
      expect(await revoke(made.id)).toBe('revoked');
      expect(await under.store.findApiKey(hash)).toBeNull();
      expect(await under.store.getApiKey(made.id)).toBeNull();
      expect(await revoke(made.id)).toBe('not_found');
      expect(await revoke(NO_KEY)).toBe('not_found');
    });

    it('keeps one owner for a hash, revoked ones included', async () => {
      const hash = sha256(unique('api-key'));
      const { id } = await key({ kind: 'district', district: unique('district') }, hash);
      await expect(key({ kind: 'all' }, hash)).rejects.toThrow();
      await under.store.revokeApiKey({ id, actor: ACTOR, now: NOON });
      await expect(key({ kind: 'all' }, hash)).rejects.toThrow();
    });

    it('lists the keys inside a scope, a district with those of its communities', async () => {
      const district = unique('district');
      const [inside, outside] = [
        await makeWorld(under, { district }),
        await makeWorld(under, { district: unique('district') }),
      ];
      const scopes: Scope[] = [
        { kind: 'district', district },
        { kind: 'community', communityId: inside.community.id },
        { kind: 'community', communityId: outside.community.id },
        { kind: 'district', district: unique('district') },
        { kind: 'platform', slug: inside.platform },
        { kind: 'community', communityId: inside.community.id },
      ];
      const keys: ApiKey[] = [];
      for (const scope of scopes) keys.push(await key(scope));
      const revoked = await key({ kind: 'district', district });
      await under.store.revokeApiKey({ id: revoked.id, actor: ACTOR, now: NOON });
      const list = (scope: Scope) => expectPaged((page) => under.store.listApiKeys(scope, page));
      expect(await list({ kind: 'district', district })).toEqual([keys[0], keys[1], keys[5]]);
      expect(await list({ kind: 'community', communityId: inside.community.id })).toEqual([
        keys[1],
        keys[5],
      ]);
      expect(await list({ kind: 'community', communityId: outside.community.id })).toEqual([
        keys[2],
      ]);
      // The platform has had a key since it was made.
      expect((await list({ kind: 'platform', slug: inside.platform })).slice(1)).toEqual([keys[4]]);
      expect((await list({ kind: 'all' })).slice(-6)).toEqual(keys);
    });
  });

  describe('the last API key of scope all', () => {
    const alone = freshStore(open);
    const key = (scope: Scope) =>
      alone.store.createApiKey({
        name: 'a key',
        scope,
        hash: sha256(unique('api-key')),
        actor: ACTOR,
        now: NOON,
      });
    const revoke = ({ id }: ApiKey) => alone.store.revokeApiKey({ id, actor: ACTOR, now: NOON });

    it('stays, whatever other keys there are, and nothing is recorded', async () => {
      const [first, second] = [await key({ kind: 'all' }), await key({ kind: 'all' })];
      await key({ kind: 'district', district: 'donggang' });
      expect(await revoke(first)).toBe('revoked');
      const entries = await entriesOf(alone.store, async () => {
        expect(await revoke(second)).toBe('last_operator_key');
      });
      expect(entries).toEqual([]);
      expect(await alone.store.getApiKey(second.id)).toEqual(second);
    });

    it('stays when all of them are revoked at the same time', async () => {
      const keys: ApiKey[] = [];
      for (let count = 0; count < 8; count++) keys.push(await key({ kind: 'all' }));
      const outcomes = await Promise.all(keys.map(revoke));
      expect(outcomes.filter((outcome) => outcome === 'last_operator_key')).toHaveLength(1);
      const left = await Promise.all(keys.map(({ id }) => alone.store.getApiKey(id)));
      expect(left.filter((one) => one !== null)).toHaveLength(1);
    });
  });
}
