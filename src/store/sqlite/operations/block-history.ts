import type { Statement } from 'better-sqlite3';
import { and, eq } from 'drizzle-orm';
import type { Millis } from '../../../domain/clock.ts';
import type { Context } from '../database.ts';
import { restrictions } from '../schema.ts';
import { pastBlocks } from '../schema-blocks.ts';

/** Whom a block keeps out, and where. */
export interface BlockPlace {
  readonly communityNo: number;
  readonly courierNo: number;
}

/** Keeps the block in force as a past one, in the transaction that lifts or replaces it. */
export function noteBlockEnd({ db }: Context, place: BlockPlace, now: Millis): void {
  const own = and(
    eq(restrictions.courierNo, place.courierNo),
    eq(restrictions.communityNo, place.communityNo),
    eq(restrictions.kind, 'block'),
  );
  const block = db.select().from(restrictions).where(own).get();
  if (block === undefined) return;
  const { createdAt: since, until } = block;
  db.insert(pastBlocks)
    .values({ ...place, since, until: Math.min(until, now) })
    .run();
}

/** Of two couriers who are one: what each was blocked for, both were. Called before their blocks are joined. */
export function joinBlockHistory(
  { db, sqlite }: Context,
  {
    younger,
    elder,
    now,
  }: { readonly younger: number; readonly elder: number; readonly now: Millis },
): void {
  db.update(pastBlocks).set({ courierNo: elder }).where(eq(pastBlocks.courierNo, younger)).run();
  // Of two blocks one stays: what the other covered alone was until now.
  sqlite
    .prepare(
      `INSERT INTO past_blocks (community_no, courier_no, since, until)
       SELECT community_no, @elder, created_at, min(until, @now) FROM restrictions
       WHERE kind = 'block' AND courier_no IN (@younger, @elder)`,
    )
    .run({ younger, elder, now });
}

/** Until when a courier was blocked, as it stood at an instant. */
export class BlockHistory {
  readonly #newest: Statement<[number, number, Millis, Millis], { until: Millis | null }>;

  constructor({ sqlite }: Context) {
    this.#newest = sqlite.prepare(
      `SELECT max(until) AS until FROM past_blocks
       WHERE courier_no = ? AND community_no = ? AND since <= ? AND until > ?`,
    );
  }

  /** Null: by none of those that are over. */
  at({ courierNo, communityNo }: BlockPlace, instant: Millis): Millis | null {
    return this.#newest.get(courierNo, communityNo, instant, instant)?.until ?? null;
  }
}
