import type { Statement } from 'better-sqlite3';
import { and, eq, gt, ne } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { CommunityId, CourierId } from '../../../domain/identifier.ts';
import { digest } from '../audit.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import {
  couriers,
  deliveries,
  passDeliveries,
  passes,
  platforms,
  restrictions,
  riderAccounts,
  riderLinks,
  riderSessions,
  visits,
} from '../schema.ts';
import { joinBlockHistory } from './block-history.ts';
import { joinConduct } from './conduct.ts';
import type { Operations } from './operation.ts';
import {
  closeVisit,
  commitTo,
  endPass,
  livePass,
  openVisit,
  type PassRow,
  refreshPass,
} from './pass-lifecycle.ts';
import { moveReports } from './reports.ts';
import { newStatusVersion } from './versions.ts';

type CourierOperations = Pick<
  Operations,
  | 'createRiderLink'
  | 'findRiderLink'
  | 'openRiderSession'
  | 'findRiderSession'
  | 'slideRiderSession'
  | 'endRiderSession'
>;

/** A session's end is moved at most this often: reading a session is seldom a write. */

/** The courier behind a platform's rider, made when the platform names the rider for the first time. */
export function courierOfRider(
  { queries }: Context,
  platformNo: number,
  riderId: string,
  now: Millis,
): number {
  const known = queries.account.get({ platformNo, riderId });
  if (known !== undefined) {
    if (known.vouchedAt < now) queries.vouch.run({ platformNo, riderId, vouchedAt: now });
    return known.courierNo;
  }
  const { no } = queries.addCourier.get({ id: newIdentifier('cou'), createdAt: now });
  queries.addAccount.run({ platformNo, riderId, courierNo: no, vouchedAt: now });
  return no;
}

/** The number behind a courier's identifier; of one that was joined into an elder, the elder's. */
export function courierNo({ queries }: Context, id: CourierId): number | null {
  const row = queries.courierById.get({ id });
  return row === undefined ? null : (row.joinedInto ?? row.no);
}

export function courierId({ queries }: Context, no: number | null): CourierId | null {
  return no === null ? null : (queries.courier.get({ no })?.id ?? null);
}

export function courierOperations(context: Context): CourierOperations {
  const { db, sqlite, audit } = context;
  /** Each request of a rider asks it. */
  const sessionOf: Statement<[string], { courierNo: number; expiresAt: Millis; slidAt: Millis }> =
    sqlite.prepare(
      `SELECT courier_no AS courierNo, expires_at AS expiresAt, slid_at AS slidAt FROM rider_sessions
     WHERE hash = ?`,
    );
  return {
    createRiderLink({ platform, riderId, tokenHash, expiresAt, now }) {
      const row = db.select().from(platforms).where(eq(platforms.slug, platform)).get();
      if (row === undefined)
        throw new RangeError('a rider link is made for a platform that exists');
      const no = courierOfRider(context, row.no, riderId, now);
      db.insert(riderLinks).values({ hash: tokenHash, courierNo: no, expiresAt }).run();
      audit.append('rider_link.created', now, null, { platform, link: nameOfSecret(tokenHash) });
    },

    findRiderLink({ linkHash, now }) {
      const usable = and(eq(riderLinks.hash, linkHash), gt(riderLinks.expiresAt, now));
      const link = db.select().from(riderLinks).where(usable).get();
      const id = link && courierId(context, link.courierNo);
      return id ? { courierId: id } : null;
    },

    openRiderSession({ linkHash, sessionHash, sessionExpiresAt, join, now }) {
      const usable = and(eq(riderLinks.hash, linkHash), gt(riderLinks.expiresAt, now));
      const link = db.delete(riderLinks).where(usable).returning().get();
      if (link === undefined) return null;
      const other = join === null ? null : courierNo(context, join);
      const joined =
        other === null || other === link.courierNo
          ? null
          : joinCouriers(context, other, link.courierNo, now);
      const no = joined?.elder ?? link.courierNo;
      db.insert(riderSessions)
        .values({ hash: sessionHash, courierNo: no, expiresAt: sessionExpiresAt, slidAt: now })
        .run();
      const id = courierId(context, no);
      if (id === null) throw new RangeError(`no courier ${no}`);
      audit.append('rider.signed_in', now, null, {
        link: nameOfSecret(linkHash),
        session: nameOfSecret(sessionHash),
        ...(joined === null ? {} : { joined: true }),
      });
      return {
        courierId: id,
        expiresAt: sessionExpiresAt,
        couriers: joined === null ? [] : [id, joined.youngerId],
        communities: joined?.communities ?? [],
      };
    },

    findRiderSession({ sessionHash, now }) {
      const session = sessionOf.get(sessionHash);
      if (session === undefined || now >= session.expiresAt) return null;
      const id = courierId(context, session.courierNo);
      if (id === null) return null;
      return { courierId: id, expiresAt: session.expiresAt, slidAt: session.slidAt };
    },

    slideRiderSession({ sessionHash, extendTo, now }) {
      db.update(riderSessions)
        .set({ expiresAt: extendTo, slidAt: now })
        .where(and(eq(riderSessions.hash, sessionHash), gt(riderSessions.expiresAt, now)))
        .run();
    },

    endRiderSession({ sessionHash, now }) {
      const ended = db.delete(riderSessions).where(eq(riderSessions.hash, sessionHash)).run();
      if (ended.changes > 0)
        audit.append('rider.signed_out', now, null, { session: nameOfSecret(sessionHash) });
    },
  };
}

