import { and, count, desc, eq, gt, inArray, isNotNull, isNull, lt, ne, or, sum } from 'drizzle-orm';
import { DAY_MS, type Millis } from '../../../domain/clock.ts';
import type { Report } from '../../../domain/report.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import { passes } from '../schema.ts';
import { reportPhotos, reports } from '../schema-reports.ts';
import { move } from './conduct-settle.ts';
import { courierId, courierNo } from './couriers.ts';
import { cursor, NEWEST, type Operations, pageOf } from './operation.ts';

type ReportOperations = Pick<
  Operations,
  | 'makeReport'
  | 'listReports'
  | 'listCourierReports'
  | 'findReport'
  | 'readReportPhoto'
  | 'answerReport'
  | 'eraseReportPhotos'
>;
type ReportRow = typeof reports.$inferSelect;

export function reportOperations(context: Context): ReportOperations {
  const { db, audit, reference } = context;
  const rowOf = (id: ReportRow['id']) => db.select().from(reports).where(eq(reports.id, id)).get();
  return {
    makeReport(input) {
      const { communityId, requestId, photo, now } = input;
      const community = reference.communityById(communityId);
      const no = courierNo(context, input.courierId);
      if (community === null || no === null) return { kind: 'not_there' };
      const known = and(eq(reports.courierNo, no), eq(reports.requestId, requestId));
      const before = db.select().from(reports).where(known).get();
      if (before !== undefined)
        return { kind: 'ok', report: recordOf(context, before), isNew: false };
      if (!wasThere(context, no, community.no, input.passSince)) return { kind: 'not_there' };
      if (countSince(context, no, now - DAY_MS) >= input.mostInDay)
        return { kind: 'too_many', most: input.mostInDay };
      const row = db
        .insert(reports)
        .values({
          id: newIdentifier('rep'),
          communityNo: community.no,
          courierNo: no,
          requestId,
          at: now,
          place: input.place,
          text: input.text,
          photo: photo === null ? 'none' : 'kept',
        })
        .returning()
        .get();
      if (photo !== null)
        db.insert(reportPhotos)
          .values({ reportNo: row.no, content: Buffer.from(photo, 'base64') })
          .run();
      audit.append('report.made', now, communityId, { report: row.id });
      return { kind: 'ok', report: recordOf(context, row), isNew: true };
    },

    listReports({ communityId, open, page }) {
      const community = reference.communityById(communityId);
      if (community === null) return { items: [], next: null };
      const answered = open ? isNull(reports.answeredAt) : isNotNull(reports.answeredAt);
      const rows = db
        .select()
        .from(reports)
        .where(
          and(
            eq(reports.communityNo, community.no),
            lt(reports.no, cursor(page, NEWEST)),
            open === null ? undefined : answered,
          ),
        )
        .orderBy(desc(reports.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, (row) => recordOf(context, row));
    },

    listCourierReports({ courierId: id, page }) {
      const no = courierNo(context, id);
      if (no === null) return { items: [], next: null, contributionPoints: 0 };
      const rows = db
        .select()
        .from(reports)
        .where(and(eq(reports.courierNo, no), lt(reports.no, cursor(page, NEWEST))))
        .orderBy(desc(reports.no))
        .limit(page.limit + 1)
        .all();
      const total = db
        .select({ points: sum(reports.contributionPoints) })
        .from(reports)
        .where(eq(reports.courierNo, no))
        .get();
      const listed = pageOf(rows, page, (row) => recordOf(context, row));
      return { ...listed, contributionPoints: Number(total?.points ?? 0) };
    },

    findReport(id) {
      const row = rowOf(id);
      return row === undefined ? null : recordOf(context, row);
    },

    readReportPhoto(id) {
      const row = rowOf(id);
      if (row === undefined) return null;
      const own = eq(reportPhotos.reportNo, row.no);
      const photo = db.select().from(reportPhotos).where(own).get();
      return photo === undefined ? null : photo.content.toString('base64');
    },

    answerReport({ id, text, contributionPoints, actor, now }) {
      const row = rowOf(id);
      if (row === undefined) return { kind: 'not_found' };
      if (row.answeredAt !== null) return { kind: 'answered' };
      const answer = { answeredAt: now, answer: text, contributionPoints };
      db.update(reports).set(answer).where(eq(reports.no, row.no)).run();
      const report = recordOf(context, { ...row, ...answer });
      if (contributionPoints > 0) giveFor(context, row, contributionPoints, actor, now);
      audit.append('report.answered', now, report.communityId, {
        actor,
        report: id,
        contributionPoints,
      });
      return { kind: 'ok', report };
    },

    eraseReportPhotos({ before, limit, now }) {
      const due = db
        .select({ no: reports.no })
        .from(reports)
        .where(and(eq(reports.photo, 'kept'), lt(reports.at, before)))
        .limit(limit)
        .all()
        .map(({ no }) => no);
      if (due.length === 0) return 0;
      db.delete(reportPhotos).where(inArray(reportPhotos.reportNo, due)).run();
      db.update(reports).set({ photo: 'erased' }).where(inArray(reports.no, due)).run();
      audit.append('report.photos_erased', now, null, { count: due.length });
      return due.length;
    },
  };
}

/** Points for a report go to the contribution account, in the transaction of the answer. */
function giveFor(
  context: Context,
  { id, courierNo, communityNo }: ReportRow,
  points: number,
  actor: string,
  now: Millis,
): void {
  const because = { account: 'contribution', cause: 'contribution', reference: id } as const;
  move(context, { courierNo, communityNo, points, actor, ...because }, now);
}

/** Whether a courier holds a pass of the community, or held one since. */
function wasThere({ db }: Context, courier: number, community: number, since: number): boolean {
  const own = and(eq(passes.courierNo, courier), eq(passes.communityNo, community));
  const late = or(ne(passes.status, 'ended'), gt(passes.endedAt, since));
  return db.select({ no: passes.no }).from(passes).where(and(own, late)).get() !== undefined;
}

function countSince({ db }: Context, courier: number, since: number): number {
  const own = and(eq(reports.courierNo, courier), gt(reports.at, since));
  return db.select({ made: count() }).from(reports).where(own).get()?.made ?? 0;
}

/** Moves a courier's reports to the one that it was joined into; of two under one requestId the elder's counts. */
export function moveReports({ sqlite }: Context, from: number, to: number): void {
  sqlite.prepare('UPDATE OR IGNORE reports SET courier_no = ? WHERE courier_no = ?').run(to, from);
}

function recordOf(context: Context, row: ReportRow): Report {
  const courier = courierId(context, row.courierNo);
  if (courier === null) throw new RangeError(`no courier ${row.courierNo}`);
  const { answeredAt, answer, contributionPoints } = row;
  return {
    id: row.id,
    communityId: context.reference.community(row.communityNo).id,
    courierId: courier,
    at: row.at,
    place: row.place,
    text: row.text,
    photo: row.photo,
    answer:
      answeredAt === null
        ? null
        : { at: answeredAt, text: answer ?? '', contributionPoints: contributionPoints ?? 0 },
  };
}
