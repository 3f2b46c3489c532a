/** What this phone is, who is signed in, and how the page looks. */
import { useState } from 'hono/jsx/dom';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Notice } from '../../components/states.tsx';
import { stopBeingGate } from './control.ts';
import { EnrolForm } from './enrol-screen.tsx';
import { ownGate, type State } from './state.ts';
import type { Words } from './words.ts';

export function SetupScreen({ state, words }: { readonly state: State; readonly words: Words }) {
  const { t } = words;
  const { account, device } = state;
  return (
    <div class="list-screen">
      <h1>{t('tabMe')}</h1>
      {device === null ? (
        <Card title={t('enrolTitle')}>
          <p>{t('enrolText')}</p>
          <EnrolForm code={null} words={words} />
        </Card>
      ) : (
        <ThisGate state={state} words={words} />
      )}
      <Card title={t('account')}>
        {account === null ? (
          <>
            <p>{t('signInText')}</p>
            <ButtonLink href="/sign-in?next=/g" icon="user">
              {t('signIn')}
            </ButtonLink>
          </>
        ) : (
          <>
            <p>{t('signedInAs', { name: account.name })}</p>
            {account.communityId === null && <p>{t('elsewhere')}</p>}
            <ButtonLink href="/m">{t('manage')}</ButtonLink>
          </>
        )}
      </Card>
      <Choices words={words} />
    </div>
  );
}

function ThisGate({ state, words: { t } }: { readonly state: State; readonly words: Words }) {
  const [sure, setSure] = useState<'no' | 'asked' | 'asking'>('no');
  const [waiting, setWaiting] = useState(0);
  const gate = ownGate(state);
  const forget = () => {
    setSure('asking');
    void stopBeingGate().then((count) => {
      setWaiting(count);
      setSure('no');
    });
  };
  return (
    <Card title={t('thisGate')}>
      {gate !== null && (
        <p class="row-title">
          {t('thisGateText', {
            name: gate.name,
            directions: gate.directions.map((each) => t(each)).join(' / '),
          })}
        </p>
      )}
      <p class="aside">{t('keyNote')}</p>
      {waiting > 0 && (
        <Notice tone="bad">
          <p>{t('forgetWaits', { count: waiting })}</p>
        </Notice>
      )}
      {sure === 'no' ? (
        <Button type="button" onClick={() => setSure('asked')}>
          {t('forget')}
        </Button>
      ) : (
        <>
          <p>{t('forgetText')}</p>
          <div class="form-actions">
            <Button type="button" onClick={() => setSure('no')}>
              {t('cancel')}
            </Button>
            <Button
              type="button"
              kind="danger"
              aria-busy={String(sure === 'asking')}
              onClick={forget}
            >
              {t('forgetSure')}
            </Button>
          </div>
        </>
      )}
    </Card>
  );
}

/** Links, as in the footer of every page: the server keeps the choice and comes back. */
function Choices({ words: { t, language } }: { readonly words: Words }) {
  const theme = document.documentElement.dataset['theme'];
  const themes = { auto: t('themeAuto'), light: t('themeLight'), dark: t('themeDark') };
  return (
    <Card title={`${t('language')} · ${t('appearance')}`}>
      <div class="form-actions">
        {(['zh', 'en'] as const).map((each) => (
          <ButtonLink
            key={each}
            href={`/g?lang=${each}`}
            kind={each === language ? 'primary' : 'secondary'}
            lang={each === 'zh' ? 'zh-CN' : 'en'}
          >
            {each === 'zh' ? '中文' : 'English'}
          </ButtonLink>
        ))}
      </div>
      <div class="form-actions">
        {(Object.keys(themes) as (keyof typeof themes)[]).map((each) => (
          <ButtonLink
            key={each}
            href={`/g?theme=${each}`}
            kind={each === theme ? 'primary' : 'secondary'}
          >
            {themes[each]}
          </ButtonLink>
        ))}
      </div>
    </Card>
  );
}
