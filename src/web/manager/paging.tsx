import { ButtonLink } from '../components/button.tsx';
import type { View } from '../view.ts';
import { manageText, pathWith } from './words.ts';

/** Goes on in a list, and back to its start. */
export function Paging({ view, next }: { readonly view: View; readonly next: string | null }) {
  const t = manageText(view);
  const isFirst = !new URL(view.path, 'http://localhost').searchParams.has('after');
  if (next === null && isFirst) return null;
  return (
    <nav class="form-actions" aria-label={t('more')}>
      {!isFirst && <ButtonLink href={pathWith(view, null)}>{t('first')}</ButtonLink>}
      {next !== null && <ButtonLink href={pathWith(view, next)}>{t('more')}</ButtonLink>}
    </nav>
  );
}
