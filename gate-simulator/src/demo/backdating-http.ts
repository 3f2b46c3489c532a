import { HttpClient } from '../wire/http-client.ts';
import { isObject, parseJson } from '../wire/json.ts';
import type { HttpCall, HttpReply } from '../wire/transport.ts';

/** The connection of a gate that lies: each scan is said to have happened some hours before it did. */
export class BackdatingHttp extends HttpClient {
  readonly #backMs: number;

  constructor(hours: number) {
    super();
    this.#backMs = hours * 3_600_000;
  }

  override call(call: HttpCall): Promise<HttpReply> {
    if (call.body === undefined || !call.url.endsWith('/v1/verify')) return super.call(call);
    const request = parseJson(call.body);
    const scannedAt = new Date(Date.now() - this.#backMs).toISOString();
    const body = JSON.stringify(isObject(request) ? { ...request, scannedAt } : request);
    const headers = { ...call.headers, 'content-length': String(Buffer.byteLength(body)) };
    return super.call({ ...call, body, headers });
  }
}
