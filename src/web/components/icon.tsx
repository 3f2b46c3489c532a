import { ICONS, type IconName } from '../icons.ts';

/** An icon beside words: screen readers pass over it. With a `label` it stands for the words. */
export function Icon({ name, label }: { readonly name: IconName; readonly label?: string }) {
  return (
    <span
      class={name === 'loader' ? 'icon icon-turning' : 'icon'}
      {...(label === undefined ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': label })}
      dangerouslySetInnerHTML={{ __html: ICONS[name] }}
    />
  );
}
