import { ButtonLink } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import type { IconName } from '../icons.ts';
import { Document } from '../layout.tsx';
import { tap } from '../messages/tap.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

interface State {
  readonly icon: IconName;
  readonly title: keyof typeof tap;
  /** What to do, beside what the answer says. */
  readonly text: keyof typeof tap | null;
}

/** What the page can show, one at a time. The first stands until the script knows more. */
const STATES: Readonly<Record<string, State>> = {
  waiting: { icon: 'loader', title: 'waitingTitle', text: 'waitingText' },
  opening: { icon: 'loader', title: 'openingTitle', text: 'openingText' },
  'not-opened': { icon: 'doorClosed', title: 'notOpenedTitle', text: 'notOpenedText' },
  opened: { icon: 'doorOpen', title: 'openedTitle', text: 'openedText' },
  refused: { icon: 'ban', title: 'refusedTitle', text: null },
  past: { icon: 'nfc', title: 'pastTitle', text: 'pastText' },
  'sign-in': { icon: 'link', title: 'signInTitle', text: 'signInText' },
  unknown: { icon: 'nfc', title: 'unknownTitle', text: 'unknownText' },
  failed: { icon: 'wifiOff', title: 'failedTitle', text: 'failedText' },
  empty: { icon: 'nfc', title: 'emptyTitle', text: 'emptyText' },
};

/**
 * The page that a tag at a gate opens on a rider's phone. Opening it changes nothing: its script sends the tap, and
 * fills `message` from the answer.
 */
export function TapPage({ view }: { readonly view: View }) {
  const t = translator(tap, view.language);
  const say = (key: keyof typeof tap) => tap[key][view.language];
  return (
    <Document
      view={view}
      title={t('title')}
      styles={['tap.css']}
      scripts={['tap.js']}
      manifest="/r/manifest.webmanifest"
      bodyClass="tap"
    >
      <main class="tap-states" aria-live="polite" data-language={view.language}>
        {Object.entries(STATES).map(([id, { icon, title, text }], index) => (
          <section id={id} hidden={index > 0}>
            <Icon name={icon} />
            <h1>{say(title)}</h1>
            <p class="message" />
            {text && <p>{say(text)}</p>}
            {id !== 'waiting' && (
              <ButtonLink href="/r" icon="qrCode">
                {t('showCode')}
              </ButtonLink>
            )}
          </section>
        ))}
        <noscript>
          <p>{t('noScript')}</p>
        </noscript>
      </main>
    </Document>
  );
}
