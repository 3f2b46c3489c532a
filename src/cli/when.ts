import { InvalidArgumentError } from 'commander';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Millis } from '../domain/clock.ts';

const UNIT_MS = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
const DURATION = /^(\d{1,5})([mhd])$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/i;

/**
 * An instant on the command line, as requests carry it: RFC 3339 with an offset (a space for the `T` and no
 * seconds are accepted too), or a while from now such as `30m`, `2h`, `7d`.
 * @throws InvalidArgumentError
 */
export function parseWhen(text: string, now: Millis): string {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  const at = unit === undefined ? parseInstant(text) : now + Number(amount) * UNIT_MS[unit as 'm'];
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError(
      'Give a while such as 30m, 2h or 7d, or an instant such as 2026-11-21T18:00+08:00.',
    );
  }
  return new Date(at).toISOString();
}

function parseInstant(text: string): Millis {
  if (!INSTANT.test(text) || !isCalendarDay(text.slice(0, 10))) return Number.NaN;
  return Date.parse(text.replace(' ', 'T').toUpperCase());
}

/** `Date.parse` takes 30 February for 2 March. */
function isCalendarDay(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00.000Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

/** An instant of an answer in the time zone of this machine, with its offset; other text as it is. */
export function showInstant(text: string): string {
  const at = Date.parse(text);
  if (!INSTANT.test(text) || Number.isNaN(at)) return text;
  const offsetMinutes = -new Date(at).getTimezoneOffset();
  const local = new Date(at + offsetMinutes * MINUTE_MS).toISOString();
  const offset = Math.abs(offsetMinutes);
  const sign = offsetMinutes < 0 ? '-' : '+';
  return `${local.slice(0, 10)} ${local.slice(11, 19)}${sign}${two(offset / 60)}:${two(offset % 60)}`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}
