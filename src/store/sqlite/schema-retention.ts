/** What of the log was announced to be dropped. Triggers keep it, and let entries go by it alone. */
import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';

/** Drops of whole bundles, each announced by an entry before it happens. */
export const logPrunings = sqliteTable('log_prunings', {
  /** Entries below this place are dropped: a multiple of 256. */
  through: integer('through').primaryKey(),
  /** The number of the first entry that stays. */
  seq: integer('seq').notNull(),
  /** The number of the entry that announced it. */
  announcedSeq: integer('announced_seq').notNull(),
});
