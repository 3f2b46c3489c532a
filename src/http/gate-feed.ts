import type { Deps } from '../access/deps.ts';
import { type GateState, readGateState } from '../access/gate-bundle.ts';
import type { BusEvent } from '../bus/bus.ts';
import { formatTime } from './answer.ts';
import type { GateCaller } from './auth.ts';
import type { EventFeed, EventStream } from './event-stream.ts';

/** What a gate was told last, each part by its fingerprint; empty: nothing yet. An event's `id` is all three. */
interface Seen {
  readonly bundle: string;
  readonly status: string;
  readonly posture: string;
}
const NOTHING: Seen = { bundle: '', status: '', posture: '' };
const EVENT_ID = /^([\w-]{0,11})\.(\d{0,16})\.([\w-]{0,11})$/;

/**
 * Tells a gate what has changed since it was told last: compared are states, so whatever it missed while it was away
 * is said once it comes again, and what changed back is not. Changes that come while the state is read are one.
 * An order to open is said at once to whoever listens, and never again.
 */
export class GateFeed implements EventFeed {
  readonly #deps: Deps;
  readonly #gate: GateCaller;
  readonly #stream: EventStream;
  readonly #stops: readonly (() => void)[];
  #seen: Seen;
  #stopped = false;
  #changed = false;
  #reading: Promise<boolean> | null = null;

  /** @param lastEventId what the gate says it has seen; anything but an `id` of ours counts as nothing */
  constructor(deps: Deps, gate: GateCaller, stream: EventStream, lastEventId: string | undefined) {
    this.#deps = deps;
    this.#gate = gate;
    this.#stream = stream;
    this.#seen = parseSeen(lastEventId ?? '');
    // It listens before it reads: what changes in between is read as well.
    const hear = (event: BusEvent) => this.#hear(event);
    const { bus } = deps;
    this.#stops = [
      bus.subscribe(`gate:${gate.gateId}`, hear),
      bus.subscribe(`community:${gate.communityId}`, hear),
      bus.subscribe('keys', hear),
    ];
    this.#refresh();
  }

  /** Whether the gate was not revoked. What time alone has changed is said at the same occasion. */
  mayGoOn(): Promise<boolean> {
    this.#changed = true;
    this.#reading ??= this.#read();
    return this.#reading;
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
  }

  #hear(event: BusEvent): void {
    if (event.type === 'changed') this.#refresh();
    if (event.type !== 'open') return;
    const { commandId, openForMs, expiresAt } = event;
    const order = { commandId, openForMs, expiresAt: formatTime(expiresAt) };
    this.#stream.send('open', order, formatSeen(this.#seen));
  }

  #refresh(): void {
    this.mayGoOn().then(
      (mayGoOn) => {
        if (!mayGoOn) this.#stream.end();
      },
      () => this.#stream.end(), // the gate comes again and is told what is wrong
    );
  }

  async #read(): Promise<boolean> {
    try {
      while (this.#changed && !this.#stopped) {
        this.#changed = false;
        const state = await readGateState(this.#deps, this.#gate.gateId);
        if (state === null || state.epoch !== this.#gate.epoch) return false;
        this.#tell(state);
      }
      return true;
    } finally {
      this.#reading = null;
    }
  }

  /** What takes rights away goes first. */
  #tell(state: GateState): void {
    const { bundle, posture, statusVersion, bundleVersion: version } = state;
    this.#say('status-list', { status: String(statusVersion) }, { version: statusVersion });
    this.#say('posture', { posture }, state.postures);
    this.#say('bundle', { bundle }, { version });
  }

  /** Sends an event where it is news. The gate has seen it from then on: an `id` stands for all before it. */
  #say(event: string, part: Partial<Seen>, data: unknown): void {
    const seen = { ...this.#seen, ...part };
    const id = formatSeen(seen);
    if (id === formatSeen(this.#seen)) return;
    this.#seen = seen;
    this.#stream.send(event, data, id);
  }
}

function formatSeen({ bundle, status, posture }: Seen): string {
  return `${bundle}.${status}.${posture}`;
}

function parseSeen(id: string): Seen {
  const [, bundle = '', status = '', posture = ''] = EVENT_ID.exec(id) ?? [];
  return id === '' ? NOTHING : { bundle, status, posture };
}
