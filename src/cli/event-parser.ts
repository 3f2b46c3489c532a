/** What a stream of server-sent events says. */
export type StreamSign =
  | { readonly kind: 'event'; readonly type: string; readonly data: string }
  /** A comment: the server is there and has nothing to say. */
  | { readonly kind: 'comment' }
  /** Come again after this, when the stream is lost. */
  | { readonly kind: 'retry'; readonly ms: number };

/** A longer event than any that the service sends: what exceeds it is dropped, so memory is bounded. */
const MAX_EVENT_CHARACTERS = 1024 * 1024;
const LINE_END = /\r\n|\n|\r/g;

/**
 * Reads server-sent events from text that comes in pieces, however it is cut.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventParser {
  #rest = '';
  #afterReturn = false;
  #type = '';
  #data: string[] = [];
  #characters = 0;

  /** The signs that are complete with this piece, in order. */
  push(piece: string): StreamSign[] {
    // A CR ends its line at once; the LF that may follow in the next piece is the same line's end.
    const text = this.#afterReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    if (piece !== '') this.#afterReturn = piece.endsWith('\r');
    const lines = (this.#rest + text).split(LINE_END);
    this.#rest = (lines.pop() ?? '').slice(0, MAX_EVENT_CHARACTERS);
    return lines.flatMap((line) => this.#readLine(line));
  }

  #readLine(line: string): StreamSign[] {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return [{ kind: 'comment' }];
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? [];
    if (name === 'event') this.#type = value;
    else if (name === 'data') this.#keep(value);
    else if (name === 'retry' && /^\d{1,9}$/.test(value))
      return [{ kind: 'retry', ms: Number(value) }];
    return [];
  }

  #keep(value: string): void {
    this.#characters += value.length;
    if (this.#characters <= MAX_EVENT_CHARACTERS) this.#data.push(value);
  }

  #dispatch(): StreamSign[] {
    const event = {
      kind: 'event',
      type: this.#type || 'message',
      data: this.#data.join('\n'),
    } as const;
    const whole = this.#data.length > 0 && this.#characters <= MAX_EVENT_CHARACTERS;
    this.#type = '';
    this.#data = [];
    this.#characters = 0;
    return whole ? [event] : [];
  }
}
