/** How the page says things in a language, and writes times. */
import type { Bilingual } from '../../../domain/reason.ts';
import { HTML_LANGUAGE, type Language } from '../../language.ts';
import { rider } from '../../messages/rider.ts';
import { type Translate, translator } from '../../translate.ts';

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
