import { HOUR_MS, MINUTE_MS, type Millis } from './clock.ts';

/** A delivery authorises nothing any more from this long after its newest callback. */
export const PASS_LAPSE_MS = 2 * HOUR_MS;
/** Without exit readers a visit closes this long after the pass's last delivery ended. */
export const LAST_DELIVERY_GRACE_MS = 5 * MINUTE_MS;
/** Dwell allowed in addition for each order on the pass after the first, in minutes. */
export const DWELL_PER_FURTHER_ORDER_MINUTES = 8;

export type PassStatus = 'active' | 'leaving' | 'ended';

/** What decides the status of a pass that has not ended. */
export interface PassCondition {
  /** Whether a delivery, or a station's term, authorises it now. */
  readonly authorised: boolean;
  readonly visitOpen: boolean;
}

/**
 * The status of a pass: active while something authorises it, then leaving while its visit is open, then
 * ended. Ended is final: the caller never asks again for a pass that once was.
 */
export function passStatus({ authorised, visitOpen }: PassCondition): PassStatus {
  if (authorised) return 'active';
  return visitOpen ? 'leaving' : 'ended';
}

/** When a visit overstays: the dwell allowed, and 8 minutes for each further order on the pass. */
export function overstayAt(openedAt: Millis, maxDwellMinutes: number, orders: number): Millis {
  const further = Math.max(0, orders - 1) * DWELL_PER_FURTHER_ORDER_MINUTES;
  return openedAt + (maxDwellMinutes + further) * MINUTE_MS;
}

/** When a visit that saw no exit is closed, marked `closedBy: timeout`: after twice the dwell allowed. */
export function visitTimeoutAt(openedAt: Millis, maxDwellMinutes: number): Millis {
  return openedAt + maxDwellMinutes * 2 * MINUTE_MS;
}
