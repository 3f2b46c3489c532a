import type { Clock } from '../hardware/clock.ts';
import type { GateTime } from './offline-judge.ts';

/** Between contacts the offset is written to disk again only when it moved by more than this. */
const REMEMBER_FROM_MS = 500;
/** The latest known time is written to disk when it has grown by this. */
const REMEMBER_EACH_MS = 60_000;

/** What a restart should know of the time. */
export interface KeptClock {
  /** Server's clock less the device's time of day. */
  readonly serverClockOffsetMs: number;
  /** Unix time: the latest of the server's time that the gate has ever known. */
  readonly latestKnownMs: number;
}

export const UNKNOWN_CLOCK: KeptClock = { serverClockOffsetMs: 0, latestKnownMs: 0 };

interface Anchor {
  readonly serverMs: number;
  readonly monotonicMs: number;
}

/**
 * The server's time of day as the gate knows it. Runs on the monotonic clock from the last contact on,
 * so that a device whose time of day is set, or wrong, notices nothing. Before the first contact
 * it is the device's time of day plus the offset of earlier days, which is good for asking and not for judging alone.
 */
export class ServerClock {
  readonly #clock: Clock;
  readonly #remember: (kept: KeptClock) => void;
  #anchor: Anchor;
  #remembered: KeptClock;
  #latestKnownMs: number;
  #learnt = false;

  /** @param remember is told what a restart should know. */
  constructor(clock: Clock, kept: KeptClock, remember: (kept: KeptClock) => void) {
    this.#clock = clock;
    this.#remember = remember;
    this.#remembered = kept;
    this.#latestKnownMs = kept.latestKnownMs;
    this.#anchor = this.#anchorAt(clock.wallMs() + kept.serverClockOffsetMs);
  }

  /** Unix time of the server. */
  nowMs(): number {
    return this.#anchor.serverMs + this.#clock.monotonicMs() - this.#anchor.monotonicMs;
  }

  /** Server's clock less the device's time of day, now. */
  offsetMs(): number {
    return this.nowMs() - this.#clock.wallMs();
  }

  /** What a gate that judges alone may know of the time. */
  time(): GateTime {
    const now = Math.round(this.nowMs());
    return { now, synchronised: this.#learnt, latestKnown: this.#latestKnownMs };
  }

  kept(): KeptClock {
    return {
      serverClockOffsetMs: Math.round(this.offsetMs()),
      latestKnownMs: Math.round(this.#latestKnownMs),
    };
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
    const halfTripMs = (this.#clock.monotonicMs() - askedAtMs) / 2;
    const betterMs = serverMs + halfTripMs;
    const fits = Math.abs(betterMs - this.nowMs()) <= halfTripMs;
    this.#anchor = this.#anchorAt(fits ? this.nowMs() : betterMs);
    this.#learnt = true;
    this.#latestKnownMs = Math.max(this.#latestKnownMs, serverMs);
    this.#rememberIfMoved();
    return true;
  }

  #anchorAt(serverMs: number): Anchor {
    return { serverMs, monotonicMs: this.#clock.monotonicMs() };
  }

  #rememberIfMoved(): void {
    const kept = this.kept();
    const { serverClockOffsetMs, latestKnownMs } = this.#remembered;
    const movedMs = Math.abs(kept.serverClockOffsetMs - serverClockOffsetMs);
    const grownMs = kept.latestKnownMs - latestKnownMs;
    if (movedMs <= REMEMBER_FROM_MS && grownMs < REMEMBER_EACH_MS) return;
    this.#remembered = kept;
    this.#remember(kept);
  }
}