/** How the log names a link or a session: who holds its row can tell it, and nobody once the row is gone. */
function nameOfSecret(hash: string): string {
  return digest(`secret ${hash}`);
}

interface Joined {
  readonly elder: number;
  readonly youngerId: CourierId;
  readonly communities: CommunityId[];
}

/** Makes two couriers one: the elder stays and takes over all that the younger had. */
function joinCouriers(context: Context, a: number, b: number, now: Millis): Joined | null {
  const { db, sqlite, reference } = context;
  const [elder, younger] = a < b ? [a, b] : [b, a];
  const youngerId = courierId(context, younger);
  if (youngerId === null) return null;
  const toElder = { courierNo: elder };
  db.update(deliveries).set(toElder).where(eq(deliveries.courierNo, younger)).run();
  const live = db
    .select()
    .from(passes)
    .where(and(eq(passes.courierNo, younger), ne(passes.status, 'ended')))
    .all();
  for (const pass of live) joinPass(context, pass, elder, now);
  db.update(passes).set(toElder).where(eq(passes.courierNo, younger)).run();
  joinBlockHistory(context, { younger, elder, now });
  const restricted = joinRestrictions(context, younger, elder);
  joinConduct(context, younger, elder);
  db.update(riderAccounts).set(toElder).where(eq(riderAccounts.courierNo, younger)).run();
  moveReports(context, younger, elder);
  db.update(riderLinks).set(toElder).where(eq(riderLinks.courierNo, younger)).run();
  // A consent is for the person to give: who has become one is asked anew.
  context.sqlite.prepare('DELETE FROM position_consents WHERE courier_no = ?').run(younger);
  db.update(riderSessions).set(toElder).where(eq(riderSessions.courierNo, younger)).run();
  for (const table of ['former_riders', 'erasures'])
    sqlite
      .prepare(`UPDATE OR REPLACE ${table} SET courier_no = ? WHERE courier_no = ?`)
      .run(elder, younger);
  db.update(couriers).set({ joinedInto: elder }).where(eq(couriers.joinedInto, younger)).run();
  db.update(couriers).set({ joinedInto: elder }).where(eq(couriers.no, younger)).run();
  const kept = db
    .select()
    .from(passes)
    .where(and(eq(passes.courierNo, elder), ne(passes.status, 'ended')))
    .all();
  for (const pass of kept) refreshPass(context, pass.no, now);
  const touched = new Set([...live.map((pass) => pass.communityNo), ...restricted]);
  for (const no of touched) newStatusVersion(context, no);
  return {
    elder,
    youngerId,
    communities: [...touched].map((no) => reference.community(no).id),
  };
}

