import type { Clock } from '../hardware/clock.ts';
import type { PassageSensor } from '../hardware/passage-sensor.ts';
import type { Relay } from '../hardware/relay.ts';
import type { Direction } from '../wire/verify.ts';
import { IDLE_LANE, type Lane, type LaneEvent, nextLane, nextTickMs } from './lane.ts';

/** An event without its time, which the driver adds. */
export type LaneSignal = LaneEvent extends infer Event
  ? Event extends LaneEvent
    ? Omit<Event, 'atMs'>
    : never
  : never;

/** Who wants to know how it went. */
export interface LaneWatcher {
  /** The arm falls: because somebody passed, or because the time was over. */
  readonly onShut?: (direction: Direction, passed: boolean) => void;
  /** Somebody went through a lane that was shut. */
  readonly onForced?: () => void;
}

/** Ties the lane's state machine to the clock, the relay and the passage sensor. */
export class LaneDriver {
  readonly #clock: Clock;
  readonly #relay: Relay;
  #lane: Lane = IDLE_LANE;
  #openings = 0;
  #callOffTick = (): void => undefined;
  #idleWaiters: (() => void)[] = [];
  readonly #watcher: LaneWatcher;

  constructor(clock: Clock, relay: Relay, sensor: PassageSensor, watcher: LaneWatcher = {}) {
    this.#clock = clock;
    this.#relay = relay;
    this.#watcher = watcher;
    sensor.onPassage(() => this.#passed());
  }

  get lane(): Lane {
    return this.#lane;
  }

  /** How often the lane has opened since the gate booted. */
  get openings(): number {
    return this.#openings;
  }

  /** Moves the lane and the relay before it returns. */
  signal(signal: LaneSignal): void {
    const before = this.#lane;
    this.#lane = nextLane(before, { ...signal, atMs: this.#clock.monotonicMs() });
    if (before.phase !== 'open' && this.#lane.phase === 'open') {
      this.#openings += 1;
      this.#relay.energise();
    }
    if (before.phase === 'open' && this.#lane.phase !== 'open') {
      this.#relay.release();
      this.#watcher.onShut?.(before.direction, signal.type === 'passed');
    }
    this.#awaitTick();
    if (this.#lane.phase === 'idle') this.#tellIdle();
  }

  /** Resolves when the lane is ready for the next rider. */
  whenIdle(): Promise<void> {
    if (this.#lane.phase === 'idle') return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
    });
  }

  #passed(): void {
    const { phase } = this.#lane;
    if (phase !== 'open' && phase !== 'closing') this.#watcher.onForced?.();
    this.signal({ type: 'passed' });
  }

  #awaitTick(): void {
    this.#callOffTick();
    const tickMs = nextTickMs(this.#lane);
    if (tickMs === undefined) return;
    const delayMs = Math.max(1, tickMs - this.#clock.monotonicMs());
    this.#callOffTick = this.#clock.after(delayMs, () => this.signal({ type: 'tick' }));
  }

  #tellIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const tell of waiters) tell();
  }
}
