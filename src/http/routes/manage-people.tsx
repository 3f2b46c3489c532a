import { z } from '@hono/zod-openapi';
import { createApiKey } from '../../access/create-api-key.ts';
import type { Deps } from '../../access/deps.ts';
import { invite, revokeInvitation } from '../../access/invite.ts';
import { listPeople, removeAccount } from '../../access/people.ts';
import { revokeApiKey } from '../../access/revoke-api-key.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import { MAY_INVITE, mayInvite, ROLES } from '../../domain/role.ts';
import { manageText } from '../../web/manager/words.ts';
import { ApiKeysPage, type ApiKeysProps } from '../../web/pages/api-keys-page.tsx';
import { PeoplePage, type PeopleProps } from '../../web/pages/people-page.tsx';
import { SecretPage } from '../../web/pages/secret-page.tsx';
import type { View } from '../../web/view.ts';
import { when } from '../../web/when.ts';
import { type AccountCaller, actorOf } from '../auth.ts';
import { lineFault, oneOf } from '../manager/form-values.ts';
import { pageOf } from '../manager/placed.ts';
import { qrSvg } from '../manager/qr-svg.ts';
import { readerOf } from '../manager/reader.ts';
import { parseScope, scopeChoices } from '../manager/scopes.ts';
import { signedIn } from '../manager/signed-in.ts';
import { form, PageWith, page, seeOther, type Web } from '../page.tsx';
import { notFound } from '../problem.ts';

const MESSAGES = {
  removed: 'personRemoved',
  revoked: 'invitationRevoked',
  'key-revoked': 'keyRevoked',
} as const;
const messageQuery = z.object({
  message: z.string().optional(),
  after: z.string().max(100).optional(),
});

function messageOf(view: View, name: string | undefined): string | undefined {
  const key = MESSAGES[name as keyof typeof MESSAGES];
  return key && manageText(view)(key);
}

/** `/m/people`: who signs in, and invitations. */
export function registerManagePeople(web: Web, deps: Deps): void {
  const path = '/m/people';
  const who = signedIn(deps, 'people');

  async function show(
    view: View,
    caller: AccountCaller,
    more: Pick<PeopleProps, 'error' | 'message'>,
  ) {
    const [people, choices] = await Promise.all([
      listPeople(deps, caller),
      scopeChoices(deps, view, caller.scope),
    ]);
    return (
      <PeoplePage
        view={view}
        reader={readerOf(caller)}
        own={caller.id}
        people={people}
        roles={MAY_INVITE[caller.role]}
        removable={(account) => account.id !== caller.id && mayInvite(caller.role, account)}
        {...choices}
        {...more}
      />
    );
  }

  page(web, { path, who, query: messageQuery }, ({ view, who: caller, query }) =>
    show(view, caller, { message: messageOf(view, query.message) }),
  );

  form(web, { path, who }, async ({ view, who: caller, form: members }) => {
    const t = manageText(view);
    const role = oneOf(ROLES, members['role']);
    const scope = parseScope(members['scope']);
    const actor = actorOf(caller);
    const made =
      role !== null && scope !== null
        ? await invite(deps, { by: caller, standing: { role, scope }, actor })
        : null;
    if (made === null) return show(view, caller, { error: t('inviteWrong') });
    const expires = when(view, made.invitation.expiresAt);
    return new PageWith(
      200,
      <SecretPage
        view={view}
        reader={readerOf(caller)}
        place={null}
        title={t('inviteReady')}
        lead={t('inviteReadyText', { when: expires })}
        qrSvg={await qrSvg(made.url)}
        values={[{ name: t('invite'), value: made.url }]}
        back={path}
      />,
    );
  });

  form(web, { path: `${path}/remove`, who }, async ({ who: caller, form: members }) => {
    const id = members['id'] ?? '';
    const outcome = isIdentifier('acc', id)
      ? await removeAccount(deps, { id, by: caller, actor: actorOf(caller) })
      : 'not_found';
    if (outcome !== 'removed') throw notFound();
    return seeOther(`${path}?message=removed`);
  });

  form(web, { path: `${path}/revoke`, who }, async ({ who: caller, form: members }) => {
    const id = members['id'] ?? '';
    const revoked =
      isIdentifier('inv', id) &&
      (await revokeInvitation(deps, { id, by: caller, actor: actorOf(caller) }));
    if (!revoked) throw notFound();
    return seeOther(`${path}?message=revoked`);
  });
}

const KEYS = 100;

/** `/m/api-keys`: keys for programs, inside one's own scope. */
export function registerManageApiKeys(web: Web, deps: Deps): void {
  const path = '/m/api-keys';
  const who = signedIn(deps, 'manage');

  async function show(
    view: View,
    caller: AccountCaller,
    after: string | undefined,
    more: Pick<ApiKeysProps, 'errors' | 'message'>,
  ) {
    const listed = await deps.store.listApiKeys(caller.scope, pageOf({ after }, KEYS));
    const choices = await scopeChoices(deps, view, caller.scope);
    const reader = readerOf(caller);
    return (
      <ApiKeysPage
        {...{ view, reader }}
        keys={listed.items}
        next={listed.next}
        {...choices}
        {...more}
      />
    );
  }

  page(web, { path, who, query: messageQuery }, ({ view, who: caller, query }) =>
    show(view, caller, query.after, { errors: {}, message: messageOf(view, query.message) }),
  );

  form(web, { path, who }, async ({ view, who: caller, form: members }) => {
    const t = manageText(view);
    const name = (members['name'] ?? '').trim();
    const fault = lineFault(t, name, 100);
    const scope = parseScope(members['scope']);
    if (fault !== undefined || scope === null)
      return show(view, caller, undefined, {
        errors: { name: fault, scope: scope === null ? t('invalid') : undefined },
      });
    const actor = actorOf(caller);
    const made = await createApiKey(deps, { name, scope, within: caller.scope, actor });
    if (made === null) return show(view, caller, undefined, { errors: { scope: t('notYours') } });
    return new PageWith(
      200,
      <SecretPage
        view={view}
        reader={readerOf(caller)}
        place={null}
        title={t('keyReady')}
        lead={name}
        qrSvg={null}
        values={[{ name: t('key'), value: made.key }]}
        back={path}
      />,
    );
  });

  form(web, { path: `${path}/revoke`, who }, async ({ view, who: caller, form: members }) => {
    const id = members['id'] ?? '';
    if (!isIdentifier('key', id)) throw notFound();
    const actor = actorOf(caller);
    const outcome = await revokeApiKey(deps, { id, within: caller.scope, actor });
    if (outcome === 'not_found') throw notFound();
    if (outcome === 'last_operator_key') {
      const errors = { revoke: manageText(view)('lastKey') };
      return show(view, caller, undefined, { errors });
    }
    return seeOther(`${path}?message=key-revoked`);
  });
}
