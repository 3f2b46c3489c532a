import { blob, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { ReportId } from '../../domain/identifier.ts';

/** What riders reported. Everything here may be erased. */
export const reports = sqliteTable(
  'reports',
  {
    no: integer('no').primaryKey(),
    id: text('id').$type<ReportId>().notNull(),
    communityNo: integer('community_no').notNull(),
    courierNo: integer('courier_no').notNull(),
    requestId: text('request_id').notNull(),
    at: integer('at').notNull(),
    place: text('place').notNull(),
    text: text('text').notNull(),
    photo: text('photo').$type<'kept' | 'none' | 'erased'>().notNull(),
    answeredAt: integer('answered_at'),
    answer: text('answer'),
    contributionPoints: integer('contribution_points'),
  },
  (table) => [
    uniqueIndex('reports_id').on(table.id),
    uniqueIndex('reports_request').on(table.courierNo, table.requestId),
    index('reports_community').on(table.communityNo, table.no),
    index('reports_photo').on(table.photo, table.at),
  ],
);

/** The photos apart, so that lists do not read them. */
export const reportPhotos = sqliteTable('report_photos', {
  reportNo: integer('report_no').primaryKey(),
  content: blob('content', { mode: 'buffer' }).notNull(),
});
