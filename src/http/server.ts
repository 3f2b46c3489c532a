/** The listening socket: its time limits, its address, and how it ends. */
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { BootConfig } from '../config.ts';
import type { App } from './app.ts';
import { Problem, problemDocument, problemResponse, toProblem } from './problem.ts';
import { nextRequestId } from './request-id.ts';

/** Certificate and key, PEM. */
export interface TlsMaterial {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
}

type ServerConfig = Pick<BootConfig, 'host' | 'port' | 'limits'>;

/** How often Node looks for requests past their time. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/** How often a draining server closes connections that have become idle. */
const DRAIN_CHECK_INTERVAL_MS = 50;

/** A server that listens. It answers nothing before {@link attach}, which may follow in the same turn. */
export async function listen(
  { host, port, limits }: ServerConfig,
  tls: TlsMaterial | null,
): Promise<Server> {
  const options: ServerOptions = {
    requestTimeout: limits.requestTimeoutMs,
    headersTimeout: limits.headersTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.headerBytes,
    requireHostHeader: false, // the app refuses it, in the shape of every error
    connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
  };
  const server =
    tls === null
      ? createServer(options)
      : createTlsServer({ ...options, cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) });
  server.maxConnections = limits.connections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server;
}

/** Lets an app answer the server's requests. */
export function attach(
  server: Server,
  app: Pick<App, 'hono' | 'endStreams'>,
  onError: (error: unknown) => void,
): void {
  const listener: RequestListener = getRequestListener(app.hono.fetch, {
    errorHandler(error) {
      if (!(error instanceof RequestError)) onError(error);
      const malformed = new Problem(
        'malformed_request',
        'The request line or the Host header is wrong.',
      );
      return problemResponse(
        error instanceof RequestError ? malformed : toProblem(error),
        nextRequestId(),
      );
    },
  });
  server.on('request', listener);
  // An expectation that nobody knows may be passed over (RFC 9110 §10.1.1).
  server.on('checkExpectation', listener);
  server.on('clientError', refuseClient);
}

/** What cannot be read as HTTP gets its answer in the shape of every error, and its connection ends. */
function refuseClient(error: NodeJS.ErrnoException, socket: Duplex): void {
  const answering: unknown = Reflect.get(socket, '_httpMessage');
  const hasBegun = answering instanceof ServerResponse && answering.headersSent;
  if (!socket.writable || hasBegun) socket.destroy();
  else socket.end(writeRaw(clientProblem(error.code)), () => socket.destroy());
}

function clientProblem(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', 'The request line and headers are too long.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('body_too_large', 'The extensions of its chunks are too long.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', 'The request did not arrive whole in time.');
    default:
      return new Problem('malformed_request', 'It is not a request of HTTP/1.1.');
  }
}

/** A problem as bytes of HTTP, for a socket that has no response object. */
function writeRaw(problem: Problem): string {
  const body = JSON.stringify(problemDocument(problem));
  const { headers } = problemResponse(problem, nextRequestId());
  headers.set('content-length', String(Buffer.byteLength(body)));
  headers.set('connection', 'close');
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  const { status } = problem;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** The origin at which the server answers from its own machine. */
export function originOf(server: Server, host: string, isTls: boolean): string {
  const { port } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${isTls ? 'https' : 'http'}://${name}:${port}`;
}

/**
 * Accepts no more connections and lets requests under way finish; what is still open after `withinMs` is cut. What
 * still comes on an open connection is answered as its last: a busy client would keep its connection for ever.
 */
export async function drain(server: Server, withinMs: number): Promise<void> {
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), DRAIN_CHECK_INTERVAL_MS);
  const cut = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
