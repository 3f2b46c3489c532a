import type { PeriodFigures } from '../../access/read-figures.ts';
import { COMMUNITY_KINDS } from '../../domain/community.ts';
import type { CommunityRecord } from '../../store/store.ts';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field, Select } from '../components/field.tsx';
import { Empty } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { Paging } from '../manager/paging.tsx';
import { duration, manageText } from '../manager/words.ts';
import type { View } from '../view.ts';

export interface CommunityRow {
  readonly community: CommunityRecord;
  readonly figures: PeriodFigures;
  readonly gates: number;
  readonly gatesWell: number;
}

/** Communities beside each other: what a district office sees. */
export function CommunitiesPage({
  view,
  reader,
  rows,
  next,
  mayAdd,
  errors,
  message,
}: {
  readonly view: View;
  readonly reader: Reader;
  readonly rows: readonly CommunityRow[];
  readonly next: string | null;
  readonly mayAdd: boolean;
  readonly errors: Readonly<Record<string, string | undefined>>;
  readonly message?: string | undefined;
}) {
  const t = manageText(view);
  const sum = (of: (row: CommunityRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  const columns: Column<CommunityRow>[] = [
    {
      title: t('community'),
      cell: ({ community }) => <a href={`/m/${community.id}`}>{community.name}</a>,
    },
    { title: t('district'), cell: ({ community }) => community.district ?? '—' },
    { title: t('communityKind'), cell: ({ community }) => t(`kind_${community.kind}`) },
    { title: t('inside'), cell: ({ figures }) => figures.inside, align: 'end' },
    { title: t('entries'), cell: ({ figures }) => figures.entries, align: 'end' },
    { title: t('refusals'), cell: ({ figures }) => figures.refusals, align: 'end' },
    {
      title: t('minutesSaved'),
      cell: ({ figures }) => duration(t, figures.minutesSaved),
      align: 'end',
    },
    {
      title: t('gatesWell'),
      cell: ({ gates, gatesWell }) => `${gatesWell} / ${gates}`,
      align: 'end',
    },
  ];
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={null}
      title={t('communities')}
      message={message}
    >
      <div class="page-head">
        <h1>{t('communities')}</h1>
        <span class="aside">{t('today')}</span>
      </div>
      <dl class="numbers">
        <div class="number">
          <dt>{t('inside')}</dt>
          <dd>{sum(({ figures }) => figures.inside)}</dd>
        </div>
        <div class="number">
          <dt>{t('entries')}</dt>
          <dd>{sum(({ figures }) => figures.entries)}</dd>
        </div>
        <div class="number">
          <dt>{t('refusals')}</dt>
          <dd>{sum(({ figures }) => figures.refusals)}</dd>
        </div>
        <div class="number">
          <dt>{t('minutesSaved')}</dt>
          <dd>
            {duration(
              t,
              sum(({ figures }) => figures.minutesSaved),
            )}
          </dd>
        </div>
      </dl>
      <Card>
        {rows.length === 0 ? (
          <Empty icon="building" title={t('noCommunities')} />
        ) : (
          <Table caption={t('communities')} rows={rows} columns={columns} />
        )}
        <Paging view={view} next={next} />
      </Card>
      {mayAdd && (
        <Card title={t('addCommunity')}>
          <form class="form form-row" method="post" action="/m">
            <Field
              name="name"
              label={t('communityName')}
              maxlength={200}
              error={errors['name']}
              required
            />
            <Field
              name="district"
              label={t('district')}
              maxlength={64}
              error={errors['district']}
            />
            <Select
              name="kind"
              label={t('communityKind')}
              value="standard"
              options={COMMUNITY_KINDS.map((kind) => ({ value: kind, label: t(`kind_${kind}`) }))}
            />
            <Button icon="building">{t('addCommunity')}</Button>
          </form>
        </Card>
      )}
    </ManagerFrame>
  );
}
