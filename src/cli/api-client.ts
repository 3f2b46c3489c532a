import { Unreachable } from './exit.ts';
import { parseJson } from './json.ts';
import { Refused, readRefusal } from './problem.ts';

/** Longer than the server's own limits; what takes longer is not answered any more. */
const ANSWER_TIMEOUT_MS = 30_000;

export interface Connection {
  /** An origin, or an origin and a path, without a slash at its end. */
  readonly server: string;
  /** Null: none is known, and the server will say whether it needs one. */
  readonly apiKey: string | null;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As {@link path} writes it. */
  readonly path: string;
  /** Members that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  /** The JSON value; null where there is no content. */
  readonly body: unknown;
  readonly etag: string | null;
}

/** The service's HTTP API under one key. Each request is sent once; no redirect is followed. */
export class ApiClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get server(): string {
    return this.#connection.server;
  }

  /** @throws {Refused} @throws {Unreachable} */
  async ask(call: Call): Promise<Answer> {
    const response = await this.#send(call, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
    const text = await response.text().catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    const body = text === '' ? null : parseJson(text);
    if (body === undefined) throw new Refused(response.status, undefined, null);
    return { body, etag: response.headers.get('etag') };
  }

  /** The bytes of an answer; null where there is nothing (404). @throws {Refused} @throws {Unreachable} */
  async bytes(path: string): Promise<Uint8Array | null> {
    try {
      const call = { method: 'GET', path } as const;
      const response = await this.#send(call, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
      return new Uint8Array(
        await response.arrayBuffer().catch((error: unknown) => {
          throw this.#unreachable(error);
        }),
      );
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * An answer as it comes, however long it is. Ends with an error when it breaks off.
   * @throws {Refused} @throws {Unreachable}
   */
  async *download(call: Call, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const response = await this.#send(call, signal);
    if (response.body === null) return;
    try {
      for await (const chunk of response.body) yield chunk as Uint8Array;
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  /**
   * Opens a stream of server-sent events, which ends or fails when the signal aborts.
   * @throws {Refused} @throws {Unreachable}
   */
  async openStream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers = { accept: 'text/event-stream' };
    const response = await this.#send({ method: 'GET', path, headers }, signal);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (!isStream || response.body === null) throw new Refused(response.status, undefined, null);
    return response.body;
  }

  async #send(call: Call, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#url(call), {
        method: call.method,
        headers: { ...this.#headers(call), ...call.headers },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        redirect: 'manual',
        signal,
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (!response.ok) throw await readRefusal(response);
    return response;
  }

  #url({ path, query = {} }: Call): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) parameters.set(name, value);
    }
    return `${this.server}${path}${parameters.size > 0 ? `?${parameters}` : ''}`;
  }

  #headers({ body }: Call): Record<string, string> {
    const { apiKey } = this.#connection;
    return {
      accept: 'application/json',
      ...(apiKey !== null && { authorization: `Bearer ${apiKey}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
  }

  #unreachable(error: unknown): Unreachable {
    return new Unreachable(`${this.server} does not answer: ${reasonOf(error)}.`);
  }
}

/** What `fetch` hides in the cause of its `TypeError: fetch failed`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing came within ${ANSWER_TIMEOUT_MS / 1_000} s`;
  if (error.cause instanceof AggregateError) return reasonOf(error.cause.errors[0]);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return error.message;
}

/** A path whose values are single segments, whatever they hold: path`/v1/gates/${id}`. */
export function path(texts: TemplateStringsArray, ...values: readonly string[]): string {
  return texts.reduce((written, text, index) => {
    const value = values[index - 1] ?? '';
    return written + encodeURIComponent(value) + text;
  });
}
