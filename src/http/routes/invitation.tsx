import type { Context } from 'hono';
import { acceptInvitation, findInvitation } from '../../access/accept-invitation.ts';
import type { Deps } from '../../access/deps.ts';
import { parseSignInName } from '../../domain/sign-in-name.ts';
import type { Invitation } from '../../signin/signin.ts';
import { standingText } from '../../web/manager/frame.tsx';
import { signInText } from '../../web/messages/sign-in.ts';
import {
  InvitationCodePage,
  type InvitationErrors,
  InvitationPage,
} from '../../web/pages/invitation-page.tsx';
import { type Translate, translator } from '../../web/translate.ts';
import type { View } from '../../web/view.ts';
import { clientOf, withCookies } from '../manager/signed-in.ts';
import { anybody, type FormMembers, form, PageWith, page, seeOther, type Web } from '../page.tsx';
import { Problem } from '../problem.ts';
import { printable } from '../schemas/values.ts';

/** Longest name of a person, in characters. */
const NAME_CHARACTERS = 60;

/** `/invitation`: the token comes in the link's fragment, or is pasted; looking at it changes nothing. */
export function registerInvitation(web: Web, deps: Deps): void {
  /** A wrong code counts against its address, as all wrong credentials do. */
  function wrongCode(view: View, c: Context): PageWith {
    const error = translator(signInText, view.language)('noInvitation');
    const problem = web.api.auth.refused(c, new Problem('credentials_required', error));
    const status = problem.code === 'too_many_refusals' ? problem.status : 422;
    const content = <InvitationCodePage view={view} error={error} />;
    return new PageWith(status, content, problem.headers);
  }

  page(web, { path: '/invitation', who: anybody }, ({ view }) => (
    <InvitationCodePage view={view} />
  ));

  page(web, { path: '/invitation/accept', who: anybody }, () => seeOther('/invitation'));

  form(web, { path: '/invitation', who: anybody }, async ({ view, form: members, c }) => {
    const code = codeOf(members);
    const invitation = await findInvitation(deps, code);
    if (invitation === null) return wrongCode(view, c);
    return new PageWith(200, await details(deps, view, invitation, members, {}));
  });

  form(web, { path: '/invitation/accept', who: anybody }, async ({ view, form: members, c }) => {
    const token = codeOf(members);
    const invitation = await findInvitation(deps, token);
    if (invitation === null) return wrongCode(view, c);
    const t = translator(signInText, view.language);
    const again = (errors: InvitationErrors) => details(deps, view, invitation, members, errors);
    const name = (members['name'] ?? '').trim();
    const password = members['password'] ?? '';
    const signInName = parseSignInName(members['signInName'] ?? '');
    const nameError = nameFault(name, t);
    if (signInName === null || nameError !== undefined) {
      return again({
        name: nameError,
        ...(signInName === null && { signInName: t('nameUnusable') }),
      });
    }
    const person = { token, name, signInName, password, client: clientOf(c, deps) };
    const outcome = await acceptInvitation(deps, person);
    switch (outcome.kind) {
      case 'accepted':
        return withCookies(seeOther('/m'), outcome.session.cookies);
      case 'no_invitation':
        return wrongCode(view, c);
      case 'name_taken':
        return again({ signInName: t('nameTaken') });
      case 'unfit':
        return again({ password: t(outcome.fault) });
    }
  });
}

/** What was pasted may be the code or the whole link. */
function codeOf(members: FormMembers): string {
  const pasted = (members['code'] ?? '').trim();
  return pasted.slice(pasted.lastIndexOf('#') + 1);
}

function nameFault(name: string, t: Translate<typeof signInText>): string | undefined {
  if (!printable(1, NAME_CHARACTERS).test(name))
    return name === '' ? t('required') : t('tooLong', { most: NAME_CHARACTERS });
  return undefined;
}

async function details(
  deps: Deps,
  view: View,
  invitation: Invitation,
  members: FormMembers,
  errors: InvitationErrors,
) {
  const { scope } = invitation;
  const community =
    scope.kind === 'community' ? await deps.store.findCommunity(scope.communityId) : null;
  const names = new Map(community === null ? [] : [[community.id as string, community.name]]);
  const standing = standingText(view, invitation, names);
  return (
    <InvitationPage
      view={view}
      code={codeOf(members)}
      {...standing}
      values={{ name: members['name'] ?? '', signInName: members['signInName'] ?? '' }}
      errors={errors}
    />
  );
}
