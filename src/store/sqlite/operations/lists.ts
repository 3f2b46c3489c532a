import { and, asc, desc, eq, gt, lt, type SQL } from 'drizzle-orm';
import { leafHash } from '../../../domain/audit-entry.ts';
import type { Context } from '../database.ts';
import {
  attempts,
  auditEntries,
  couriers,
  OPEN_SLOT,
  passes,
  restrictions,
  visits,
} from '../schema.ts';
import { recordOfRow } from './attempt-record.ts';
import { noteBlockEnd } from './block-history.ts';
import { untilMember } from './communities.ts';
import { courierId, courierNo } from './couriers.ts';
import { cursor, NEWEST, type Operations, pageOf } from './operation.ts';
import { newStatusVersion } from './versions.ts';

type ListOperations = Pick<Operations, 'listDecisions' | 'listVisits' | 'listAuditEntries'>;
type BlockOperations = Pick<Operations, 'putBlock' | 'deleteBlock' | 'listBlocks'>;

export function listOperations(context: Context): ListOperations {
  const { db, reference } = context;
  return {
    listDecisions(communityId, page) {
      const community = reference.communityById(communityId);
      if (community === null) return { items: [], next: null };
      const rows = db
        .select()
        .from(attempts)
        .where(and(eq(attempts.communityNo, community.no), lt(attempts.seq, cursor(page, NEWEST))))
        .orderBy(desc(attempts.seq))
        .limit(page.limit + 1)
        .all()
        .map((row) => ({ ...row, no: row.seq }));
      return pageOf(rows, page, (row) => recordOfRow(context, row));
    },

    listVisits({ communityId, open, page }) {
      /** Along the index of (community, slot), where a closed visit's slot is its own number. */
      const read = (communityNo: number, slots: SQL, before: number) =>
        db
          .select({
            visit: visits,
            passId: passes.id,
            courierNo: passes.courierNo,
            no: visits.no,
          })
          .from(visits)
          .innerJoin(passes, eq(passes.no, visits.passNo))
          .where(and(eq(visits.communityNo, communityNo), slots, lt(visits.no, before)))
          .orderBy(desc(visits.slot), desc(visits.no))
          .limit(page.limit + 1)
          .all();

      const community = reference.communityById(communityId);
      if (community === null) return { items: [], next: null };
      const before = cursor(page, NEWEST);
      const inside = open === false ? [] : read(community.no, eq(visits.slot, OPEN_SLOT), before);
      const gone = open === true ? [] : read(community.no, lt(visits.slot, before), before);
      const rows = [...inside, ...gone].sort((a, b) => b.no - a.no);
      return pageOf(rows, page, ({ visit, passId, courierNo: holder }) => ({
        id: visit.id,
        passId,
        courierId: courierId(context, holder),
        communityId,
        openedAt: visit.openedAt,
        entryGateId: reference.gateId(visit.entryGateNo),
        closedAt: visit.closedAt,
        exitGateId: visit.exitGateNo === null ? null : reference.gateId(visit.exitGateNo),
        closedBy: visit.closedBy,
      }));
    },

    listAuditEntries({ afterSeq, limit }) {
      return db
        .select()
        .from(auditEntries)
        .where(gt(auditEntries.seq, afterSeq))
        .orderBy(asc(auditEntries.seq))
        .limit(limit)
        .all()
        .map(({ seq, entry }) => ({ seq, auditId: leafHash(entry), entry }));
    },
  };
}

export function blockOperations(context: Context): BlockOperations {
  const { db, audit, reference } = context;
  return {
    putBlock({ communityId, courierId: courier, reason, until, actor, now }) {
      const community = reference.communityById(communityId);
      const no = courierNo(context, courier);
      if (community === null || no === null) return { kind: 'not_found' };
      const values = {
        communityNo: community.no,
        courierNo: no,
        kind: 'block' as const,
        reason,
        until,
        createdAt: now,
      };
      noteBlockEnd(context, { communityNo: community.no, courierNo: no }, now);
      db.insert(restrictions)
        .values(values)
        .onConflictDoUpdate({
          target: [restrictions.courierNo, restrictions.communityNo, restrictions.kind],
          set: { reason, until, createdAt: now },
        })
        .run();
      newStatusVersion(context, community.no);
      audit.append('courier.blocked', now, communityId, {
        actor,
        ...untilMember(until),
        ...passOf(no, community.no),
      });
      const holder = courierId(context, no) ?? courier;
      const value = { courierId: holder, reason, until, createdAt: now };
      return { kind: 'ok', value, couriers: [holder], communities: [communityId] };
    },

    deleteBlock({ communityId, courierId: courier, actor, now }) {
      const community = reference.communityById(communityId);
      const no = courierNo(context, courier);
      if (community === null || no === null) return { kind: 'not_found' };
      const own = and(
        eq(restrictions.courierNo, no),
        eq(restrictions.communityNo, community.no),
        eq(restrictions.kind, 'block'),
      );
      noteBlockEnd(context, { communityNo: community.no, courierNo: no }, now);
      if (db.delete(restrictions).where(own).run().changes === 0) return { kind: 'not_found' };
      newStatusVersion(context, community.no);
      audit.append('courier.unblocked', now, communityId, { actor, ...passOf(no, community.no) });
      const holder = courierId(context, no) ?? courier;
      return { kind: 'ok', value: null, couriers: [holder], communities: [communityId] };
    },

    listBlocks(communityId, page, now) {
      const community = reference.communityById(communityId);
      if (community === null) return { items: [], next: null };
      const inForce = and(
        eq(restrictions.communityNo, community.no),
        eq(restrictions.kind, 'block'),
        gt(restrictions.until, now),
      );
      const rows = db
        .select({ no: restrictions.courierNo, id: couriers.id, block: restrictions })
        .from(restrictions)
        .innerJoin(couriers, eq(couriers.no, restrictions.courierNo))
        .where(and(inForce, gt(restrictions.courierNo, cursor(page, 0))))
        .orderBy(asc(restrictions.courierNo))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, ({ id, block }) => ({
        courierId: id,
        reason: block.reason,
        until: block.until,
        createdAt: block.createdAt,
      }));
    },
  };

  /** The log names passes, not couriers: the newest one that the courier holds or held here. */
  function passOf(courier: number, communityNo: number): { pass?: string } {
    const held = and(eq(passes.courierNo, courier), eq(passes.communityNo, communityNo));
    const row = db
      .select({ id: passes.id })
      .from(passes)
      .where(held)
      .orderBy(desc(passes.no))
      .limit(1)
      .get();
    return row === undefined ? {} : { pass: row.id };
  }
}
