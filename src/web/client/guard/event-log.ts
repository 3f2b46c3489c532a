/** What this phone did without the server: kept until it is acknowledged, and sent signed with the phone's key. */
import { base64url, signCompact } from './base64url.ts';
import { askAsDevice } from './device.ts';
import { amend, type Device, type EventLog, type LoggedEvent, recall } from './memory.ts';

/** Events kept at once. When they are as many nobody is let in any more: no record, no entry. */
const CAPACITY = 2_000;
const BATCH = 200;

export class LogIsFull extends Error {
  override readonly name = 'LogIsFull';
}

const bootId = base64url(crypto.getRandomValues(new Uint8Array(9)));

const stamp = () => ({
  deviceTime: new Date().toISOString(),
  uptimeMs: Math.round(performance.now()),
  bootId,
});

/** Resolves when the event is on the phone's disk. @throws LogIsFull */
export async function record(
  type: LoggedEvent['type'],
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await amend('log', (before) => {
    const log = before ?? newLog();
    // Exits are recorded beyond the bound: nobody is kept inside.
    if (log.events.length >= CAPACITY && !isExit(data)) throw new LogIsFull();
    const event = { seq: log.next, type, ...stamp(), data };
    return { ...log, next: log.next + 1, events: [...log.events, event] };
  });
}

const newLog = (): EventLog => ({
  logId: base64url(crypto.getRandomValues(new Uint8Array(16))),
  next: 1,
  events: [],
});

function isExit({ request }: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof request === 'object' && request !== null && Reflect.get(request, 'direction') === 'out'
  );
}

interface Acknowledged {
  readonly logId: string;
  readonly ackedThrough: number;
}

/** Sends what waits. @returns how many events wait still */
export async function report(device: Device): Promise<number> {
  for (;;) {
    const log = await recall('log');
    if (log === null || log.events.length === 0) return 0;
    const batch = { logId: log.logId, sent: stamp(), events: log.events.slice(0, BATCH) };
    const body = await signCompact({ kid: device.gateId }, batch, device.key);
    const headers = { 'content-type': 'application/jose' };
    const init = { method: 'POST', headers, body };
    const asked = await askAsDevice<Acknowledged>(device, '/v1/gate/events', init);
    if (asked.kind !== 'ok') return log.events.length;
    const { ackedThrough } = asked.value;
    await amend('log', (now) => withoutAcknowledged(now ?? log, ackedThrough));
    if (ackedThrough < (batch.events[0]?.seq ?? 0)) return log.events.length;
  }
}

function withoutAcknowledged(log: EventLog, through: number): EventLog {
  return { ...log, events: log.events.filter(({ seq }) => seq > through) };
}

export async function countUnreported(): Promise<number> {
  return (await recall('log'))?.events.length ?? 0;
}
