import type { ApiKey } from '../../store/store.ts';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field, Select } from '../components/field.tsx';
import { Notice } from '../components/states.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { Paging } from '../manager/paging.tsx';
import { manageText } from '../manager/words.ts';
import { signInText } from '../messages/sign-in.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

export interface ApiKeysProps {
  readonly view: View;
  readonly reader: Reader;
  readonly keys: readonly ApiKey[];
  readonly next: string | null;
  readonly scopes: readonly { readonly value: string; readonly label: string }[];
  readonly communities: ReadonlyMap<string, string>;
  readonly errors: Readonly<Record<string, string | undefined>>;
  readonly message?: string | undefined;
}

/** Keys for programs. */
export function ApiKeysPage(props: ApiKeysProps) {
  const { view, reader, keys, next, scopes, communities, errors, message } = props;
  const t = manageText(view);
  const everything = translator(signInText, view.language)('everything');
  const scopeText = ({ scope }: ApiKey) => {
    if (scope.kind === 'all') return everything;
    if (scope.kind === 'district') return scope.district;
    if (scope.kind === 'platform') return scope.slug;
    if (scope.kind === 'audit') return t('auditScope');
    return communities.get(scope.communityId) ?? scope.communityId;
  };
  return (
    <ManagerFrame view={view} reader={reader} place={null} title={t('apiKeys')} message={message}>
      <h1>{t('apiKeys')}</h1>
      <Card title={t('newKey')}>
        <p class="aside">{t('keysLead')}</p>
        <form class="form form-row" method="post" action="/m/api-keys">
          <Field name="name" label={t('keyName')} maxlength={100} error={errors['name']} required />
          <Select
            name="scope"
            label={t('scope')}
            value={scopes.at(-1)?.value ?? ''}
            options={scopes}
            error={errors['scope']}
          />
          <Button kind="primary" icon="key">
            {t('newKey')}
          </Button>
        </form>
      </Card>
      <Card>
        {errors['revoke'] !== undefined && <Notice tone="bad">{errors['revoke']}</Notice>}
        {keys.length === 0 ? (
          <p class="aside">{t('noKeys')}</p>
        ) : (
          <Table
            caption={t('apiKeys')}
            rows={keys}
            columns={[
              { title: t('keyName'), cell: ({ name }) => name },
              { title: t('scope'), cell: scopeText },
              { title: t('since'), cell: ({ createdAt }) => when(view, createdAt) },
              {
                title: '',
                cell: ({ id }) => (
                  <form method="post" action="/m/api-keys/revoke">
                    <input type="hidden" name="id" value={id} />
                    <Button kind="quiet">{t('revoke')}</Button>
                  </form>
                ),
              },
            ]}
          />
        )}
        <Paging view={view} next={next} />
      </Card>
    </ManagerFrame>
  );
}
