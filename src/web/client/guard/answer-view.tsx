/** The answer over everything: seen from two metres, at night. */
import { useEffect, useState } from 'hono/jsx/dom';
import { Button } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import type { IconName } from '../../icons.ts';
import { REASON_NAMES } from '../../messages/reasons.ts';
import { confirm, dropWaiting } from './acting.ts';
import { serverNow } from './clock.ts';
import { useSeconds } from './seconds.ts';
import { type Answer, change, type State } from './state.ts';
import type { Words } from './words.ts';

/** A green answer goes by itself, so that the next rider needs no hand. */
const GOOD_SHOWN_MS = 6_000;
/** Reasons that the title says already. */
const PLAIN: ReadonlySet<string> = new Set(['granted', 'granted_exit', 'granted_by_guard']);
const ICONS: Readonly<Record<Answer['tone'], IconName>> = {
  good: 'circleCheck',
  bad: 'circleX',
  wait: 'user',
  unknown: 'wifiOff',
};

interface Props {
  readonly answer: Answer;
  readonly state: State;
  readonly words: Words;
}

export function AnswerView({ answer, state, words }: Props) {
  const { t } = words;
  const { tone, reason, message, note, status, gateId } = answer;
  const close = () => change({ answer: null });
  useEffect(() => {
    if (tone !== 'good') return;
    const timer = setTimeout(close, GOOD_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [answer]);
  const name = gateId === null ? null : state.gates.find(({ id }) => id === gateId)?.name;
  return (
    <section class={`verdict verdict-${tone}`} aria-label={titleOf(answer, words)}>
      <div class="verdict-said" role="alert">
        <Icon name={ICONS[tone]} />
        <p class="verdict-title">{titleOf(answer, words)}</p>
        {name && <p class="verdict-gate">{t('atGate', { name })}</p>}
        {reason !== null && tone !== 'wait' && !PLAIN.has(reason) && (
          <p class="verdict-reason">{words.pick(REASON_NAMES[reason])}</p>
        )}
        <Orders {...{ answer, state, words }} />
        {tone === 'wait' && <p class="verdict-text">{t('waitsText')}</p>}
        {message !== null && tone === 'bad' && (
          <p class="verdict-text">
            {t('tellRider')}
            {words.language === 'zh' ? '：' : ': '}
            {words.pick(message)}
          </p>
        )}
        {note !== null && <p class="verdict-text">{t(note)}</p>}
        {status !== null && <p class="verdict-text">{t('refusedByServer', { status })}</p>}
        {tone === 'good' && answer.speedLimitKmh !== null && answer.direction === 'in' && (
          <p class="verdict-small">{t('speedLimit', { limit: answer.speedLimitKmh })}</p>
        )}
      </div>
      {tone === 'wait' ? (
        <ConfirmActions answer={answer} words={words} />
      ) : (
        <Actions answer={answer} words={words} onClose={close} />
      )}
    </section>
  );
}

function titleOf({ tone, direction, note }: Answer, { t }: Words): string {
  if (note === 'openAskedText') return t('openAsked');
  if (tone === 'good') return t(direction === 'in' ? 'granted' : 'grantedOut');
  if (tone === 'wait') return t('waits');
  return t(tone === 'bad' ? 'denied' : 'unknown');
}

/** Whom the rider delivers to. Two orders are enough to recognise a rider. */
function Orders({ answer, state, words }: Props) {
  const { t } = words;
  const orders = answer.passId === null ? [] : (state.orders[answer.passId] ?? []);
  if (orders.length === 0)
    return answer.building === null ? null : (
      <p class="verdict-order">{words.building(answer.building)}</p>
    );
  const [first, ...others] = orders;
  return (
    <div class="verdict-orders">
      {orders.slice(0, 2).map((order) => (
        <p class={order === first ? 'verdict-order' : 'verdict-order verdict-order-next'}>
          <span>{words.order(order)}</span>
          {order.leg === 'pickup' && <strong>{t('pickup')}</strong>}
          {order.building !== undefined && <strong>{words.building(order.building)}</strong>}
        </p>
      ))}
      {answer.tone === 'wait' && first?.vehicle !== undefined && (
        <p class="verdict-text">{t(first.vehicle)}</p>
      )}
      {others.length > 1 && <p class="verdict-small">{t('more', { count: others.length - 1 })}</p>}
    </div>
  );
}

function Actions({
  answer: { tone, direction },
  words: { t },
  onClose,
}: {
  readonly answer: Answer;
  readonly words: Words;
  readonly onClose: () => void;
}) {
  const mayAdmit = direction === 'in' && (tone === 'bad' || tone === 'unknown');
  return (
    <div class="verdict-actions">
      {mayAdmit && (
        <Button
          type="button"
          class="verdict-second"
          onClick={() => change({ answer: null, sheet: 'admit' })}
        >
          {t('byHand')}
        </Button>
      )}
      <Button type="button" kind="primary" wide="wide" onClick={onClose}>
        {t('next')}
      </Button>
    </div>
  );
}

function ConfirmActions({ answer, words }: { readonly answer: Answer; readonly words: Words }) {
  useSeconds();
  const { t } = words;
  const [trouble, setTrouble] = useState<'none' | 'asking' | 'failed'>('none');
  const { auditId, confirmUntil } = answer;
  const left = (confirmUntil ?? 0) - serverNow();
  const leave = () => {
    if (auditId !== null) dropWaiting(auditId);
    change({ answer: null });
  };
  const letIn = () => {
    if (auditId === null || trouble === 'asking') return;
    setTrouble('asking');
    void confirm(auditId).then((ended) => setTrouble(ended === 'failed' ? 'failed' : 'none'));
  };
  return (
    <div class="verdict-actions">
      {trouble === 'failed' && (
        <p class="verdict-text" role="alert">
          {t('failed')}
        </p>
      )}
      {left <= 0 && <p class="verdict-text">{t('confirmOver')}</p>}
      <Button type="button" onClick={leave}>
        {t('notConfirm')}
      </Button>
      {left > 0 && (
        <Button
          type="button"
          kind="primary"
          wide="wide"
          aria-busy={String(trouble === 'asking')}
          onClick={letIn}
        >
          {t('confirm')} <small>{t('confirmLeft', { left: words.countdown(left) })}</small>
        </Button>
      )}
    </div>
  );
}
