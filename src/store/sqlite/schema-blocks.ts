import { index, integer, sqliteTable } from 'drizzle-orm/sqlite-core';

/** Blocks that are in force no more, so that what a gate did without network is judged by those of then. */
export const pastBlocks = sqliteTable(
  'past_blocks',
  {
    no: integer('no').primaryKey(),
    communityNo: integer('community_no').notNull(),
    courierNo: integer('courier_no').notNull(),
    since: integer('since').notNull(),
    /** When it was lifted, replaced or over. */
    until: integer('until').notNull(),
  },
  (t) => [index('past_blocks_of').on(t.courierNo, t.communityNo)],
);
