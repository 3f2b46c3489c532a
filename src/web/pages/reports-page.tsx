import { MOST_CONTRIBUTION_POINTS, type Report } from '../../domain/report.ts';
import type { CommunityRecord } from '../../store/store.ts';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field, TextArea } from '../components/field.tsx';
import { Empty } from '../components/states.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { Paging } from '../manager/paging.tsx';
import { type ManageText, manageText } from '../manager/words.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

export interface ReportsProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly reports: readonly Report[];
  readonly next: string | null;
  readonly open: boolean | null;
  readonly mayAnswer: boolean;
  readonly error?: { readonly id: string; readonly text: string; readonly typed: string };
  readonly message?: string | undefined;
}

/** What riders saw: a photo, a place, a sentence; the manager answers and may give points. */
export function ReportsPage(props: ReportsProps) {
  const { view, reader, community, reports, next, open, message } = props;
  const t = manageText(view);
  const tabs = [
    ['', null, t('all')],
    ['?open=true', true, t('openReports')],
    ['?open=false', false, t('answeredReports')],
  ] as const;
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={community}
      title={t('reports')}
      message={message}
    >
      <div class="page-head">
        <h1>{t('reports')}</h1>
        <nav class="switch" aria-label={t('reports')}>
          {tabs.map(([query, value, label]) => (
            <a
              href={`/m/${community.id}/reports${query}`}
              {...(value === open && { 'aria-current': 'true' })}
            >
              {label}
            </a>
          ))}
        </nav>
      </div>
      {reports.length === 0 ? (
        <Card>
          <Empty icon="camera" title={t('noReports')}>
            <p>{t('noReportsText')}</p>
          </Empty>
        </Card>
      ) : (
        <div class="cards">
          {reports.map((report) => (
            <One {...props} report={report} t={t} />
          ))}
        </div>
      )}
      <Paging view={view} next={next} />
    </ManagerFrame>
  );
}

function One({
  view,
  community,
  report,
  mayAnswer,
  error,
  t,
}: ReportsProps & { readonly report: Report; readonly t: ManageText }) {
  const { id, place, text, photo, at, answer } = report;
  return (
    <Card title={place} id={id}>
      {photo === 'kept' && (
        <img
          class="report-photo"
          src={`/v1/reports/${id}/photo.jpg`}
          alt={t('photoOf', { place })}
          loading="lazy"
        />
      )}
      {photo === 'erased' && <p class="aside">{t('photoErased')}</p>}
      <p>{text}</p>
      <p class="aside">{when(view, at, community.timezone)}</p>
      {answer === null ? (
        mayAnswer && (
          <form class="form" method="post" action={`/m/${community.id}/reports`}>
            <input type="hidden" name="report" value={id} />
            <TextArea
              name={`text-${id}`}
              label={t('answer')}
              hint={t('answerHint')}
              error={error?.id === id ? error.text : undefined}
              value={error?.id === id ? error.typed : ''}
              maxlength={200}
              rows={2}
              required
            />
            <Field
              name={`points-${id}`}
              label={t('contribution', { most: MOST_CONTRIBUTION_POINTS })}
              type="number"
              min={0}
              max={MOST_CONTRIBUTION_POINTS}
              value="0"
              required
            />
            <Button kind="primary">{t('sendAnswer')}</Button>
          </form>
        )
      ) : (
        <div class="notice notice-good">
          <span />
          <div>
            <p>{answer.text}</p>
            <p class="aside">
              {when(view, answer.at, community.timezone)}{' '}
              {answer.contributionPoints > 0 && (
                <Badge tone="good">{t('pointsGiven', { points: answer.contributionPoints })}</Badge>
              )}
            </p>
          </div>
        </div>
      )}
    </Card>
  );
}
