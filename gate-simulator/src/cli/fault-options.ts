import { type Command, InvalidArgumentError, Option } from 'commander';
import { type FaultPlan, isPowerCutStep, POWER_CUT_STEPS } from '../faults/fault-plan.ts';
import { numberFromZero, wholeNumber } from './options.ts';

/** What the fault options of a command come to. */
export interface FaultFlags {
  readonly offline?: 'boot' | 'ready';
  readonly flap?: { readonly upMs: number; readonly downMs: number };
  readonly latency?: number;
  readonly loss?: number;
  readonly duplicate?: number;
  readonly delayAnswers?: number;
  readonly clockDrift?: number;
  readonly clockJump?: number;
  readonly powerCutAt?: NonNullable<FaultPlan['powerCut']>;
}

/** Options that make things go wrong. "Ready" is when the gate has asked for its token and its bundle. */
export function addFaultOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--offline [when]', 'no network: once the gate is ready, or from the boot on')
        .choices(['ready', 'boot'])
        .preset('ready'),
    )
    .option('--flap <up,down>', 'the network comes and goes, in ms, once ready', upAndDown)
    .option('--latency <ms>', 'each exchange takes so much longer', wholeNumber(0))
    .option('--loss <share>', 'of all exchanges fail, 0 to 1', share)
    .option('--duplicate <share>', 'of all requests arrive twice, 0 to 1, once ready', share)
    .option('--delay-answers <ms>', 'answers come back so much later', wholeNumber(0))
    .option('--clock-drift <ppm>', 'the oscillator is so fast, or below 0 slow', signedNumber)
    .option('--clock-jump <ms>', 'the time of day is set by so much, once ready', signedNumber)
    .option('--power-cut-at <step[:n]>', `dies at the step, the n-th time; see below`, powerCut);
}

export const POWER_CUT_HELP = `\nSteps for --power-cut-at: ${POWER_CUT_STEPS.join(' ')}.\n`;

export function faultPlan(flags: FaultFlags): FaultPlan {
  const { offline, flap, latency, loss, duplicate } = flags;
  const { delayAnswers, clockDrift, clockJump, powerCutAt } = flags;
  return {
    ...(offline === undefined ? {} : { offline }),
    ...(flap === undefined ? {} : { flap }),
    ...(latency === undefined ? {} : { latencyMs: latency }),
    ...(loss === undefined ? {} : { loss }),
    ...(duplicate === undefined ? {} : { duplicate }),
    ...(delayAnswers === undefined ? {} : { delayAnswersMs: delayAnswers }),
    ...(clockDrift === undefined ? {} : { clockDriftPpm: clockDrift }),
    ...(clockJump === undefined ? {} : { clockJumpMs: clockJump }),
    ...(powerCutAt === undefined ? {} : { powerCut: powerCutAt }),
  };
}

function upAndDown(text: string): { upMs: number; downMs: number } {
  const [up = '', down = '', ...more] = text.split(',');
  if (more.length > 0) throw new InvalidArgumentError('Give two whole numbers, as in 5000,2000.');
  return { upMs: wholeNumber(1)(up), downMs: wholeNumber(1)(down) };
}

function share(text: string): number {
  const value = numberFromZero(text);
  if (value > 1) throw new InvalidArgumentError('Give a number from 0 to 1.');
  return value;
}

function signedNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('Give a number.');
  return value;
}

function powerCut(text: string): NonNullable<FaultPlan['powerCut']> {
  const [step = '', occurrence = '1'] = text.split(':');
  if (!isPowerCutStep(step)) {
    throw new InvalidArgumentError(`Give one of ${POWER_CUT_STEPS.join(', ')}.`);
  }
  return { step, occurrence: wholeNumber(1)(occurrence) };
}
