import Table from 'cli-table3';
import { describe, holds } from './step.ts';
import { type PlayedStep, wentAsItMust } from './teller.ts';

const NO_LINES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** A row for each step, then each check that failed, then one sentence. */
export function summaryOf(steps: readonly PlayedStep[], elapsedMs: number): string {
  const table = new Table({
    head: ['', 'step', 'what the gates answered', 'checks', 'ms', ''],
    colAligns: ['right', 'left', 'left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
    chars: NO_LINES,
  });
  for (const step of steps) {
    const { number, title, answers, checks, tookMs } = step;
    const passed = `${checks.filter(holds).length}/${checks.length}`;
    const mark = wentAsItMust(step) ? '✓' : '✗';
    table.push([number, title, answers.map(inLines).join('\n'), passed, tookMs, mark]);
  }
  const good = steps.filter(wentAsItMust).length;
  const seconds = (elapsedMs / 1_000).toFixed(1);
  const verdict = `${good} of ${steps.length} steps went as they must, in ${seconds} s.`;
  return [table.toString(), ...failures(steps), verdict].join('\n');
}

/** A comma after each answer but the last. */
function inLines(answer: string, index: number, answers: readonly string[]): string {
  return index < answers.length - 1 ? `${answer},` : answer;
}

function failures(steps: readonly PlayedStep[]): string[] {
  return steps.flatMap(({ number, checks }) =>
    checks.filter((check) => !holds(check)).map((check) => `step ${number}: ${describe(check)}`),
  );
}
