/** Reads a stream of server-sent events from a response of this process. */
export interface StreamEvent {
  readonly id?: string;
  readonly event?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into events of every shape
  readonly data?: any;
  readonly comment?: string;
}

export interface EventSource {
  /** The next event or comment; null at the end, however it came. */
  next(): Promise<StreamEvent | null>;
  close(): Promise<void>;
}

export function eventSource(response: Response): EventSource {
  if (response.body === null) throw new Error('a stream has a body');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  return {
    async next() {
      for (;;) {
        const end = buffered.indexOf('\n\n');
        if (end >= 0) {
          const block = buffered.slice(0, end);
          buffered = buffered.slice(end + 2);
          const event = parseEvent(block);
          if (event !== null) return event;
          continue;
        }
        const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
        if (done) return null;
        buffered += value;
      }
    },
    close: () => reader.cancel().catch(() => {}),
  };
}

/** Null for a block that is neither an event nor a comment. */
export function parseEvent(block: string): StreamEvent | null {
  const lines = block.split('\n');
  if (lines[0]?.startsWith(':')) return { comment: lines[0] };
  const field = (name: string) =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const [id, event] = [field('id'), field('event')];
  if (event === undefined) return null;
  return { ...(id !== undefined && { id }), event, data: JSON.parse(field('data') ?? 'null') };
}
