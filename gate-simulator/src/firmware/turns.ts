import type { Clock } from '../hardware/clock.ts';
import type { Direction } from '../wire/verify.ts';
import { JUDGING_BUDGET_MS } from './lane.ts';
import type { LaneDriver } from './lane-driver.ts';

interface Waiting {
  readonly direction: Direction;
  readonly start: () => void;
}

/**
 * Who is next at the lane. Riders queue for the lane and for nothing else: it is free when it is idle, whatever an
 * earlier scan still waits for (a disk that hangs, a decoder). Who wants to leave goes first, and waits for nobody's
 * judgement longer than the budget of one.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #lane: LaneDriver;
  #waiting: Waiting[] = [];
  #expectsIdle = false;

  constructor(clock: Clock, lane: LaneDriver) {
    this.#clock = clock;
    this.#lane = lane;
  }

  /** @param scan triggers the lane before it first waits @returns what the scan returns */
  take<T>(direction: Direction, scan: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const mine: Waiting = { direction, start: () => scan().then(resolve, reject) };
      this.#waiting.push(mine);
      this.#next();
      if (direction === 'in' || !this.#waiting.includes(mine)) return;
      this.#clock.after(JUDGING_BUDGET_MS, () => {
        if (this.#waiting.includes(mine)) this.#lane.signal({ type: 'preempted' });
      });
    });
  }

  #next(): void {
    if (this.#lane.lane.phase === 'idle') {
      const next = this.#waiting.find(({ direction }) => direction === 'out') ?? this.#waiting[0];
      if (next === undefined) return;
      this.#waiting = this.#waiting.filter((each) => each !== next);
      next.start();
    }
    if (this.#expectsIdle) return;
    this.#expectsIdle = true;
    this.#lane.whenIdle().then(() => {
      this.#expectsIdle = false;
      this.#next();
    });
  }
}
