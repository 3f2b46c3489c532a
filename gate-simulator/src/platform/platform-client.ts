import { randomUUID } from 'node:crypto';
import type { HttpClient } from '../wire/http-client.ts';
import { isObject, listMember, optionalText, textMember } from '../wire/json.ts';
import { askService } from '../wire/service.ts';
import { webhookHeaders } from './standard-webhooks.ts';

/** In the order of their rank. */
export type DeliveryStatus =
  | 'assigned'
  | 'at_pickup'
  | 'picked_up'
  | 'arriving'
  | 'delivered'
  | 'cancelled'
  | 'failed';

export interface Place {
  readonly communityId: string;
  readonly building?: string;
  readonly unit?: string;
  readonly floor?: number;
}

/** The `data` of a `delivery.updated` callback. A member left out keeps its newest value at the service. */
export interface DeliveryUpdate {
  readonly deliveryId: string;
  readonly riderId: string;
  readonly status: DeliveryStatus;
  readonly label?: string;
  readonly pickup?: Place;
  readonly dropoff?: Place;
  readonly vehicle?: 'foot' | 'bicycle' | 'e-bike' | 'motorcycle' | 'van';
  readonly plate?: string;
  /** RFC 3339. */
  readonly deadlineAt?: string;
}

export interface CallbackOptions {
  /** The same again is accepted and changes nothing. */
  readonly webhookId?: string;
  /** When the platform says that it happened. Unix milliseconds. */
  readonly timestampMs?: number;
}

export interface CodeWindow {
  readonly code: string;
  /** RFC 3339. */
  readonly notBefore?: string;
  /** RFC 3339. */
  readonly notAfter?: string;
}

/** What a platform holds after it was registered. */
export interface PlatformAccount {
  readonly slug: string;
  readonly webhookSecret: string;
  readonly apiKey: string;
}

/** A delivery platform: signs callbacks, hands out rider links, fetches codes for its own app. */
export class PlatformClient {
  readonly account: PlatformAccount;
  readonly #http: HttpClient;
  readonly #server: string;

  constructor(http: HttpClient, server: string, account: PlatformAccount) {
    this.#http = http;
    this.#server = server;
    this.account = account;
  }

  /** Resolves when the callback is durable. @throws {NoReply} @throws {ServiceRefusal} */
  async updateDelivery(data: DeliveryUpdate, options: CallbackOptions = {}): Promise<void> {
    const { slug, webhookSecret } = this.account;
    const nowMs = Date.now();
    const timestamp = new Date(options.timestampMs ?? nowMs).toISOString();
    const body = JSON.stringify({ type: 'delivery.updated', timestamp, data });
    const id = options.webhookId ?? `msg_${randomUUID()}`;
    await askService(this.#http, {
      method: 'POST',
      server: this.#server,
      path: `v1/webhooks/${slug}`,
      headers: webhookHeaders(webhookSecret, id, Math.floor(nowMs / 1_000), body),
      body,
    });
  }

  /** A link that signs the rider in, once, within 10 minutes. @throws {NoReply} @throws {ServiceRefusal} */
  async riderLink(riderId: string): Promise<{ url: string; token: string }> {
    const link = await this.#ask('v1/rider-links', { riderId });
    return { url: textMember(link, 'url'), token: textMember(link, 'token') };
  }

  /** The rider's codes for one community, the current window first. @throws {NoReply} @throws {ServiceRefusal} */
  async codes(riderId: string, communityId: string, codes?: number): Promise<CodeWindow[]> {
    const wanted = codes === undefined ? { riderId, communityId } : { riderId, communityId, codes };
    return readCodeWindows(await this.#ask('v1/codes', wanted));
  }

  #ask(path: string, body: object): Promise<unknown> {
    const bearer = this.account.apiKey;
    return askService(this.#http, { method: 'POST', server: this.#server, path, bearer, body });
  }
}

/** The `codes` of an answer. @throws {UnexpectedAnswer} */
export function readCodeWindows(answer: unknown): CodeWindow[] {
  return listMember(answer, 'codes').map((item) => {
    const notBefore = optionalText(item, 'notBefore');
    const notAfter = optionalText(item, 'notAfter');
    return {
      code: textMember(item, 'code'),
      ...(isObject(item) && notBefore !== undefined ? { notBefore } : {}),
      ...(isObject(item) && notAfter !== undefined ? { notAfter } : {}),
    };
  });
}
