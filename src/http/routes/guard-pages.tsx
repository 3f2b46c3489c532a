import type { Deps } from '../../access/deps.ts';
import { hasRight } from '../../domain/role.ts';
import type { Account } from '../../web/guard/wire.ts';
import { guardManifest } from '../../web/manifest.ts';
import { GuardPage } from '../../web/pages/guard-page.tsx';
import { type AccountCaller, readAccount } from '../auth.ts';
import { anybody, page, type Web } from '../page.tsx';

/** `/g`: a guard's phone, which proves itself as a device, by a person's session, or both. */
export function registerGuardPages(web: Web, deps: Deps): void {
  const who = (c: { req: { raw: Request } }) => readAccount(deps, c.req.raw.headers);
  page(web, { path: '/g', who }, ({ view, who: caller }) => (
    <GuardPage view={view} account={accountOf(caller)} />
  ));
  page(web, { path: '/g/manifest.webmanifest', who: anybody }, ({ view }) =>
    Response.json(guardManifest(view), {
      headers: { 'content-type': 'application/manifest+json', vary: 'accept-language, cookie' },
    }),
  );
}

/** Who may do what a guard does, and where. */
function accountOf(caller: AccountCaller | null): Account | null {
  if (caller === null || !hasRight(caller.role, 'guard')) return null;
  const { account, scope } = caller;
  return {
    name: account.name,
    communityId: scope.kind === 'community' ? scope.communityId : null,
  };
}
