/** The server's time, as the phone knows it. */

/** Clocks that disagree by this much since the last contact have been turned, or the phone has slept. */
const DRIFT_MS = 2_000;

let offsetMs = 0;
let learnt: { readonly wall: number; readonly steady: number } | null = null;

/** The server's time by the phone's clock and what is known of its error. */
export const serverNow = (): number => Date.now() + offsetMs;

/** A time that is told in whole seconds corrects the clock from this error on. */
const SECONDS_MS = 2_000;

/**
 * Takes the server's time from an answer, which was written about half way between the two instants.
 * @param serverTime RFC 3339 with milliseconds, or what the `Date` header says
 */
export function learnTime(serverTime: unknown, sentAt: number, receivedAt: number): void {
  const told = typeof serverTime === 'string' ? Date.parse(serverTime) : Number.NaN;
  if (Number.isNaN(told)) return;
  const isExact = String(serverTime).includes('T');
  if (!isExact && Math.abs(told - Date.now() - offsetMs) < SECONDS_MS) return;
  offsetMs = told - (sentAt + receivedAt) / 2;
  learnt = { wall: Date.now(), steady: performance.now() };
}

/** Whether the server's time was learnt by this page, and the phone's clock went on evenly since. */
export function isSynchronised(): boolean {
  if (learnt === null) return false;
  const drift = Date.now() - learnt.wall - (performance.now() - learnt.steady);
  return Math.abs(drift) < DRIFT_MS;
}
