/** What the rider has chosen: the language and the appearance, which may change without the server. */
import { HTML_LANGUAGE, type Language } from '../../language.ts';
import { LANGUAGE_COOKIE, THEME_COOKIE } from '../../view.ts';

/** The language that was chosen, else that of the page, which the phone may have kept from before. */
export function documentLanguage(): Language {
  const chosen = cookie(LANGUAGE_COOKIE);
  if (chosen === 'zh' || chosen === 'en') return chosen;
  return document.documentElement.lang === 'en' ? 'en' : 'zh';
}

/** Gives the page the language and the appearance that were chosen since the phone kept it. */
export function applyChoices(): void {
  document.documentElement.lang = HTML_LANGUAGE[documentLanguage()];
  const theme = cookie(THEME_COOKIE);
  if (theme !== null) document.documentElement.dataset['theme'] = theme;
}

function cookie(name: string): string | null {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? null;
}

/** Changes the page's language at once. The server's pages follow; without signal the choice ends with the visit. */
export function chooseLanguage(language: Language): void {
  document.documentElement.lang = HTML_LANGUAGE[language];
  fetch(`/r?lang=${language}`, { redirect: 'manual' }).catch(() => undefined);
}
