import type { GateState, GateWithState } from '../../access/gate-states.ts';
import type { PeriodFigures } from '../../access/read-figures.ts';
import { MANUAL_MINUTES } from '../../domain/figures.ts';
import type { AlertRecord, CommunityRecord, DecisionRecord } from '../../store/store.ts';
import { Badge, type Tone } from '../components/badge.tsx';
import { BarChart } from '../components/bar-chart.tsx';
import { ButtonLink } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Icon } from '../components/icon.tsx';
import { Empty } from '../components/states.tsx';
import { DecisionLines } from '../manager/decision-table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { PostureBadge, PostureForm } from '../manager/posture.tsx';
import { duration, type ManageText, manageText, said } from '../manager/words.ts';
import { ALERT_NAMES, REASON_NAMES } from '../messages/reasons.ts';
import type { View } from '../view.ts';
import { clockTime, when } from '../when.ts';

export interface OverviewProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly period: 'day' | 'week';
  readonly figures: PeriodFigures;
  readonly decisions: readonly DecisionRecord[];
  readonly alerts: readonly AlertRecord[];
  readonly gates: readonly GateWithState[];
  readonly mayCommand: boolean;
  readonly now: number;
  readonly message?: string | undefined;
}

/** What goes on in a community: read anew by itself whenever something happens. */
export function OverviewPage(props: OverviewProps) {
  const { view, reader, community, period, message } = props;
  const t = manageText(view);
  const href = `/m/${community.id}`;
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={community}
      title={t('overview')}
      message={message}
    >
      <div class="page-head">
        <h1>{t('overview')}</h1>
        <span class="live" data-events={`/v1/communities/${community.id}/events`}>
          <span class="live-on" hidden>
            <Badge tone="good">{t('liveOn')}</Badge>
          </span>
          <span class="live-off" hidden>
            <Badge tone="warn">{t('liveOff')}</Badge>
          </span>
        </span>
        <nav class="switch" aria-label={t('time')}>
          <a href={href} {...(period === 'day' && { 'aria-current': 'true' })}>
            {t('today')}
          </a>
          <a href={`${href}?period=week`} {...(period === 'week' && { 'aria-current': 'true' })}>
            {t('week')}
          </a>
        </nav>
      </div>
      <div data-live="figures">
        <Numbers {...props} t={t} />
      </div>
      <div class="columns">
        <div class="column-main">
          <Card
            title={t('live')}
            actions={
              <ButtonLink kind="quiet" href={`${href}/decisions`}>
                {t('all')}
              </ButtonLink>
            }
          >
            <div data-live="decisions">
              <Decisions {...props} t={t} />
            </div>
          </Card>
        </div>
        <div class="column-side">
          <Card title={t('openAlerts')}>
            <div data-live="alerts">
              <Alerts {...props} t={t} />
            </div>
          </Card>
          <Card title={t('gateHealth')}>
            <div data-live="gates">
              <Gates {...props} t={t} />
            </div>
          </Card>
          <Card title={t('posture')}>
            <div data-live="posture">
              <PostureBadge
                view={view}
                state={community.posture}
                now={props.now}
                timezone={community.timezone}
              />
            </div>
            {props.mayCommand && (
              <details>
                <summary>{t('setPosture')}</summary>
                <PostureForm
                  view={view}
                  action={`${href}/posture`}
                  choices={['normal', 'lockdown', 'open']}
                />
              </details>
            )}
          </Card>
        </div>
      </div>
    </ManagerFrame>
  );
}

type Part = OverviewProps & { readonly t: ManageText };

