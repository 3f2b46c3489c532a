/** The versions by which gates tell that what they keep is out of date. */
import { eq, sql } from 'drizzle-orm';
import type { Context } from '../database.ts';
import { communities } from '../schema.ts';

/** Called in the operation that changes bits of a community's status list. */
export function newStatusVersion({ queries, reference }: Context, communityNo: number): void {
  const row = queries.nextStatusVersion.get({ communityNo });
  if (row === undefined) throw new RangeError(`no community ${communityNo}`);
  reference.replaceCommunity(row);
}

/** Called in the operation that changes what gates keep beside the list. @param communityNo null: of every community */
export function newBundleVersion({ db, reference }: Context, communityNo: number | null): void {
  const next = db.update(communities).set({ bundleVersion: sql`${communities.bundleVersion} + 1` });
  if (communityNo === null) next.run();
  else next.where(eq(communities.no, communityNo)).run();
  reference.forget();
}
