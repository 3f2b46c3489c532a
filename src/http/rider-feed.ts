import type { Deps } from '../access/deps.ts';
import { readRiderSession } from '../access/read-rider-session.ts';
import type { BusEvent } from '../bus/bus.ts';
import type { AlertId, CourierId } from '../domain/identifier.ts';
import { verifyAnswer } from './answer.ts';
import type { EventFeed, EventStream } from './event-stream.ts';

/** The session under which a stream was opened. */
interface Session {
  readonly sessionHash: string;
  readonly courierId: CourierId;
}

/** What the events of a rider's stream hold. */
export interface RiderReads {
  passes(courierId: CourierId): Promise<unknown>;
  /** Null: it is not the courier's. */
  alert(courierId: CourierId, alertId: AlertId): Promise<unknown>;
}

/** Alerts that wait to be sent: older ones are in the list. */
const MOST_ALERTS = 16;

/**
 * Sends a rider's passes at once and whenever they have changed; changes that come while they are read are one. Before
 * them goes what a gate has just decided.
 * Follows the session: to the elder courier when it is joined, and to its end.
 */
export class RiderFeed implements EventFeed {
  readonly #deps: Pick<Deps, 'store' | 'bus' | 'config' | 'now' | 'log'>;
  readonly #sessionHash: string;
  readonly #stream: EventStream;
  readonly #read: RiderReads;
  /** Alerts that the rider is to see. */
  #alerts: AlertId[] = [];
  #courierId: CourierId;
  #unsubscribe: () => void;
  #stopped = false;
  #changed = false;
  #sending = false;

  constructor(
    deps: Pick<Deps, 'store' | 'bus' | 'config' | 'now' | 'log'>,
    session: Session,
    stream: EventStream,
    read: RiderReads,
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
    const session = await readRiderSession(this.#deps, this.#sessionHash);
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
    if (event.type === 'own-alert')
      this.#alerts = [...this.#alerts, event.alertId].slice(-MOST_ALERTS);
    if (event.type !== 'decision' || this.#stopped) return;
    const { record } = event;
    const answer = verifyAnswer(record, this.#deps.config.limits.gateOpenMs);
    this.#stream.send('decision', { ...answer, direction: record.direction });
  }

  #refresh(): void {
    this.#changed = true;
    if (!this.#sending) this.#send();
  }

  async #sendAlerts(): Promise<void> {
    const alerts = this.#alerts;
    this.#alerts = [];
    for (const alertId of alerts) {
      const alert = await this.#read.alert(this.#courierId, alertId);
      if (alert !== null) this.#stream.send('alert', alert);
    }
  }

  async #send(): Promise<void> {
    this.#sending = true;
    try {
      while (this.#changed && !this.#stopped) {
        this.#changed = false;
        if (!(await this.mayGoOn())) return this.#stream.end();
        await this.#sendAlerts();
        this.#stream.send('passes', await this.#read.passes(this.#courierId));
      }
    } catch {
      this.#stream.end(); // the client comes again and is told what is wrong
    } finally {
      this.#sending = false;
    }
  }
}
