/** Server-sent events over `fetch`, which can carry a token. @see HTML Living Standard §9.2 */

/** After this a stream that ended is asked for again. */
const REOPEN_MS = 3_000;
/** The server says something every 15 s: a stream that is quieter is dead. */
const QUIET_MS = 40_000;

export interface StreamListener {
  event(type: string, data: string): void;
  /** The stream is open, or is not. */
  connected(state: 'open' | 'lost'): void;
}

export interface Listening {
  /** Where it waits to open the stream again, it does so now. */
  nudge(): void;
  stop(): void;
}

/** Listens for as long as it is not stopped, opening the stream again and again. */
export function listen(
  open: (signal: AbortSignal) => Promise<Response | null>,
  listener: StreamListener,
): Listening {
  let stopped = false;
  let current = new AbortController();
  let wake: () => void = () => undefined;

  async function run(): Promise<void> {
    while (!stopped) {
      current = new AbortController();
      const { signal } = current;
      try {
        const response = await open(signal);
        if (response?.body) {
          listener.connected('open');
          await readEvents(response.body, current, listener);
        }
      } catch {
        // lost, or ended by ourselves
      }
      if (stopped) return;
      listener.connected('lost');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, REOPEN_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  void run();
  return {
    nudge: () => wake(),
    stop() {
      stopped = true;
      current.abort();
      wake();
    },
  };
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  controller: AbortController,
  listener: StreamListener,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const quiet = setTimeout(() => controller.abort(), QUIET_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(quiet));
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const events = text.split(/\r?\n\r?\n/);
    text = events.pop() ?? '';
    for (const event of events) tell(event, listener);
  }
}

function tell(event: string, listener: StreamListener): void {
  const fields = event.split(/\r?\n/).map((line) => /^(\w+): ?(.*)$/.exec(line));
  const valuesOf = (name: string) =>
    fields.flatMap((field) => (field?.[1] === name ? [field[2] ?? ''] : []));
  const data = valuesOf('data');
  if (data.length > 0) listener.event(valuesOf('event')[0] ?? 'message', data.join('\n'));
}
