import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CALM_MS,
  type EpisodeState,
  findEpisodes,
  MOUNTED_METHOD,
  NOTHING_SEEN,
  openEpisode,
  PHONE_METHOD,
  SILENCE_MS,
  step,
} from '../../../src/domain/speed/episode.ts';
import type { SpeedReading } from '../../../src/domain/speed/reading.ts';
import { checkProperty } from '../../support/property.ts';
import { LIMIT, phone, phoneRun, radar, THRESHOLD } from './support.ts';

const FAST = THRESHOLD + 5;
const SLOW = LIMIT - 2;
const HOUR = 3_600;

const phoneEpisodes = (readings: readonly SpeedReading[]) => findEpisodes(readings, PHONE_METHOD);
const spans = (readings: readonly SpeedReading[]) =>
  phoneEpisodes(readings).map(({ startAt, endAt }) => [startAt / 1_000, endAt / 1_000]);

describe('an episode of a phone', () => {
  it('takes three readings and three seconds, both', () => {
    expect(spans(phoneRun(0, [FAST, FAST, FAST]))).toEqual([]);
    expect(spans(phoneRun(0, [FAST, FAST, FAST, FAST]))).toEqual([[0, 3]]);
    expect(spans([phone(0, FAST), phone(3, FAST)])).toEqual([]);
    expect(spans([phone(0, FAST), phone(1, FAST), phone(2.999, FAST)])).toEqual([]);
    expect(spans([phone(0, FAST), phone(1, FAST), phone(3, FAST)])).toEqual([[0, 3]]);
  });

  it('is not made of readings further apart than ten seconds, however fast: an hour apart least of all', () => {
    expect(spans([phone(0, FAST), phone(10, FAST), phone(20, FAST)])).toEqual([[0, 20]]);
    expect(spans([phone(0, FAST), phone(10.001, FAST), phone(20, FAST)])).toEqual([]);
    expect(spans([phone(0, 60), phone(1, 60), phone(HOUR, 60), phone(HOUR + 1, 60)])).toEqual([]);
  });

  it('does not begin while a single reading between is not over', () => {
    expect(spans(phoneRun(0, [FAST, FAST, FAST, THRESHOLD, FAST, FAST, FAST]))).toEqual([]);
  });

  it('is over by the threshold, not at it, and its accuracy counts for the rider', () => {
    const at = (leastKmh: number) =>
      phoneRun(0, [0, 0, 0, 0]).map((reading) => ({ ...reading, speedKmh: 40, leastKmh }));
    expect(phoneEpisodes(at(THRESHOLD))).toEqual([]);
    expect(phoneEpisodes(at(THRESHOLD + 0.001))).toHaveLength(1);
  });

  it('does not end by a dip: one alert, not two', () => {
    const run = phoneRun(0, [FAST, FAST, FAST, FAST, SLOW, FAST, FAST, FAST, FAST, FAST]);
    expect(spans(run)).toEqual([[0, 9]]);
  });

  it('ends by five seconds of calm, and not before', () => {
    const calm = CALM_MS / 1_000;
    const fast = phoneRun(0, [FAST, FAST, FAST, FAST]);
    const again = (from: number) => phoneRun(from, [FAST, FAST, FAST, FAST]);
    const quiet = (seconds: number) =>
      phoneRun(
        4,
        Array.from({ length: seconds + 1 }, () => SLOW),
      );
    expect(spans([...fast, ...quiet(calm - 1), ...again(9)])).toEqual([[0, 12]]);
    expect(spans([...fast, ...quiet(calm), ...again(10)])).toEqual([
      [0, 3],
      [10, 13],
    ]);
  });

  it('goes on between the limit and the margin: only who is back at the limit is calm', () => {
    const between = LIMIT + 2;
    const wavering = phoneRun(4, [between, between, between, between, between, between, between]);
    const run = [...phoneRun(0, [FAST, FAST, FAST, FAST]), ...wavering, phone(11, FAST)];
    expect(spans(run)).toEqual([[0, 11]]);
  });

  it('ends by a minute of silence: nobody was fast where nobody looked', () => {
    const silence = SILENCE_MS / 1_000;
    const fast = phoneRun(0, [FAST, FAST, FAST, FAST]);
    expect(spans([...fast, phone(3 + silence, FAST)])).toEqual([[0, 3 + silence]]);
    expect(spans([...fast, phone(3.001 + silence, FAST)])).toEqual([[0, 3]]);
    const after = phoneRun(2 * HOUR, [FAST, FAST, FAST, FAST]);
    expect(spans([...fast, ...after])).toEqual([
      [0, 3],
      [2 * HOUR, 2 * HOUR + 3],
    ]);
  });

  it('has the limit, the zone and the version of its start, and its peak those of its own place', () => {
    const park = { limitKmh: 10, thresholdKmh: 13, zoneId: 'park', rulesVersion: 8 };
    const run = [
      ...phoneRun(0, [20, 21, 22, 20]),
      ...phoneRun(4, [16, 19]).map((reading) => ({ ...reading, terms: park })),
    ];
    const [episode, ...others] = phoneEpisodes(run);
    expect(others).toEqual([]);
    expect(episode).toMatchObject({
      startAt: 0,
      endAt: 5_000,
      readings: 6,
      terms: { limitKmh: LIMIT, zoneId: null, rulesVersion: 7 },
      peak: { at: 5_000, speedKmh: 19, limitKmh: 10, zoneId: 'park' },
    });
  });

  it('is judged by the limit where it is: fast in one zone may be slow in the next', () => {
    const avenue = { limitKmh: 30, thresholdKmh: 33, zoneId: 'avenue', rulesVersion: 7 };
    const onAvenue = phoneRun(
      4,
      Array.from({ length: 20 }, () => 25),
    ).map((reading) => ({
      ...reading,
      terms: avenue,
    }));
    expect(spans([...phoneRun(0, [25, 25, 25, 25]), ...onAvenue])).toEqual([[0, 3]]);
    expect(spans(onAvenue)).toEqual([]);
  });

  it('follows a limit that is changed in mid-visit from then on', () => {
    const stricter = { limitKmh: 5, thresholdKmh: 8, zoneId: null, rulesVersion: 8 };
    const before = phoneRun(
      0,
      Array.from({ length: 10 }, () => 14),
    );
    const after = phoneRun(
      10,
      Array.from({ length: 10 }, () => 14),
    ).map((reading) => ({
      ...reading,
      terms: stricter,
    }));
    const [episode] = phoneEpisodes([...before, ...after]);
    expect(episode).toMatchObject({ startAt: 10_000, terms: { limitKmh: 5, rulesVersion: 8 } });
  });

  it('is known from the reading on that makes it one', () => {
    expect(phoneEpisodes(phoneRun(0, [FAST, FAST, FAST, FAST, FAST]))).toMatchObject([
      { knownAt: 3_000, endAt: 4_000 },
    ]);
  });
});

