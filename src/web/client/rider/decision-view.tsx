/** What the gate has just said: over everything, so that it is seen from the saddle. */
import { useEffect } from 'hono/jsx/dom';
import { Icon } from '../../components/icon.tsx';
import { type HeldPass, orderedStops } from '../../rider/passes.ts';
import type { Decision } from '../../rider/wire.ts';
import { buzz } from './buzz.ts';
import { placeOf } from './pass-view.tsx';
import { change } from './state.ts';
import type { Words } from './words.ts';

/** A granted answer goes by itself; a refusal stays until it was read. */
const GRANTED_SHOWN_MS = 8_000;
const GRANTED_BUZZ = [120];
const DENIED_BUZZ = [80, 80, 80, 80, 240];

export function DecisionView({
  decision,
  passes,
  words,
}: {
  readonly decision: Decision;
  readonly passes: readonly HeldPass[];
  readonly words: Words;
}) {
  const { t } = words;
  const granted = decision.decision === 'granted';
  const isEntry = decision.direction === 'in';
  const close = () => change({ decision: null });

  useEffect(() => {
    buzz(granted ? GRANTED_BUZZ : DENIED_BUZZ);
    if (!granted) return;
    const timer = setTimeout(close, GRANTED_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [decision]);

  const place = granted && isEntry ? destination(decision, passes, words) : '';
  return (
    <button
      type="button"
      class={granted ? 'answer answer-granted' : 'answer answer-denied'}
      onClick={close}
    >
      <Icon name={granted ? 'circleCheck' : 'circleX'} />
      <span class="answer-title" role="alert">
        {granted ? t(isEntry ? 'granted' : 'grantedOut') : t('denied')}
      </span>
      <span class="answer-message">{words.pick(decision.message)}</span>
      {place !== '' && <span class="answer-place">{t('goTo', { place })}</span>}
      {granted && isEntry && decision.speedLimitKmh !== undefined && (
        <span class="answer-speed">{t('speedLimit', { limit: decision.speedLimitKmh })}</span>
      )}
      <span class="answer-close">{t('tapToClose')}</span>
    </button>
  );
}

/** Where to ride now: the stop that presses most, or the building that the gate named. */
function destination(decision: Decision, passes: readonly HeldPass[], words: Words): string {
  const pass = passes.find(({ id }) => id === decision.passId);
  const [first] = orderedStops(pass?.stops ?? []);
  const place = first === undefined ? '' : placeOf(first, words);
  if (place !== '' || decision.guidance === undefined) return place;
  return words.t('building', { building: decision.guidance.building });
}
