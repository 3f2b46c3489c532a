import type { ApiClient } from './api-client.ts';
import { EventParser, type StreamSign } from './event-parser.ts';
import { Unreachable } from './exit.ts';
import { Refused } from './problem.ts';

/** The service sends a comment every 15 s: after three that did not come, the connection is dead. */
const SILENCE_MS = 45_000;

/**
 * The signs of one stream, `opened` first, until the server ends it. Ends quietly when `stop` aborts.
 * @throws {Refused} @throws {Unreachable} where it breaks or falls silent
 */
export async function* readEvents(
  client: ApiClient,
  path: string,
  stop: AbortSignal,
): AsyncGenerator<StreamSign | { readonly kind: 'opened' }, void> {
  const watch = watchSilence(stop);
  try {
    const stream = await client.openStream(path, watch.signal);
    yield { kind: 'opened' };
    const parser = new EventParser();
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      watch.heard();
      yield* parser.push(decoder.decode(bytes, { stream: true }));
    }
  } catch (error) {
    if (stop.aborted) return;
    if (watch.signal.aborted) throw new Unreachable(`${client.server} has fallen silent.`);
    if (error instanceof Refused || error instanceof Unreachable) throw error;
    throw new Unreachable(`The connection to ${client.server} broke.`);
  } finally {
    watch.end();
  }
}

/** A signal that aborts when `stop` does, when nothing was heard for too long, or at the end. */
function watchSilence(stop: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  stop.addEventListener('abort', abort, { once: true });
  if (stop.aborted) abort();
  let timer = setTimeout(abort, SILENCE_MS);
  return {
    signal: controller.signal,
    heard() {
      clearTimeout(timer);
      timer = setTimeout(abort, SILENCE_MS);
    },
    end() {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
      abort();
    },
  };
}
