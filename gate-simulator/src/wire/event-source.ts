/** What a stream of server-sent events says. */
export type StreamSign =
  | {
      readonly kind: 'event';
      readonly type: string;
      readonly data: string;
      /** The last event's identifier as it stands with this event; empty: none was given. */
      readonly lastEventId: string;
    }
  /** Come again after this, when the stream is lost. */
  | { readonly kind: 'retry'; readonly ms: number };

/** Far above any event of the service; what exceeds it is dropped, so memory is bounded. */
const MAX_EVENT_CHARACTERS = 64 * 1024;
const LINE_END = /\r\n|\n|\r/g;

/**
 * Reads server-sent events from text that comes in pieces, however it is cut. Comments are passed over.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventSourceParser {
  #rest = '';
  #afterReturn = false;
  #type = '';
  #data: string[] = [];
  #characters = 0;
  #lastEventId = '';

  /** The signs that are complete with this piece, in order. */
  push(piece: string): StreamSign[] {
    if (piece === '') return [];
    // A CR ends its line at once; the LF that may follow in the next piece is the same line's end.
    const text = this.#afterReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    this.#afterReturn = piece.endsWith('\r');
    const lines = (this.#rest + text).split(LINE_END);
    this.#rest = (lines.pop() ?? '').slice(0, MAX_EVENT_CHARACTERS);
    return lines.flatMap((line) => this.#readLine(line));
  }

  #readLine(line: string): StreamSign[] {
    if (line === '') return this.#dispatch();
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? [];
    if (name === 'event') this.#type = value;
    if (name === 'data') this.#keep(value);
    if (name === 'id' && !value.includes('\0')) this.#lastEventId = value;
    if (name === 'retry' && /^\d{1,6}$/.test(value)) return [{ kind: 'retry', ms: Number(value) }];
    return [];
  }

  #keep(value: string): void {
    this.#characters += value.length + 1;
    if (this.#characters <= MAX_EVENT_CHARACTERS) this.#data.push(value);
  }

  #dispatch(): StreamSign[] {
    const data = this.#data;
    const whole = data.length > 0 && this.#characters <= MAX_EVENT_CHARACTERS;
    const type = this.#type || 'message';
    const lastEventId = this.#lastEventId;
    this.#type = '';
    this.#data = [];
    this.#characters = 0;
    return whole ? [{ kind: 'event', type, data: data.join('\n'), lastEventId }] : [];
  }
}
