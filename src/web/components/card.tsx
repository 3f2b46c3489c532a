import type { Child } from 'hono/jsx';

/** A part of a page with a heading of its own. `actions` stand beside the heading. */
export function Card({
  title,
  actions,
  id,
  children,
}: {
  readonly title?: Child;
  readonly actions?: Child;
  readonly id?: string;
  readonly children?: Child;
}) {
  return (
    <section class="card" id={id}>
      {title !== undefined && (
        <header class="card-head">
          <h2>{title}</h2>
          {actions !== undefined && <div class="card-actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}
