/** What was noticed about the rider, with its evidence, what it cost, and the way to object. */
import { useEffect, useState } from 'hono/jsx/dom';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextArea } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';
import type { HeldPass } from '../../rider/passes.ts';
import type { Alert, Conduct } from '../../rider/wire.ts';
import { server } from './server.ts';
import type { Words } from './words.ts';

interface Account {
  readonly alerts: readonly Alert[];
  readonly conduct: readonly Conduct[];
}

/** Points and alerts; nothing where the server does not tell of them. */
export function Accounts({
  passes,
  words,
}: {
  readonly passes: readonly HeldPass[];
  readonly words: Words;
}) {
  const { t } = words;
  const [account, setAccount] = useState<Account | null>(null);
  const read = async () => {
    const [alerts, conduct] = await Promise.all([server.alerts(), server.conduct()]);
    if (alerts.kind === 'ok' && conduct.kind === 'ok')
      setAccount({ alerts: alerts.value.items, conduct: conduct.value.items });
  };
  useEffect(() => void read(), []);
  if (account === null) return null;
  const nameOf = (id: string) =>
    passes.find(({ community }) => community.id === id)?.community.name ?? t('elsewhere');
  return (
    <>
      <Card title={t('conductTitle')}>
        {account.conduct.length === 0 && <p>{t('conductNone')}</p>}
        <ul class="reports">
          {account.conduct.map((each) => (
            <ConductLine
              key={each.communityId}
              conduct={each}
              name={nameOf(each.communityId)}
              words={words}
            />
          ))}
        </ul>
      </Card>
      <Card title={t('alertsTitle')}>
        {account.alerts.length === 0 && <p>{t('alertsNone')}</p>}
        <ul class="reports">
          {account.alerts.map((alert) => (
            <AlertLine key={alert.id} alert={alert} words={words} onChange={() => void read()} />
          ))}
        </ul>
      </Card>
    </>
  );
}

function ConductLine({
  conduct: { conduct, contribution, sanctions },
  name,
  words,
}: {
  readonly conduct: Conduct;
  readonly name: string;
  readonly words: Words;
}) {
  const { t, time } = words;
  return (
    <li>
      <strong>{name}</strong>
      <p>{t('conductHere', { conduct, contribution })}</p>
      {sanctions.map(({ kind, until }) => (
        <p class="sanction">
          {t(kind === 'confirmation' ? 'sanctionConfirmation' : 'sanctionSuspension', {
            time: time(Date.parse(until)),
          })}
        </p>
      ))}
    </li>
  );
}

const LEVELS = {
  notice: ['neutral', 'levelNotice'],
  warning: ['warn', 'levelWarning'],
  serious: ['bad', 'levelSerious'],
} as const satisfies Record<string, readonly [Tone, string]>;
const APPEALS = { open: 'appealOpen', upheld: 'appealUpheld', rejected: 'appealRejected' } as const;

function AlertLine({
  alert,
  words,
  onChange,
}: {
  readonly alert: Alert;
  readonly words: Words;
  readonly onChange: () => void;
}) {
  const { t } = words;
  const { id, level, points, evidence, appeal } = alert;
  const [tone, name] = LEVELS[level ?? 'notice'];
  return (
    <li class="alert">
      <p>
        <Badge tone={tone}>{t(name)}</Badge> {words.pick(alert.message)}
      </p>
      <p class="aside">
        {words.day(Date.parse(alert.at))}
        {' · '}
        {points > 0 ? t('alertPoints', { points }) : t('alertFree')}
        {alert.withdrawnAt !== undefined && ` · ${t('alertWithdrawn')}`}
      </p>
      {evidence !== undefined && (
        <img
          class="evidence"
          src={`/v1/rider/alerts/${id}/evidence.svg`}
          alt={t('alertEvidence')}
        />
      )}
      {appeal !== undefined && (
        <p>
          {t(APPEALS[appeal.state])}
          {appeal.reason !== undefined && `: ${appeal.reason}`}
        </p>
      )}
      {appeal === undefined && alert.withdrawnAt === undefined && (
        <AppealForm alertId={id} words={words} onSent={onChange} />
      )}
    </li>
  );
}

function AppealForm({
  alertId,
  words,
  onSent,
}: {
  readonly alertId: string;
  readonly words: Words;
  readonly onSent: () => void;
}) {
  const { t } = words;
  const [state, setState] = useState<'idle' | 'sending' | 'failed'>('idle');
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement) || state === 'sending') return;
    setState('sending');
    const text = String(new FormData(form).get(`appeal-${alertId}`) ?? '');
    const asked = await server.appeal(alertId, text.replaceAll(/\s+/g, ' ').trim());
    setState(asked.kind === 'ok' ? 'idle' : 'failed');
    if (asked.kind === 'ok') onSent();
  }
  return (
    <details>
      <summary>{t('appealTitle')}</summary>
      <form class="form" onSubmit={(event: Event) => void submit(event)}>
        <TextArea
          name={`appeal-${alertId}`}
          label={t('appealText')}
          required
          maxlength={500}
          rows={3}
        />
        {state === 'failed' && (
          <Notice tone="bad">
            <p>{t('appealFailed')}</p>
          </Notice>
        )}
        <Button kind="primary" disabled={state === 'sending'}>
          {t('appealSend')}
        </Button>
      </form>
    </details>
  );
}

/** A line over the page when something was noticed just now. */
export function AlertBanner({
  alert,
  words,
  onOpen,
}: {
  readonly alert: Alert;
  readonly words: Words;
  readonly onOpen: () => void;
}) {
  return (
    <div class="banner" role="alert">
      <p>{words.pick(alert.message)}</p>
      <Button type="button" onClick={onOpen}>
        {words.t('alertOpen')}
      </Button>
    </div>
  );
}
