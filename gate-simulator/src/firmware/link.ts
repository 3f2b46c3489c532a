import type { Clock } from '../hardware/clock.ts';
import type { BundleCache } from './bundle-cache.ts';
import type { Commands } from './commands.ts';
import type { EventLog } from './event-log.ts';
import type { Recorder } from './recorder.ts';
import type { StreamClient, StreamEvent } from './stream-client.ts';
import type { Uploader } from './uploader.ts';

const HEARTBEAT_MS = 60_000;
/** How long a gate that is shut down goes on telling. */
const LAST_WORDS_MS = 2_000;

export interface LinkParts {
  readonly clock: Clock;
  readonly bundle: BundleCache;
  readonly commands: Commands;
  readonly log: EventLog;
  readonly recorder: Recorder;
  readonly uploader: Uploader;
  /** Given what to do with its events. */
  readonly openStream: (
    onEvent: (event: StreamEvent) => void,
    onTurn: (state: 'connected' | 'lost') => void,
  ) => StreamClient;
}

/**
 * The gate's standing connection: it hears what has changed and fetches it, obeys commands, tells what it has
 * recorded and that it is alive. Nothing here is needed to judge a scan.
 */
export class Link {
  readonly #parts: LinkParts;
  readonly #stream: StreamClient;
  #callOffRefresh = (): void => undefined;
  #callOffHeartbeat = (): void => undefined;
  #running = false;
  #hears = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#stream = parts.openStream(
      (event) => this.#hear(event),
      (state) => this.#turn(state),
    );
  }

  /** Whether the stream is open. */
  get hears(): boolean {
    return this.#hears;
  }

  /** Resolves when the bundle has been asked for; the rest goes on until `stop`. */
  async start(): Promise<void> {
    this.#running = true;
    this.#parts.uploader.start();
    this.#stream.start();
    this.#beat();
    await this.#refresh();
  }

  /** The server has answered: what it has not heard of is sent now. */
  networkWorks(): void {
    if (this.#running) this.#parts.uploader.nudge();
  }

  /** Sends what still waits, for two seconds at the most. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    this.#callOffRefresh();
    this.#callOffHeartbeat();
    this.#stream.stop();
    await this.#parts.uploader.stop(LAST_WORDS_MS);
  }

  #hear({ type, data }: StreamEvent): void {
    const { bundle, commands } = this.#parts;
    if (type === 'open') void commands.obey(data);
    if (type === 'posture') void bundle.takePosture(data).then(() => this.#refresh());
    if (type === 'bundle' || type === 'status-list') void this.#refresh();
  }

  /** What a proxy held back, or the gate missed while it was away, is in the bundle. */
  #turn(state: 'connected' | 'lost'): void {
    this.#hears = state === 'connected';
    if (state === 'connected') this.#parts.uploader.nudge();
    void this.#refresh();
  }

  async #refresh(): Promise<void> {
    const { bundle, clock } = this.#parts;
    this.#callOffRefresh();
    const reached = await bundle.refresh();
    if (!this.#running) return;
    if (reached) this.#parts.uploader.nudge();
    this.#callOffRefresh();
    this.#callOffRefresh = clock.after(bundle.refreshAfterMs, () => void this.#refresh());
  }

  /** One heartbeat waits at the most: a gate that nobody hears does not fill its log with them. */
  #beat(): void {
    const { clock, log, recorder, bundle } = this.#parts;
    this.#callOffHeartbeat = clock.after(HEARTBEAT_MS, () => this.#beat());
    if (log.holds('heartbeat')) return;
    const { version: bundleVersion, statusVersion } = bundle;
    const versions = {
      ...(bundleVersion === undefined ? {} : { bundleVersion }),
      ...(statusVersion === undefined ? {} : { statusVersion }),
    };
    const fill = { queueDepth: log.depth, queueCapacity: log.capacity };
    recorder.note({ type: 'heartbeat', data: { ...fill, ...versions } });
  }
}
