import type { Context } from 'hono';
import type { Deps } from '../../access/deps.ts';
import { findCoveredCommunity } from '../../access/find-covered.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import type { Right } from '../../domain/role.ts';
import type { CommunityRecord } from '../../store/store.ts';
import type { Reader } from '../../web/manager/frame.tsx';
import type { View } from '../../web/view.ts';
import type { AccountCaller } from '../auth.ts';
import { notFound } from '../problem.ts';
import { readerOf } from './reader.ts';
import { signedIn } from './signed-in.ts';

/** Who looks at a page of a community that is theirs to see. */
export interface Placed {
  readonly caller: AccountCaller;
  readonly reader: Reader;
  readonly community: CommunityRecord;
}

/** Lets in who is signed in, has the right, and reaches the community that `:id` of the path names. */
export function placed(deps: Pick<Deps, 'signIn' | 'store'>, right: Right) {
  const who = signedIn(deps, right);
  return async (c: Context, view: View): Promise<Placed> => {
    const caller = await who(c, view);
    const id = c.req.param('id') ?? '';
    const community = isIdentifier('com', id)
      ? await findCoveredCommunity(deps, caller.scope, id)
      : null;
    if (community === null) throw notFound();
    return { caller, reader: readerOf(caller), community };
  };
}

/** The members of a query that say where in a list one is. */
export function pageOf(
  query: { readonly after?: string | undefined },
  limit: number,
): { readonly limit: number; readonly after: string | null } {
  return { limit, after: query.after ?? null };
}
