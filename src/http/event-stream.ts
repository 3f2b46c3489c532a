/**
 * Live streams: server-sent events to clients that may be slow, gone or too many.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { Limits } from '../config.ts';
import { Problem } from './problem.ts';

/** One client's stream. */
export interface EventStream {
  /**
   * Sends an event with JSON as its data; never waits. A client with {@link QUEUED_EVENTS} unread is dropped.
   * @param id one line: what the client sends as `Last-Event-ID` when it comes again
   */
  send(event: string, data: unknown, id?: string): void;
  end(): void;
}

/** What feeds a stream. */
export interface EventFeed {
  /** Called at every heartbeat: whether the client may still read. False, or a rejection, ends the stream. */
  mayGoOn(): Promise<boolean>;
  /** Called once, when the stream has ended, whoever ended it. */
  stop(): void;
}

/** Events that may wait for a slow client. One that lags further is dropped, comes again and reads anew. */
export const QUEUED_EVENTS = 64;

/** Streams that one owner may have open. */
export const STREAMS_PER_OWNER = 16;

/** After this a client that lost its stream comes again. */
const RECONNECT_MS = 2_000;
/** After this a client that was not let in may try again. */
const RETRY_AFTER_SECONDS = 5;

type StreamLimits = Pick<Limits, 'streams' | 'streamHeartbeatMs'>;

/** The live streams of a process. */
export class EventStreams {
  readonly #limits: StreamLimits;
  /** Each owner's streams, the eldest first. */
  readonly #open = new Map<string, Set<ClientStream>>();
  #size = 0;
  #closed = false;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Streams open now. */
  get size(): number {
    return this.#size;
  }

  /**
   * Opens a stream. `feed` is called at once and may send before it returns. Where its owner has
   * {@link STREAMS_PER_OWNER} open, the eldest of them ends: a phone that changed networks leaves some behind.
   * @param owner who reads what: a session its passes, a key or device a community
   * @throws Problem 503 when no more are accepted
   */
  open(owner: string, feed: (stream: EventStream) => EventFeed): Response {
    this.#makeRoom(owner);
    if (this.#closed || this.#size >= this.#limits.streams) {
      throw new Problem('store_unavailable', 'No more live streams are accepted now.', {
        headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
      });
    }
    const stream = new ClientStream(this.#limits.streamHeartbeatMs, () =>
      this.#remove(owner, stream),
    );
    this.#add(owner, stream);
    stream.start(feed(stream));
    return new Response(stream.body, {
      headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
    });
  }

  /** Ends every stream and accepts no more: the process is going down. */
  close(): void {
    this.#closed = true;
    for (const streams of this.#open.values()) for (const stream of streams) stream.end();
  }

  #makeRoom(owner: string): void {
    const own = this.#open.get(owner);
    if (own === undefined || own.size < STREAMS_PER_OWNER) return;
    const [eldest] = own;
    eldest?.end();
  }

  #add(owner: string, stream: ClientStream): void {
    this.#size++;
    const own = this.#open.get(owner);
    if (own === undefined) this.#open.set(owner, new Set([stream]));
    else own.add(stream);
  }

  #remove(owner: string, stream: ClientStream): void {
    this.#size--;
    const own = this.#open.get(owner);
    own?.delete(stream);
    if (own?.size === 0) this.#open.delete(owner);
  }
}

class ClientStream implements EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #heartbeatMs: number;
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #feed: EventFeed | null = null;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(heartbeatMs: number, onEnd: () => void) {
    this.#heartbeatMs = heartbeatMs;
    this.#onEnd = onEnd;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => {
          this.#finish();
        },
      },
      new CountQueuingStrategy({ highWaterMark: QUEUED_EVENTS }),
    );
    this.#write(`retry: ${RECONNECT_MS}\n\n`);
  }

  start(feed: EventFeed): void {
    if (this.#controller === null) {
      feed.stop(); // it ended while it was being fed
      return;
    }
    this.#feed = feed;
    this.#heartbeat = setInterval(() => this.#beat(feed), this.#heartbeatMs);
    this.#heartbeat.unref();
  }

  send(event: string, data: unknown, id?: string): void {
    const idLine = id === undefined ? '' : `id: ${id}\n`;
    this.#write(`event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.#finish()?.close();
  }

  #write(text: string): void {
    if (this.#controller === null) return;
    if ((this.#controller.desiredSize ?? 0) > 0) this.#controller.enqueue(utf8.encode(text));
    else this.#finish()?.error(new Error('the client reads too slowly'));
  }

  #beat(feed: EventFeed): void {
    feed
      .mayGoOn()
      .then((mayGoOn) => (mayGoOn ? this.#write(':\n\n') : this.end()))
      .catch(() => this.end());
  }

  /** @returns the controller, for the last word; null when the stream had ended before */
  #finish(): ReadableStreamDefaultController<Uint8Array> | null {
    const controller = this.#controller;
    if (controller === null) return null;
    this.#controller = null;
    clearInterval(this.#heartbeat);
    this.#onEnd();
    this.#feed?.stop();
    return controller;
  }
}

const utf8 = new TextEncoder();
