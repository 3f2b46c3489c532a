import { DAY_MS, MINUTE_MS, type Millis } from './clock.ts';
import { type Hours, WEEKDAYS } from './entry-rules.ts';

/** The first day of the Unix epoch was a Thursday: days since it, plus this, count from a Monday. */
const EPOCH_WEEKDAY = 3;
/** Offsets are cached for spans of this length; a change of offset inside one is computed each time. */
const SPAN_MS = 15 * MINUTE_MS;
/** Area and city, or UTC: an abbreviation such as CST is several zones, none of them certain. */
const IANA_NAME = /^(UTC|[A-Za-z]+(\/[A-Za-z0-9_+-]+)+)$/;

/** A span of time in which a zone's offset from UTC does not change. */
interface OffsetSpan {
  readonly from: Millis;
  readonly offsetMs: number;
}

/** Memos of pure functions, one entry for each time zone in use. */
const formats = new Map<string, Intl.DateTimeFormat>();
const spans = new Map<string, OffsetSpan>();

/** Whether a name is an IANA time zone that this runtime knows. Offsets such as `+08:00` are none. */
export function isTimeZone(name: string): boolean {
  if (!IANA_NAME.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether an instant lies within opening hours, by the wall clock of a time zone: on a day when clocks
 * change, an hour that is skipped never opens and one that is repeated opens twice.
 * `from` is included, `to` is not. Hours that cross midnight belong to the day on which they begin.
 * @param hours none: always
 * @param timezone IANA name
 * @throws RangeError when the time zone is not known
 */
export function withinHours(hours: readonly Hours[], timezone: string, now: Millis): boolean {
  if (hours.length === 0) return true;
  const wall = now + offsetAt(timezone, now);
  const days = Math.floor(wall / DAY_MS);
  const minute = Math.floor((wall - days * DAY_MS) / MINUTE_MS);
  const weekday = (days + EPOCH_WEEKDAY) % 7;
  for (const item of hours) if (contains(item, weekday, minute)) return true;
  return false;
}

/** An instant of opening and the instant of closing that follows it. */
export interface OpenInterval {
  readonly from: Millis;
  /** Excluded. */
  readonly to: Millis;
}

/**
 * When opening hours are open from one instant until another, in order, neither touching nor overlapping:
 * what firmware without a time-zone database needs. Minutes are judged one by one, so ask for days only.
 */
export function openIntervals(
  hours: readonly Hours[],
  timezone: string,
  from: Millis,
  to: Millis,
): OpenInterval[] {
  const intervals: OpenInterval[] = [];
  let openedAt: Millis | null = null;
  for (let at = from; at < to; at = nextMinute(at)) {
    const open = withinHours(hours, timezone, at);
    if (open && openedAt === null) openedAt = at;
    if (!open && openedAt !== null) {
      intervals.push({ from: openedAt, to: at });
      openedAt = null;
    }
  }
  if (openedAt !== null) intervals.push({ from: openedAt, to });
  return intervals;
}

/** Whether an instant lies within one of the intervals: their starts are included, their ends are not. */
export function withinIntervals(intervals: readonly OpenInterval[], now: Millis): boolean {
  return intervals.some(({ from, to }) => from <= now && now < to);
}

function nextMinute(at: Millis): Millis {
  return (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS;
}

/** @param weekday 0 is Monday @param minute of the day, 0–1439 */
function contains({ days, from, to }: Hours, weekday: number, minute: number): boolean {
  const start = minuteOfDay(from);
  const end = minuteOfDay(to);
  if (start <= end) return start <= minute && minute < end && isAmong(days, weekday);
  if (start <= minute) return isAmong(days, weekday);
  return minute < end && isAmong(days, (weekday + 6) % 7);
}

function isAmong(days: Hours['days'], weekday: number): boolean {
  const name = WEEKDAYS[weekday];
  return name !== undefined && days.includes(name);
}

/** Minutes since midnight of `HH:MM`; 1440 for 24:00. */
function minuteOfDay(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** Milliseconds that a zone's wall clock is ahead of UTC at an instant. */
function offsetAt(timezone: string, now: Millis): number {
  const from = Math.floor(now / SPAN_MS) * SPAN_MS;
  const cached = spans.get(timezone);
  if (cached !== undefined && cached.from === from) return cached.offsetMs;
  const offsetMs = computeOffset(timezone, from);
  if (computeOffset(timezone, from + SPAN_MS) !== offsetMs) return computeOffset(timezone, now);
  spans.set(timezone, { from, offsetMs });
  return offsetMs;
}

/** The offset by way of the wall clock that `Intl` writes: `11/21/2026, 04:03:10`. */
function computeOffset(timezone: string, now: Millis): number {
  const second = Math.floor(now / 1000) * 1000;
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, seconds = 0] = formatOf(timezone)
    .format(second)
    .split(/\D+/)
    .map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
}

/** Making one of these takes some 50 µs, so each zone's is made once. */
function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timezone, format);
  }
  return format;
}
