/**
 * `npx tsx bench/rides.ts`: labelled rides before our judge of speeds and before the algorithm of a common tracker, with
 * our margin and without. Prints precision and recall of each class, and as its last line one JSON object.
 */
import { Command } from 'commander';
import { thresholdOf } from '../gate-simulator/src/rides/label.ts';
import { labelledRides, RIDE_CLASSES } from '../gate-simulator/src/rides/rides.ts';
import {
  ourJudge,
  precision,
  recall,
  type Score,
  scoresByClass,
  trackerJudge,
} from './ride-judges.ts';

const options = new Command('rides')
  .description('Judges labelled rides.')
  .option('--seed <n>', 'of the rides', Number, 1)
  .option('--each <n>', 'rides of each class', Number, 200)
  .parse()
  .opts<{ seed: number; each: number }>();

const judges = {
  ours: ourJudge,
  'tracker, with our margin': trackerJudge((limitKmh) => thresholdOf(limitKmh) - limitKmh),
  tracker: trackerJudge(() => 0),
};
const shown = (value: number) => value.toFixed(3).padStart(6);

function total(scores: Iterable<Score>) {
  const sum = { rides: 0, episodes: 0, alerts: 0, right: 0, wronged: 0, inexact: 0 };
  for (const { rides, episodes, alerts, right, wronged, inexact } of scores) {
    sum.rides += rides;
    sum.episodes += episodes;
    sum.alerts += alerts;
    sum.right += right;
    sum.wronged += wronged.length;
    sum.inexact += inexact.length;
  }
  return { ...sum, precision: sum.right / sum.alerts, recall: sum.right / sum.episodes };
}

const rides = labelledRides(options.seed, options.each);
const scores = Object.entries(judges).map(
  ([name, judge]) => [name, scoresByClass(rides, judge)] as const,
);
const results: Record<string, ReturnType<typeof total>> = {};
for (const [name, byClass] of scores) {
  console.log(
    `\n${name}\n  ${'class'.padEnd(14)} rides episodes alerts  prec.  recall  wronged inexact`,
  );
  for (const rideClass of RIDE_CLASSES) {
    const score = byClass.get(rideClass);
    if (score === undefined) continue;
    const { rides, episodes, alerts, wronged, inexact } = score;
    const counts = [rides, episodes, alerts].map((n) => String(n).padStart(6)).join(' ');
    const rates = `${shown(precision(score))} ${shown(recall(score))}`;
    console.log(
      `  ${rideClass.padEnd(14)}${counts}   ${rates}   ${String(wronged.length).padStart(5)}   ${String(inexact.length).padStart(5)}`,
    );
  }
  results[name] = total(byClass.values());
}
console.log(JSON.stringify({ seed: options.seed, ...results }));
