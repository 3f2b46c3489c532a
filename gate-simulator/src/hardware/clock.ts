/** The device's two clocks and its timer. */
export interface Clock {
  /** Since some fixed moment; never steps, not even when the time of day is set. */
  monotonicMs(): number;
  /** Unix time by the device's own time of day, which may be wrong. */
  wallMs(): number;
  /** Calls `action` once, not before `delayMs` have passed. The returned function calls it off. */
  after(delayMs: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
