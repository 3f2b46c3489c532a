/** The code: black on white whatever the theme, with a ring that runs out with its window. */
import { useMemo } from 'hono/jsx/dom';
import type { Window } from '../../rider/passes.ts';
import { drawCode, viewBox } from './qr.ts';

export function CodeCard({
  window,
  now,
  label,
}: {
  readonly window: Window;
  /** The server's time. */
  readonly now: number;
  readonly label: string;
}) {
  const { size, path } = useMemo(() => drawCode(window.code), [window.code]);
  return (
    <div class="code">
      <svg
        class="code-symbol"
        role="img"
        aria-label={label}
        viewBox={viewBox(size)}
        shape-rendering="crispEdges"
      >
        <path d={path} />
      </svg>
      <Ring key={window.from} window={window} now={now} />
    </div>
  );
}

/** Runs out by itself: the style is set once for each window, so that nothing jumps. */
function Ring({ window, now }: { readonly window: Window; readonly now: number }) {
  const timing = useMemo(
    () => ({
      animationDuration: `${window.to - window.from}ms`,
      animationDelay: `${window.from - now}ms`,
    }),
    [window.from],
  );
  return (
    <svg class="code-ring" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <rect class="ring-rest" x="0.75" y="0.75" width="98.5" height="98.5" rx="3" pathLength="1" />
      <rect
        class="ring-left"
        x="0.75"
        y="0.75"
        width="98.5"
        height="98.5"
        rx="3"
        pathLength="1"
        style={timing}
      />
    </svg>
  );
}
