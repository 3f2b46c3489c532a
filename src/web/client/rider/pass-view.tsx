/** One pass: the code that opens the gate, or why it would not, and below it what the rider needs to know. */
import { Badge } from '../../components/badge.tsx';
import { Icon } from '../../components/icon.tsx';
import { Notice } from '../../components/states.tsx';
import { PlanDrawing } from '../../manager/plan-drawing.tsx';
import { type HeldPass, orderedStops, windowsAt, worksUntil } from '../../rider/passes.ts';
import type { Guide, HeldPlan, Stop } from '../../rider/wire.ts';
import { CodeCard } from './code-card.tsx';
import type { State } from './state.ts';
import type { Words } from './words.ts';

interface PassProps {
  readonly pass: HeldPass;
  readonly guide: Guide | undefined;
  readonly plan: HeldPlan | undefined;
  readonly now: number;
  readonly network: State['network'];
  readonly words: Words;
}

export function PassView(props: PassProps) {
  const { pass, guide, plan, words } = props;
  return (
    <article class="pass" aria-label={pass.community.name}>
      <PassHead {...props} />
      <PassCode {...props} />
      {pass.stops.length > 0 && pass.status === 'active' && <Stops {...props} />}
      {plan !== undefined && (
        <PlanDrawing
          plan={plan.plan}
          label={words.t('plan', { name: pass.community.name })}
          here={pass.stops.flatMap(({ building }) => building ?? [])}
        />
      )}
      <div class="facts">
        <p class="speed">
          <Icon name="gauge" />
          {words.t('speedLimit', { limit: pass.speedLimitKmh })}
        </p>
        {pass.expiresAt && (
          <p class="speed">
            <Icon name="clock" />
            {words.t('passUntil', { time: words.time(Date.parse(pass.expiresAt)) })}
          </p>
        )}
      </div>
      <GuideView guide={guide} words={words} />
    </article>
  );
}

function PassHead({ pass, guide, words }: PassProps) {
  const gates = guide?.sections.find(({ topic }) => topic === 'gates');
  const separator = words.language === 'zh' ? '、' : ', ';
  return (
    <header class="pass-head">
      <h1>{pass.community.name}</h1>
      <p class="pass-gates">
        {gates && (
          <span>{words.t('entrance', { gates: gates.lines.map(words.pick).join(separator) })}</span>
        )}
        {pass.status === 'leaving' ? (
          <Badge tone="accent" icon="logOut">
            {words.t('leaving')}
          </Badge>
        ) : (
          pass.inside && (
            <Badge tone="good" icon="doorOpen">
              {words.t('inside')}
            </Badge>
          )
        )}
      </p>
    </header>
  );
}

function PassCode({ pass, now, network, words }: PassProps) {
  const { t } = words;
  const { current } = windowsAt(pass, now);
  const isForLeaving = pass.status === 'leaving' || pass.refusal !== undefined;
  return (
    <div class="pass-code">
      {pass.refusal && pass.status === 'active' && (
        <Notice tone="bad" title={t('refusedAhead')}>
          <p>{words.pick(pass.refusal.message)}</p>
          {!pass.inside && <p class="aside">{t('refusedAheadHint')}</p>}
        </Notice>
      )}
      {current !== null && (
        <CodeCard
          window={current}
          now={now}
          label={t(isForLeaving ? 'leavingCode' : 'code', { name: pass.community.name })}
        />
      )}
      {current === null && pass.refusal === undefined && (
        <div class="code code-missing">
          <Icon name={network === 'offline' ? 'wifiOff' : 'loader'} />
          <p>{t(network === 'offline' ? 'offlineOver' : 'codesMissing')}</p>
        </div>
      )}
      {current !== null && <CodeNotes pass={pass} now={now} network={network} words={words} />}
    </div>
  );
}

/** How long the code works without signal, and what to do when it is not read. */
function CodeNotes({ pass, now, network, words }: Omit<PassProps, 'guide' | 'plan'>) {
  const { t, time, span } = words;
  const until = worksUntil(pass, now);
  return (
    <ul class="code-notes">
      {until !== null && network === 'offline' && (
        <li class="offline">
          <Icon name="wifiOff" />
          {t('offlineUntil', { time: time(until), left: span(until - now) })}
        </li>
      )}
      {until !== null && network !== 'offline' && (
        <li>
          <Icon name="check" />
          {t('worksOffline', { time: time(until) })}
        </li>
      )}
      <li>
        <Icon name="sun" />
        {t('brightness')}
      </li>
      <li>
        <Icon name="nfc" />
        {t('tapInstead')}
      </li>
    </ul>
  );
}

function Stops({ pass, now, words }: PassProps) {
  return (
    <section class="stops">
      <h2>{words.t('stops')}</h2>
      <ol>
        {orderedStops(pass.stops).map((stop) => (
          <StopLine stop={stop} now={now} words={words} />
        ))}
      </ol>
    </section>
  );
}

function StopLine({
  stop,
  now,
  words,
}: {
  readonly stop: Stop;
  readonly now: number;
  readonly words: Words;
}) {
  const place = placeOf(stop, words);
  return (
    <li class="stop">
      <Icon name={stop.leg === 'pickup' ? 'package' : 'mapPin'} />
      <div>
        <p class="stop-place">{place === '' ? words.t('noAddress') : place}</p>
        <p class="stop-order">
          <span>
            {words.t(stop.leg)}
            {stop.label && ` · ${stop.label}`}
          </span>
          {stop.deadlineAt && <Deadline at={Date.parse(stop.deadlineAt)} now={now} words={words} />}
        </p>
      </div>
    </li>
  );
}

/** Building, unit and floor, as far as they are known. */
export function placeOf({ building, unit, floor }: Stop, { t }: Words): string {
  return [
    building !== undefined && t('building', { building }),
    unit !== undefined && t('unit', { unit }),
    floor !== undefined && t('floor', { floor }),
  ]
    .filter(Boolean)
    .join(' ');
}

/** From this close on a deadline is marked. */
const PRESSING_MS = 5 * 60_000;

function Deadline({
  at,
  now,
  words,
}: {
  readonly at: number;
  readonly now: number;
  readonly words: Words;
}) {
  const left = at - now;
  if (left < 0) return <Badge tone="bad">{words.t('timeOver', { over: words.span(-left) })}</Badge>;
  return (
    <Badge tone={left < PRESSING_MS ? 'warn' : 'neutral'}>
      {words.t('timeLeft', { left: words.span(left) })}
    </Badge>
  );
}

function GuideView({ guide, words }: { readonly guide: Guide | undefined; readonly words: Words }) {
  return (
    <details class="guide">
      <summary>
        <Icon name="info" />
        {words.t('guide')}
      </summary>
      {guide === undefined && <p>{words.t('guideMissing')}</p>}
      {guide?.sections.map(({ title, lines }) => (
        <section>
          <h2>{words.pick(title)}</h2>
          <ul>
            {lines.map((line) => (
              <li>{words.pick(line)}</li>
            ))}
          </ul>
        </section>
      ))}
    </details>
  );
}
