import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Plan } from '../../domain/plan.ts';

/** The plan of a community, as it is now. */
export const plans = sqliteTable('plans', {
  communityNo: integer('community_no').primaryKey(),
  version: integer('version').notNull(),
  document: text('document', { mode: 'json' }).$type<Plan>().notNull(),
  author: text('author').notNull(),
  updatedAt: integer('updated_at').notNull(),
});
