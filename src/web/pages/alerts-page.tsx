import type { AlertRecord, CommunityRecord } from '../../store/store.ts';
import { Badge } from '../components/badge.tsx';
import { Card } from '../components/card.tsx';
import { Empty } from '../components/states.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { Paging } from '../manager/paging.tsx';
import { manageText, said } from '../manager/words.ts';
import { casesText } from '../messages/cases.ts';
import { ALERT_NAMES } from '../messages/reasons.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

const LEVELS = { notice: 'neutral', warning: 'warn', serious: 'bad' } as const;

/** What a manager should look at: what lasts, and what is over. */
export function AlertsPage({
  view,
  reader,
  community,
  alerts,
  next,
  open,
  gateNames,
}: {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly alerts: readonly AlertRecord[];
  readonly next: string | null;
  readonly open: boolean | null;
  readonly gateNames: ReadonlyMap<string, string>;
}) {
  const t = manageText(view);
  const cases = translator(casesText, view.language);
  const { timezone } = community;
  const tabs = [
    ['', null, t('allAlerts')],
    ['?open=true', true, t('lastingAlerts')],
    ['?open=false', false, t('endedAlerts')],
  ] as const;
  return (
    <ManagerFrame view={view} reader={reader} place={community} title={t('alerts')}>
      <div class="page-head">
        <h1>{t('alerts')}</h1>
        <nav class="switch" aria-label={t('alerts')}>
          {tabs.map(([query, value, label]) => (
            <a
              href={`/m/${community.id}/alerts${query}`}
              {...(value === open && { 'aria-current': 'true' })}
            >
              {label}
            </a>
          ))}
          <a href={`/m/${community.id}/appeals`}>{cases('appeals')}</a>
        </nav>
      </div>
      <Card>
        {alerts.length === 0 ? (
          <Empty icon="circleCheck" title={open === true ? t('noAlerts') : t('noAlertsEver')} />
        ) : (
          <Table
            caption={t('alerts')}
            rows={alerts}
            columns={[
              {
                title: t('alerts'),
                cell: ({ id, kind, level }) => (
                  <>
                    <a href={`/m/${community.id}/alerts/${id}`}>
                      <strong>{said(view, ALERT_NAMES[kind])}</strong>
                    </a>{' '}
                    {level !== null && <Badge tone={LEVELS[level]}>{cases(level)}</Badge>}
                  </>
                ),
              },
              {
                title: t('gate'),
                cell: ({ gateId }) =>
                  gateId === null ? (
                    '—'
                  ) : (
                    <a href={`/m/${community.id}/gates/${gateId}`}>
                      {gateNames.get(gateId) ?? gateId}
                    </a>
                  ),
              },
              { title: t('since2'), cell: ({ at }) => when(view, at, timezone) },
              {
                title: t('state'),
                cell: ({ at, endedAt }) =>
                  endedAt === null ? (
                    <Badge tone="warn">{t('lasting')}</Badge>
                  ) : (
                    <Badge>
                      {endedAt === at
                        ? t('ended')
                        : `${t('ended')} ${when(view, endedAt, timezone)}`}
                    </Badge>
                  ),
              },
              {
                title: t('details'),
                cell: ({ details }) => <span class="line-text">{detailsText(details) || '—'}</span>,
              },
            ]}
          />
        )}
        <Paging view={view} next={next} />
      </Card>
    </ManagerFrame>
  );
}

/** Numbers and words from closed lists: shown as they are. */
function detailsText(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' · ');
}
