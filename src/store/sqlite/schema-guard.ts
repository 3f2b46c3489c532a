import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Why a guard admitted somebody by hand, or had a gate opened: free text, which the audit log does not hold. */
export const guardNotes = sqliteTable(
  'guard_notes',
  {
    /** Of the admission, or of the order to open. */
    auditId: text('audit_id').primaryKey(),
    communityNo: integer('community_no').notNull(),
    text: text('text').notNull(),
    at: integer('at').notNull(),
  },
  (t) => [index('guard_notes_at').on(t.at)],
);