function Numbers({ view, community, period, figures, t }: Part) {
  const { entries, refusals, inside, minutesSaved, denied, parts, since, partMs } = figures;
  const label = (part: number) => {
    const at = since + (part + 1) * partMs - 1;
    return period === 'day'
      ? clockTime(view, at, community.timezone).slice(0, 2)
      : when(view, at, community.timezone).split(' ')[0];
  };
  return (
    <>
      <dl class="numbers">
        <Figure name={t('inside')} value={String(inside)} />
        <Figure name={t('entries')} value={String(entries)} />
        <Figure name={t('refusals')} value={String(refusals)} />
        <Figure
          name={t('minutesSaved')}
          value={duration(t, minutesSaved)}
          hint={t('minutesBasis', { minutes: MANUAL_MINUTES })}
        />
      </dl>
      <div class="columns columns-even">
        <Card title={period === 'day' ? t('today') : t('week')}>
          <BarChart
            label={t('chartLabel', { entries, refusals })}
            every={period === 'day' ? 3 : 1}
            bars={parts.map((part, index) => ({
              label: label(index) ?? '',
              good: part.entries,
              bad: part.refusals,
            }))}
          />
          <p class="legend-line">
            <span class="key key-good">{t('entries')}</span>
            <span class="key key-bad">{t('refusals')}</span>
          </p>
        </Card>
        <Card title={t('refusedBecause')}>
          {denied.length === 0 ? (
            <p class="aside">{t('noRefusals')}</p>
          ) : (
            <ul class="shares">
              {denied.map(({ reason, count }) => (
                <li>
                  <span>{said(view, REASON_NAMES[reason])}</span>
                  <meter min={0} max={refusals} value={count} aria-hidden="true" />
                  <strong>{count}</strong>
                </li>
              ))}
            </ul>
          )}
        </Card>
      </div>
    </>
  );
}

function Figure({
  name,
  value,
  hint,
}: {
  readonly name: string;
  readonly value: string;
  readonly hint?: string;
}) {
  return (
    <div class="number">
      <dt>{name}</dt>
      <dd>{value}</dd>
      {hint !== undefined && <dd class="number-hint">{hint}</dd>}
    </div>
  );
}

function Decisions({ view, community, decisions, gates, t }: Part) {
  if (decisions.length === 0)
    return (
      <Empty icon="doorOpen" title={t('nothingYet')}>
        <p>{t('nothingYetText')}</p>
      </Empty>
    );
  const gateNames = new Map(gates.map(({ gate }) => [gate.id as string, gate.name]));
  return (
    <DecisionLines
      view={view}
      rows={decisions}
      gateNames={gateNames}
      timezone={community.timezone}
    />
  );
}

function Alerts({ view, community, alerts, gates, t }: Part) {
  if (alerts.length === 0) return <p class="aside">{t('noAlerts')}</p>;
  const gateNames = new Map(gates.map(({ gate }) => [gate.id as string, gate.name]));
  return (
    <ul class="lines">
      {alerts.map(({ id, kind, gateId, at }) => (
        <li>
          <Icon name="alert" />
          <span>
            <a href={`/m/${community.id}/alerts/${id}`}>{said(view, ALERT_NAMES[kind])}</a>
            <span class="line-text">
              {gateId !== null && `${gateNames.get(gateId) ?? gateId} · `}
              {when(view, at, community.timezone)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

export const GATE_TONES: Readonly<Record<GateState, Tone>> = {
  well: 'good',
  waiting: 'neutral',
  silent: 'warn',
  offline: 'bad',
  clock_wrong: 'warn',
  queue_high: 'warn',
};

export function gateStateText(t: ManageText, state: GateState): string {
  return state === 'offline' ? t('stateOffline') : t(state);
}

function Gates({ community, gates, t }: Part) {
  if (gates.length === 0)
    return (
      <p class="aside">
        {t('noGates')} · <a href={`/m/${community.id}/gates`}>{t('addGate')}</a>
      </p>
    );
  return (
    <ul class="lines">
      {gates.map(({ gate, state }) => (
        <li>
          <Icon name="doorOpen" />
          <span>
            <a href={`/m/${community.id}/gates/${gate.id}`}>{gate.name}</a>
          </span>
          <Badge tone={GATE_TONES[state]}>{gateStateText(t, state)}</Badge>
        </li>
      ))}
    </ul>
  );
}
