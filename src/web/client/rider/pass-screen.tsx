/** All passes side by side: the one that presses most first, the others a swipe away. */
import { useEffect, useRef, useState } from 'hono/jsx/dom';
import { Empty } from '../../components/states.tsx';
import { shownPasses } from '../../rider/passes.ts';
import { PassView } from './pass-view.tsx';
import type { State } from './state.ts';
import type { Words } from './words.ts';

export function PassScreen({
  state,
  now,
  words,
}: {
  readonly state: State;
  readonly now: number;
  readonly words: Words;
}) {
  const passes = shownPasses(state.passes);
  const strip = useRef<HTMLElement>(null);
  const [index, setIndex] = useState(0);
  const count = passes.length;
  const shown = Math.min(index, Math.max(0, count - 1));

  // A pass that goes or comes may leave another one in view.
  useEffect(() => setIndex(indexOf(strip.current)), [count]);

  if (count === 0)
    return (
      <Empty icon="package" title={words.t('emptyTitle')}>
        <p>{words.t('emptyText')}</p>
      </Empty>
    );
  return (
    <div class="passes">
      {count > 1 && (
        <nav class="dots" aria-label={words.t('passes')}>
          {passes.map((pass, at) => (
            <button
              type="button"
              key={pass.id}
              aria-current={at === shown ? 'true' : undefined}
              aria-label={words.t('passOf', { index: at + 1, count, name: pass.community.name })}
              onClick={() => scrollTo(strip.current, at)}
            >
              <span>{pass.community.name}</span>
            </button>
          ))}
        </nav>
      )}
      <section
        class="strip"
        ref={strip}
        tabindex={count > 1 ? 0 : undefined}
        aria-label={words.t('passes')}
        onScroll={() => setIndex(indexOf(strip.current))}
      >
        {passes.map((pass) => (
          <PassView
            key={pass.id}
            pass={pass}
            guide={state.guides[pass.community.id]}
            plan={state.plans[pass.community.id]}
            now={now}
            network={state.network}
            words={words}
          />
        ))}
      </section>
    </div>
  );
}

function indexOf(strip: HTMLElement | null): number {
  if (strip === null || strip.clientWidth === 0) return 0;
  return Math.round(strip.scrollLeft / strip.clientWidth);
}

function scrollTo(strip: HTMLElement | null, index: number): void {
  strip?.scrollTo({ left: index * strip.clientWidth, behavior: 'smooth' });
}
