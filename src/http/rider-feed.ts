import type { Deps } from '../access/deps.ts';
import type { BusEvent } from '../bus/bus.ts';
import type { CourierId } from '../domain/identifier.ts';
import { verifyAnswer } from './answer.ts';
import type { EventFeed, EventStream } from './event-stream.ts';

/** The session under which a stream was opened. */
interface Session {
  readonly sessionHash: string;
  readonly courierId: CourierId;
}

/**
 * Sends a rider's passes at once and whenever they have changed; changes that come while they are read are one. Before
 * them goes what a gate has just decided.
 * Follows the session: to the elder courier when it is joined, and to its end.
 */
export class RiderFeed implements EventFeed {
  readonly #deps: Pick<Deps, 'store' | 'bus' | 'config' | 'now'>;
  readonly #sessionHash: string;
  readonly #stream: EventStream;
  readonly #read: (courierId: CourierId) => Promise<unknown>;
  #courierId: CourierId;
  #unsubscribe: () => void;
  #stopped = false;
  #changed = false;
  #sending = false;

  /** @param read what a `passes` event holds */
  constructor(
    deps: Pick<Deps, 'store' | 'bus' | 'config' | 'now'>,
    session: Session,
    stream: EventStream,
    read: (courierId: CourierId) => Promise<unknown>,
  ) {
    this.#deps = deps;
    this.#sessionHash = session.sessionHash;
    this.#stream = stream;
    this.#read = read;
    this.#courierId = session.courierId;
    this.#unsubscribe = this.#subscribe();
    this.#refresh();
  }

  /** Whether the session is open still; the courier that it belongs to now is the one watched. */
  async mayGoOn(): Promise<boolean> {
    const { store, config, now } = this.#deps;
    const at = now();
    const session = await store.findRiderSession({
      sessionHash: this.#sessionHash,
      extendTo: at + config.limits.riderSessionMs,
      now: at,
    });
    if (session !== null && session.courierId !== this.#courierId && !this.#stopped) {
      this.#courierId = session.courierId;
      this.#unsubscribe();
      this.#unsubscribe = this.#subscribe();
    }
    return session !== null;
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
  }

  #subscribe(): () => void {
    return this.#deps.bus.subscribe(`courier:${this.#courierId}`, (event) => {
      this.#tell(event);
      this.#refresh();
    });
  }

  #tell(event: BusEvent): void {
    if (event.type !== 'decision' || this.#stopped) return;
    const { record } = event;
    const answer = verifyAnswer(record, this.#deps.config.limits.gateOpenMs);
    this.#stream.send('decision', { ...answer, direction: record.direction });
  }

  #refresh(): void {
    this.#changed = true;
    if (!this.#sending) this.#send();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    try {
      while (this.#changed && !this.#stopped) {
        this.#changed = false;
        if (!(await this.mayGoOn())) return this.#stream.end();
        this.#stream.send('passes', await this.#read(this.#courierId));
      }
    } catch {
      this.#stream.end(); // the client comes again and is told what is wrong
    } finally {
      this.#sending = false;
    }
  }
}
