import { type ServiceCall, sendToService, serviceUrl } from '../wire/service.ts';
import type { HttpReply, StreamReply, Transport } from '../wire/transport.ts';
import type { AccessTokens } from './access-token.ts';

export interface AuthorisedParts {
  readonly http: Transport;
  readonly tokens: AccessTokens;
  readonly server: string;
}

/** The service as this gate sees it: each request under the gate's token, which is replaced once when it is refused. */
export class AuthorisedService {
  readonly #parts: AuthorisedParts;

  constructor(parts: AuthorisedParts) {
    this.#parts = parts;
  }

  /** @throws {NoReply} @throws {ServiceRefusal} when the server gives this gate no token */
  call(call: Omit<ServiceCall, 'server' | 'bearer'>): Promise<HttpReply> {
    const { http, server } = this.#parts;
    return this.#withToken((bearer) => sendToService(http, { ...call, server, bearer }));
  }

  /** @throws {NoReply} @throws {ServiceRefusal} when the server gives this gate no token */
  stream(
    path: string,
    headers: Readonly<Record<string, string>>,
    headTimeoutMs: number,
  ): Promise<StreamReply> {
    const { http, server } = this.#parts;
    return this.#withToken((bearer) =>
      http.stream({
        url: serviceUrl(server, path),
        headers: { ...headers, authorization: `Bearer ${bearer}` },
        headTimeoutMs,
      }),
    );
  }

  async #withToken<Reply extends { status: number }>(
    send: (token: string) => Promise<Reply>,
  ): Promise<Reply> {
    const { tokens } = this.#parts;
    const token = await tokens.current();
    const reply = await send(token);
    if (reply.status !== 401) return reply;
    return send(await tokens.insteadOf(token));
  }
}
