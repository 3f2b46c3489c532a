/**
 * The whole-hour time zone in which it is that hour now. There is always one: `Etc/GMT+11` to `Etc/GMT-12` are
 * 24 hours side by side. (By an old custom the sign is the other way round: `Etc/GMT-3` is ahead of UTC.)
 */
export function zoneWhereItIs(hour: number, now: Date): string {
  const ahead = (hour - now.getUTCHours() + 24) % 24;
  const offset = ahead > 12 ? ahead - 24 : ahead;
  if (offset === 0) return 'Etc/GMT';
  return offset > 0 ? `Etc/GMT-${offset}` : `Etc/GMT+${-offset}`;
}

/** For instance `23:17`. */
export function wallClock(timezone: string, now: Date): string {
  const format = {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const;
  return new Intl.DateTimeFormat('en-GB', format).format(now);
}
