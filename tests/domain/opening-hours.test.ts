import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/clock.ts';
import { type Hours, WEEKDAYS, type Weekday } from '../../src/domain/entry-rules.ts';
import { isTimeZone, openIntervals, withinHours } from '../../src/domain/opening-hours.ts';

const hours = (from: string, to: string, days: readonly Weekday[] = WEEKDAYS): Hours[] => [
  { days, from, to },
];
const utc = (text: string) => Date.parse(text);

/** One unit on either side of an opening and a closing instant. */
function expectBounds(list: Hours[], zone: string, opens: string, closes: string): void {
  const seen = [opens, closes].flatMap((instant) =>
    [-MINUTE_MS, -1, 0, MINUTE_MS].map((offset) => withinHours(list, zone, utc(instant) + offset)),
  );
  expect(seen).toEqual([false, false, true, true, true, true, false, false]);
}

describe('opening hours', () => {
  it('that are none are always', () => {
    expect(withinHours([], 'Asia/Shanghai', 0)).toBe(true);
  });

  it('include their beginning and not their end, to the millisecond', () => {
    expectBounds(
      hours('06:00', '23:00'),
      'Asia/Shanghai',
      '2026-11-20T22:00:00Z',
      '2026-11-21T15:00:00Z',
    );
    expectBounds(
      hours('12:30', '12:45'),
      'Asia/Kathmandu',
      '2026-11-21T06:45:00Z',
      '2026-11-21T07:00:00Z',
    );
  });

  it('to 24:00 last until midnight and no longer', () => {
    expectBounds(
      hours('20:00', '24:00', ['sat']),
      'UTC',
      '2026-11-21T20:00:00Z',
      '2026-11-22T00:00:00Z',
    );
  });

  it('to 00:00 mean the same', () => {
    expectBounds(
      hours('20:00', '00:00', ['sat']),
      'UTC',
      '2026-11-21T20:00:00Z',
      '2026-11-22T00:00:00Z',
    );
  });

  it('from 00:00 to 24:00 are the whole of a day', () => {
    expectBounds(
      hours('00:00', '24:00', ['sat']),
      'Asia/Shanghai',
      '2026-11-20T16:00:00Z',
      '2026-11-21T16:00:00Z',
    );
  });

  it('that cross midnight belong to the day on which they begin', () => {
    const night = hours('22:00', '06:00', ['fri', 'sun']);
    expectBounds(night, 'UTC', '2026-11-20T22:00:00Z', '2026-11-21T06:00:00Z');
    expectBounds(night, 'UTC', '2026-11-22T22:00:00Z', '2026-11-23T06:00:00Z');
    expect(withinHours(night, 'UTC', utc('2026-11-21T22:00:00Z'))).toBe(false);
    expect(withinHours(night, 'UTC', utc('2026-11-20T05:59:00Z'))).toBe(false);
  });

  it('know the day of the week by the local calendar', () => {
    // Friday 20:00 UTC is Saturday 04:00 in Shanghai and Friday 15:00 in New York.
    const instant = utc('2026-11-20T20:00:00Z');
    expect(withinHours(hours('04:00', '04:01', ['sat']), 'Asia/Shanghai', instant)).toBe(true);
    expect(withinHours(hours('04:00', '04:01', ['fri']), 'Asia/Shanghai', instant)).toBe(false);
    expect(withinHours(hours('15:00', '15:01', ['fri']), 'America/New_York', instant)).toBe(true);
  });

  it('are met by any item of the list', () => {
    const list = [...hours('06:00', '07:00', ['mon']), ...hours('08:00', '09:00', ['sat'])];
    expect(withinHours(list, 'UTC', utc('2026-11-21T08:30:00Z'))).toBe(true);
    expect(withinHours(list, 'UTC', utc('2026-11-21T06:30:00Z'))).toBe(false);
  });

  it('that begin and end at once are never', () => {
    expect(withinHours(hours('08:00', '08:00'), 'UTC', utc('2026-11-21T08:00:00Z'))).toBe(false);
  });

  it('throw on a time zone that is none', () => {
    expect(() => withinHours(hours('08:00', '09:00'), 'Mars/Olympus', 0)).toThrow(RangeError);
  });
});

