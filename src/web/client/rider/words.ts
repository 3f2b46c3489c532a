/** The page's language, which may change without the server, and how it writes times. */
import type { Bilingual } from '../../../domain/reason.ts';
import { HTML_LANGUAGE, type Language } from '../../language.ts';
import { rider } from '../../messages/rider.ts';
import { type Translate, translator } from '../../translate.ts';
import { LANGUAGE_COOKIE, THEME_COOKIE } from '../../view.ts';

export interface Words {
  readonly language: Language;
  readonly t: Translate<typeof rider>;
  /** One of two languages of what the server sent. */
  pick(text: Bilingual): string;
  /** `14:32`, by the phone's zone. */
  time(instant: number): string;
  /** `1 小时 5 分`; less than a minute counts as one. */
  span(milliseconds: number): string;
}

const MINUTE_MS = 60_000;

export function wordsIn(language: Language): Words {
  const t = translator(rider, language);
  const clock = new Intl.DateTimeFormat(HTML_LANGUAGE[language], {
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
  return {
    language,
    t,
    pick: (text) => text[language],
    time: (instant) => clock.format(instant),
    span(milliseconds) {
      const minutes = Math.max(1, Math.round(milliseconds / MINUTE_MS));
      if (minutes < 60) return t('minutes', { minutes });
      return t('hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
    },
  };
}

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
