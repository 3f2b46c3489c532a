import { and, eq, gt, inArray, ne, or } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { CommunityId, CourierId } from '../../../domain/identifier.ts';
import type { ErasureWaitsFor, Forgotten } from '../../privacy-store.ts';
import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import {
  couriers,
  deliveries,
  passes,
  restrictions,
  riderAccounts,
  riderLinks,
  riderSessions,
} from '../schema.ts';
import { erasures, formerRiders } from '../schema-privacy.ts';
import { courierNo } from './couriers.ts';
import { consequencesForgetter } from './forget-consequences.ts';
import { forgetOldRows, sum } from './forgetting.ts';
import type { Operations } from './operation.ts';
import { refreshPass } from './pass-lifecycle.ts';
import { newStatusVersion } from './versions.ts';

type PrivacyOperations = Pick<Operations, 'eraseCourier' | 'forgetPersonal'>;

interface Erased {
  readonly forgotten: Forgotten;
  readonly couriers: readonly CourierId[];
  readonly communities: readonly CommunityId[];
}

export function privacyOperations(context: Context): PrivacyOperations {
  const { db, audit } = context;
  const forgetOld = forgetOldRows(context);
  return {
    eraseCourier({ courierId, blocks, actor, now }) {
      const no = courierNo(context, courierId);
      if (no === null) return { kind: 'not_found' };
      const waitsFor = whatIsLive(context, no, blocks, now);
      if (waitsFor.length === 0) return { kind: 'erased', ...erase(context, no, { actor }, now) };
      const known = db.select().from(erasures).where(eq(erasures.courierNo, no)).get();
      if (known?.blocks !== blocks) {
        db.insert(erasures)
          .values({ courierNo: no, blocks, requestedAt: now })
          .onConflictDoUpdate({ target: erasures.courierNo, set: { blocks } })
          .run();
        audit.append('courier.erasure_requested', now, null, {
          actor,
          blocks,
          courier: erasedName(courierId),
        });
      }
      return { kind: 'pending', waitsFor };
    },

    forgetPersonal({ before, limit, now }) {
      const due = db
        .select()
        .from(erasures)
        .orderBy(erasures.requestedAt)
        .all()
        .filter((row) => whatIsLive(context, row.courierNo, row.blocks, now).length === 0)
        .slice(0, limit)
        .map((row) => erase(context, row.courierNo, { actor: 'system' }, now));
      const { forgotten, full } = forgetOld(before, limit);
      if (sum(forgotten) > 0) {
        const olderThan = new Date(before).toISOString();
        audit.append('personal.forgotten', now, null, { olderThan, ...forgotten });
      }
      const all = due.reduce((total, each) => add(total, each.forgotten), forgotten);
      return {
        forgotten: all,
        erased: due.length,
        done: !full && due.length < limit,
        couriers: due.flatMap((each) => each.couriers),
        communities: [...new Set(due.flatMap((each) => each.communities))],
      };
    },
  };
}

function add(a: Forgotten, b: Forgotten): Forgotten {
  return {
    deliveries: a.deliveries + b.deliveries,
    passes: a.passes + b.passes,
    couriers: a.couriers + b.couriers,
    restrictions: a.restrictions + b.restrictions,
  };
}

/**
 * How the log names who was erased: after a restore the operator finds by it whom to erase again. It says nothing to
 * who does not have the identifier, of 63 random bits, already.
 */
export function erasedName(id: CourierId): string {
  return digest(`erased ${id}`);
}

/** What keeps a courier from being erased now. */
function whatIsLive(
  context: Context,
  no: number,
  blocks: 'keep' | 'lift',
  now: Millis,
): ErasureWaitsFor[] {
  const { db } = context;
  const notEnded = and(eq(passes.courierNo, no), ne(passes.status, 'ended'));
  const live = db.select({ no: passes.no }).from(passes).where(notEnded).all();
  for (const pass of live) refreshPass(context, pass.no, now);
  const waitsFor: ErasureWaitsFor[] = [];
  if (db.select({ no: passes.no }).from(passes).where(notEnded).get() !== undefined)
    waitsFor.push('pass');
  const inForce = and(
    eq(restrictions.courierNo, no),
    gt(restrictions.until, now),
    ne(restrictions.kind, 'confirmation'),
  );
  if (blocks === 'keep' && db.select().from(restrictions).where(inForce).get() !== undefined)
    waitsFor.push('block');
  return waitsFor;
}

