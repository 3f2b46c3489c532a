/** Admitting somebody by hand: one tap for an ordinary reason, a line for any other. */
import { useEffect, useRef, useState } from 'hono/jsx/dom';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/states.tsx';
import { admit } from './acting.ts';
import { serverNow } from './clock.ts';
import { change, type State } from './state.ts';
import type { Words } from './words.ts';

const REASONS = [
  'reasonBattery',
  'reasonSignal',
  'reasonUnread',
  'reasonResident',
  'reasonHandover',
] as const;
const MOST_CHARACTERS = 120;

export function AdmitSheet({ state, words }: { readonly state: State; readonly words: Words }) {
  const { t } = words;
  const { gates, device, network } = state;
  const first = device?.gateId ?? gates[0]?.id ?? '';
  const [gateId, setGateId] = useState(first);
  const [chosen, setChosen] = useState('');
  const [other, setOther] = useState('');
  const [trouble, setTrouble] = useState<'none' | 'asking' | 'failed' | 'no-reason' | 'no-network'>(
    'none',
  );
  const heading = useRef<HTMLElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const reason = other.trim() === '' ? chosen : other.trim();

  const send = () => {
    if (trouble === 'asking') return;
    if (reason === '') return setTrouble('no-reason');
    if (network === 'offline' && gateId !== device?.gateId) return setTrouble('no-network');
    setTrouble('asking');
    const time = words.time(serverNow());
    const late = t('lateReason', { reason, time });
    void admit(gateId, reason, late).then((ended) =>
      setTrouble(ended === 'failed' ? 'failed' : 'none'),
    );
  };

  return (
    <div class="sheet-ground">
      <section class="sheet" role="dialog" aria-modal="true" aria-labelledby="admit-title">
        <h2 id="admit-title" tabindex={-1} ref={heading}>
          {t('admitTitle')}
        </h2>
        <p class="aside">{t('admitText')}</p>
        {gates.length > 1 && (
          <div class="field">
            <label for="admit-gate">{t('admitGate')}</label>
            <select
              id="admit-gate"
              onChange={({ target }: Event) => setGateId((target as HTMLSelectElement).value)}
            >
              {gates.map(({ id, name }) => (
                <option value={id} selected={id === gateId}>
                  {name}
                </option>
              ))}
            </select>
          </div>
        )}
        <fieldset class="chips" aria-label={t('admitReason')}>
          {REASONS.map((each) => (
            <button
              type="button"
              key={each}
              aria-pressed={String(reason === t(each))}
              onClick={() => {
                setChosen(t(each));
                setOther('');
              }}
            >
              {t(each)}
            </button>
          ))}
        </fieldset>
        <div class="field">
          <label for="admit-reason">{t('admitOther')}</label>
          <input
            type="text"
            id="admit-reason"
            maxlength={MOST_CHARACTERS}
            value={other}
            onInput={({ target }: Event) => setOther((target as HTMLInputElement).value)}
          />
        </div>
        {trouble === 'failed' && <Trouble text={t('failed')} />}
        {trouble === 'no-reason' && <Trouble text={t('admitNeedsReason')} />}
        {trouble === 'no-network' && <Trouble text={t('admitNeedsNetwork')} />}
        <div class="sheet-actions">
          <Button type="button" onClick={() => change({ sheet: null })}>
            {t('cancel')}
          </Button>
          <Button
            type="button"
            kind="primary"
            aria-busy={String(trouble === 'asking')}
            onClick={send}
          >
            {t('admitDo')}
          </Button>
        </div>
      </section>
    </div>
  );
}

function Trouble({ text }: { readonly text: string }) {
  return (
    <Notice tone="bad">
      <p>{text}</p>
    </Notice>
  );
}
