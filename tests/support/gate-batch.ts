/** A gate's log as a device writes and sends it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';
import type { GateKey } from './gate-key.ts';
import type { Answer, Service } from './service.ts';
import type { Reachable } from './world.ts';

export interface DeviceEvent {
  readonly seq: number;
  readonly type: string;
  readonly deviceTime?: string | null;
  readonly uptimeMs?: number;
  readonly bootId?: string;
  readonly data: object;
}

export interface EventGate {
  readonly id: string;
  readonly key: Pick<GateKey, 'privateKey'>;
  readonly token: string;
}

/** Writes events with the numbers and the clock of a device. */
export class DeviceLog {
  readonly logId: string;
  readonly events: DeviceEvent[] = [];
  bootId = randomUUID();
  /** Our clock at the boot. */
  bootAt: number;
  /** What the device's clock shows too much; null: it has none. */
  offsetMs: number | null = 0;

  constructor(bootAt: number) {
    this.logId = randomBytes(16).toString('base64url');
    this.bootAt = bootAt;
  }

  stamp(at: number) {
    const deviceTime = this.offsetMs === null ? null : new Date(at + this.offsetMs).toISOString();
    return { deviceTime, uptimeMs: at - this.bootAt, bootId: this.bootId };
  }

  /** @param at our clock */
  write(at: number, type: string, data: object): DeviceEvent {
    const event = { seq: this.events.length + 1, type, ...this.stamp(at), data };
    this.events.push(event);
    return event;
  }

  /** An attempt that the gate judged alone. */
  judged(at: number, code: string | null, members: object = {}): DeviceEvent {
    const request = { requestId: randomUUID(), medium: 'qr', direction: 'in', ...members };
    const reason = request.direction === 'in' ? 'granted' : 'granted_exit';
    const asked = { ...request, ...(code !== null && { code }) };
    return this.write(at, 'verification', { request: asked, decision: 'granted', reason });
  }
}

export function sign(payload: unknown, kid: string, key: EventGate['key']): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(key.privateKey);
}

/** Sends anything as a batch of the gate. */
export async function sendBatch(
  service: Pick<Reachable, 'call'>,
  gate: EventGate,
  payload: unknown,
): Promise<Answer> {
  const body = await sign(payload, gate.id, gate.key);
  return postJose(service, gate.token, body);
}

export function postJose(service: Pick<Reachable, 'call'>, token: string, body: string) {
  const headers = { 'content-type': 'application/jose' };
  return service.call('POST', '/v1/gate/events', { token, body, headers });
}

/** Sends what is in a log from a number on, `size` events at a time, as a gate does. @returns the last answer */
export async function sendLog(
  service: Service,
  gate: EventGate,
  log: DeviceLog,
  options: { readonly size?: number; readonly sentAt?: number } = {},
): Promise<Answer> {
  const { size = 500, sentAt } = options;
  let through = 0;
  let answer: Answer | null = null;
  while (through < log.events.length) {
    const events = log.events.slice(through, through + size);
    const sent = sentAt === undefined ? {} : { sent: log.stamp(sentAt) };
    answer = await sendBatch(service, gate, { logId: log.logId, ...sent, events });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    if (answer.body.ackedThrough <= through) throw new Error(`nothing new: ${answer.text}`);
    through = answer.body.ackedThrough;
  }
  if (answer === null) throw new Error('the log is empty');
  return answer;
}
