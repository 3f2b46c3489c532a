import type { CommunityRecord, DecisionRecord, VisitRecord } from '../../store/store.ts';
import { Badge } from '../components/badge.tsx';
import { Card } from '../components/card.tsx';
import { Empty } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { DecisionTable } from '../manager/decision-table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { Paging } from '../manager/paging.tsx';
import { duration, manageText } from '../manager/words.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

interface ListProps<Row> {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly rows: readonly Row[];
  readonly next: string | null;
  readonly gateNames: ReadonlyMap<string, string>;
}

/** Every decision at the gates. */
export function DecisionsPage(props: ListProps<DecisionRecord>) {
  const { view, reader, community, rows, next, gateNames } = props;
  const t = manageText(view);
  return (
    <ManagerFrame view={view} reader={reader} place={community} title={t('decisions')}>
      <h1>{t('decisions')}</h1>
      <Card>
        {rows.length === 0 ? (
          <Empty icon="doorOpen" title={t('nothingYet')}>
            <p>{t('nothingYetText')}</p>
          </Empty>
        ) : (
          <DecisionTable
            view={view}
            rows={rows}
            gateNames={gateNames}
            timezone={community.timezone}
          />
        )}
        <Paging view={view} next={next} />
      </Card>
    </ManagerFrame>
  );
}

const MINUTE_MS = 60_000;

/** Who came, stayed how long, and is inside still. */
export function VisitsPage(
  props: ListProps<VisitRecord> & { readonly open: boolean | null; readonly now: number },
) {
  const { view, reader, community, rows, next, gateNames, open, now } = props;
  const t = manageText(view);
  const { timezone } = community;
  const href = `/m/${community.id}/visits`;
  const columns: Column<VisitRecord>[] = [
    { title: t('entered'), cell: ({ openedAt }) => when(view, openedAt, timezone) },
    {
      title: t('left'),
      cell: ({ closedAt, closedBy }) =>
        closedAt === null ? (
          <Badge tone="accent">{t('stillInside')}</Badge>
        ) : (
          `${when(view, closedAt, timezone)}${closedBy === null ? '' : ` · ${t(closedBy)}`}`
        ),
    },
    {
      title: t('stayed'),
      cell: ({ openedAt, closedAt }) => duration(t, ((closedAt ?? now) - openedAt) / MINUTE_MS),
      align: 'end',
    },
    {
      title: t('gate'),
      cell: ({ entryGateId, exitGateId }) =>
        [entryGateId, exitGateId]
          .flatMap((id) => (id === null ? [] : (gateNames.get(id) ?? id)))
          .join(' → '),
    },
    {
      title: t('courier'),
      cell: ({ courierId }) =>
        courierId === null ? (
          '—'
        ) : (
          <a href={`/m/${community.id}/couriers?find=${courierId}`}>
            <code>{courierId}</code>
          </a>
        ),
    },
  ];
  const tabs = [
    ['', null, t('all')],
    ['?open=true', true, t('openVisits')],
    ['?open=false', false, t('closedVisits')],
  ] as const;
  return (
    <ManagerFrame view={view} reader={reader} place={community} title={t('visits')}>
      <div class="page-head">
        <h1>{t('visits')}</h1>
        <nav class="switch" aria-label={t('visits')}>
          {tabs.map(([query, value, label]) => (
            <a href={href + query} {...(value === open && { 'aria-current': 'true' })}>
              {label}
            </a>
          ))}
        </nav>
      </div>
      <Card>
        {rows.length === 0 ? (
          <Empty icon="bike" title={t('noVisits')} />
        ) : (
          <Table caption={t('visits')} rows={rows} columns={columns} />
        )}
        <Paging view={view} next={next} />
      </Card>
    </ManagerFrame>
  );
}
