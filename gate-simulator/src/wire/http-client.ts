import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import {
  type HttpCall,
  type HttpReply,
  NoReply,
  type ReplyHeaders,
  type StreamCall,
  type StreamReply,
  type Transport,
} from './transport.ts';

/** An idle connection is kept this long, or as long as the server's `Keep-Alive` header says when that is shorter. */
const IDLE_SOCKET_MS = 30_000;
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
const DEFAULT_MAX_SOCKETS = 64;

type Client = typeof httpRequest;

/**
 * HTTP/1.1 over connections that are kept open. Sends each request once, follows no redirect,
 * reads at most 4 MiB of a reply; a stream has a connection of its own. Rejects with {@link NoReply} and nothing else.
 */
export class HttpClient implements Transport {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #streams = new Set<StreamReply>();

  constructor(maxSockets: number = DEFAULT_MAX_SOCKETS) {
    const options = { keepAlive: true, maxSockets, timeout: IDLE_SOCKET_MS } as const;
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(options);
  }

  call(call: HttpCall): Promise<HttpReply> {
    return new Promise((resolve, reject) => {
      const url = new URL(call.url);
      const options = { method: call.method, headers: { ...call.headers } };
      const request = clientFor(url)(url, { ...options, agent: this.#agentFor(url) });
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

  stream({ url: address, headers, headTimeoutMs }: StreamCall): Promise<StreamReply> {
    return new Promise((resolve, reject) => {
      const url = new URL(address);
      const request = clientFor(url)(url, { headers: { ...headers }, agent: false });
      const fail = (failure: NoReply): void => {
        clearTimeout(timer);
        reject(failure);
        request.destroy();
      };
      const timer = setTimeout(
        () => fail(new NoReply('timeout', `no answer within ${headTimeoutMs} ms`)),
        headTimeoutMs,
      );
      request.on('error', (error) => fail(new NoReply('connection', error.message)));
      request.on('response', (response) => {
        clearTimeout(timer);
        const reply = streamReply(response);
        this.#streams.add(reply);
        response.on('close', () => this.#streams.delete(reply));
        resolve(reply);
      });
      request.end();
    });
  }

  /** Closes the connections; a call or stream in flight is rejected. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
    for (const stream of this.#streams) stream.cancel();
  }

  #agentFor({ protocol }: URL): HttpAgent | HttpsAgent {
    return protocol === 'https:' ? this.#https : this.#http;
  }
}

function clientFor({ protocol }: URL): Client {
  return protocol === 'https:' ? httpsRequest : httpRequest;
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
  response.on('end', () => done({ ...headOf(response), body: Buffer.concat(chunks) }));
}

function streamReply(response: IncomingMessage): StreamReply {
  return {
    ...headOf(response),
    chunks: chunksOf(response),
    cancel: () => {
      response.destroy();
    },
  };
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield Buffer.from(chunk);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new NoReply('connection', message);
  }
  if (!response.complete) throw new NoReply('connection', 'the stream was cut');
}

function headOf(response: IncomingMessage): { status: number; headers: ReplyHeaders } {
  const headers = Object.entries(response.headersDistinct).map(([name, all]) => [name, all?.[0]]);
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(headers) };
}
