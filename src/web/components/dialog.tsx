import type { Child } from 'hono/jsx';
import { Button } from './button.tsx';

/**
 * A dialog of the page, opened by any button with `data-opens="<id>"` and closed by its own buttons or Escape.
 * Without scripts it stands open in the page, so that its form can be used.
 */
export function Dialog({
  id,
  title,
  closeText,
  children,
}: {
  readonly id: string;
  readonly title: Child;
  readonly closeText: string;
  readonly children?: Child;
}) {
  return (
    <dialog class="dialog" id={id} open aria-labelledby={`${id}-title`} data-dialog>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
      <form method="dialog" class="dialog-close">
        <Button kind="quiet" icon="x">
          {closeText}
        </Button>
      </form>
    </dialog>
  );
}
