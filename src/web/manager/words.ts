/** Small things that several pages say alike. */
import type { Bilingual } from '../../domain/reason.ts';
import { manage } from '../messages/manage.ts';
import { type Translate, translator } from '../translate.ts';
import type { View } from '../view.ts';

export type ManageText = Translate<typeof manage>;

export function manageText(view: View): ManageText {
  return translator(manage, view.language);
}

/** A sentence in the reader's language. */
export function said(view: View, sentence: Bilingual): string {
  return sentence[view.language];
}

/** A length of time in minutes, from two hours on in hours. */
export function duration(t: ManageText, minutes: number): string {
  if (minutes < 120) return t('minutes', { count: Math.round(minutes) });
  return t('hours', { count: Math.round(minutes / 6) / 10 });
}

/** Links to the next page of a list and back to its start. */
export function pathWith(view: View, after: string | null): string {
  const url = new URL(view.path, 'http://localhost');
  if (after === null) url.searchParams.delete('after');
  else url.searchParams.set('after', after);
  return `${url.pathname}${url.search}`;
}
