import type { Assets } from './assets.ts';
import type { Language } from './language.ts';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** For whom a page is rendered, and where. */
export interface View {
  readonly language: Language;
  readonly theme: Theme;
  readonly assets: Assets;
  /** The page's own path with its query, e.g. `/m/gates?after=3`. */
  readonly path: string;
}

/** The path of the same page after a choice of language or theme, which a cookie keeps. */
export function chosen(view: View, choice: 'lang' | 'theme', value: string): string {
  const url = new URL(view.path, 'http://localhost');
  url.searchParams.set(choice, value);
  return `${url.pathname}${url.search}`;
}

export const LANGUAGE_COOKIE = 'cp_lang';
export const THEME_COOKIE = 'cp_theme';
