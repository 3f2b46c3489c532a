/**
 * When the events of a gate truly happened. A device's clock may be wrong, be set in the middle of a batch, or not
 * run at all after a boot; the time since the boot is steady, and ours is right.
 */
import { DAY_MS, type Millis } from './clock.ts';
import type { DeviceStamp } from './gate-event.ts';

/** An event's true time as far as it can be known. */
export interface TrueTime {
  readonly at: Millis;
  /** The device's clock minus ours, as estimated for this event; null: it had no clock. */
  readonly offsetMs: number | null;
  /** False where nothing says when it was, but that it was before it came. */
  readonly certain: boolean;
}

export interface CorrectedBatch {
  readonly times: readonly TrueTime[];
  /** The device's clock minus ours at the sending of the batch; null: the batch does not tell. */
  readonly offsetMs: number | null;
}

/** What is known about a batch besides its events. */
export interface BatchArrival {
  /** Our clock. */
  readonly receivedAt: Millis;
  /** The device's clocks at the sending of the batch; null: not told. */
  readonly sent: DeviceStamp | null;
  /** The device's clock minus ours when it spoke last; null: never known. */
  readonly knownOffsetMs: number | null;
}

/** A clock that shows less was never set: devices begin at 1970 or 2000. */
const EARLIEST: Millis = Date.UTC(2024, 0, 1);

/**
 * Dates each event, in this order of trust: by the time since the boot in which the batch was sent; by the device's
 * clock, corrected by what is known of its error; by the events beside it. Nothing happened after it came.
 */
export function correctTimes(
  events: readonly DeviceStamp[],
  arrival: BatchArrival,
): CorrectedBatch {
  const { receivedAt, sent } = arrival;
  const sentAt = usable(sent?.deviceTime ?? null, receivedAt);
  const told = sentAt === null ? null : sentAt - receivedAt;
  const ahead = told === null ? aheadOf(events, receivedAt) : null;
  const offset = told ?? ahead ?? arrival.knownOffsetMs ?? 0;
  const boots = bootTimes(events, arrival, offset);
  const times: TrueTime[] = [];
  let before: Millis | null = null;
  for (const event of events) {
    const time = trueTime(event, { receivedAt, offset, boots, before });
    times.push(time);
    if (time.certain) before = time.at;
  }
  return { times, offsetMs: told ?? ahead };
}

/** A device time that comes from a clock that was set. */
function usable(deviceTime: Millis | null, receivedAt: Millis): Millis | null {
  if (deviceTime === null || deviceTime < EARLIEST) return null;
  return deviceTime > receivedAt + DAY_MS ? null : deviceTime;
}

/** How far the clock is ahead at least: an event cannot come before it happens. Null: not as far as one sees. */
function aheadOf(events: readonly DeviceStamp[], receivedAt: Millis): number | null {
  let most = 0;
  for (const { deviceTime } of events)
    most = Math.max(most, (usable(deviceTime, receivedAt) ?? 0) - receivedAt);
  return most > 0 ? most : null;
}

/** When each boot was, by our clock: exactly for the one that sends, for others by its newest event with a clock. */
function bootTimes(
  events: readonly DeviceStamp[],
  { receivedAt, sent }: BatchArrival,
  offset: number,
): Map<string, Millis> {
  const boots = new Map<string, Millis>();
  for (const { deviceTime, uptimeMs, bootId } of events) {
    const shown = usable(deviceTime, receivedAt);
    if (bootId !== null && uptimeMs !== null && shown !== null)
      boots.set(bootId, shown - offset - uptimeMs);
  }
  if (sent !== null && sent.bootId !== null && sent.uptimeMs !== null)
    boots.set(sent.bootId, receivedAt - sent.uptimeMs);
  return boots;
}

interface Known {
  readonly receivedAt: Millis;
  readonly offset: number;
  readonly boots: ReadonlyMap<string, Millis>;
  /** The last event before it of which the time is known. */
  readonly before: Millis | null;
}

function trueTime({ deviceTime, uptimeMs, bootId }: DeviceStamp, known: Known): TrueTime {
  const { receivedAt, offset, boots, before } = known;
  const shown = usable(deviceTime, receivedAt);
  const bootAt = bootId === null ? undefined : boots.get(bootId);
  if (bootAt !== undefined && uptimeMs !== null) {
    const at = Math.min(Math.round(bootAt + uptimeMs), receivedAt);
    if (at >= EARLIEST)
      return { at, offsetMs: deviceTime === null ? null : deviceTime - at, certain: true };
  }
  if (shown !== null) {
    const at = Math.min(shown - offset, receivedAt);
    if (at >= EARLIEST) return { at, offsetMs: shown - at, certain: true };
  }
  return { at: before ?? receivedAt, offsetMs: null, certain: false };
}
