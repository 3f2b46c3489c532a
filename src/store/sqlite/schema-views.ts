/** How far the tables were held against the audit log. */
import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';

export const viewCheck = sqliteTable('view_check', {
  one: integer('one').primaryKey(),
  /** The number of the next entry to read. */
  nextSeq: integer('next_seq').notNull(),
});