describe('when clocks change', () => {
  it.each([
    // Zone, an ordinary morning before, and the same wall clock on the day of the change.
    ['Europe/Berlin', '2026-03-28T05:00:00Z', '2026-03-28T21:00:00Z'],
    ['Europe/Berlin', '2026-03-29T04:00:00Z', '2026-03-29T20:00:00Z'],
    ['Europe/Berlin', '2026-10-24T04:00:00Z', '2026-10-24T20:00:00Z'],
    ['Europe/Berlin', '2026-10-25T05:00:00Z', '2026-10-25T21:00:00Z'],
    ['America/New_York', '2026-03-07T11:00:00Z', '2026-03-08T03:00:00Z'],
    ['America/New_York', '2026-03-08T10:00:00Z', '2026-03-09T02:00:00Z'],
    ['America/New_York', '2026-10-31T10:00:00Z', '2026-11-01T02:00:00Z'],
    ['America/New_York', '2026-11-01T11:00:00Z', '2026-11-02T03:00:00Z'],
  ])('%s opens at 06:00 and closes at 22:00 by the wall: %s', (zone, opens, closes) => {
    expectBounds(hours('06:00', '22:00'), zone, opens, closes);
  });

  it('hours that begin in the skipped hour begin with the hour after it', () => {
    // Berlin, 2026-03-29: 01:59:59.999 +01:00 is followed by 03:00 +02:00.
    const list = hours('02:30', '04:00', ['sun']);
    expectBounds(list, 'Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z');
    const skipped = hours('02:00', '03:00', ['sun']);
    for (let at = utc('2026-03-29T00:00:00Z'); at < utc('2026-03-29T03:00:00Z'); at += MINUTE_MS)
      expect(withinHours(skipped, 'Europe/Berlin', at)).toBe(false);
  });

  it('hours that lie in the repeated hour open twice', () => {
    // Berlin, 2026-10-25: 02:00–03:00 is passed at +02:00 and again at +01:00.
    const list = hours('02:15', '02:45', ['sun']);
    expectBounds(list, 'Europe/Berlin', '2026-10-25T00:15:00Z', '2026-10-25T00:45:00Z');
    expectBounds(list, 'Europe/Berlin', '2026-10-25T01:15:00Z', '2026-10-25T01:45:00Z');
  });

  it('a night that crosses the change keeps its ends', () => {
    const night = hours('22:00', '06:00', ['sat']);
    expectBounds(night, 'America/New_York', '2026-03-08T03:00:00Z', '2026-03-08T10:00:00Z');
    expectBounds(night, 'America/New_York', '2026-11-01T02:00:00Z', '2026-11-01T11:00:00Z');
  });

  it('even by half an hour, or a minute past the hour', () => {
    // Lord Howe, 2026-04-05: 02:00 +11:00 becomes 01:30 +10:30. Casey, 2020-10-04: 00:01 +08:00 becomes 03:01 +11:00.
    expectBounds(
      hours('01:45', '02:00', ['sun']),
      'Australia/Lord_Howe',
      '2026-04-04T14:45:00Z',
      '2026-04-04T15:00:00Z',
    );
    expectBounds(
      hours('01:45', '02:00', ['sun']),
      'Australia/Lord_Howe',
      '2026-04-04T15:15:00Z',
      '2026-04-04T15:30:00Z',
    );
    expectBounds(
      hours('03:01', '04:00', ['sun']),
      'Antarctica/Casey',
      '2020-10-03T16:01:00Z',
      '2020-10-03T17:00:00Z',
    );
  });

  it('an answer does not depend on what was asked before', () => {
    const zones = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
    const around = fc.tuple(
      fc.constantFrom(...zones),
      fc.constantFrom(
        '2026-03-08T07:00:00Z',
        '2026-03-29T01:00:00Z',
        '2026-10-25T01:00:00Z',
        '2026-04-04T15:00:00Z',
      ),
      fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
    );
    fc.assert(
      fc.property(fc.array(around, { minLength: 1 }), (asked) => {
        for (const [zone, near, offset] of asked) {
          const at = utc(near) + offset;
          const [weekday = '', time = ''] = new Intl.DateTimeFormat('en-GB', {
            timeZone: zone,
            weekday: 'short',
            hour: '2-digit',
            minute: '2-digit',
          })
            .format(at)
            .split(' ');
          const day = weekday.replace(',', '').toLowerCase() as Weekday;
          const minute = Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
          const write = (value: number) =>
            `${String(Math.floor(value / 60)).padStart(2, '0')}:${String(value % 60).padStart(2, '0')}`;
          expect(withinHours(hours(time, write(minute + 1), [day]), zone, at)).toBe(true);
          const others = WEEKDAYS.filter((other) => other !== day);
          expect(withinHours(hours(time, write(minute + 1), others), zone, at)).toBe(false);
        }
      }),
    );
  });
});

describe('open intervals', () => {
  it('are the whole span where hours are none', () => {
    expect(openIntervals([], 'UTC', 5, DAY_MS)).toEqual([{ from: 5, to: DAY_MS }]);
  });

  it('are cut at the ends of the span and closed at the ends of the hours', () => {
    const from = utc('2026-11-21T21:30:30Z');
    expect(
      openIntervals(hours('22:00', '06:00'), 'Asia/Shanghai', from, from + 2 * DAY_MS),
    ).toEqual([
      { from, to: utc('2026-11-21T22:00:00Z') },
      { from: utc('2026-11-22T14:00:00Z'), to: utc('2026-11-22T22:00:00Z') },
      { from: utc('2026-11-23T14:00:00Z'), to: from + 2 * DAY_MS },
    ]);
  });

  it('join hours that touch', () => {
    const list = [...hours('06:00', '12:00', ['sat']), ...hours('12:00', '24:00', ['sat'])];
    expect(
      openIntervals(list, 'UTC', utc('2026-11-21T00:00:00Z'), utc('2026-11-23T00:00:00Z')),
    ).toEqual([{ from: utc('2026-11-21T06:00:00Z'), to: utc('2026-11-22T00:00:00Z') }]);
  });

  it('follow the wall through a change of clocks', () => {
    const span = [utc('2026-10-24T22:00:00Z'), utc('2026-10-25T12:00:00Z')] as const;
    expect(openIntervals(hours('02:15', '02:45'), 'Europe/Berlin', ...span)).toEqual([
      { from: utc('2026-10-25T00:15:00Z'), to: utc('2026-10-25T00:45:00Z') },
      { from: utc('2026-10-25T01:15:00Z'), to: utc('2026-10-25T01:45:00Z') },
    ]);
  });
});

describe('a time zone', () => {
  it.each(['Asia/Shanghai', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'UTC', 'Etc/GMT+8'])(
    'is %s',
    (name) => {
      expect(isTimeZone(name)).toBe(true);
    },
  );

  it.each([
    '',
    'Mars/Olympus',
    '+08:00',
    '8',
    ' Asia/Shanghai',
    'Asia/Shanghai\n',
    '北京',
    'A'.repeat(100),
  ])('is not %j', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});
