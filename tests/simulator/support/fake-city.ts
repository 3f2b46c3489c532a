import { createHmac } from 'node:crypto';
import { type Answer, DENIED, type FakeService, GRANTED } from './fake-service.ts';

interface Pass {
  readonly code: string;
  live: boolean;
  used: boolean;
}

const KEY = Buffer.alloc(24, 7);
export const ADMIN_KEY = 'a'.repeat(32);

/** The platform's side of the contract, as far as the swarm goes: one pass for each delivery, one use of its code. */
export class FakeCity {
  readonly deliveries = new Map<string, Pass>();
  readonly #byRider = new Map<string, Pass>();
  readonly #byCode = new Map<string, Pass>();
  /** Where set, the reason of every grant at entry. */
  entryReason = 'granted';
  made = 0;

  constructor(service: FakeService) {
    service.judge = (request) => this.#judge(request);
    service.otherRoute = (path, body, text, headers) => {
      const bearer = headers.authorization?.replace('Bearer ', '');
      if (path.startsWith('/v1/webhooks/')) return this.#callback(text, headers);
      if (path === '/v1/codes') return this.#codes(body);
      if (!/^\/v1\/(platforms|communities)/.test(path)) return undefined;
      if (bearer !== ADMIN_KEY) return { status: 401, body: { code: 'unauthorized' } };
      this.made += 1;
      const webhookSecret = `whsec_${KEY.toString('base64')}`;
      const [id, enrollmentCode] = [`id_${this.made}`, `enrol-${this.made}`];
      return { status: 201, body: { id, enrollmentCode, webhookSecret, apiKey: 'platform' } };
    };
  }

  #callback(text: string, headers: Record<string, string | string[] | undefined>): Answer {
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    const expected = `v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`;
    if (headers['webhook-signature'] !== expected) return { status: 401, body: {} };
    const { deliveryId, riderId, status, dropoff } = JSON.parse(text).data;
    const pass = this.deliveries.get(deliveryId) ?? { code: deliveryId, live: true, used: false };
    pass.live = status === 'picked_up';
    this.deliveries.set(deliveryId, pass);
    this.#byCode.set(pass.code, pass);
    if (pass.live) this.#byRider.set(`${riderId} ${dropoff.communityId}`, pass);
    return { status: 202, body: {} };
  }

  #codes({ riderId, communityId }: { riderId?: string; communityId?: string }): Answer {
    const pass = this.#byRider.get(`${riderId} ${communityId}`);
    if (pass?.live !== true) return { status: 404, body: { code: 'not_found' } };
    return { status: 200, body: { codes: [{ code: pass.code }] } };
  }

  #judge({ code = '', direction }: Record<string, string>): object {
    if (direction === 'out') return { ...GRANTED, reason: 'granted_exit' };
    const pass = this.#byCode.get(code);
    if (pass?.live !== true) return { ...DENIED, reason: 'delivery_not_active' };
    if (pass.used) return DENIED;
    pass.used = true;
    return { ...GRANTED, reason: this.entryReason };
  }
}
