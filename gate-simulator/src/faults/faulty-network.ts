import { type Clock, pause } from '../hardware/clock.ts';
import {
  type HttpCall,
  type HttpReply,
  NoReply,
  type StreamCall,
  type StreamReply,
  type Transport,
} from '../wire/transport.ts';
import type { FaultPlan } from './fault-plan.ts';

type NetworkFaults = Pick<
  FaultPlan,
  'offline' | 'flap' | 'latencyMs' | 'loss' | 'duplicate' | 'delayAnswersMs'
>;

/** What there is besides the faults. */
export interface NetworkParts {
  readonly inner: Transport;
  readonly clock: Clock;
  /** From 0 up to 1; a seeded one makes a run that can be repeated. */
  readonly chance: () => number;
}

/** A network with faults, put around a transport; the firmware cannot tell it from a bad one. */
export class FaultyNetwork implements Transport {
  readonly #parts: NetworkParts;
  readonly #faults: NetworkFaults;
  readonly #streams = new Set<StreamReply>();
  #down: boolean;
  #ready = false;
  #callOffFlap = (): void => undefined;

  constructor(parts: NetworkParts, faults: NetworkFaults) {
    this.#parts = parts;
    this.#faults = faults;
    this.#down = faults.offline === 'boot';
  }

  get isDown(): boolean {
    return this.#down;
  }

  /** The gate has booted: what was to go wrong from now on does. */
  ready(): void {
    this.#ready = true;
    if (this.#faults.offline !== undefined) this.goDown();
    if (this.#faults.flap !== undefined) this.#flap(this.#faults.flap);
  }

  /** Open connections are cut, new ones fail. */
  goDown(): void {
    this.#down = true;
    for (const stream of this.#streams) stream.cancel();
    this.#streams.clear();
  }

  comeBack(): void {
    this.#down = false;
  }

  /** No more flapping. */
  stop(): void {
    this.#callOffFlap();
  }

  call(call: HttpCall): Promise<HttpReply> {
    return this.#inTime(call.timeoutMs, () => this.#exchange(call));
  }

  async stream(call: StreamCall): Promise<StreamReply> {
    const reply = await this.#inTime(call.headTimeoutMs, async () => {
      this.#requireNetwork();
      await this.#travel();
      return this.#parts.inner.stream(call);
    });
    this.#streams.add(reply);
    return reply;
  }

  async #exchange(call: HttpCall): Promise<HttpReply> {
    const { inner, chance, clock } = this.#parts;
    const { loss = 0, duplicate = 0, delayAnswersMs = 0 } = this.#faults;
    this.#requireNetwork();
    await this.#travel();
    const fate = chance();
    if (fate < loss / 2) return never();
    const reply = await inner.call(call);
    const second = this.#ready && chance() < duplicate ? await inner.call(call) : reply;
    if (fate < loss) return never();
    if (delayAnswersMs > 0) await pause(clock, delayAnswersMs);
    await this.#travel();
    this.#requireNetwork();
    return second;
  }

  async #travel(): Promise<void> {
    const { latencyMs = 0 } = this.#faults;
    if (latencyMs > 0) await pause(this.#parts.clock, latencyMs / 2);
  }

  #requireNetwork(): void {
    if (this.#down) throw new NoReply('connection', 'there is no network');
  }

  #inTime<T>(timeoutMs: number, exchange: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#parts.clock.after(timeoutMs, () =>
        reject(new NoReply('timeout', `no answer within ${Math.round(timeoutMs)} ms`)),
      );
      exchange().then(resolve, reject).finally(callOff);
    });
  }

  #flap({ upMs, downMs }: { readonly upMs: number; readonly downMs: number }): void {
    const { clock } = this.#parts;
    this.#callOffFlap = clock.after(this.#down ? downMs : upMs, () => {
      if (this.#down) this.comeBack();
      else this.goDown();
      this.#flap({ upMs, downMs });
    });
  }
}

/** Lost on the way: nothing comes, until the patience of who waits is over. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
