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

/** What an event says of its own time besides its stamps: it let somebody in by a code, which was good for a minute. */
export interface TimeWitness {
  /** The gate's idea of our time as it judged; null: not told. */
  readonly scannedAt: Millis | null;
  /** In which the code was accepted. */
  readonly from: Millis;
  /** Excluded. */
  readonly until: Millis;
}

/** An event as it dates itself. */
export type DatedEvent = DeviceStamp & { readonly witness?: TimeWitness | null };

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
 * clock, corrected by what is known of its error; where that clock does not run, by a code that let somebody in, and the
 * time since that; by the events beside it. Nothing happened after it came. A clock that runs is never overruled by a
 * code: whether the code was in time is judged by it.
 */
export function correctTimes(events: readonly DatedEvent[], arrival: BatchArrival): CorrectedBatch {
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

/**
 * When each boot was, by our clock: exactly for the one that sends; for others by its newest event with a clock, else by
 * its newest code that let somebody in.
 */
function bootTimes(
  events: readonly DatedEvent[],
  { receivedAt, sent }: BatchArrival,
  offset: number,
): Map<string, Millis> {
  const boots = new Map<string, Millis>();
  for (const { uptimeMs, bootId, witness } of events) {
    if (bootId !== null && uptimeMs !== null && witness)
      boots.set(bootId, within(witness, witness.scannedAt ?? witness.from) - uptimeMs);
  }
  for (const { deviceTime, uptimeMs, bootId } of events) {
    const shown = usable(deviceTime, receivedAt);
    if (bootId !== null && uptimeMs !== null && shown !== null)
      boots.set(bootId, shown - offset - uptimeMs);
  }
  if (sent !== null && sent.bootId !== null && sent.uptimeMs !== null)
    boots.set(sent.bootId, receivedAt - sent.uptimeMs);
  return boots;
}

function within({ from, until }: TimeWitness, at: Millis): Millis {
  return Math.min(Math.max(at, from), until - 1);
}

interface Known {
  readonly receivedAt: Millis;
  readonly offset: number;
  readonly boots: ReadonlyMap<string, Millis>;
  /** The last event before it of which the time is known. */
  readonly before: Millis | null;
}

function trueTime(event: DatedEvent, known: Known): TrueTime {
  const { deviceTime, uptimeMs, bootId, witness } = event;
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
  if (witness) {
    const at = Math.min(within(witness, witness.scannedAt ?? witness.from), receivedAt);
    return { at, offsetMs: null, certain: true };
  }
  return { at: before ?? receivedAt, offsetMs: null, certain: false };
}
