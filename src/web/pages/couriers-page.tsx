import type { CourierRecord } from '../../store/manager-store.ts';
import type { CommunityRecord } from '../../store/store.ts';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field, Select } from '../components/field.tsx';
import { Empty } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { BLOCK_PERIODS } from '../manager/posture.tsx';
import { type ManageText, manageText } from '../manager/words.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

export interface CouriersProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  /** What was asked for; empty: nothing, and `couriers` are the latest. */
  readonly find: string;
  readonly couriers: readonly CourierRecord[];
  readonly blocked: readonly CourierRecord[];
  readonly mayBlock: boolean;
  readonly error?: { readonly courierId: string; readonly text: string };
  readonly message?: string | undefined;
}

/** Couriers who come here: found, blocked with a reason and an end, let in again. */
export function CouriersPage(props: CouriersProps) {
  const { view, reader, community, find, couriers, blocked, message } = props;
  const t = manageText(view);
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={community}
      title={t('couriers')}
      message={message}
    >
      <h1>{t('couriers')}</h1>
      <Card>
        <form class="form form-row" method="get" action={`/m/${community.id}/couriers`}>
          <Field name="find" label={t('findCourier')} value={find} maxlength={64} type="search" />
          <Button kind="primary">{t('find')}</Button>
        </form>
      </Card>
      <Card title={find === '' ? t('recentCouriers') : t('couriers')}>
        {couriers.length === 0 ? (
          <Empty icon="bike" title={t('noCouriers')} />
        ) : (
          <List {...props} rows={couriers} t={t} />
        )}
      </Card>
      <Card title={t('blocks')}>
        {blocked.length === 0 ? (
          <p class="aside">{t('noBlocks')}</p>
        ) : (
          <List {...props} rows={blocked} t={t} />
        )}
      </Card>
    </ManagerFrame>
  );
}

function List({
  view,
  community,
  rows,
  mayBlock,
  error,
  find,
  t,
}: CouriersProps & { readonly rows: readonly CourierRecord[]; readonly t: ManageText }) {
  const { timezone } = community;
  const href = `/m/${community.id}/couriers`;
  const columns: Column<CourierRecord>[] = [
    { title: t('courier'), cell: ({ courierId }) => <code>{courierId}</code> },
    {
      title: t('onPlatforms'),
      cell: ({ riders }) =>
        riders.map(({ platform, riderId }) => `${platform} ${riderId}`).join(', ') || '—',
    },
    { title: t('timesHere'), cell: ({ entries }) => entries, align: 'end' },
    {
      title: t('lastHere'),
      cell: ({ lastEntryAt }) => (lastEntryAt === null ? '—' : when(view, lastEntryAt, timezone)),
    },
    {
      title: t('block'),
      cell: ({ courierId, block }) =>
        block === null ? (
          mayBlock ? (
            <details {...(error?.courierId === courierId && { open: true })}>
              <summary>{t('block')}</summary>
              <form class="form" method="post" action={`${href}/block`}>
                <input type="hidden" name="courier" value={courierId} />
                <input type="hidden" name="find" value={find} />
                <Field
                  name={`reason-${courierId}`}
                  label={t('reason')}
                  hint={t('blockReasonHint')}
                  maxlength={200}
                  error={error?.courierId === courierId ? error.text : undefined}
                  required
                />
                <Select
                  name={`hours-${courierId}`}
                  label={t('forHours')}
                  options={BLOCK_PERIODS.map(([value, key]) => ({ value, label: t(key) }))}
                />
                <Button kind="danger" icon="ban">
                  {t('block')}
                </Button>
              </form>
            </details>
          ) : (
            '—'
          )
        ) : (
          <>
            <Badge tone="bad" icon="ban">
              {t('blockedUntil', { when: when(view, block.until, timezone) })}
            </Badge>
            <p class="aside">{block.reason}</p>
            {mayBlock && (
              <form method="post" action={`${href}/unblock`}>
                <input type="hidden" name="courier" value={courierId} />
                <Button kind="quiet">{t('unblock')}</Button>
              </form>
            )}
          </>
        ),
    },
  ];
  return <Table caption={t('couriers')} rows={rows} columns={columns} />;
}
