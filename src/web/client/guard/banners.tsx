/** What stands over every screen: no network, and riders elsewhere who wait for a guard. */
import { Button } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { serverNow } from './clock.ts';
import { decided } from './scanning.ts';
import { useSeconds } from './seconds.ts';
import { change, type State } from './state.ts';
import type { Words } from './words.ts';

export function NetworkBanner({ state, words }: { readonly state: State; readonly words: Words }) {
  const { t } = words;
  const { network, aloneUntil, device, toReport } = state;
  if (network !== 'offline' && toReport === 0) return null;
  return (
    <div class={network === 'offline' ? 'banner banner-bad' : 'banner'} role="status">
      <Icon name={network === 'offline' ? 'wifiOff' : 'loader'} />
      <span>
        {network === 'offline' && <>{offlineText()} </>}
        {toReport > 0 && t('waitingToSend', { count: toReport })}
      </span>
    </div>
  );

  function offlineText(): string {
    if (device === null) return t('offline');
    if (aloneUntil === null) return t('offlineCannot');
    return t('offlineAlone', { left: words.span(aloneUntil - serverNow()) });
  }
}

export function WaitingBanner({ state, words }: { readonly state: State; readonly words: Words }) {
  useSeconds();
  const { t } = words;
  const [first] = state.waiting;
  if (first === undefined) return null;
  const name = state.gates.find(({ id }) => id === first.gateId)?.name ?? '';
  const order = state.orders[first.passId ?? '']?.[0];
  const look = () =>
    change({
      answer: { ...decided({ ...first, serverTime: first.at }, 'in'), gateId: first.gateId },
    });
  return (
    <div class="banner banner-wait" role="alert">
      <Icon name="user" />
      <span>
        <strong>{t('waitingBanner', { name })}</strong>
        {order !== undefined && <small>{words.order(order)}</small>}
      </span>
      <Button type="button" kind="primary" onClick={look}>
        {t('look')}
      </Button>
    </div>
  );
}
