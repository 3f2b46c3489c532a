/** Before this phone is anything: becoming a gate by a code, or signing in as a person. */
import { useState } from 'hono/jsx/dom';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { Notice } from '../../components/states.tsx';
import { enrolAs } from './control.ts';
import { change, ownGate, type State } from './state.ts';
import type { Words } from './words.ts';

const TROUBLES = {
  refused: 'enrolRefused',
  unreachable: 'enrolUnreachable',
  revoked: 'revoked',
  insecure: 'enrolInsecure',
} as const;

export function EnrolScreen({ state, words }: { readonly state: State; readonly words: Words }) {
  const { t } = words;
  const { enrolCode, enrolTrouble, device, phase } = state;
  const mayKeep = device !== null && enrolCode !== null;
  return (
    <div class="enrol">
      <div class="enrol-mark">
        <Icon name="shield" />
      </div>
      <h1>{t('enrolTitle')}</h1>
      <p>{enrolCode === null ? t('enrolText') : t('enrolReady')}</p>
      {mayKeep && (
        <Notice tone="warn">
          <p>{t('enrolReplace', { name: ownGate(state)?.name ?? device.gateId })}</p>
        </Notice>
      )}
      {enrolTrouble !== null && (
        <Notice tone="bad">
          <p>{t(TROUBLES[enrolTrouble])}</p>
        </Notice>
      )}
      <EnrolForm code={enrolCode} words={words} />
      {mayKeep && (
        <Button type="button" onClick={() => change({ enrolCode: null, enrolTrouble: null })}>
          {t('enrolKeep')}
        </Button>
      )}
      <p class="aside">{t('keyNote')}</p>
      {phase.kind === 'unknown' && (
        <div class="enrol-other">
          <p class="aside">{t('signInText')}</p>
          <ButtonLink href="/sign-in?next=/g" icon="user">
            {t('signIn')}
          </ButtonLink>
        </div>
      )}
    </div>
  );
}

export function EnrolForm({
  code,
  words: { t },
}: {
  readonly code: string | null;
  readonly words: Words;
}) {
  const [entered, setEntered] = useState('');
  const [asking, setAsking] = useState<'no' | 'yes'>('no');
  const send = (event: Event) => {
    event.preventDefault();
    const given = code ?? entered.trim();
    if (given === '' || asking === 'yes') return;
    setAsking('yes');
    void enrolAs(given).then(() => setAsking('no'));
  };
  return (
    <form class="form" onSubmit={send}>
      {code === null && (
        <div class="field">
          <label for="enrol-code">{t('enrolCode')}</label>
          <input
            type="text"
            id="enrol-code"
            class="mono"
            placeholder="cpe_…"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            onInput={({ target }: Event) => setEntered((target as HTMLInputElement).value)}
          />
        </div>
      )}
      <Button kind="primary" wide="wide" aria-busy={String(asking === 'yes')}>
        {t('enrolDo')}
      </Button>
    </form>
  );
}
