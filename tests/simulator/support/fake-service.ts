import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, importJWK, type JWK, jwtVerify } from 'jose';

/** What the service does with one request; `lose` acts on it and then cuts the connection. */
export type Fault = 'none' | 'hang' | 'lose' | { status: number; body?: object };

export interface Answer {
  readonly status: number;
  readonly body: object;
}

/** Answers a request of a path that a gate does not call, or undefined. */
export type OtherRoute = (
  path: string,
  body: Record<string, never>,
  text: string,
  headers: IncomingHttpHeaders,
) => Answer | undefined;

export interface Seen {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

export const GRANTED = {
  decision: 'granted',
  reason: 'granted',
  message: { zh: '请进', en: 'Welcome' },
  openForMs: 3_000,
  guidance: { building: '12' },
  speedLimitKmh: 15,
  auditId: 'a',
};
export const DENIED = {
  decision: 'denied',
  reason: 'code_used',
  message: { zh: '此码已用过', en: 'This code was used' },
  openForMs: 0,
  auditId: 'b',
};

/**
 * The gate's side of the wire contract, small and honest, on a port of its own: enrolment, tokens with checked
 * assertions, verify. Each path takes its faults from a list, one a request, and behaves once that is empty.
 */
export class FakeService {
  readonly seen: Seen[] = [];
  readonly faults: Record<string, Fault[]> = {};
  /** This service's clock less the machine's. */
  clockOffsetMs = 0;
  tokenLifeSeconds = 900;
  /** What `verify` answers where no fault is due. */
  verdict: 'granted' | 'denied' = 'granted';
  /** Decides each verify, instead of `verdict`. */
  judge: ((request: Record<string, string>) => object) | undefined;
  otherRoute: OtherRoute = () => undefined;
  /** Takes a request over, body and all, before anything is read of it; false: it is not for that side. */
  otherSide: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly #server: Server;
  readonly #hanging = new Set<ServerResponse>();
  readonly #enrolled = new Map<string, { thumbprint: string; answer: object }>();
  readonly #keys = new Map<string, JWK>();
  readonly #usedJti = new Set<string>();
  readonly #tokens = new Set<string>();

  private constructor() {
    this.#server = createServer((request, response) => {
      if (this.otherSide(request, response)) return;
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<FakeService> {
    const service = new FakeService();
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  bodiesAt(path: string): Record<string, unknown>[] {
    return this.seen.filter((each) => each.path === path).map((each) => each.body);
  }

  /** The public key that a gate has enrolled with. */
  keyOf(gateId: string): JWK {
    return this.#keys.get(gateId) ?? {};
  }

  /** Every token given so far is worthless from now on. */
  endTokens(): void {
    this.#tokens.clear();
  }

  async stop(): Promise<void> {
    for (const response of this.#hanging) response.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    const isForm = request.headers['content-type']?.includes('urlencoded') === true;
    const body = isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text || '{}');
    this.seen.push({ path, body, authorization: request.headers.authorization });
    const fault = this.faults[path]?.shift() ?? 'none';
    if (fault === 'hang') {
      this.#hanging.add(response);
      return;
    }
    const answer =
      typeof fault === 'object'
        ? { status: fault.status, body: fault.body ?? {} }
        : (this.otherRoute(path, body, text, request.headers) ??
          (await this.#answer(path, body, request.headers.authorization)));
    if (fault === 'lose') response.destroy();
    else response.writeHead(answer.status, { 'content-type': 'application/json' });
    if (fault !== 'lose') response.end(JSON.stringify(answer.body));
  }

  async #answer(
    path: string,
    body: Record<string, string>,
    authorization: string | undefined,
  ): Promise<Answer> {
    const serverTime = new Date(this.#nowMs()).toISOString();
    switch (path) {
      case '/v1/gates/enroll':
        return this.#enroll(body as unknown as { enrollmentCode: string; publicKey: JWK });
      case '/v1/oauth/token':
        return this.#token(body);
      case '/v1/verify': {
        if (!this.#tokens.has(authorization?.replace('Bearer ', '') ?? '')) {
          return { status: 401, body: { code: 'unauthorized' } };
        }
        const judged = this.judge?.(body) ?? (this.verdict === 'granted' ? GRANTED : DENIED);
        return { status: 200, body: { ...judged, serverTime } };
      }
      default:
        return { status: 404, body: { code: 'not_found' } };
    }
  }

  async #enroll({ enrollmentCode, publicKey }: { enrollmentCode: string; publicKey: JWK }) {
    const thumbprint = await calculateJwkThumbprint(publicKey);
    const known = this.#enrolled.get(enrollmentCode);
    if (known !== undefined) {
      return known.thumbprint === thumbprint
        ? { status: 200, body: known.answer }
        : { status: 409, body: { code: 'enrollment_code_used', detail: 'used with another key' } };
    }
    const gateId = `gat_${String(this.#enrolled.size).padStart(13, '0')}`;
    const answer = {
      gateId,
      communityId: 'com_0000000000001',
      tokenEndpoint: `${this.url}/v1/oauth/token`,
      serverTime: new Date(this.#nowMs()).toISOString(),
    };
    this.#enrolled.set(enrollmentCode, { thumbprint, answer });
    this.#keys.set(gateId, publicKey);
    return { status: 200, body: answer };
  }

  async #token(form: Record<string, string>) {
    const serverTime = new Date(this.#nowMs()).toISOString();
    try {
      const key = await importJWK(this.#keys.get(form.client_id ?? '') ?? {}, 'ES256');
      const { payload } = await jwtVerify(form.client_assertion ?? '', key, {
        audience: `${this.url}/v1/oauth/token`,
        issuer: form.client_id ?? '',
        subject: form.client_id ?? '',
        currentDate: new Date(this.#nowMs()),
        clockTolerance: 30,
        maxTokenAge: 300,
        requiredClaims: ['jti', 'exp'],
      });
      if ((payload.exp ?? 0) * 1_000 > this.#nowMs() + 300_000) throw new Error('exp too far away');
      if (this.#usedJti.has(payload.jti ?? '')) throw new Error('jti used');
      this.#usedJti.add(payload.jti ?? '');
    } catch (error) {
      const error_description = String(error);
      return { status: 401, body: { error: 'invalid_client', error_description, serverTime } };
    }
    const access_token = `token-${this.#usedJti.size}`;
    this.#tokens.add(access_token);
    const expires_in = this.tokenLifeSeconds;
    return { status: 200, body: { access_token, expires_in, token_type: 'Bearer', serverTime } };
  }

  #nowMs(): number {
    return Date.now() + this.clockOffsetMs;
  }
}
