import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** An idle connection is kept this long, or as long as the server's `Keep-Alive` header says when that is shorter. */
const IDLE_SOCKET_MS = 30_000;
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
const DEFAULT_MAX_SOCKETS = 64;

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpCall {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, from the first byte out to the last byte in. */
  readonly timeoutMs: number;
}

export interface HttpReply {
  readonly status: number;
  readonly body: Buffer;
}

/** The exchange ended without a whole reply: the server may or may not have acted on the request. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
  readonly why: 'timeout' | 'connection' | 'too_large';

  constructor(why: NoReply['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/**
 * HTTP/1.1 over connections that are kept open. Sends each request once, follows no redirect,
 * reads at most 4 MiB of a reply. Rejects with {@link NoReply} and nothing else.
 */
export class HttpClient {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(maxSockets: number = DEFAULT_MAX_SOCKETS) {
    const options = { keepAlive: true, maxSockets, timeout: IDLE_SOCKET_MS } as const;
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(options);
  }

  call(call: HttpCall): Promise<HttpReply> {
    return new Promise((resolve, reject) => {
      const url = new URL(call.url);
      const options = { method: call.method, headers: { ...call.headers } };
      const request =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, agent: this.#https })
          : httpRequest(url, { ...options, agent: this.#http });
      const fail = (failure: NoReply): void => {
        clearTimeout(timer);
        reject(failure);
        request.destroy();
      };
      const timer = setTimeout(
        () => fail(new NoReply('timeout', `no answer within ${Math.round(call.timeoutMs)} ms`)),
        call.timeoutMs,
      );
      request.on('error', (error) => fail(new NoReply('connection', error.message)));
      request.on('response', (response) => {
        collect(response, fail, (reply) => {
          clearTimeout(timer);
          resolve(reply);
        });
      });
      request.end(call.body);
    });
  }

  /** Closes the connections; a call in flight is rejected. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

function collect(
  response: IncomingMessage,
  fail: (failure: NoReply) => void,
  done: (reply: HttpReply) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) fail(new NoReply('too_large', 'the answer is too large'));
    else chunks.push(chunk);
  });
  response.on('error', (error) => fail(new NoReply('connection', error.message)));
  response.on('end', () => done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
}
