import type { Clock } from '../hardware/clock.ts';
import type { FaultPlan } from './fault-plan.ts';

const MILLION = 1_000_000;

/** A device's clocks with faults: an oscillator that runs fast or slow, a time of day that is set. */
export class FaultyClock implements Clock {
  readonly #inner: Clock;
  readonly #rate: number;
  readonly #jumpMs: number;
  readonly #startMs: number;
  readonly #startWallMs: number;
  #jumpedMs = 0;

  constructor(inner: Clock, faults: Pick<FaultPlan, 'clockDriftPpm' | 'clockJumpMs'>) {
    this.#inner = inner;
    this.#rate = 1 + (faults.clockDriftPpm ?? 0) / MILLION;
    this.#jumpMs = faults.clockJumpMs ?? 0;
    this.#startMs = inner.monotonicMs();
    this.#startWallMs = inner.wallMs();
  }

  /** The gate has booted: what was to go wrong from now on does. */
  ready(): void {
    if (this.#jumpMs !== 0) this.jump(this.#jumpMs);
  }

  /** Somebody sets the time of day. */
  jump(byMs: number): void {
    this.#jumpedMs += byMs;
  }

  monotonicMs(): number {
    return this.#startMs + this.#ranMs();
  }

  wallMs(): number {
    return this.#startWallMs + this.#ranMs() + this.#jumpedMs;
  }

  after(delayMs: number, action: () => void): () => void {
    return this.#inner.after(delayMs / this.#rate, action);
  }

  #ranMs(): number {
    return (this.#inner.monotonicMs() - this.#startMs) * this.#rate;
  }
}
