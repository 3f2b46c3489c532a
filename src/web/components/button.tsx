import type { Child } from 'hono/jsx';
import type { IconName } from '../icons.ts';
import { Icon } from './icon.tsx';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';

interface Look {
  readonly kind?: ButtonKind | undefined;
  readonly icon?: IconName;
  readonly wide?: 'wide' | undefined;
  readonly children?: Child;
}

function classOf({ kind = 'secondary', wide }: Look): string {
  return `button button-${kind}${wide === undefined ? '' : ' button-wide'}`;
}

/** A button: of a form unless `type` says otherwise. Any other attribute goes to the element. */
export function Button({
  kind,
  icon,
  wide,
  children,
  ...attributes
}: Look & { readonly type?: 'submit' | 'button'; readonly [attribute: string]: unknown }) {
  return (
    <button type="submit" {...attributes} class={classOf({ kind, wide })}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function ButtonLink({
  kind,
  icon,
  wide,
  children,
  ...attributes
}: Look & { readonly href: string; readonly [attribute: string]: unknown }) {
  return (
    <a {...attributes} class={classOf({ kind, wide })}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}
