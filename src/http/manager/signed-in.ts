/** Who is signed in, for pages. */
import type { Context } from 'hono';
import type { Deps } from '../../access/deps.ts';
import { hasRight, type Right } from '../../domain/role.ts';
import type { Client } from '../../signin/signin.ts';
import type { View } from '../../web/view.ts';
import { clientAddress } from '../address.ts';
import { type AccountCaller, readAccount } from '../auth.ts';
import { SeeOther } from '../page.tsx';
import { notFound } from '../problem.ts';

/** Lets in who is signed in and whose role has the right; others go to the sign-in and come back. */
export function signedIn(deps: Pick<Deps, 'signIn'>, right?: Right) {
  return async (c: Context, view: View): Promise<AccountCaller> => {
    const caller = await readAccount(deps, c.req.raw.headers);
    if (caller === null)
      throw new SeeOther(`/sign-in?next=${encodeURIComponent(returnTo(c, view))}`);
    if (right !== undefined && !hasRight(caller.role, right)) throw notFound();
    return caller;
  };
}

/** After a form the page that it stood on is unknown: the overview will do. */
function returnTo(c: Context, view: View): string {
  return c.req.method === 'GET' ? view.path : '/m';
}

/** A path of ours and nothing else, where a form or a link says where to go. */
export function localPath(path: string | undefined): string {
  return path !== undefined && /^\/(m|g)(\/[\w./?=&%-]*)?$/.test(path) && !path.includes('//')
    ? path
    : '/m';
}

export function clientOf(c: Context, { config }: Pick<Deps, 'config'>): Client {
  return { headers: c.req.raw.headers, address: clientAddress(c, config.trustedProxies) };
}

/** An answer with the cookies of a session that begins or ends. */
export function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}
