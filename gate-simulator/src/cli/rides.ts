import { type Command, Option } from 'commander';
import { labelledRides, RIDE_CLASSES, type RideClass } from '../rides/rides.ts';
import { wholeNumber } from './options.ts';

interface RidesFlags {
  readonly seed: number;
  readonly each: number;
  readonly class?: RideClass;
}

export function addRidesCommand(program: Command): void {
  program
    .command('rides')
    .description(
      'print labelled rides, one line of JSON each: what happened, and what was measured',
    )
    .option('--seed <n>', 'the same seed gives the same rides', wholeNumber(0), 1)
    .option('--each <n>', 'rides of each class', wholeNumber(1), 1)
    .addOption(new Option('--class <class>', 'of one class only').choices(RIDE_CLASSES))
    .action(printRides);
}

function printRides({ seed, each, class: only }: RidesFlags): void {
  for (const ride of labelledRides(seed, each))
    if (only === undefined || ride.class === only) console.log(JSON.stringify(ride));
}
