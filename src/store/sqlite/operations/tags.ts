import { and, asc, eq, gt, isNull, max } from 'drizzle-orm';
import type { TagId } from '../../../domain/identifier.ts';
import type { TagRecord } from '../../store.ts';
import type { Context } from '../database.ts';
import type { GateRow } from '../reference-data.ts';
import { gates, tags } from '../schema.ts';
import { liveGate } from './gate-rows.ts';
import { cursor, type Operations, pageOf } from './operation.ts';

type TagOperations = Pick<Operations, 'createTag' | 'listTags' | 'findTag' | 'revokeTag'>;

export type TagRow = typeof tags.$inferSelect;

/** `last_counter` of a tag that was never tapped. */
const NEVER_TAPPED = -1;

/** A tag, revoked or not, at a gate that was not revoked. */
export interface TagAtGate {
  readonly tag: TagRow;
  readonly gate: GateRow;
}

export function tagAtGate(context: Context, id: TagId): TagAtGate | null {
  const { db, reference } = context;
  const tag = db.select().from(tags).where(eq(tags.id, id)).get();
  if (tag === undefined) return null;
  const gate = liveGate(context, reference.gateId(tag.gateNo));
  return gate && { tag, gate };
}

export function tagOperations(context: Context): TagOperations {
  const { db, audit, reference } = context;

  const record = (tag: TagRow, gate: Pick<GateRow, 'id' | 'communityNo'>): TagRecord => ({
    id: tag.id,
    gateId: gate.id,
    communityId: reference.community(gate.communityNo).id,
    uid: tag.uid,
    macParam: tag.macParam,
    lastCounter: tag.lastCounter === NEVER_TAPPED ? null : tag.lastCounter,
    createdAt: tag.createdAt,
  });
  const ofUid = (communityNo: number, uid: string) =>
    and(eq(gates.communityNo, communityNo), eq(tags.uid, uid));

  /** Whether a tag of the UID is in use in the community. */
  function isInUse(communityNo: number, uid: string): boolean {
    const used = db
      .select({ no: tags.no })
      .from(tags)
      .innerJoin(gates, eq(gates.no, tags.gateNo))
      .where(and(ofUid(communityNo, uid), isNull(tags.revokedAt), isNull(gates.revokedAt)))
      .get();
    return used !== undefined;
  }

  /** The highest counter that any tag of the UID has seen in the community. */
  function highestCounter(communityNo: number, uid: string): number {
    const seen = db
      .select({ highest: max(tags.lastCounter) })
      .from(tags)
      .innerJoin(gates, eq(gates.no, tags.gateNo))
      .where(ofUid(communityNo, uid))
      .get();
    return seen?.highest ?? NEVER_TAPPED;
  }

  return {
    createTag({ id, communityId, gateId, uid, sealedKeys, macParam, counter, actor, now }) {
      const community = reference.communityById(communityId);
      const gate = liveGate(context, gateId);
      if (community === null || gate?.communityNo !== community.no) return { kind: 'not_found' };
      if (gate.kind !== 'gate' || !gate.directions.includes('in')) return { kind: 'no_entry' };
      if (isInUse(community.no, uid))
        return { kind: 'conflict', detail: 'a tag of this UID is in use here' };
      const lastCounter =
        counter === 'continued' ? highestCounter(community.no, uid) : NEVER_TAPPED;
      const row = db
        .insert(tags)
        .values({ id, gateNo: gate.no, uid, sealedKeys, macParam, lastCounter, createdAt: now })
        .returning()
        .get();
      audit.append('tag.created', now, communityId, { actor, gate: gateId, tag: id });
      return { kind: 'ok', value: record(row, gate) };
    },

    listTags(communityId, page) {
      const community = reference.communityById(communityId);
      if (community === null) return { items: [], next: null };
      const inForce = and(
        eq(gates.communityNo, community.no),
        isNull(gates.revokedAt),
        isNull(tags.revokedAt),
      );
      const rows = db
        .select({ no: tags.no, tag: tags, gate: { id: gates.id, communityNo: gates.communityNo } })
        .from(tags)
        .innerJoin(gates, eq(gates.no, tags.gateNo))
        .where(and(inForce, gt(tags.no, cursor(page, 0))))
        .orderBy(asc(tags.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, ({ tag, gate }) => record(tag, gate));
    },

    findTag(id) {
      const found = tagAtGate(context, id);
      if (found === null) return null;
      return { ...record(found.tag, found.gate), sealedKeys: found.tag.sealedKeys };
    },

    revokeTag({ tagId, actor, now }) {
      const found = tagAtGate(context, tagId);
      if (found === null || found.tag.revokedAt !== null) return false;
      db.update(tags).set({ revokedAt: now }).where(eq(tags.no, found.tag.no)).run();
      const community = reference.community(found.gate.communityNo).id;
      audit.append('tag.revoked', now, community, { actor, gate: found.gate.id, tag: tagId });
      return true;
    },
  };
}
