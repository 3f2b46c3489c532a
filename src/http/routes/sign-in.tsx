import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Deps } from '../../access/deps.ts';
import { endSession } from '../../access/end-session.ts';
import { finishProvider } from '../../access/finish-provider.ts';
import { type Proof, signIn } from '../../access/sign-in.ts';
import { parseSignInName } from '../../domain/sign-in-name.ts';
import { signInText } from '../../web/messages/sign-in.ts';
import { SignInPage, type SignInProps } from '../../web/pages/sign-in-page.tsx';
import { translator } from '../../web/translate.ts';
import type { View } from '../../web/view.ts';
import { readAccount } from '../auth.ts';
import type { Attempts } from '../manager/attempts.ts';
import { clientOf, localPath, signedIn, withCookies } from '../manager/signed-in.ts';
import { anybody, form, PageWith, page, seeOther, type Web } from '../page.tsx';
import { Problem } from '../problem.ts';

/** Where the provider sends browsers back: better-auth's own path below {@link PROVIDER_BASE}. */
const PROVIDER_CALLBACK = '/sign-in/provider/callback/oidc';

const signInQuery = z.object({
  next: z.string().optional(),
  provider: z.string().optional(),
  message: z.string().optional(),
  error: z.string().optional(),
});

/** `/sign-in`: by password, passkey or the district's own accounts. `/sign-out`. */
export function registerSignIn(web: Web, deps: Deps, attempts: Attempts): void {
  const { providerName, offersPasskeys } = deps.signIn;
  const show = (
    view: View,
    props: Omit<SignInProps, 'view' | 'providerName' | 'offersPasskeys'>,
  ) => <SignInPage {...{ view, providerName, offersPasskeys }} {...props} />;

  page(web, { path: '/sign-in', who: anybody, query: signInQuery }, async ({ view, query, c }) => {
    const next = localPath(query.next);
    if ((await readAccount(deps, c.req.raw.headers)) !== null) return seeOther(next);
    const t = translator(signInText, view.language);
    return show(view, {
      next,
      message: query.message === 'signed-out' ? t('signedOut') : undefined,
      ...(query.provider === 'refused' && { error: t('providerRefused') }),
    });
  });

  form(web, { path: '/sign-in', who: anybody }, async ({ view, form: members, c }) => {
    const next = localPath(members['next']);
    const typed = members['name'] ?? '';
    const t = translator(signInText, view.language);
    const signInName = parseSignInName(typed);
    const wait = attempts.count(c, signInName ?? typed);
    if (wait !== null) {
      const error = t('wait', { seconds: wait });
      return new PageWith(429, show(view, { next, name: typed, error }), {
        'retry-after': String(wait),
      });
    }
    const password = members['password'] ?? '';
    const session =
      signInName &&
      (await signIn(deps, { kind: 'password', signInName, password }, clientOf(c, deps)));
    if (session === null) return show(view, { next, name: typed, error: t('wrong') });
    return withCookies(seeOther(next), session.cookies);
  });

  registerPasskeySignIn(web, deps);
  registerProvider(web, deps);

  form(web, { path: '/sign-out', who: signedIn(deps) }, async ({ who }) => {
    const { id: account, sessionId } = who;
    const cookies = await endSession(deps, { account, sessionId, present: sessionId });
    return withCookies(seeOther('/sign-in?message=signed-out'), cookies);
  });
}

function registerPasskeySignIn(web: Web, deps: Deps): void {
  form(web, { path: '/sign-in/passkey/begin', who: anybody }, async () =>
    Response.json(await deps.signIn.beginPasskeySignIn(deps.now())),
  );
  form(web, { path: '/sign-in/passkey', who: anybody }, async ({ c, form: members }) => {
    const proof: Proof = {
      kind: 'passkey',
      ceremonyId: members['ceremony'] ?? '',
      response: jsonOf(members['response']),
    };
    const session = await signIn(deps, proof, clientOf(c, deps));
    if (session === null) {
      const problem = new Problem('credentials_required', 'The passkey was not accepted.');
      throw web.api.auth.refused(c, problem);
    }
    const location = localPath(members['next']);
    return withCookies(Response.json({ location }), session.cookies);
  });
}

/** What a script sends in a member of a form; null where it is no JSON. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}

function registerProvider(web: Web, deps: Deps): void {
  page(web, { path: '/sign-in/with-provider', who: anybody }, async ({ c }) => {
    const begun = await deps.signIn.beginProvider({
      purpose: 'sign-in',
      client: clientOf(c, deps),
    });
    return begun === null ? seeOther('/sign-in') : withCookies(seeOther(begun.url), begun.cookies);
  });
  page(web, { path: PROVIDER_CALLBACK, who: anybody }, async ({ c }) => {
    const present = await readAccount(deps, c.req.raw.headers);
    const outcome = await finishProvider(deps, {
      url: callbackUrl(c, deps),
      client: clientOf(c, deps),
      account: present?.id ?? null,
    });
    if (outcome.kind === 'refused') return seeOther('/sign-in?provider=refused');
    const target = outcome.kind === 'linked' ? '/m/account?message=linked' : '/m';
    return withCookies(seeOther(target), outcome.cookies);
  });
}

/** The request's address as the provider was given it: a proxy may have changed the rest. */
function callbackUrl(c: Context, { config }: Deps): string {
  return `${config.publicUrl}${PROVIDER_CALLBACK}${new URL(c.req.url).search}`;
}
