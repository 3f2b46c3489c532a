import { and, asc, desc, eq, gt, isNull, lt } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { GateId } from '../../../domain/identifier.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import type { GateRow } from '../reference-data.ts';
import { enrolments, gateAssertions, gateKeys, gates } from '../schema.ts';
import { untilMember } from './communities.ts';
import { gateRecord, liveGate } from './gate-rows.ts';
import { cursor, type Operations, pageOf } from './operation.ts';
import { notePosture } from './posture-history.ts';
import { newBundleVersion } from './versions.ts';

type GateOperations = Pick<
  Operations,
  | 'createGate'
  | 'renewEnrolment'
  | 'findGate'
  | 'listGates'
  | 'enrolGate'
  | 'findGateCredentials'
  | 'acceptGateAssertion'
  | 'revokeGate'
  | 'setGatePosture'
>;

export function gateOperations(context: Context): GateOperations {
  const { db, audit, reference } = context;

  const record = (row: GateRow) => gateRecord(context, row);
  const live = (id: GateId) => liveGate(context, id);
  const community = (row: GateRow) => reference.community(row.communityNo).id;
  const keysOf = (gateNo: number) =>
    db
      .select()
      .from(gateKeys)
      .where(eq(gateKeys.gateNo, gateNo))
      .orderBy(desc(gateKeys.createdAt))
      .all();

  return {
    createGate({ communityId, enrolmentHash, enrolmentExpiresAt, actor, now, ...members }) {
      const owner = reference.communityById(communityId);
      if (owner === null) return null;
      const row = db
        .insert(gates)
        .values({
          id: newIdentifier('gat'),
          communityNo: owner.no,
          name: members.name,
          kind: members.kind,
          directions: [...members.directions],
          media: [...members.media],
          passageSensor: members.passageSensor,
          createdAt: now,
        })
        .returning()
        .get();
      reference.forget();
      db.insert(enrolments)
        .values({ hash: enrolmentHash, gateNo: row.no, expiresAt: enrolmentExpiresAt })
        .run();
      audit.append('gate.created', now, communityId, {
        actor,
        gate: row.id,
        kind: row.kind,
        directions: row.directions,
        media: row.media,
        passageSensor: row.passageSensor,
      });
      return record(row);
    },

    renewEnrolment({ gateId, enrolmentHash, enrolmentExpiresAt, actor, now }) {
      const gate = live(gateId);
      if (gate === null) return false;
      db.delete(enrolments)
        .where(and(eq(enrolments.gateNo, gate.no), isNull(enrolments.usedBy)))
        .run();
      db.insert(enrolments)
        .values({ hash: enrolmentHash, gateNo: gate.no, expiresAt: enrolmentExpiresAt })
        .run();
      audit.append('gate.enrolment_renewed', now, community(gate), { actor, gate: gateId });
      return true;
    },

    findGate(id) {
      const gate = live(id);
      return gate === null ? null : record(gate);
    },

    listGates(communityId, page) {
      const owner = reference.communityById(communityId);
      if (owner === null) return { items: [], next: null };
      const rows = db
        .select()
        .from(gates)
        .where(
          and(
            eq(gates.communityNo, owner.no),
            isNull(gates.revokedAt),
            gt(gates.no, cursor(page, 0)),
          ),
        )
        .orderBy(asc(gates.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, record);
    },

    enrolGate({ enrolmentHash, publicJwk, thumbprint, now }) {
      const enrolment = db
        .select()
        .from(enrolments)
        .where(eq(enrolments.hash, enrolmentHash))
        .get();
      if (enrolment === undefined) return null;
      if (enrolment.usedBy === null && now >= enrolment.expiresAt) return null;
      const gate = db.select().from(gates).where(eq(gates.no, enrolment.gateNo)).get();
      if (gate === undefined || gate.revokedAt !== null) return null;
      const answer = { gateId: gate.id, communityId: community(gate) };
      if (enrolment.usedBy !== null) {
        const known = keysOf(gate.no).some((key) => key.thumbprint === thumbprint);
        return enrolment.usedBy === thumbprint && known ? answer : null;
      }
      db.update(enrolments)
        .set({ usedBy: thumbprint })
        .where(eq(enrolments.hash, enrolmentHash))
        .run();
      const kept = keepOneKey(context, gate.no);
      // Keys are told apart as older and newer by this time: later than the last, though the clock be set back.
      const createdAt = kept === null ? now : Math.max(now, kept + 1);
      db.insert(gateKeys)
        .values({ gateNo: gate.no, thumbprint, jwk: publicJwk, createdAt })
        .onConflictDoNothing()
        .run();
      db.update(gates).set({ enrolledAt: now }).where(eq(gates.no, gate.no)).run();
      reference.forget();
      audit.append('gate.enrolled', now, answer.communityId, {
        gate: gate.id,
        keyThumbprint: thumbprint,
      });
      return answer;
    },

    findGateCredentials(id) {
      const gate = live(id);
      if (gate === null) return null;
      const keys = keysOf(gate.no).map(({ thumbprint, jwk }) => ({ thumbprint, jwk }));
      return { gateId: id, communityId: community(gate), keys, epoch: gate.epoch };
    },

    acceptGateAssertion({ gateId, thumbprint, jti, expiresAt, now }) {
      const gate = live(gateId);
      if (gate === null) return false;
      const key = keysOf(gate.no).find((candidate) => candidate.thumbprint === thumbprint);
      if (key === undefined) return false;
      const counted = db
        .insert(gateAssertions)
        .values({ gateNo: gate.no, jti, expiresAt })
        .onConflictDoNothing()
        .run();
      if (counted.changes === 0) return false;
      dropOlderKeys(context, gate, key.createdAt, now);
      audit.append('gate.signed_in', now, community(gate), {
        gate: gateId,
        keyThumbprint: thumbprint,
      });
      return true;
    },

    revokeGate({ gateId, actor, now }) {
      const gate = live(gateId);
      if (gate === null) return false;
      db.update(gates).set({ revokedAt: now }).where(eq(gates.no, gate.no)).run();
      db.delete(gateKeys).where(eq(gateKeys.gateNo, gate.no)).run();
      db.delete(enrolments).where(eq(enrolments.gateNo, gate.no)).run();
      reference.forget();
      audit.append('gate.revoked', now, community(gate), { actor, gate: gateId });
      return true;
    },

    setGatePosture({ gateId, posture, until, reason, actor, now }) {
      const gate = live(gateId);
      if (gate === null) return false;
      const command = { posture, postureUntil: until, postureReason: reason };
      db.update(gates).set(command).where(eq(gates.no, gate.no)).run();
      const place = { communityNo: gate.communityNo, gateNo: gate.no };
      notePosture(context, place, { posture, until, at: now });
      newBundleVersion(context, gate.communityNo);
      reference.forget();
      audit.append('gate.posture', now, community(gate), {
        actor,
        gate: gateId,
        posture,
        ...untilMember(until),
      });
      return true;
    },
  };
}

/** Before a further enrolment the oldest key stays: the one that is known to work. Returns when it was made. */
function keepOneKey({ db }: Context, gateNo: number): Millis | null {
  const oldest = db
    .select()
    .from(gateKeys)
    .where(eq(gateKeys.gateNo, gateNo))
    .orderBy(asc(gateKeys.createdAt))
    .limit(1)
    .get();
  if (oldest === undefined) return null;
  db.delete(gateKeys)
    .where(and(eq(gateKeys.gateNo, gateNo), gt(gateKeys.createdAt, oldest.createdAt)))
    .run();
  return oldest.createdAt;
}

/** A key that has been used ends those before it. */
function dropOlderKeys(
  { db, audit, reference }: Context,
  gate: GateRow,
  than: Millis,
  now: Millis,
): void {
  const dropped = db
    .delete(gateKeys)
    .where(and(eq(gateKeys.gateNo, gate.no), lt(gateKeys.createdAt, than)))
    .returning({ thumbprint: gateKeys.thumbprint })
    .all();
  if (dropped.length === 0) return;
  db.update(gates)
    .set({ epoch: gate.epoch + 1 })
    .where(eq(gates.no, gate.no))
    .run();
  reference.forget();
  for (const { thumbprint } of dropped) {
    audit.append('gate.key_dropped', now, reference.community(gate.communityNo).id, {
      gate: gate.id,
      keyThumbprint: thumbprint,
    });
  }
}
