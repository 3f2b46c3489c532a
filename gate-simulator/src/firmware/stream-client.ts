import type { Clock } from '../hardware/clock.ts';
import { EventSourceParser, type StreamSign } from '../wire/event-source.ts';
import { isSuccess } from '../wire/service.ts';
import { NoReply, type StreamReply } from '../wire/transport.ts';
import type { AuthorisedService } from './authorised.ts';
import { Backoff } from './backoff.ts';

/** The service sends a comment every 15 s: who hears nothing for three of them has no stream. */
export const SILENCE_MS = 45_000;
const HEAD_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 30_000;

export interface StreamEvent {
  readonly type: string;
  readonly data: string;
}

export interface StreamParts {
  readonly service: AuthorisedService;
  readonly clock: Clock;
  /** Events in their order. Never throws. */
  readonly onEvent: (event: StreamEvent) => void;
  /**
   * The stream is there, or has just ended. What happened in between is unknown: a proxy that buffers
   * lets nothing through. So this is the moment to ask for the bundle.
   */
  readonly onTurn: (state: 'connected' | 'lost') => void;
  readonly notice: (text: string) => void;
  readonly chance?: () => number;
}

/**
 * Holds a stream open to the service and opens it again when it ends, falls silent or cannot be had,
 * each time from the event on that it saw last.
 */
export class StreamClient {
  readonly #parts: StreamParts;
  readonly #backoff: Backoff;
  #lastEventId = '';
  #stopped = true;
  #reply: StreamReply | undefined;
  #callOffPause: (() => void) | undefined;
  #resume = (): void => undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(FIRST_PAUSE_MS, MOST_PAUSE_MS, parts.chance);
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    void this.#hold();
  }

  stop(): void {
    this.#stopped = true;
    this.#reply?.cancel();
    this.#callOffPause?.();
    this.#resume();
  }

  async #hold(): Promise<void> {
    while (!this.#stopped) {
      const why = await this.#once();
      if (this.#stopped) return;
      this.#parts.notice(`stream: ${why}`);
      this.#parts.onTurn('lost');
      await this.#pause(this.#backoff.nextMs());
    }
  }

  /** Opens the stream and reads it to its end. Never rejects. @returns why it ended */
  async #once(): Promise<string> {
    try {
      const resume = this.#lastEventId === '' ? {} : { 'last-event-id': this.#lastEventId };
      const headers = { accept: 'text/event-stream', 'cache-control': 'no-cache', ...resume };
      const reply = await this.#parts.service.stream('v1/gate/stream', headers, HEAD_TIMEOUT_MS);
      this.#reply = reply;
      const isStream = reply.headers['content-type']?.startsWith('text/event-stream') === true;
      if (this.#stopped || !isSuccess(reply.status) || !isStream) {
        reply.cancel();
        return `no stream: ${reply.status}`;
      }
      this.#parts.onTurn('connected');
      return await this.#read(reply);
    } catch (error) {
      if (error instanceof NoReply && error.why === 'timeout') return `silent: ${error.message}`;
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #read(reply: StreamReply): Promise<string> {
    const parser = new EventSourceParser();
    const decoder = new TextDecoder();
    let silent = false;
    const watch = (): (() => void) =>
      this.#parts.clock.after(SILENCE_MS, () => {
        silent = true;
        reply.cancel();
      });
    let callOff = watch();
    try {
      for await (const chunk of reply.chunks) {
        callOff();
        callOff = watch();
        this.#backoff.reset();
        for (const sign of parser.push(decoder.decode(chunk, { stream: true }))) this.#take(sign);
      }
      return silent ? 'silent' : 'ended';
    } catch (error) {
      return silent ? 'silent' : String(error);
    } finally {
      callOff();
    }
  }

  #take(sign: StreamSign): void {
    if (sign.kind === 'retry') return;
    if (sign.lastEventId !== '') this.#lastEventId = sign.lastEventId;
    this.#parts.onEvent({ type: sign.type, data: sign.data });
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#callOffPause = this.#parts.clock.after(delayMs, resolve);
    });
  }
}
