import { and, asc, desc, eq, gt, lt, type SQL, sql } from 'drizzle-orm';
import { completeStored } from '../../../domain/entry-rules.ts';
import type { CommunityRecord, Scope } from '../../store.ts';
import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import type { CommunityRow } from '../reference-data.ts';
import { communities, rules } from '../schema.ts';
import { cursor, NEWEST, type Operations, pageOf, postureCommandOf } from './operation.ts';
import { refreshInside } from './pass-lifecycle.ts';
import { notePosture } from './posture-history.ts';
import { newBundleVersion } from './versions.ts';

type CommunityOperations = Pick<
  Operations,
  | 'createCommunity'
  | 'findCommunity'
  | 'listCommunities'
  | 'updateCommunity'
  | 'setCommunityPosture'
>;

export function communityRecord(row: CommunityRow): CommunityRecord {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    timezone: row.timezone,
    district: row.district,
    posture: postureCommandOf(row),
    createdAt: row.createdAt,
  };
}

/** The communities that a scope reaches; undefined: all of them. */
function within(scope: Scope): SQL | undefined {
  if (scope.kind === 'district') return eq(communities.district, scope.district);
  if (scope.kind === 'community') return eq(communities.id, scope.communityId);
  if (scope.kind === 'platform' || scope.kind === 'audit') return sql`FALSE`;
  return undefined;
}

export function communityOperations(context: Context): CommunityOperations {
  const { db, audit, reference } = context;
  return {
    createCommunity({ name, kind, timezone, district, rules: document, actor, now }) {
      const id = newIdentifier('com');
      const row = db
        .insert(communities)
        .values({ id, name, kind, timezone, district, createdAt: now })
        .returning()
        .get();
      db.insert(rules)
        .values({
          communityNo: row.no,
          version: 1,
          author: actor,
          agreedBy: [],
          createdAt: now,
          effectiveFrom: now,
          document,
        })
        .run();
      const rulesDigest = digest(JSON.stringify(document));
      audit.append('community.created', now, id, {
        actor,
        kind,
        timezone,
        rulesVersion: 1,
        rulesDigest,
      });
      return communityRecord(row);
    },

    findCommunity(id) {
      const row = reference.communityById(id);
      return row === null ? null : communityRecord(row);
    },

    listCommunities(scope, page) {
      const rows = db
        .select()
        .from(communities)
        .where(and(within(scope), gt(communities.no, cursor(page, 0))))
        .orderBy(asc(communities.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, communityRecord);
    },

    updateCommunity({ id, name, timezone, district, actor, now }) {
      const found = reference.communityById(id);
      if (found === null) return null;
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(timezone === undefined ? {} : { timezone }),
        ...(district === undefined ? {} : { district }),
      };
      if (Object.keys(change).length === 0) return communityRecord(found);
      const row = db
        .update(communities)
        .set(change)
        .where(eq(communities.no, found.no))
        .returning()
        .get();
      newBundleVersion(context, found.no);
      reference.forget();
      audit.append('community.changed', now, id, { actor, members: Object.keys(change).sort() });
      return communityRecord(row);
    },

    setCommunityPosture({ id, posture, until, reason, actor, now }) {
      const found = reference.communityById(id);
      if (found === null) return false;
      db.update(communities)
        .set({ posture, postureUntil: until, postureReason: reason })
        .where(eq(communities.no, found.no))
        .run();
      notePosture(context, { communityNo: found.no, gateNo: null }, { posture, until, at: now });
      newBundleVersion(context, found.no);
      reference.forget();
      audit.append('community.posture', now, id, { actor, posture, ...untilMember(until) });
      return true;
    },
  };
}

/** An end as an entry shows it. */
export function untilMember(until: number | null): { until?: string } {
  return until === null ? {} : { until: new Date(until).toISOString() };
}

type RulesOperations = Pick<Operations, 'currentRules' | 'listRules' | 'putRules'>;
type RulesRow = typeof rules.$inferSelect;

function rulesVersion(row: RulesRow) {
  return {
    version: row.version,
    author: row.author,
    agreedBy: row.agreedBy,
    createdAt: row.createdAt,
    effectiveFrom: row.effectiveFrom,
    rules: completeStored(row.document),
    ...(row.reason !== null && { reason: row.reason }),
  };
}

export function rulesOperations(context: Context): RulesOperations {
  const { db, audit, reference } = context;
  const version = (communityNo: number, number: number) =>
    db
      .select()
      .from(rules)
      .where(and(eq(rules.communityNo, communityNo), eq(rules.version, number)))
      .get();
  return {
    currentRules(communityId, now) {
      const community = reference.communityById(communityId);
      if (community === null) return null;
      const row = version(community.no, reference.rules(community.no, now).version);
      return row === undefined ? null : rulesVersion(row);
    },

    listRules(communityId, page) {
      const community = reference.communityById(communityId);
      if (community === null) return { items: [], next: null };
      const rows = db
        .select()
        .from(rules)
        .where(and(eq(rules.communityNo, community.no), lt(rules.version, cursor(page, NEWEST))))
        .orderBy(desc(rules.version))
        .limit(page.limit + 1)
        .all()
        .map((row) => ({ ...row, no: row.version }));
      return pageOf(rows, page, rulesVersion);
    },

    putRules({ communityId, rules: document, reason, ...given }) {
      const { agreedBy, effectiveFrom, ifVersion, actor, now } = given;
      const community = reference.communityById(communityId);
      if (community === null) return { kind: 'not_found' };
      const newest = db
        .select({ version: rules.version })
        .from(rules)
        .where(eq(rules.communityNo, community.no))
        .orderBy(desc(rules.version))
        .limit(1)
        .get();
      const last = newest?.version ?? 0;
      if (ifVersion !== null && ifVersion !== last) {
        return { kind: 'conflict', detail: `version ${last} is the newest, not ${ifVersion}` };
      }
      const row = db
        .insert(rules)
        .values({
          communityNo: community.no,
          version: last + 1,
          author: actor,
          agreedBy: [...agreedBy],
          createdAt: now,
          effectiveFrom,
          document,
          reason: reason ?? null,
        })
        .returning()
        .get();
      reviewPasses(context, community.no, effectiveFrom);
      newBundleVersion(context, community.no);
      reference.forget();
      if (effectiveFrom <= now) refreshInside(context, community.no, now);
      audit.append('rules.changed', now, communityId, {
        actor,
        version: row.version,
        agreedBy: [...agreedBy],
        effectiveFrom: new Date(effectiveFrom).toISOString(),
        rulesDigest: digest(JSON.stringify(document)),
      });
      return { kind: 'ok', value: rulesVersion(row) };
    },
  };
}

/** New rules may authorise less: the active passes are looked at again when they take effect. */
function reviewPasses({ sqlite }: Context, communityNo: number, from: number): void {
  sqlite
    .prepare(
      `UPDATE passes SET review_at = min(review_at, ?) WHERE community_no = ? AND status = 'active'`,
    )
    .run(from, communityNo);
}
