import type { Clock } from '../hardware/clock.ts';

/** Between contacts the offset is written to disk again only when it moved by more than this. */
const REMEMBER_FROM_MS = 500;

/**
 * The server's time of day as the gate knows it. Runs on the monotonic clock from the last contact on,
 * so that a device whose time of day is set, or wrong, notices nothing. Before the first contact
 * it is the device's time of day plus the offset of earlier days.
 */
export class ServerClock {
  readonly #clock: Clock;
  readonly #remember: (offsetMs: number) => void;
  #anchor: { readonly serverMs: number; readonly monotonicMs: number };
  #rememberedOffsetMs: number;

  /** @param remember is told an offset that a restart should know. */
  constructor(clock: Clock, offsetMs: number, remember: (offsetMs: number) => void) {
    this.#clock = clock;
    this.#remember = remember;
    this.#rememberedOffsetMs = offsetMs;
    this.#anchor = { serverMs: clock.wallMs() + offsetMs, monotonicMs: clock.monotonicMs() };
  }

  /** Unix time of the server. */
  nowMs(): number {
    return this.#anchor.serverMs + this.#clock.monotonicMs() - this.#anchor.monotonicMs;
  }

  /** Server's clock less the device's time of day, now. */
  offsetMs(): number {
    return this.nowMs() - this.#clock.wallMs();
  }

  /**
   * Takes the time that an answer carried. The answer may have been made at any moment between
   * `askedAtMs` and now; a belief that fits in between is kept.
   *
   * @param askedAtMs monotonic
   * @returns whether `serverTime` was a time
   */
  learn(serverTime: string | undefined, askedAtMs: number): boolean {
    const serverMs = serverTime === undefined ? Number.NaN : Date.parse(serverTime);
    if (Number.isNaN(serverMs)) return false;
    const monotonicMs = this.#clock.monotonicMs();
    const halfTripMs = (monotonicMs - askedAtMs) / 2;
    const betterMs = serverMs + halfTripMs;
    if (Math.abs(betterMs - this.nowMs()) > halfTripMs) {
      this.#anchor = { serverMs: betterMs, monotonicMs };
    }
    this.#rememberIfMoved();
    return true;
  }

  #rememberIfMoved(): void {
    const offsetMs = this.offsetMs();
    if (Math.abs(offsetMs - this.#rememberedOffsetMs) <= REMEMBER_FROM_MS) return;
    this.#rememberedOffsetMs = offsetMs;
    this.#remember(offsetMs);
  }
}
