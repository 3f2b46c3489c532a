import { type Clock, pause } from '../hardware/clock.ts';

/** Turns that were missed longer ago than this are not made up for: no burst after a stall. */
const CATCH_UP_MS = 250;

/** Hands out turns at an even rate, to however many wait. */
export class Pace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #nextMs: number;

  /** @param perSecond 0 for no limit */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#intervalMs = perSecond === 0 ? 0 : 1_000 / perSecond;
    this.#nextMs = clock.monotonicMs();
  }

  async turn(): Promise<void> {
    if (this.#intervalMs === 0) return;
    const nowMs = this.#clock.monotonicMs();
    const turnMs = Math.max(this.#nextMs, nowMs - CATCH_UP_MS);
    this.#nextMs = turnMs + this.#intervalMs;
    if (turnMs > nowMs) await pause(this.#clock, turnMs - nowMs);
  }
}
