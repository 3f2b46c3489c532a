/** The guard's page as a whole: which screen is shown, and what stands over it. */
import { useState, useSyncExternalStore } from 'hono/jsx/dom';
import { Icon } from '../../components/icon.tsx';
import { Loading } from '../../components/states.tsx';
import type { IconName } from '../../icons.ts';
import { AdmitSheet } from './admit-sheet.tsx';
import { AlertsScreen } from './alerts-screen.tsx';
import { AnswerView } from './answer-view.tsx';
import { NetworkBanner, WaitingBanner } from './banners.tsx';
import { EnrolScreen } from './enrol-screen.tsx';
import { GatesScreen } from './gates-screen.tsx';
import { InsideScreen } from './inside-screen.tsx';
import { ScanScreen } from './scan-screen.tsx';
import { SetupScreen } from './setup-screen.tsx';
import { change, read, type State, subscribe } from './state.ts';
import type { Words } from './words.ts';

const TABS = {
  scan: { icon: 'qrCode', name: 'tabScan' },
  gates: { icon: 'doorOpen', name: 'tabGates' },
  inside: { icon: 'bike', name: 'tabInside' },
  alerts: { icon: 'alert', name: 'tabAlerts' },
  me: { icon: 'settings', name: 'tabMe' },
} as const satisfies Record<string, { icon: IconName; name: string }>;
type Tab = keyof typeof TABS;

export function App({ words }: { readonly words: Words }) {
  const state = useSyncExternalStore(subscribe, read);
  const [tab, setTab] = useState<Tab>('scan');
  const onTab = (chosen: Tab) => {
    if (chosen === 'alerts') change({ newAlerts: 0 });
    setTab(chosen);
  };
  if (state.phase.kind === 'starting') return <Loading text={words.t('loading')} />;
  const mustEnrol =
    state.phase.kind === 'unknown' || state.enrolCode !== null || state.enrolTrouble === 'revoked';
  if (mustEnrol) return <EnrolScreen state={state} words={words} />;
  return (
    <>
      <div class={`screen screen-${tab}`} inert={state.answer !== null || state.sheet !== null}>
        <NetworkBanner state={state} words={words} />
        <WaitingBanner state={state} words={words} />
        <Screen tab={tab} state={state} words={words} />
      </div>
      <Tabs tab={tab} onTab={onTab} state={state} words={words} />
      {state.answer !== null && <AnswerView answer={state.answer} state={state} words={words} />}
      {state.sheet === 'admit' && <AdmitSheet state={state} words={words} />}
    </>
  );
}

function Screen({
  tab,
  state,
  words,
}: {
  readonly tab: Tab;
  readonly state: State;
  readonly words: Words;
}) {
  switch (tab) {
    case 'scan':
      return <ScanScreen state={state} words={words} />;
    case 'gates':
      return <GatesScreen state={state} words={words} />;
    case 'inside':
      return <InsideScreen state={state} words={words} />;
    case 'alerts':
      return <AlertsScreen state={state} words={words} />;
    case 'me':
      return <SetupScreen state={state} words={words} />;
  }
}

function Tabs({
  tab,
  onTab,
  state,
  words,
}: {
  readonly tab: Tab;
  readonly onTab: (tab: Tab) => void;
  readonly state: State;
  readonly words: Words;
}) {
  const { t } = words;
  const { newAlerts, visits, answer, sheet } = state;
  const counts: Partial<Record<Tab, number>> = { alerts: newAlerts, inside: visits?.length ?? 0 };
  return (
    <nav class="guard-tabs" aria-label={t('tabs')} inert={answer !== null || sheet !== null}>
      {(Object.keys(TABS) as Tab[]).map((each) => (
        <button
          type="button"
          key={each}
          aria-current={each === tab ? 'page' : undefined}
          onClick={() => onTab(each)}
        >
          <span class="guard-tab-icon">
            <Icon name={TABS[each].icon} />
            {(counts[each] ?? 0) > 0 && (
              <span class={each === 'alerts' ? 'count count-bad' : 'count'}>{counts[each]}</span>
            )}
          </span>
          <span>{t(TABS[each].name)}</span>
        </button>
      ))}
    </nav>
  );
}
