/** Keeps long pieces of work from standing in the way of gates that wait for an answer. */
import type { Millis } from '../domain/clock.ts';

/** Runs pieces of work one at a time, with a pause after each that is as long as the piece was, and longer. */
export type Turnstile = <T>(piece: () => Promise<T>) => Promise<T>;

/** Of the store's time, work that passes the turnstile takes about one part in this many. */
const SHARE = 2;

/**
 * Pieces come in the order in which they were asked for, so several backlogs go on side by side.
 * @param clock a steady one
 * @param pause resolves after some time
 */
export function createTurnstile(
  clock: () => Millis,
  pause: (ms: Millis) => Promise<void>,
): Turnstile {
  let last: Promise<unknown> = Promise.resolve();
  return (piece) => {
    const turn = last.then(async () => {
      const startedAt = clock();
      try {
        return { value: await piece(), tookMs: clock() - startedAt };
      } catch (error) {
        return { error, tookMs: clock() - startedAt };
      }
    });
    last = turn.then(({ tookMs }) => pause((SHARE - 1) * tookMs));
    return turn.then((outcome) => {
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    });
  };
}
