import type { People } from '../../access/people.ts';
import type { Role } from '../../domain/role.ts';
import type { Account } from '../../signin/signin.ts';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Select } from '../components/field.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader, standingText } from '../manager/frame.tsx';
import { manageText } from '../manager/words.ts';
import { signInText } from '../messages/sign-in.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

export interface PeopleProps {
  readonly view: View;
  readonly reader: Reader;
  readonly own: Account['id'];
  readonly people: People;
  readonly roles: readonly Role[];
  /** What an invitation may be for: `all`, `district:…`, `community:…`, with its name. */
  readonly scopes: readonly { readonly value: string; readonly label: string }[];
  readonly communities: ReadonlyMap<string, string>;
  readonly removable: (account: Account) => boolean;
  readonly error?: string | undefined;
  readonly message?: string | undefined;
}

/** Who signs in: invited by a link, removed at once. */
export function PeoplePage(props: PeopleProps) {
  const { view, reader, own, people, roles, scopes, communities, removable, error, message } =
    props;
  const t = manageText(view);
  const roleText = translator(signInText, view.language);
  const standing = (person: Pick<Account, 'role' | 'scope'>) =>
    standingText(view, person, communities);
  return (
    <ManagerFrame view={view} reader={reader} place={null} title={t('people')} message={message}>
      <h1>{t('people')}</h1>
      <Card title={t('invite')}>
        <p class="aside">{t('inviteLead')}</p>
        <form class="form form-row" method="post" action="/m/people">
          <Select
            name="role"
            label={t('role')}
            value="guard"
            options={roles.map((role) => ({ value: role, label: roleText(role) }))}
            error={error}
          />
          <Select
            name="scope"
            label={t('scope')}
            value={scopes.at(-1)?.value ?? ''}
            options={scopes}
          />
          <Button kind="primary" icon="qrCode">
            {t('invite')}
          </Button>
        </form>
      </Card>
      <Card>
        <Table
          caption={t('people')}
          rows={people.accounts}
          columns={[
            {
              title: t('name'),
              cell: ({ id, name }) => (
                <>
                  {name} {id === own && <Badge tone="accent">{t('you')}</Badge>}
                </>
              ),
            },
            { title: t('role'), cell: (person) => standing(person).role },
            { title: t('scope'), cell: (person) => standing(person).scope },
            { title: t('since'), cell: ({ createdAt }) => when(view, createdAt) },
            {
              title: '',
              cell: (person) =>
                removable(person) && (
                  <form method="post" action="/m/people/remove">
                    <input type="hidden" name="id" value={person.id} />
                    <Button kind="quiet">{t('removePerson')}</Button>
                  </form>
                ),
            },
          ]}
        />
      </Card>
      <Card title={t('openInvitations')}>
        {people.invitations.length === 0 ? (
          <p class="aside">{t('noInvitations')}</p>
        ) : (
          <Table
            caption={t('openInvitations')}
            rows={people.invitations}
            columns={[
              { title: t('role'), cell: (invitation) => standing(invitation).role },
              { title: t('scope'), cell: (invitation) => standing(invitation).scope },
              { title: t('expires'), cell: ({ expiresAt }) => when(view, expiresAt) },
              {
                title: '',
                cell: ({ id }) => (
                  <form method="post" action="/m/people/revoke">
                    <input type="hidden" name="id" value={id} />
                    <Button kind="quiet">{t('revoke')}</Button>
                  </form>
                ),
              },
            ]}
          />
        )}
      </Card>
    </ManagerFrame>
  );
}
