import { eq, ne } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { Context } from '../database.ts';
import { communities, couriers, passes, riderLinks, riderSessions } from '../schema.ts';
import { restorePostures, restoreState } from '../schema-restore.ts';
import { untilMember } from './communities.ts';
import type { Operations } from './operation.ts';
import { endPass } from './pass-lifecycle.ts';
import { notePosture } from './posture-history.ts';
import { erase, erasedName } from './privacy.ts';

type RestoreOperations = Pick<Operations, 'lockDownRestored' | 'readRestore' | 'confirmRestore'>;

/** More changes than any community sees between a backup and its restore: gates refuse a lower version. */
const VERSIONS_AHEAD = 1_000_000;

export function restoreOperations(context: Context): RestoreOperations {
  const { db, sqlite, audit, reference } = context;
  const state = () => db.select().from(restoreState).get();

  return {
    lockDownRestored({ why, erased, now }) {
      const live = db.select().from(passes).where(ne(passes.status, 'ended')).all();
      audit.append('store.restored', now, null, { passes: live.length });
      for (const pass of live) endPass(context, pass, now);
      eraseAgain(context, new Set(erased), now);
      db.delete(riderSessions).run();
      db.delete(riderLinks).run();
      const all = db.select().from(communities).all();
      for (const { no, id, posture, postureUntil } of all) {
        const kept = { communityNo: no, posture, postureUntil };
        // One that was locked down before this keeps the posture that it had then.
        if (db.insert(restorePostures).values(kept).onConflictDoNothing().run().changes === 0)
          continue;
        const place = { communityNo: no, gateNo: null };
        notePosture(context, place, { posture: 'lockdown', until: null, at: now });
        audit.append('community.posture', now, id, { actor: 'system', posture: 'lockdown' });
      }
      sqlite
        .prepare(
          `UPDATE communities SET posture = 'lockdown', posture_until = NULL,
             status_version = status_version + ${VERSIONS_AHEAD}, bundle_version = bundle_version + ${VERSIONS_AHEAD}`,
        )
        .run();
      reference.forget();
      db.insert(restoreState).values({ one: 1, since: now, why }).onConflictDoNothing().run();
      return { passesEnded: live.length };
    },

    readRestore() {
      const row = state();
      return row === undefined ? null : { since: row.since, why: row.why };
    },

    confirmRestore({ actor, now }) {
      if (state() === undefined) return { kind: 'nothing' };
      audit.append('store.restore_confirmed', now, null, { actor });
      const before = db.delete(restorePostures).returning().all();
      for (const { communityNo, posture, postureUntil } of before) {
        const over = postureUntil !== null && postureUntil <= now;
        const back = over
          ? { posture: 'normal' as const, postureUntil: null }
          : { posture, postureUntil };
        db.update(communities).set(back).where(eq(communities.no, communityNo)).run();
        const place = { communityNo, gateNo: null };
        notePosture(context, place, { posture: back.posture, until: back.postureUntil, at: now });
        const { id } = reference.community(communityNo);
        const until = untilMember(back.postureUntil);
        audit.append('community.posture', now, id, { actor, posture: back.posture, ...until });
      }
      sqlite.prepare('UPDATE communities SET bundle_version = bundle_version + 1').run();
      db.delete(restoreState).run();
      reference.forget();
      const touched = before.map(({ communityNo }) => reference.community(communityNo).id);
      return { kind: 'confirmed', couriers: [], communities: touched };
    },
  };
}

/** Whoever was erased after the backup was made is in it again. */
function eraseAgain(context: Context, names: ReadonlySet<string>, now: Millis): void {
  if (names.size === 0) return;
  const known = context.db.select({ no: couriers.no, id: couriers.id }).from(couriers).all();
  const again = known.filter(({ id }) => names.has(erasedName(id)));
  for (const { no } of again) erase(context, no, { actor: 'system' }, now);
}
