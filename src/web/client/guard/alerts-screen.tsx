/** What is unusual, the newest first; what goes on still before it. */
import { Badge } from '../../components/badge.tsx';
import { Empty, Loading } from '../../components/states.tsx';
import { ALERT_NAMES } from '../../messages/reasons.ts';
import type { State } from './state.ts';
import type { Words } from './words.ts';

export function AlertsScreen({ state, words }: { readonly state: State; readonly words: Words }) {
  const { t } = words;
  const { alerts, gates } = state;
  const sorted = [...(alerts ?? [])].sort(
    (one, other) =>
      Number(one.endedAt !== undefined) - Number(other.endedAt !== undefined) ||
      Date.parse(other.at) - Date.parse(one.at),
  );
  return (
    <div class="list-screen">
      <h1>{t('alertsTitle')}</h1>
      {alerts === null && <Loading text={t('loading')} />}
      {alerts?.length === 0 && (
        <Empty icon="shield" title={t('alertsEmpty')}>
          <p>{t('alertsEmptyText')}</p>
        </Empty>
      )}
      <ul class="rows">
        {sorted.map(({ id, kind, gateId, at, endedAt }) => (
          <li class="row" key={id}>
            <div>
              <p class="row-title">{words.pick(ALERT_NAMES[kind] ?? { zh: kind, en: kind })}</p>
              <p class="aside">
                {[words.time(Date.parse(at)), gates.find((gate) => gate.id === gateId)?.name]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
            </div>
            {endedAt === undefined && <Badge tone="warn">{t('lasting')}</Badge>}
          </li>
        ))}
      </ul>
    </div>
  );
}
