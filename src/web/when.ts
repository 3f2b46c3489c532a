import type { Millis } from '../domain/clock.ts';
import { HTML_LANGUAGE } from './language.ts';
import type { View } from './view.ts';

const TIME_ZONE = 'Asia/Shanghai';
const formats = new Map<string, Intl.DateTimeFormat>();

/** An instant as people read it: `11月21日 12:03`. @param timeZone that of the community it belongs to */
export function when(view: View, instant: Millis, timeZone: string = TIME_ZONE): string {
  return format(view, timeZone, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(instant);
}

/** With the year and the seconds. */
export function exactly(view: View, instant: Millis, timeZone: string = TIME_ZONE): string {
  return format(view, timeZone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(instant);
}

/** The time of day alone. */
export function clockTime(view: View, instant: Millis, timeZone: string = TIME_ZONE): string {
  return format(view, timeZone, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(instant);
}

function format(
  view: View,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = JSON.stringify([view.language, timeZone, options]);
  const made =
    formats.get(key) ??
    new Intl.DateTimeFormat(HTML_LANGUAGE[view.language], { ...options, timeZone });
  formats.set(key, made);
  return made;
}
