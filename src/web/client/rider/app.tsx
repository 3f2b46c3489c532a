/** The rider's page as a whole: which screen is shown, in which language, at which second. */
import { render, useEffect, useState, useSyncExternalStore } from 'hono/jsx/dom';
import { Icon } from '../../components/icon.tsx';
import { Loading } from '../../components/states.tsx';
import type { IconName } from '../../icons.ts';
import type { Language } from '../../language.ts';
import { AlertBanner } from './alerts.tsx';
import { chooseLanguage, documentLanguage } from './choices.ts';
import { DecisionView } from './decision-view.tsx';
import { MeScreen } from './me-screen.tsx';
import { PassScreen } from './pass-screen.tsx';
import { ReportScreen } from './report-screen.tsx';
import { change, read, type State, serverNow, subscribe } from './state.ts';
import { AskedToJoin, SignedOut } from './welcome.tsx';
import { type Words, wordsIn } from './words.ts';

const TABS = { pass: 'qrCode', report: 'camera', me: 'user' } as const satisfies Record<
  string,
  IconName
>;
type Tab = keyof typeof TABS;

/** Puts the page in the place of what stands there. */
export function showApp(root: HTMLElement): void {
  root.replaceChildren();
  render(<App />, root);
}

function App() {
  const state = useSyncExternalStore(subscribe, read);
  const now = useSeconds();
  const [language, setLanguage] = useState<Language>(documentLanguage());
  const [tab, setTab] = useState<Tab>('pass');
  const words = wordsIn(language);
  const onLanguage = (chosen: Language) => {
    chooseLanguage(chosen);
    setLanguage(chosen);
  };
  if (state.phase.kind !== 'ready')
    return <Unready state={state} words={words} onLanguage={onLanguage} />;
  return (
    <>
      <div class="screen">
        {tab === 'pass' && <PassScreen state={state} now={now} words={words} />}
        {tab === 'report' && <ReportScreen passes={state.passes} words={words} />}
        {tab === 'me' && (
          <MeScreen
            passes={state.passes}
            decisions={state.decisions}
            words={words}
            onLanguage={onLanguage}
          />
        )}
      </div>
      <Tabs tab={tab} onTab={setTab} words={words} />
      {state.alert !== null && (
        <AlertBanner
          alert={state.alert}
          words={words}
          onOpen={() => {
            change({ alert: null });
            setTab('me');
          }}
        />
      )}
      {state.decision !== null && (
        <DecisionView decision={state.decision} passes={state.passes} words={words} />
      )}
    </>
  );
}

function Unready({
  state: { phase },
  words,
  onLanguage,
}: {
  readonly state: State;
  readonly words: Words;
  readonly onLanguage: (language: Language) => void;
}) {
  switch (phase.kind) {
    case 'signed-out':
      return <SignedOut why={phase.why} words={words} onLanguage={onLanguage} />;
    case 'asked-to-join':
      return <AskedToJoin token={phase.token} words={words} />;
    default:
      return <Loading text={words.t('loading')} />;
  }
}

function Tabs({
  tab,
  onTab,
  words,
}: {
  readonly tab: Tab;
  readonly onTab: (tab: Tab) => void;
  readonly words: Words;
}) {
  const names = {
    pass: words.t('tabPass'),
    report: words.t('tabReport'),
    me: words.t('tabMe'),
  };
  return (
    <nav class="tabs" aria-label={words.t('tabs')}>
      {(Object.keys(TABS) as Tab[]).map((each) => (
        <button
          type="button"
          key={each}
          aria-current={each === tab ? 'page' : undefined}
          onClick={() => onTab(each)}
        >
          <Icon name={TABS[each]} />
          <span>{names[each]}</span>
        </button>
      ))}
    </nav>
  );
}

/** The server's time now, and a rendering at each of its seconds. What is known of the phone's error counts at once. */
function useSeconds(): number {
  const [, setSecond] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const now = serverNow();
      setSecond(Math.floor(now / 1_000));
      timer = setTimeout(tick, 1_000 - (now % 1_000) + 5);
    };
    tick();
    return () => clearTimeout(timer);
  }, []);
  return serverNow();
}
