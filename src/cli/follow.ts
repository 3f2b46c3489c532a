import { setTimeout as delay } from 'node:timers/promises';
import { type Millis, SECOND_MS } from '../domain/clock.ts';
import type { ApiClient } from './api-client.ts';
import { readEvents } from './event-stream.ts';
import { Unreachable } from './exit.ts';
import { Refused } from './problem.ts';

const FIRST_WAIT_MS = 2 * SECOND_MS;
const LEAST_FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 60 * SECOND_MS;

export interface Follower {
  /** @param data of the event, as sent */
  event(type: string, data: string): void;
  /** What a person should know of the connection. */
  say(text: string): void;
}

/**
 * Hands on the events of a stream as they come, until `stop` aborts. A stream that is lost is opened again, at
 * growing intervals: `say` tells so. What happened while away is not replayed.
 * @throws {Refused} where coming again would not help
 * @throws {Unreachable} where the very first connection fails
 */
export async function follow(
  client: ApiClient,
  path: string,
  follower: Follower,
  stop: AbortSignal,
): Promise<void> {
  const connection = new Reconnection();
  while (!stop.aborted) {
    let lost = 'The server ended the stream.';
    try {
      for await (const sign of readEvents(client, path, stop)) {
        if (sign.kind === 'opened') follower.say(connection.opened());
        else if (sign.kind === 'retry') connection.comeAgainAfter(sign.ms);
        else connection.proved();
        if (sign.kind === 'event') follower.event(sign.type, sign.data);
      }
    } catch (error) {
      if (!connection.isWorthRetrying(error)) throw error;
      lost = error.message;
      connection.askedToWait(error);
    }
    if (stop.aborted) return;
    const waitMs = connection.nextWaitMs(Math.random());
    follower.say(`${lost} Connecting again in ${Math.ceil(waitMs / SECOND_MS)} s.`);
    await delay(waitMs, undefined, { signal: stop }).catch(() => {});
  }
}

/** When to come again. A connection counts as good once the server has said something on it. */
class Reconnection {
  #firstWaitMs = FIRST_WAIT_MS;
  #failures = 0;
  #leastWaitMs: Millis = 0;
  #everOpened = false;

  /** @returns what to tell of it */
  opened(): string {
    const again = this.#everOpened;
    this.#everOpened = true;
    return again ? 'Connected again; what happened in between is in the list.' : 'Connected.';
  }

  /** The server names the first wait. */
  comeAgainAfter(ms: Millis): void {
    this.#firstWaitMs = Math.max(ms, LEAST_FIRST_WAIT_MS);
  }

  proved(): void {
    this.#failures = 0;
  }

  isWorthRetrying(error: unknown): error is Refused | Unreachable {
    if (error instanceof Refused) return error.passing;
    return error instanceof Unreachable && this.#everOpened;
  }

  askedToWait(error: Refused | Unreachable): void {
    const seconds = error instanceof Refused ? error.retryAfterSeconds : null;
    this.#leastWaitMs = (seconds ?? 0) * SECOND_MS;
  }

  /** Twice as long after each failure, and up to half less, so that many do not come at once. */
  nextWaitMs(random: number): Millis {
    const full = Math.min(this.#firstWaitMs * 2 ** this.#failures++, LONGEST_WAIT_MS);
    const waitMs = Math.max(full * (1 - random / 2), this.#leastWaitMs);
    this.#leastWaitMs = 0;
    return waitMs;
  }
}
