/** Riders who are inside now, the longest first. */
import { Empty, Loading } from '../../components/states.tsx';
import type { Visit } from '../../guard/wire.ts';
import { useSeconds } from './seconds.ts';
import type { State } from './state.ts';
import type { Words } from './words.ts';

export function InsideScreen({ state, words }: { readonly state: State; readonly words: Words }) {
  const now = useSeconds();
  const { t } = words;
  const { visits } = state;
  const longestFirst = [...(visits ?? [])].sort(
    (one, other) => Date.parse(one.openedAt) - Date.parse(other.openedAt),
  );
  return (
    <div class="list-screen">
      <h1>
        {t('insideTitle')}
        {longestFirst.length > 0 && (
          <span class="aside"> {t('insideCount', { count: longestFirst.length })}</span>
        )}
      </h1>
      {visits === null && <Loading text={t('loading')} />}
      {visits?.length === 0 && (
        <Empty icon="bike" title={t('insideEmpty')}>
          <p>{t('insideEmptyText')}</p>
        </Empty>
      )}
      <ul class="rows">
        {longestFirst.map((visit) => (
          <VisitRow key={visit.id} {...{ visit, state, now, words }} />
        ))}
      </ul>
    </div>
  );
}

function VisitRow({
  visit,
  state,
  now,
  words,
}: {
  readonly visit: Visit;
  readonly state: State;
  readonly now: number;
  readonly words: Words;
}) {
  const { t } = words;
  const at = Date.parse(visit.openedAt);
  const gate = state.gates.find(({ id }) => id === visit.entryGateId);
  const orders = state.orders[visit.passId] ?? [];
  return (
    <li class="row">
      <div>
        {orders.slice(0, 2).map((order) => (
          <p class="row-title">{words.order(order)}</p>
        ))}
        {orders.length === 0 && <p class="row-title mono">{visit.passId.slice(-6)}</p>}
        <p class="aside">
          {t('since', { time: words.time(at), span: words.span(now - at) })}
          {gate !== undefined && ` · ${t('through', { name: gate.name })}`}
        </p>
      </div>
      {orders[0]?.building !== undefined && (
        <strong class="row-end">{words.building(orders[0].building)}</strong>
      )}
    </li>
  );
}
