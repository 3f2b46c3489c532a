import { z } from '@hono/zod-openapi';
import { changePassword } from '../../access/change-password.ts';
import type { Deps } from '../../access/deps.ts';
import { endSession } from '../../access/end-session.ts';
import { addPasskey, removePasskey } from '../../access/passkeys.ts';
import { standingText } from '../../web/manager/frame.tsx';
import { signInText } from '../../web/messages/sign-in.ts';
import { AccountPage, type AccountProps } from '../../web/pages/account-page.tsx';
import { translator } from '../../web/translate.ts';
import type { View } from '../../web/view.ts';
import type { AccountCaller } from '../auth.ts';
import type { Attempts } from '../manager/attempts.ts';
import { readerOf } from '../manager/reader.ts';
import { clientOf, signedIn, withCookies } from '../manager/signed-in.ts';
import { form, PageWith, page, seeOther, type Web } from '../page.tsx';
import { printable } from '../schemas/values.ts';
import { jsonOf } from './sign-in.tsx';

const MESSAGES = {
  ended: 'sessionEnded',
  'passkey-added': 'passkeyAdded',
  'passkey-removed': 'passkeyRemoved',
  password: 'passwordChanged',
} as const;
const messageQuery = z.object({ message: z.string().optional() });

const PASSKEY_NAME = printable(1, 40);

/** `/m/account`: one's own sessions, passkeys and password. */
export function registerAccount(web: Web, deps: Deps, attempts: Attempts): void {
  const who = signedIn(deps);
  const path = '/m/account';

  async function show(
    view: View,
    caller: AccountCaller,
    more: Pick<AccountProps, 'errors' | 'message'>,
  ) {
    const { account, sessionId } = caller;
    const [sessions, passkeys, linked] = await Promise.all([
      deps.signIn.listSessions(account.id),
      deps.signIn.listPasskeys(account.id),
      deps.signIn.isLinked(account.id),
    ]);
    const { scope } = account;
    const community =
      scope.kind === 'community' ? await deps.store.findCommunity(scope.communityId) : null;
    const { providerName, offersPasskeys } = deps.signIn;
    return (
      <AccountPage
        view={view}
        reader={readerOf(caller)}
        standing={standingText(
          view,
          account,
          new Map(community === null ? [] : [[community.id as string, community.name]]),
        )}
        signInName={account.signInName}
        sessions={sessions}
        presentSession={sessionId}
        passkeys={passkeys}
        offersPasskeys={offersPasskeys}
        provider={providerName === null ? null : { name: providerName, linked }}
        {...more}
      />
    );
  }

  page(web, { path, who, query: messageQuery }, ({ view, who: caller, query }) => {
    const t = translator(signInText, view.language);
    const name = deps.signIn.providerName ?? '';
    const known = MESSAGES[query.message as keyof typeof MESSAGES];
    const said = query.message === 'linked' ? t('providerLinked', { name }) : known && t(known);
    return show(view, caller, { errors: {}, message: said });
  });

  form(web, { path: `${path}/sessions/end`, who }, async ({ who: caller, form: members }) => {
    const present = caller.sessionId;
    const sessionId = members['id'] ?? '';
    const cookies = await endSession(deps, { account: caller.id, sessionId, present });
    return sessionId === present
      ? withCookies(seeOther('/sign-in?message=signed-out'), cookies)
      : seeOther(`${path}?message=ended`);
  });

  form(web, { path: `${path}/password`, who }, async ({ view, who: caller, form: members, c }) => {
    const t = translator(signInText, view.language);
    const seconds = attempts.count(c, caller.account.signInName);
    if (seconds !== null) {
      const errors = { present: t('wait', { seconds }) };
      return new PageWith(429, await show(view, caller, { errors }));
    }
    const outcome = await changePassword(deps, {
      account: caller.account,
      present: members['present'] ?? '',
      next: members['next'] ?? '',
      client: clientOf(c, deps),
    });
    if (outcome.kind === 'wrong_password')
      return show(view, caller, { errors: { present: t('wrongPassword') } });
    if (outcome.kind === 'unfit') return show(view, caller, { errors: { next: t(outcome.fault) } });
    return withCookies(seeOther(`${path}?message=password`), outcome.cookies);
  });

  form(web, { path: `${path}/provider`, who }, async ({ c }) => {
    const begun = await deps.signIn.beginProvider({ purpose: 'link', client: clientOf(c, deps) });
    if (begun === null) return seeOther(path);
    // A form's own redirect to another host would be against the page's policy.
    const response = new Response(null, { headers: { refresh: `0;url=${begun.url}` } });
    return withCookies(response, begun.cookies);
  });

  registerPasskeys(web, deps, attempts);
}

function registerPasskeys(web: Web, deps: Deps, attempts: Attempts): void {
  const who = signedIn(deps);
  const path = '/m/account/passkeys';

  form(web, { path: `${path}/begin`, who }, async ({ view, who: caller, form: members, c }) => {
    const t = translator(signInText, view.language);
    const seconds = attempts.count(c, caller.account.signInName);
    if (seconds !== null) return Response.json({ error: t('wait', { seconds }) }, { status: 429 });
    const password = members['password'] ?? '';
    const { account } = caller;
    const ceremony = await deps.signIn.beginPasskey({ account, password, now: deps.now() });
    return ceremony === null
      ? Response.json({ error: t('wrongPassword') }, { status: 403 })
      : Response.json(ceremony);
  });

  form(web, { path, who }, async ({ view, who: caller, form: members }) => {
    const name = (members['name'] ?? '').trim();
    const added =
      PASSKEY_NAME.test(name) &&
      (await addPasskey(deps, {
        account: caller.account,
        ceremonyId: members['ceremony'] ?? '',
        response: jsonOf(members['response']),
        name,
      }));
    if (added) return Response.json({ location: '/m/account?message=passkey-added' });
    const error = translator(signInText, view.language)('passkeyFailed');
    return Response.json({ error }, { status: 422 });
  });

  form(web, { path: `${path}/remove`, who }, async ({ who: caller, form: members }) => {
    await removePasskey(deps, caller.account, members['id'] ?? '');
    return seeOther('/m/account?message=passkey-removed');
  });
}
