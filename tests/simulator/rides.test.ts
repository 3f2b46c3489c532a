import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Chance } from '../../gate-simulator/src/rides/chance.ts';
import { episodesOf, everExceeded, thresholdOf } from '../../gate-simulator/src/rides/label.ts';
import { profileOf, speedAt, truthOf } from '../../gate-simulator/src/rides/profile.ts';
import { labelledRides, RIDE_CLASSES } from '../../gate-simulator/src/rides/rides.ts';
import { COMPOUND_LIMIT_KMH } from '../../gate-simulator/src/rides/road.ts';

const MAIN = fileURLToPath(new URL('../../gate-simulator/src/main.ts', import.meta.url));
const FAST = thresholdOf(COMPOUND_LIMIT_KMH) + 6;

describe('a profile', () => {
  it('reaches each speed at six km/h a second and holds it', () => {
    const profile = profileOf(
      [
        { kmh: 6, holdSeconds: 10 },
        { kmh: 18, holdSeconds: 5 },
      ],
      'to-and-fro',
    );
    expect(profile.seconds).toBe(17);
    expect([0, 10, 11, 12, 17].map((s) => speedAt(profile, s))).toEqual([6, 6, 12, 18, 18]);
  });
});

describe('a label', () => {
  const labels = (legs: Parameters<typeof profileOf>[0]) =>
    episodesOf(truthOf(profileOf(legs, 'to-and-fro')));
  const calm = { kmh: 10, holdSeconds: 10 };

  it('is one for each stretch that was too fast for more than three seconds', () => {
    expect(labels([calm, { kmh: FAST, holdSeconds: 4 }, calm])).toHaveLength(1);
    expect(labels([calm, { kmh: FAST, holdSeconds: 0.5 }, calm])).toEqual([]);
    const twice = [calm, { kmh: FAST, holdSeconds: 5 }, calm, { kmh: FAST, holdSeconds: 5 }, calm];
    expect(labels(twice)).toHaveLength(2);
  });

  it('is one across a dip', () => {
    const dip = { kmh: 12, holdSeconds: 0.5 };
    const fast = { kmh: FAST, holdSeconds: 6 };
    expect(labels([calm, fast, dip, fast, calm])).toHaveLength(1);
  });

  it('says of too fast for a moment that it was, and makes no episode of it', () => {
    const truth = truthOf(profileOf([calm, { kmh: FAST, holdSeconds: 0 }, calm], 'to-and-fro'));
    expect([everExceeded(truth), episodesOf(truth)]).toEqual([true, []]);
  });
});

describe('the labelled set', () => {
  it('has rides that did and rides that did not, and says so truly by class', () => {
    for (const { class: rideClass, exceeded, episodes } of labelledRides(5, 12)) {
      if (['clean', 'just_under', 'spikes', 'gps_jumps'].includes(rideClass))
        expect([rideClass, exceeded, episodes]).toEqual([rideClass, false, []]);
      if (['just_over', 'dips'].includes(rideClass))
        expect([rideClass, episodes.length]).toEqual([rideClass, 1]);
      if (rideClass === 'bursts') expect(episodes.length).toBeGreaterThan(0);
    }
  });

  it('is printed a line each, the same for the same seed', async () => {
    const print = async (...args: string[]) => {
      const run = promisify(execFile)(process.execPath, [
        '--import',
        'tsx',
        MAIN,
        'rides',
        ...args,
      ]);
      return (await run).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    };
    const rides = await print('--seed', '5', '--class', 'radars', '--each', '2');
    const expected = labelledRides(5, 2).filter((ride) => ride.class === 'radars');
    expect(rides).toEqual(JSON.parse(JSON.stringify(expected)));
  });
});

it('chance is even and normal enough, and the same for the same seed', () => {
  const chance = new Chance(9);
  const drawn = Array.from({ length: 20_000 }, () => chance.next());
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  expect(mean).toBeCloseTo(0.5, 1);
  expect(new Set(drawn).size).toBeGreaterThan(19_900);
  const normal = Array.from({ length: 20_000 }, () => chance.normal(3));
  const deviation = Math.sqrt(normal.reduce((sum, value) => sum + value ** 2, 0) / normal.length);
  expect(deviation).toBeCloseTo(3, 0);
  const again = new Chance(9);
  expect(Array.from({ length: 5 }, () => again.next())).toEqual(drawn.slice(0, 5));
  expect(RIDE_CLASSES).toHaveLength(13);
});
