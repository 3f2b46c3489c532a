/** How the page says things in its language, and writes times. */
import type { Bilingual } from '../../../domain/reason.ts';
import type { Order } from '../../guard/wire.ts';
import { HTML_LANGUAGE, type Language } from '../../language.ts';
import { guard } from '../../messages/guard.ts';
import { type Translate, translator } from '../../translate.ts';

export interface Words {
  readonly language: Language;
  readonly t: Translate<typeof guard>;
  pick(text: Bilingual): string;
  /** `14:32`, by the phone's zone. */
  time(instant: number): string;
  /** `1 小时 5 分`; less than a minute counts as one. */
  span(milliseconds: number): string;
  /** `1:05`, counting down. */
  countdown(milliseconds: number): string;
  /** Whom an order is for: its label, else its platform. */
  order(order: Order): string;
  building(building: string): string;
}

const MINUTE_MS = 60_000;

export function wordsIn(language: Language): Words {
  const t = translator(guard, language);
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
    countdown(milliseconds) {
      const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    },
    order: ({ label, platform }) => label ?? t('noLabel', { platform }),
    // A name with letters or words in it, such as 「3号楼」, is said as it is.
    building: (building) => (/^\d+$/.test(building) ? t('building', { building }) : building),
  };
}
