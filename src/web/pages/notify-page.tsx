import { SPEED_LEVELS } from '../../domain/entry-rules.ts';
import { NOTIFY_KINDS } from '../../domain/notification.ts';
import type { NotifyEndpoint } from '../../store/notify-store.ts';
import type { CommunityRecord } from '../../store/store.ts';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field, Select } from '../components/field.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { casesText } from '../messages/cases.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

export interface NotifyProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly endpoints: readonly NotifyEndpoint[];
  readonly values: Readonly<Record<string, string>>;
  readonly errors: Readonly<Record<string, string | undefined>>;
  readonly message?: string | undefined;
}

/** Who is told of alerts and appeals. */
export function NotifyPage(props: NotifyProps) {
  const { view, reader, community, endpoints, values, errors, message } = props;
  const t = translator(casesText, view.language);
  const href = `/m/${community.id}/notify`;
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={community}
      title={t('notify')}
      message={message}
    >
      <div class="hero">
        <h1>{t('notify')}</h1>
        <p class="lead">{t('notifyLead')}</p>
      </div>
      <Card>
        {endpoints.length === 0 ? (
          <p class="aside">{t('noReceivers')}</p>
        ) : (
          <Table
            caption={t('notify')}
            rows={endpoints}
            columns={[
              { title: t('receiver'), cell: ({ name }) => name },
              { title: t('kind'), cell: ({ kind }) => t(kind) },
              { title: t('url'), cell: ({ shown }) => shown },
              { title: t('waiting'), cell: ({ waiting }) => waiting, align: 'end' },
              { title: t('dead'), cell: ({ dead }) => dead, align: 'end' },
              {
                title: '',
                cell: ({ id, dead }) => (
                  <>
                    {dead > 0 && (
                      <form method="post" action={`${href}/replay`}>
                        <input type="hidden" name="id" value={id} />
                        <Button kind="quiet">{t('replay')}</Button>
                      </form>
                    )}
                    <form method="post" action={`${href}/remove`}>
                      <input type="hidden" name="id" value={id} />
                      <Button kind="quiet">{t('remove')}</Button>
                    </form>
                  </>
                ),
              },
            ]}
          />
        )}
      </Card>
      <Card title={t('addReceiver')}>
        <form class="form" method="post" action={href}>
          <div class="form-row">
            <Select
              name="kind"
              label={t('kind')}
              value={values['kind'] ?? 'webhook'}
              options={NOTIFY_KINDS.map((value) => ({ value, label: t(value) }))}
            />
            <Field
              name="name"
              label={t('name')}
              value={values['name'] ?? ''}
              error={errors['name']}
              maxlength={100}
              required
            />
            <Select
              name="leastLevel"
              label={t('leastLevel')}
              value={values['leastLevel'] ?? 'warning'}
              options={SPEED_LEVELS.map((value) => ({ value, label: t(value) }))}
            />
          </div>
          <Field
            name="url"
            label={t('url')}
            type="url"
            value={values['url'] ?? ''}
            error={errors['url']}
            maxlength={1000}
            required
          />
          <Field name="secret" label={t('secret')} autocomplete="off" maxlength={200} />
          <div class="form-actions">
            <Button kind="primary">{t('addReceiver')}</Button>
          </div>
        </form>
      </Card>
    </ManagerFrame>
  );
}
