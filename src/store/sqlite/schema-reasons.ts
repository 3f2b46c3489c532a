import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Why a guard admitted somebody by hand, in the guard's words: beside the decision, where they can be erased. */
export const admissionReasons = sqliteTable('admission_reasons', {
  /** Of the attempt. */
  attemptSeq: integer('attempt_seq').primaryKey(),
  reason: text('reason').notNull(),
});
