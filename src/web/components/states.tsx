/** What stands where there is nothing to show: yet, any more, or because something went wrong. */
import type { Child } from 'hono/jsx';
import type { IconName } from '../icons.ts';
import { Icon } from './icon.tsx';

/** Nothing is there: what that means, and what to do about it. */
export function Empty({
  icon = 'inbox',
  title,
  children,
}: {
  readonly icon?: IconName;
  readonly title: Child;
  readonly children?: Child;
}) {
  return (
    <div class="state">
      <Icon name={icon} />
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

/** Something is on its way. */
export function Loading({ text }: { readonly text: string }) {
  return (
    <div class="state" role="status">
      <Icon name="loader" />
      <p>{text}</p>
    </div>
  );
}

export type NoticeTone = 'info' | 'good' | 'warn' | 'bad';
const NOTICE_ICONS = { info: 'info', good: 'circleCheck', warn: 'alert', bad: 'circleX' } as const;

/** A sentence that must be seen: good news, a warning, or what went wrong and what to do. */
export function Notice({
  tone = 'info',
  title,
  children,
}: {
  readonly tone?: NoticeTone;
  readonly title?: Child;
  readonly children?: Child;
}) {
  return (
    <div class={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={NOTICE_ICONS[tone]} />
      <div>
        {title !== undefined && <p class="notice-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}
