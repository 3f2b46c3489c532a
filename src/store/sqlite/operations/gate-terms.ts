import { sql } from 'drizzle-orm';
import { HOUR_MS, type Millis } from '../../../domain/clock.ts';
import type { Context } from '../database.ts';
import { gateHealth, OPEN_SLOT } from '../schema.ts';
import { communityRecord } from './communities.ts';
import { gateRecord, liveGate } from './gate-rows.ts';
import type { Operations } from './operation.ts';
import { STATUS_INDEX_REST_MS } from './pass-lifecycle.ts';

type GateTermsOperations = Pick<Operations, 'readGateTerms' | 'readStatusBits' | 'noteGateContact'>;

/** The bit of an ended pass stays set this long: as long as codes are issued ahead. */
const ENDED_BIT_MS = 3 * HOUR_MS;

export function gateTermsOperations(context: Context): GateTermsOperations {
  const { db, reference } = context;
  return {
    readGateTerms(gateId, now) {
      const gate = liveGate(context, gateId);
      if (gate === null) return null;
      const community = reference.community(gate.communityNo);
      const { version, rules } = reference.rules(community.no, now);
      return {
        gate: gateRecord(context, gate),
        community: communityRecord(community),
        rules,
        rulesVersion: version,
        bundleVersion: community.bundleVersion,
        statusVersion: community.statusVersion,
      };
    },

    readStatusBits(communityId, now) {
      const community = reference.communityById(communityId);
      if (community === null) return null;
      const { statusVersion: version, statusListLength: length } = community;
      return { version, length, set: setIndices(context, community.no, now) };
    },

    noteGateContact({ gateId, bundleVersion, statusVersion, now }) {
      const gate = liveGate(context, gateId);
      if (gate === null) return;
      const given = {
        lastContactAt: now,
        ...(bundleVersion === undefined ? {} : { bundleVersion }),
        ...(statusVersion === undefined ? {} : { statusVersion }),
      };
      db.insert(gateHealth)
        .values({ gateNo: gate.no, ...given })
        .onConflictDoUpdate({
          target: gateHealth.gateNo,
          set: { ...given, lastContactAt: sql`max(${gateHealth.lastContactAt}, ${now})` },
        })
        .run();
    },
  };
}

/** The resting slots tell when their passes ended; open visits lead to passes that are leaving. */
function setIndices({ sqlite }: Context, communityNo: number, now: Millis): number[] {
  const rows = sqlite
    .prepare<[object], { statusIndex: number }>(
      `SELECT status_index AS statusIndex FROM status_slots
         WHERE community_no = @communityNo AND free_at > @freeAfter
       UNION
       SELECT p.status_index FROM visits v JOIN passes p ON p.no = v.pass_no
         WHERE v.community_no = @communityNo AND v.slot = ${OPEN_SLOT} AND p.status = 'leaving'
       UNION
       SELECT p.status_index FROM restrictions r JOIN passes p
           ON p.courier_no = r.courier_no AND p.community_no = r.community_no AND p.status <> 'ended'
         WHERE r.community_no = @communityNo AND r.kind IN ('block', 'suspension') AND r.until > @now`,
    )
    .all({ communityNo, now, freeAfter: now + STATUS_INDEX_REST_MS - ENDED_BIT_MS });
  return rows.map(({ statusIndex }) => statusIndex);
}
