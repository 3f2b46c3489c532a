/** What stands where there is no session yet, or two people's. */
import { useState } from 'hono/jsx/dom';
import { Button } from '../../components/button.tsx';
import { Empty, Notice } from '../../components/states.tsx';
import { HTML_LANGUAGE, type Language } from '../../language.ts';
import { frame } from '../../messages/frame.ts';
import { translator } from '../../translate.ts';
import { useLink } from './control.ts';
import { change, type Phase } from './state.ts';
import type { Words } from './words.ts';

export function SignedOut({
  why,
  words,
  onLanguage,
}: {
  readonly why: Extract<Phase, { kind: 'signed-out' }>['why'];
  readonly words: Words;
  readonly onLanguage: (language: Language) => void;
}) {
  const { t } = words;
  const other = words.language === 'zh' ? 'en' : 'zh';
  return (
    <Empty icon="link" title={t('signedOutTitle')}>
      {why === 'link-unusable' && (
        <Notice tone="warn">
          <p>{t('linkUsed')}</p>
        </Notice>
      )}
      <p>{t(why === 'unreachable' ? 'unreachable' : 'signedOutText')}</p>
      <Button
        kind="quiet"
        icon="languages"
        type="button"
        lang={HTML_LANGUAGE[other]}
        onClick={() => onLanguage(other)}
      >
        {translator(frame, words.language)('otherLanguage')}
      </Button>
    </Empty>
  );
}

/** Two links in one phone: one person, or two. */
export function AskedToJoin({ token, words }: { readonly token: string; readonly words: Words }) {
  const { t } = words;
  const [busy, setBusy] = useState(false);
  const answer = (join: 'join' | 'alone') => {
    setBusy(true);
    void useLink(token, join);
  };
  return (
    <section class="question">
      <h1>{t('joinTitle')}</h1>
      <p>{t('joinText')}</p>
      <Button
        kind="primary"
        wide="wide"
        icon="link"
        type="button"
        disabled={busy}
        onClick={() => answer('join')}
      >
        {t('joinYes')}
      </Button>
      <Button wide="wide" type="button" disabled={busy} onClick={() => answer('alone')}>
        {t('joinNo')}
      </Button>
      <Button
        kind="quiet"
        wide="wide"
        type="button"
        disabled={busy}
        onClick={() => change({ phase: { kind: 'ready' } })}
      >
        {t('joinLater')}
      </Button>
    </section>
  );
}
