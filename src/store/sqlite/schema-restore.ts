/** What is kept of a restore until an operator has confirmed it. */
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Posture } from '../../domain/community.ts';

/** One row while the database waits for the operator. */
export const restoreState = sqliteTable('restore_state', {
  one: integer('one').primaryKey(),
  since: integer('since').notNull(),
  why: text('why').notNull(),
});

/** The postures that communities had in the backup. */
export const restorePostures = sqliteTable('restore_postures', {
  communityNo: integer('community_no').primaryKey(),
  posture: text('posture').$type<Posture>().notNull(),
  postureUntil: integer('posture_until'),
});