/** Deletes all that leads from a person to passes, in one transaction with the entry that says so. */
export function erase(
  context: Context,
  no: number,
  { actor }: { readonly actor: string },
  now: Millis,
): Erased {
  const { db, sqlite, audit, reference } = context;
  const people = db
    .select({ no: couriers.no, id: couriers.id })
    .from(couriers)
    .where(or(eq(couriers.no, no), eq(couriers.joinedInto, no)))
    .all();
  forgetFormerRider(context, no);
  consequencesForgetter(context)(no);
  const own = db
    .select({ no: deliveries.no })
    .from(deliveries)
    .where(eq(deliveries.courierNo, no))
    .all();
  for (const delivery of own) deleteDelivery(context, delivery.no);
  // An order leads its platform to the rider, and so would what hangs on it.
  sqlite
    .prepare(
      'DELETE FROM pass_deliveries WHERE pass_no IN (SELECT no FROM passes WHERE courier_no = ?)',
    )
    .run(no);
  const held = db
    .update(passes)
    .set({ courierNo: null, commitmentSalt: null })
    .where(eq(passes.courierNo, no))
    .run().changes;
  const lifted = db
    .delete(restrictions)
    .where(eq(restrictions.courierNo, no))
    .returning({ communityNo: restrictions.communityNo })
    .all();
  for (const table of [riderAccounts, riderLinks, riderSessions, erasures])
    db.delete(table).where(eq(table.courierNo, no)).run();
  db.delete(couriers)
    .where(
      inArray(
        couriers.no,
        people.map((each) => each.no),
      ),
    )
    .run();
  const touched = new Set(lifted.map(({ communityNo }) => communityNo));
  for (const communityNo of touched) newStatusVersion(context, communityNo);
  const forgotten: Forgotten = {
    deliveries: own.length,
    passes: held,
    couriers: people.length,
    restrictions: lifted.length,
  };
  audit.append('courier.erased', now, null, {
    actor,
    ...forgotten,
    names: people.slice(0, MOST_NAMES).map(({ id }) => erasedName(id)),
  });
  return {
    forgotten,
    couriers: people.map(({ id }) => id),
    communities: [...touched].map((communityNo) => reference.community(communityNo).id),
  };
}

/** Couriers joined into one that an entry names: more than anybody has platforms, and far less than 8 KiB. */
const MOST_NAMES = 64;

/** Deletes a delivery with all that hangs on it. */
function deleteDelivery({ sqlite }: Context, no: number): void {
  for (const table of ['callbacks', 'pass_deliveries', 'former_riders'])
    sqlite.prepare(`DELETE FROM ${table} WHERE delivery_no = ?`).run(no);
  sqlite.prepare('DELETE FROM deliveries WHERE no = ?').run(no);
}

/** Takes a courier's number and plate out of callbacks of deliveries that are another's now. */
function forgetFormerRider({ db, sqlite }: Context, no: number): void {
  const accounts = db.select().from(riderAccounts).where(eq(riderAccounts.courierNo, no)).all();
  const left = db.select().from(formerRiders).where(eq(formerRiders.courierNo, no)).all();
  const strip = sqlite.prepare(
    `UPDATE callbacks SET members = json_remove(members, '$.riderId', '$.plate')
     WHERE delivery_no = ? AND platform_no = ? AND json_extract(members, '$.riderId') = ?`,
  );
  for (const { deliveryNo } of left)
    for (const { platformNo, riderId } of accounts) strip.run(deliveryNo, platformNo, riderId);
  db.delete(formerRiders).where(eq(formerRiders.courierNo, no)).run();
}