/** Where both hold a pass for one community the younger's ends and its deliveries move; elsewhere it changes hands. */
function joinPass(context: Context, pass: PassRow, elder: number, now: Millis): void {
  const { db, audit, reference } = context;
  const kept = livePass(context, elder, pass.communityNo);
  if (kept === null) {
    const { commitmentSalt, holder } = commitTo(context, elder);
    db.update(passes).set({ courierNo: elder, commitmentSalt }).where(eq(passes.no, pass.no)).run();
    audit.append('pass.holder_changed', now, reference.community(pass.communityNo).id, {
      pass: pass.id,
      holder,
    });
    return;
  }
  // The pass that is younger ends, whichever of the two couriers held it; what it was made of stays as it was.
  const [staying, ending] = kept.no < pass.no ? [kept, pass] : [pass, kept];
  const links = db.select().from(passDeliveries).where(eq(passDeliveries.passNo, ending.no)).all();
  for (const link of links) {
    db.insert(passDeliveries)
      .values({ ...link, passNo: staying.no })
      .onConflictDoNothing()
      .run();
  }
  joinVisits(context, staying, ending, now);
  joinEntries(context, staying, ending);
  endPass(context, ending, now);
  if (staying.no === pass.no) {
    const { commitmentSalt, holder } = commitTo(context, elder);
    db.update(passes).set({ courierNo: elder, commitmentSalt }).where(eq(passes.no, pass.no)).run();
    audit.append('pass.holder_changed', now, reference.community(pass.communityNo).id, {
      pass: pass.id,
      holder,
    });
  }
}

/** The open visit of the pass that ends goes on under the one that stays; where both are inside, it closes. */
function joinVisits(context: Context, staying: PassRow, ending: PassRow, now: Millis): void {
  const { db } = context;
  const kept = openVisit(context, staying);
  const moving = openVisit(context, ending);
  if (moving === null) return;
  if (kept !== null) {
    closeVisit(context, moving, 'join', now);
    return;
  }
  db.update(visits).set({ passNo: staying.no }).where(eq(visits.no, moving.no)).run();
  db.update(passes).set({ carriedVisitNo: moving.no }).where(eq(passes.no, staying.no)).run();
}

/**
 * Entries add up. Where both passes consumed a code of one window, the key of the moved entry lies half a second beside
 * it: counted, and never a code's.
 */
function joinEntries({ sqlite }: Context, staying: PassRow, ending: PassRow): void {
  const entries = 'WHERE pass_no = ? AND entry_key IS NOT NULL';
  sqlite.prepare(`UPDATE OR IGNORE attempts SET pass_no = ? ${entries}`).run(staying.no, ending.no);
  sqlite
    .prepare(`UPDATE attempts SET pass_no = ?, entry_key = entry_key + 0.5 ${entries}`)
    .run(staying.no, ending.no);
}

/** Of two of a kind the one that lasts longer stays. @returns the communities in which the younger had some */
function joinRestrictions({ db }: Context, younger: number, elder: number): number[] {
  const moved = db
    .delete(restrictions)
    .where(eq(restrictions.courierNo, younger))
    .returning()
    .all();
  for (const row of moved) {
    const same = and(
      eq(restrictions.courierNo, elder),
      eq(restrictions.communityNo, row.communityNo),
      eq(restrictions.kind, row.kind),
    );
    const kept = db.select().from(restrictions).where(same).get();
    if (kept !== undefined && kept.until >= row.until) continue;
    db.delete(restrictions).where(same).run();
    db.insert(restrictions)
      .values({ ...row, courierNo: elder })
      .run();
  }
  return moved.map(({ communityNo }) => communityNo);
}
