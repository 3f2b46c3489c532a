import type { AlertCase, AppealRecord } from '../../store/conduct-store.ts';
import type { CommunityRecord } from '../../store/store.ts';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Select, TextArea } from '../components/field.tsx';
import { Notice } from '../components/states.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { Paging } from '../manager/paging.tsx';
import { manageText, said } from '../manager/words.ts';
import { casesText } from '../messages/cases.ts';
import { ALERT_NAMES } from '../messages/reasons.ts';
import { type Translate, translator } from '../translate.ts';
import type { View } from '../view.ts';
import { exactly, when } from '../when.ts';

type T = Translate<typeof casesText>;

export interface AlertProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly found: AlertCase;
  readonly gateName: string | null;
  readonly mayManage: boolean;
  readonly mayNote: boolean;
  readonly error?: { readonly text: string; readonly typed: string };
  readonly message?: string | undefined;
}

/** One alert, whole: its evidence, what it cost, what followed, and the rider's appeal. */
export function AlertPage(props: AlertProps) {
  const { view, reader, community, found, mayNote, message } = props;
  const t = translator(casesText, view.language);
  const { alert } = found;
  const title = said(view, ALERT_NAMES[alert.kind]);
  const href = `/m/${community.id}/alerts/${alert.id}`;
  return (
    <ManagerFrame view={view} reader={reader} place={community} title={title} message={message}>
      <div class="page-head">
        <h1>{title}</h1>
        {alert.acknowledgedAt !== null ? (
          <Badge tone="good">{t('acknowledged')}</Badge>
        ) : (
          mayNote && (
            <form method="post" action={`${href}/acknowledge`}>
              <Button icon="check">{t('acknowledge')}</Button>
            </form>
          )
        )}
      </div>
      {found.withdrawnAt !== null && <Notice tone="warn">{t('withdrawn')}</Notice>}
      <div class="columns columns-even">
        <Facts {...props} t={t} />
        {found.speed !== null && (
          <Card title={t('evidence')}>
            <img
              class="report-photo"
              src={`/v1/communities/${community.id}/alerts/${alert.id}/evidence.svg`}
              alt={t('evidenceOf')}
            />
          </Card>
        )}
        <Sanctions {...props} t={t} />
        <Appeal {...props} t={t} href={href} />
      </div>
    </ManagerFrame>
  );
}

type Part = AlertProps & { readonly t: T };

function Facts({ view, community, found, gateName, t }: Part) {
  const manage = manageText(view);
  const { alert, speed, points, rulesVersion, shownAt } = found;
  const { timezone } = community;
  const facts: readonly (readonly [string, string | number | null])[] = [
    [manage('time'), exactly(view, alert.at, timezone)],
    [manage('gate'), gateName],
    [t('level'), alert.level && t(alert.level)],
    [t('peak'), speed && `${speed.peakKmh} km/h`],
    [t('limit'), speed && `${speed.limitKmh} km/h`],
    [t('measuredBy'), speed?.source ?? null],
    [t('zone'), speed?.zoneName ?? speed?.zone ?? null],
    [t('rulesVersion'), rulesVersion],
    [t('points'), points],
    [t('shown'), shownAt === null ? t('notShown') : when(view, shownAt, timezone)],
  ];
  return (
    <Card title={manage('details')}>
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </>
            ),
        )}
      </dl>
    </Card>
  );
}

function Sanctions({ view, community, found, t }: Part) {
  return (
    <Card title={t('sanctions')}>
      {found.sanctions.length === 0 ? (
        <p class="aside">{t('noSanctions')}</p>
      ) : (
        <ul class="lines">
          {found.sanctions.map(({ kind, until, liftedAt }) => (
            <li>
              <span />
              <span>{t(kind)}</span>
              <Badge tone={liftedAt === null ? 'warn' : 'neutral'}>
                {liftedAt === null
                  ? `${manageText(view)('until')} ${when(view, until, community.timezone)}`
                  : t('lifted')}
              </Badge>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Appeal({
  view,
  community,
  found,
  mayManage,
  error,
  href,
  t,
}: Part & { readonly href: string }) {
  const { appeal } = found;
  if (appeal === null)
    return (
      <Card title={t('appeal')}>
        <p class="aside">{t('noAppeal')}</p>
      </Card>
    );
  return (
    <Card title={t('appeal')} actions={<AppealState appeal={appeal} t={t} />}>
      <p>{appeal.text ?? t('erased')}</p>
      <p class="aside">{when(view, appeal.filedAt, community.timezone)}</p>
      {appeal.state !== 'open' && <p>{appeal.reason ?? t('erased')}</p>}
      {appeal.state !== 'open' && error !== undefined && <Notice tone="bad">{error.text}</Notice>}
      {appeal.state === 'open' && mayManage && (
        <form class="form" method="post" action={`${href}/appeal`}>
          <input type="hidden" name="appeal" value={appeal.id} />
          <Select
            name="decision"
            label={t('decision')}
            options={[
              { value: 'upheld', label: t('uphold') },
              { value: 'rejected', label: t('reject') },
            ]}
          />
          <TextArea
            name="reason"
            label={t('why')}
            value={error?.typed ?? ''}
            error={error?.text}
            maxlength={500}
            rows={3}
            required
          />
          <Button kind="primary">{t('decide')}</Button>
        </form>
      )}
    </Card>
  );
}

function AppealState({ appeal, t }: { readonly appeal: AppealRecord; readonly t: T }) {
  const tone = { open: 'warn', upheld: 'good', rejected: 'neutral' } as const;
  return <Badge tone={tone[appeal.state]}>{t(appeal.state)}</Badge>;
}

/** Appeals that wait for a decision, and those that have one. */
export function AppealsPage({
  view,
  reader,
  community,
  appeals,
  next,
}: {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly appeals: readonly AppealRecord[];
  readonly next: string | null;
}) {
  const t = translator(casesText, view.language);
  return (
    <ManagerFrame view={view} reader={reader} place={community} title={t('appeals')}>
      <h1>{t('appeals')}</h1>
      <Card>
        {appeals.length === 0 ? (
          <p class="aside">{t('noAppeals')}</p>
        ) : (
          <Table
            caption={t('appeals')}
            rows={appeals}
            columns={[
              {
                title: t('filed'),
                cell: ({ alertId, filedAt }) => (
                  <a href={`/m/${community.id}/alerts/${alertId}`}>
                    {when(view, filedAt, community.timezone)}
                  </a>
                ),
              },
              { title: t('appeal'), cell: ({ text }) => text ?? t('erased') },
              { title: t('decision'), cell: (appeal) => <AppealState appeal={appeal} t={t} /> },
            ]}
          />
        )}
        <Paging view={view} next={next} />
      </Card>
    </ManagerFrame>
  );
}
