/** What carries a gate's requests: HTTP, or HTTP with faults put around it. */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpCall {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, from the first byte out to the last byte in. */
  readonly timeoutMs: number;
}

/** Of a name that came more than once, the first value counts. Names in lower case. */
export type ReplyHeaders = Readonly<Record<string, string | undefined>>;

export interface HttpReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: Buffer;
}

export interface StreamCall {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the head of the answer; the body may take for ever. */
  readonly headTimeoutMs: number;
}

/** An answer whose body is read as it comes. */
export interface StreamReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** Ends when the server ends it, and throws {@link NoReply} when the connection is lost or was cancelled. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Drops the connection; any number of times. */
  cancel(): void;
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

/** Sends each request once. Rejects with {@link NoReply} and nothing else. */
export interface Transport {
  call(call: HttpCall): Promise<HttpReply>;
  stream(call: StreamCall): Promise<StreamReply>;
}
