import { optionalText, parseJson } from './json.ts';
import type { HttpMethod, HttpReply, Transport } from './transport.ts';

const DEFAULT_TIMEOUT_MS = 10_000;

export interface ServiceCall {
  readonly method: HttpMethod;
  /** Where the service is reached, with or without a path of its own. */
  readonly server: string;
  /** For instance `v1/verify`. */
  readonly path: string;
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. A string is sent as it is, for callers that have signed it. */
  readonly body?: object | string;
  readonly timeoutMs?: number;
}

/** The service answered that it could not judge the request. @see RFC 9457 */
export class ServiceRefusal extends Error {
  override readonly name = 'ServiceRefusal';
  readonly status: number;
  /** The problem's `code`, for instance `unauthorized`; `http_<status>` when the answer is no problem document. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The address of `path` under `server`, which may have a path of its own. */
export function serviceUrl(server: string, path: string): string {
  return new URL(path, server.endsWith('/') ? server : `${server}/`).href;
}

/** Sends once. @throws {NoReply} */
export function sendToService(
  http: Pick<Transport, 'call'>,
  call: ServiceCall,
): Promise<HttpReply> {
  const headers: Record<string, string> = { accept: 'application/json', ...call.headers };
  if (call.bearer !== undefined) headers.authorization = `Bearer ${call.bearer}`;
  const body = typeof call.body === 'object' ? JSON.stringify(call.body) : call.body;
  if (body !== undefined) {
    headers['content-type'] ??= 'application/json';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  return http.call({
    method: call.method,
    url: serviceUrl(call.server, call.path),
    headers,
    timeoutMs: call.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(body === undefined ? {} : { body }),
  });
}

/** The JSON of a 2xx answer. @throws {NoReply} @throws {ServiceRefusal} */
export async function askService(
  http: Pick<Transport, 'call'>,
  call: ServiceCall,
): Promise<unknown> {
  const reply = await sendToService(http, call);
  if (!isSuccess(reply.status)) throw refusalOf(reply);
  return parseJson(reply.body);
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What a 4xx or 5xx answer says of itself. */
export function refusalOf(reply: HttpReply): ServiceRefusal {
  const problem = parseJson(reply.body);
  const code =
    optionalText(problem, 'code') ?? optionalText(problem, 'error') ?? `http_${reply.status}`;
  const detail =
    optionalText(problem, 'detail') ??
    optionalText(problem, 'error_description') ??
    optionalText(problem, 'title') ??
    'no detail';
  return new ServiceRefusal(reply.status, code, `${reply.status} ${code}: ${detail}`);
}
