/** The tables of the Merkle log over the audit entries. Triggers keep what they hold from being changed. */
import { blob, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** The tree as it was committed last: one row. */
export const logTree = sqliteTable('log_tree', {
  one: integer('one').primaryKey(),
  origin: text('origin').notNull(),
  size: integer('size').notNull(),
  /** Base64. */
  root: text('root').notNull(),
  grownAt: integer('grown_at').notNull(),
});

/** Where entries have their places: consecutive ones in one row. */
export const logRuns = sqliteTable(
  'log_runs',
  {
    firstLeaf: integer('first_leaf').primaryKey(),
    firstSeq: integer('first_seq').notNull(),
    count: integer('count').notNull(),
  },
  (t) => [uniqueIndex('log_runs_seq').on(t.firstSeq)],
);

/** Hashes of the tree; the last tile of a level grows until it has 256. */
export const logTiles = sqliteTable(
  'log_tiles',
  {
    level: integer('level').notNull(),
    tile: integer('tile').notNull(),
    hashes: blob('hashes', { mode: 'buffer' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.level, t.tile] })],
);

/**
 * From a leaf hash to its place. Hashes are random, so one index over all of them would dirty a page for every entry;
 * it is cut into segments of consecutive leaves, of which only the last grows. WITHOUT ROWID.
 */
export const logLookup = sqliteTable(
  'log_lookup',
  {
    segment: integer('segment').notNull(),
    /** The first 48 bits of the leaf hash. */
    prefix: integer('prefix').notNull(),
    leaf: integer('leaf').notNull(),
  },
  (t) => [primaryKey({ columns: [t.segment, t.prefix, t.leaf] })],
);

/** The newest checkpoints. */
export const logCheckpoints = sqliteTable('log_checkpoints', {
  size: integer('size').primaryKey(),
  note: text('note').notNull(),
  at: integer('at').notNull(),
});