describe('an episode of what is mounted', () => {
  it('takes one reading', () => {
    expect(findEpisodes([radar(0, FAST)], MOUNTED_METHOD)).toHaveLength(1);
    expect(findEpisodes([radar(0, THRESHOLD)], MOUNTED_METHOD)).toEqual([]);
  });

  it('is one for readings less than a minute apart, and two for those further', () => {
    const pair = (apart: number) => [radar(0, FAST), radar(apart, FAST)];
    expect(findEpisodes(pair(60), MOUNTED_METHOD)).toHaveLength(1);
    expect(findEpisodes(pair(60.001), MOUNTED_METHOD)).toHaveLength(2);
  });

  it('counts the silence before a section from where the section begins', () => {
    const section = (from: number, to: number): SpeedReading => ({
      ...radar(to, FAST),
      source: 'section',
      from: from * 1_000,
    });
    const run = [section(0, 100), section(100, 200), radar(200, FAST)];
    expect(findEpisodes(run, MOUNTED_METHOD)).toMatchObject([{ startAt: 0, endAt: 200_000 }]);
  });
});

const wildReading: fc.Arbitrary<SpeedReading> = fc
  .record({
    second: fc.integer({ min: 0, max: 240 }),
    kmh: fc.integer({ min: 0, max: 40 }),
    least: fc.integer({ min: 0, max: 3 }),
    limitKmh: fc.constantFrom(10, 15, 25),
  })
  .map(({ second, kmh, least, limitKmh }) => ({
    ...phone(second, kmh),
    leastKmh: Math.max(0, kmh - least),
    terms: { limitKmh, thresholdKmh: limitKmh + 3, zoneId: `z-${limitKmh}`, rulesVersion: 7 },
  }));

describe('the same set of readings', () => {
  it('has the same episodes in any order and however often each comes', async () => {
    await checkProperty(
      'episodes of a set',
      fc.asyncProperty(
        fc.array(wildReading, { maxLength: 120 }).chain((readings) =>
          fc.tuple(
            fc.constant(readings),
            fc.shuffledSubarray([...readings, ...readings.slice(0, 20)], {
              minLength: readings.length + Math.min(20, readings.length),
            }),
          ),
        ),
        async ([readings, shuffled]) => {
          expect(phoneEpisodes(shuffled)).toEqual(phoneEpisodes(readings));
        },
      ),
      300,
    );
  });

  it('has the same episodes when its judge is stopped and goes on anywhere between', async () => {
    await checkProperty(
      'episodes with pauses',
      fc.asyncProperty(
        fc.uniqueArray(wildReading, { maxLength: 120, selector: ({ at }) => at }),
        fc.func(fc.boolean()),
        async (readings, pauses) => {
          const inOrder = [...readings].sort((a, b) => a.at - b.at);
          const found = [];
          let state: EpisodeState = NOTHING_SEEN;
          for (const reading of inOrder) {
            if (pauses(reading)) state = JSON.parse(JSON.stringify(state)) as EpisodeState;
            const next = step(state, reading, PHONE_METHOD);
            if (next.ended !== null) found.push(next.ended);
            state = next.state;
          }
          const last = openEpisode(state);
          expect(last === null ? found : [...found, last]).toEqual(phoneEpisodes(readings));
        },
      ),
      300,
    );
  });

  it('shows no episode where no reading was over, and never two that overlap', async () => {
    await checkProperty(
      'episodes lie apart',
      fc.asyncProperty(fc.array(wildReading, { maxLength: 120 }), async (readings) => {
        const episodes = phoneEpisodes(readings);
        for (const [n, { startAt, endAt, peak }] of episodes.entries()) {
          expect(peak.leastKmh).toBeGreaterThan(peak.limitKmh + 3);
          expect(endAt - startAt).toBeGreaterThanOrEqual(PHONE_METHOD.spanMs);
          expect(startAt).toBeGreaterThan(episodes[n - 1]?.endAt ?? -1);
        }
      }),
      300,
    );
  });

  it('takes a million readings with a state that does not grow', () => {
    let state: EpisodeState = NOTHING_SEEN;
    for (let second = 0; second < 1_000_000; second += 1)
      state = step(state, phone(second, FAST + (second % 7)), PHONE_METHOD).state;
    expect(JSON.stringify(state).length).toBeLessThan(1_000);
    expect(openEpisode(state)).toMatchObject({ startAt: 0, readings: 1_000_000 });
  });
});
