/** What is the rider's own: language, platforms, the home screen, signing out. */
import { useState } from 'hono/jsx/dom';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Notice } from '../../components/states.tsx';
import type { Language } from '../../language.ts';
import type { HeldPass } from '../../rider/passes.ts';
import type { Decision } from '../../rider/wire.ts';
import { Accounts } from './alerts.tsx';
import { signOut } from './control.ts';
import { Decisions } from './decisions.tsx';
import { install, useInstallable } from './install.ts';
import type { Words } from './words.ts';

export function MeScreen({
  passes,
  decisions,
  words,
  onLanguage,
}: {
  readonly passes: readonly HeldPass[];
  readonly decisions: readonly Decision[];
  readonly words: Words;
  readonly onLanguage: (language: Language) => void;
}) {
  const { t } = words;
  const [failed, setFailed] = useState(false);
  const installable = useInstallable();
  return (
    <div class="me">
      <h1>{t('tabMe')}</h1>
      <Accounts passes={passes} words={words} />
      <Decisions decisions={decisions} words={words} />
      <Card title={t('meJoinTitle')}>
        <p>{t('meJoinText')}</p>
      </Card>
      <Card title={t('meInstallTitle')}>
        <p>{t('meInstallText')}</p>
        {installable && (
          <Button type="button" onClick={() => void install()}>
            {t('meInstall')}
          </Button>
        )}
      </Card>
      <Card title={t('meLanguage')}>
        <div class="form-actions">
          {(['zh', 'en'] as const).map((language) => (
            <Button
              key={language}
              type="button"
              kind={language === words.language ? 'primary' : 'secondary'}
              aria-pressed={String(language === words.language)}
              lang={language === 'zh' ? 'zh-CN' : 'en'}
              onClick={() => onLanguage(language)}
            >
              {language === 'zh' ? '中文' : 'English'}
            </Button>
          ))}
        </div>
      </Card>
      <Card title={t('meSignOut')}>
        <p>{t('meSignOutText')}</p>
        {failed && (
          <Notice tone="bad">
            <p>{t('failed')}</p>
          </Notice>
        )}
        <Button
          type="button"
          icon="logOut"
          onClick={() => void signOut().then((done) => setFailed(!done))}
        >
          {t('meSignOut')}
        </Button>
      </Card>
    </div>
  );
}
