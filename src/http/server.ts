/** The listening socket: its time limits, its address, and how it ends. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { BootConfig } from '../config.ts';
import type { App } from './app.ts';
import { Problem, problemResponse, toProblem } from './problem.ts';
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
export function attach(server: Server, app: App, onError: (error: unknown) => void): void {
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
