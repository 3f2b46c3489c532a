import { type Check, holds, Step } from './step.ts';

/** A step that has been played. */
export interface PlayedStep {
  readonly number: number;
  readonly title: string;
  readonly checks: readonly Check[];
  readonly answers: readonly string[];
  readonly tookMs: number;
}

export function wentAsItMust({ checks }: PlayedStep): boolean {
  return checks.length > 0 && checks.every(holds);
}

/** Tells the demo step by step, and remembers how each went. */
export class Teller {
  readonly steps: PlayedStep[] = [];
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /**
   * Plays one step to its end. A check that fails does not end it; an error does, and counts as a failed check.
   *
   * @throws what `play` threw
   */
  async step<T>(title: string, play: (step: Step) => Promise<T>): Promise<T> {
    const number = this.steps.length + 1;
    this.#print(`\n${String(number).padStart(2)}  ${title}`);
    const step = new Step(this.#print);
    const startMs = performance.now();
    try {
      return await play(step);
    } catch (error) {
      step.expect(
        'the step',
        'played to its end',
        error instanceof Error ? error.message : `${error}`,
      );
      throw error;
    } finally {
      const tookMs = Math.round(performance.now() - startMs);
      step.say(`${tookMs} ms`);
      const { checks, answers } = step;
      this.steps.push({ number, title, checks, answers, tookMs });
    }
  }
}
