/** A gate's end of a live stream, over a socket of its own. */
import { request } from 'node:http';
import { parseEvent, type StreamEvent } from './event-source.ts';

export interface StreamClient {
  /** Every event that has come. */
  readonly events: readonly StreamEvent[];
  /** When the first event of the kind comes from now on; in the milliseconds of `performance.now()`. */
  next(event: string): Promise<number>;
  close(): void;
}

/** @param reads whether it reads anything at all of what comes */
export function openStreamClient(
  port: number,
  token: string,
  reads: 'reads' | 'reads nothing',
): Promise<StreamClient> {
  const headers = { authorization: `Bearer ${token}` };
  const path = '/v1/gate/stream';
  const sent = request({ port, host: '127.0.0.1', path, headers, agent: false });
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      const events: StreamEvent[] = [];
      let waiting: { event: string; resolve(at: number): void }[] = [];
      let buffered = '';
      response.on('error', () => {});
      const take = (event: StreamEvent) => {
        events.push(event);
        for (const waiter of waiting)
          if (waiter.event === event.event) waiter.resolve(performance.now());
        waiting = waiting.filter((waiter) => waiter.event !== event.event);
      };
      if (reads === 'reads nothing') response.pause();
      else
        response.setEncoding('utf8').on('data', (text: string) => {
          buffered += text;
          for (let end = buffered.indexOf('\n\n'); end >= 0; end = buffered.indexOf('\n\n')) {
            const event = parseEvent(buffered.slice(0, end));
            buffered = buffered.slice(end + 2);
            if (event?.event !== undefined) take(event);
          }
        });
      resolve({
        events,
        next: (event) =>
          new Promise((done) => {
            waiting.push({ event, resolve: done });
          }),
        close: () => sent.destroy(),
      });
    });
    sent.end();
  });
}
