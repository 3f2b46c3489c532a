import type { Child } from 'hono/jsx';
import type { IconName } from '../icons.ts';
import { Icon } from './icon.tsx';

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent';

/** A state in a word. Its colour only repeats what the word says. */
export function Badge({
  tone = 'neutral',
  icon,
  children,
}: {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly children?: Child;
}) {
  return (
    <span class={`badge badge-${tone}`}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </span>
  );
}
