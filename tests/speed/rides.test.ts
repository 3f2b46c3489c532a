import { beforeAll, describe, expect, it } from 'vitest';
import {
  ourJudge,
  precision,
  type RideJudge,
  recall,
  type Score,
  scoresByClass,
  trackerJudge,
} from '../../bench/ride-judges.ts';
import { thresholdOf } from '../../gate-simulator/src/rides/label.ts';
import { labelledRides, RIDE_CLASSES, type Ride } from '../../gate-simulator/src/rides/rides.ts';

/** 13 classes: 2,080 rides. */
const OF_EACH = 160;
const SEED = Number(process.env['RIDES_SEED'] ?? 20_261_121);

function judged(rides: readonly Ride[], judge: RideJudge): readonly [string, Score][] {
  return [...scoresByClass(rides, judge)];
}

describe('two thousand labelled rides', () => {
  let ours: readonly [string, Score][] = [];
  let theirs: readonly [string, Score][] = [];

  beforeAll(() => {
    const rides = labelledRides(SEED, OF_EACH);
    ours = judged(rides, ourJudge);
    theirs = judged(
      rides,
      trackerJudge((limitKmh) => thresholdOf(limitKmh) - limitKmh),
    );
    const lines = ours.map(([name, score], n) => {
      const other = theirs[n]?.[1] ?? score;
      const shown = [precision(score), recall(score), precision(other), recall(other)];
      return `${name.padEnd(14)} ${shown.map((value) => value.toFixed(3)).join('  ')}`;
    });
    process.stdout.write(
      `rides: seed ${SEED}\n${''.padEnd(14)} precision, recall; of a tracker\n${lines.join('\n')}\n`,
    );
  }, 60_000);

  it('are the same for the same seed, and of every class', () => {
    const rides = labelledRides(SEED, 2);
    expect(rides).toEqual(labelledRides(SEED, 2));
    expect(rides).not.toEqual(labelledRides(SEED + 1, 2));
    expect(ours.map(([name]) => name)).toEqual([...RIDE_CLASSES]);
    expect(ours.reduce((sum, [, { rides: n }]) => sum + n, 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('bring no alert to a rider who never exceeded the limit by the margin', () => {
    expect(ours.flatMap(([, { wronged }]) => wronged.map(({ seed }) => seed))).toEqual([]);
  });

  it('bring at least 95 % of those to light that were too fast for longer than T', () => {
    const sum = (of: (score: Score) => number) => ours.reduce((all, [, each]) => all + of(each), 0);
    expect(sum(({ right }) => right) / sum(({ episodes }) => episodes)).toBeGreaterThan(0.95);
    // Little over the margin is seen by good receivers, and the rest is left in doubt for the rider's good.
    const least = (name: string) => (name === 'just_over' ? 0.65 : 0.95);
    const missed = ours.filter(([name, score]) => recall(score) < least(name));
    expect(missed.map(([name, { right, episodes }]) => [name, right, episodes])).toEqual([]);
  });

  it('bring one alert for each episode that is found, and none beside', () => {
    expect(ours.map(([name, { alerts }]) => [name, alerts])).toEqual(
      ours.map(([name, { right }]) => [name, right]),
    );
  });

  it('show what a common tracker gets wrong: dips, receivers that are lost, late delivery', () => {
    const of = (name: string) => theirs.find(([each]) => each === name)?.[1];
    expect(of('dips')?.alerts).toBeGreaterThan(2 * (of('dips')?.episodes ?? 0));
    expect(of('gps_jumps')?.wronged.length).toBeGreaterThan(0);
    expect(of('late_shuffled')?.right).toBeLessThan(of('late_shuffled')?.episodes ?? 0);
  });
});
