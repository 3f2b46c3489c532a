/** Tables of what must be forgotten: erasures that wait, and riders whom a delivery has left. */
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { BlocksAtErasure } from '../privacy-store.ts';

/** Couriers who are to be erased when nothing of theirs is live any more. */
export const erasures = sqliteTable('erasures', {
  courierNo: integer('courier_no').primaryKey(),
  blocks: text('blocks').$type<BlocksAtErasure>().notNull(),
  requestedAt: integer('requested_at').notNull(),
});

/** Couriers whom callbacks of a delivery name although it is another's, or nobody's, now. */
export const formerRiders = sqliteTable(
  'former_riders',
  {
    courierNo: integer('courier_no').notNull(),
    deliveryNo: integer('delivery_no').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.courierNo, t.deliveryNo] }),
    index('former_riders_delivery').on(t.deliveryNo),
  ],
);
