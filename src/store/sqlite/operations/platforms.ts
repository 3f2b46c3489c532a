import { and, asc, eq, gt, isNull, ne, or } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { ApiKeyId } from '../../../domain/identifier.ts';
import type { Actor, ApiKey, Scope } from '../../store.ts';
import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import type { PlatformRow } from '../reference-data.ts';
import { apiKeys, platforms, webhookSecrets } from '../schema.ts';
import { cursor, type Operations, pageOf } from './operation.ts';

type PlatformOperations = Pick<
  Operations,
  'createPlatform' | 'findPlatform' | 'listPlatforms' | 'addWebhookSecret'
>;
type ApiKeyOperations = Pick<
  Operations,
  'createApiKey' | 'findApiKey' | 'getApiKey' | 'listApiKeys' | 'revokeApiKey'
>;
type ApiKeyRow = typeof apiKeys.$inferSelect;

function platformOf(row: PlatformRow) {
  return { slug: row.slug, name: row.name, adapter: row.adapter, districts: row.districts };
}

export function platformOperations(context: Context): PlatformOperations {
  const { db, audit } = context;
  const bySlug = (slug: string) =>
    db.select().from(platforms).where(eq(platforms.slug, slug)).get();
  return {
    createPlatform({
      slug,
      name,
      adapter,
      districts,
      sealedSecret,
      apiKeyName,
      apiKeyHash,
      actor,
      now,
    }) {
      if (bySlug(slug) !== undefined)
        return { kind: 'conflict', detail: `the platform ${slug} exists` };
      const row = db
        .insert(platforms)
        .values({
          slug,
          name,
          adapter,
          districts: districts === null ? null : [...districts],
          createdAt: now,
        })
        .returning()
        .get();
      db.insert(webhookSecrets).values({ platformNo: row.no, sealed: sealedSecret }).run();
      audit.append('platform.created', now, null, {
        actor,
        platform: slug,
        adapter,
        // Up to 200 names of 64 characters: more than an entry holds.
        districtsDigest: row.districts === null ? null : digest(JSON.stringify(row.districts)),
      });
      insertApiKey(context, {
        name: apiKeyName,
        scope: { kind: 'platform', slug },
        hash: apiKeyHash,
        actor,
        now,
      });
      return { kind: 'ok', value: platformOf(row) };
    },

    findPlatform(slug) {
      const row = bySlug(slug);
      if (row === undefined) return null;
      const secrets = db
        .select({ sealed: webhookSecrets.sealed, validUntil: webhookSecrets.validUntil })
        .from(webhookSecrets)
        .where(eq(webhookSecrets.platformNo, row.no))
        .all();
      return { ...platformOf(row), secrets };
    },

    listPlatforms(page) {
      const rows = db
        .select()
        .from(platforms)
        .where(gt(platforms.no, cursor(page, 0)))
        .orderBy(asc(platforms.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, platformOf);
    },

    addWebhookSecret({ slug, sealedSecret, oldValidUntil, actor, now }) {
      const row = bySlug(slug);
      if (row === undefined) return false;
      db.update(webhookSecrets)
        .set({ validUntil: oldValidUntil })
        .where(and(eq(webhookSecrets.platformNo, row.no), isNull(webhookSecrets.validUntil)))
        .run();
      db.insert(webhookSecrets).values({ platformNo: row.no, sealed: sealedSecret }).run();
      audit.append('platform.secret_added', now, null, { actor, platform: slug });
      return true;
    },
  };
}

const scopeValue = (scope: Scope): string => {
  if (scope.kind === 'district') return scope.district;
  if (scope.kind === 'community') return scope.communityId;
  return scope.kind === 'platform' ? scope.slug : '';
};

function scopeOf({ scopeKind, scopeValue: value }: ApiKeyRow): Scope {
  if (scopeKind === 'district') return { kind: 'district', district: value };
  if (scopeKind === 'community') return { kind: 'community', communityId: value as never };
  return scopeKind === 'platform' ? { kind: 'platform', slug: value } : { kind: scopeKind };
}

function apiKeyOf(row: ApiKeyRow): ApiKey {
  return { id: row.id, name: row.name, scope: scopeOf(row), createdAt: row.createdAt };
}

function insertApiKey(
  { db, audit }: Context,
  key: { name: string; scope: Scope; hash: string; actor: Actor; now: Millis },
): ApiKey {
  const row = db
    .insert(apiKeys)
    .values({
      id: newIdentifier('key'),
      name: key.name,
      scopeKind: key.scope.kind,
      scopeValue: scopeValue(key.scope),
      hash: key.hash,
      createdAt: key.now,
    })
    .returning()
    .get();
  audit.append('api_key.created', key.now, null, {
    actor: key.actor,
    apiKey: row.id,
    scope: { ...key.scope },
  });
  return apiKeyOf(row);
}

export function apiKeyOperations(context: Context): ApiKeyOperations {
  const { db, sqlite, audit } = context;
  /** The keys inside a scope: a district's include those of its communities. */
  const within = (scope: Scope) => {
    if (scope.kind === 'all') return undefined;
    const own = and(eq(apiKeys.scopeKind, scope.kind), eq(apiKeys.scopeValue, scopeValue(scope)));
    if (scope.kind !== 'district') return own;
    const ids = sqlite
      .prepare<[string], { id: string }>('SELECT id FROM communities WHERE district = ?')
      .all(scope.district);
    const inside = ids.map(({ id }) =>
      and(eq(apiKeys.scopeKind, 'community'), eq(apiKeys.scopeValue, id)),
    );
    return or(own, ...inside);
  };
  const inForce = (id: ApiKeyId) =>
    db
      .select()
      .from(apiKeys)
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
      .get();
  const hasOtherOperatorKey = (id: ApiKeyId) =>
    db
      .select({ no: apiKeys.no })
      .from(apiKeys)
      .where(and(eq(apiKeys.scopeKind, 'all'), isNull(apiKeys.revokedAt), ne(apiKeys.id, id)))
      .limit(1)
      .get() !== undefined;
  return {
    createApiKey: (key) => insertApiKey(context, key),

    findApiKey(hash) {
      const row = db
        .select()
        .from(apiKeys)
        .where(and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAt)))
        .get();
      return row === undefined ? null : apiKeyOf(row);
    },

    getApiKey(id) {
      const row = inForce(id);
      return row === undefined ? null : apiKeyOf(row);
    },

    listApiKeys(scope, page) {
      const rows = db
        .select()
        .from(apiKeys)
        .where(and(within(scope), isNull(apiKeys.revokedAt), gt(apiKeys.no, cursor(page, 0))))
        .orderBy(asc(apiKeys.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, apiKeyOf);
    },

    revokeApiKey({ id, actor, now }) {
      const row = inForce(id);
      if (row === undefined) return 'not_found';
      if (row.scopeKind === 'all' && !hasOtherOperatorKey(id)) return 'last_operator_key';
      db.update(apiKeys).set({ revokedAt: now }).where(eq(apiKeys.no, row.no)).run();
      audit.append('api_key.revoked', now, null, { actor, apiKey: id });
      return 'revoked';
    },
  };
}
