import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Posture } from '../../domain/community.ts';

/** Every posture that was ordered, so that what a gate did without network is judged by the one of then. */
export const postureChanges = sqliteTable(
  'posture_changes',
  {
    no: integer('no').primaryKey(),
    communityNo: integer('community_no').notNull(),
    /** 0: the whole community. */
    gateNo: integer('gate_no').notNull(),
    posture: text('posture').$type<Posture>().notNull(),
    /** Null: until another is ordered. */
    until: integer('until'),
    at: integer('at').notNull(),
  },
  (t) => [index('posture_changes_of').on(t.communityNo, t.gateNo, t.no)],
);
