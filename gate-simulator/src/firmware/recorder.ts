import { randomUUID } from 'node:crypto';
import type { Clock } from '../hardware/clock.ts';
import type { DeviceStamp, GateEventData, GateEventType } from '../wire/gate-events.ts';
import type { AppendOutcome, EventLog } from './event-log.ts';

/** An event as the firmware speaks of it. */
export type EventBody = {
  readonly [Type in GateEventType]: { readonly type: Type; readonly data: GateEventData[Type] };
}[GateEventType];

/** Says when and in which boot something happens. */
export class EventStamp {
  readonly #clock: Clock;
  readonly #bootId = randomUUID();
  readonly #bootedAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bootedAtMs = clock.monotonicMs();
  }

  now(): DeviceStamp {
    return {
      deviceTime: new Date(Math.round(this.#clock.wallMs())).toISOString(),
      uptimeMs: Math.round(this.#clock.monotonicMs() - this.#bootedAtMs),
      bootId: this.#bootId,
    };
  }
}

/** Writes what happens into the log. */
export class Recorder {
  readonly #log: EventLog;
  readonly #stamp: EventStamp;
  readonly #notice: (text: string) => void;
  #lastNote: Promise<unknown> = Promise.resolve();

  constructor(log: EventLog, stamp: EventStamp, notice: (text: string) => void) {
    this.#log = log;
    this.#stamp = stamp;
    this.#notice = notice;
  }

  /** Resolves when it is on disk, or found no room. Rejects as the disk does. */
  record(event: EventBody): Promise<AppendOutcome> {
    return this.#log.append({ ...event, ...this.#stamp.now() });
  }

  /** Records, and nobody waits for it: what the event tells of has happened, or happens, whatever the disk does. */
  note(event: EventBody): void {
    const noted = this.record(event).catch((error: unknown) => {
      this.#notice(`${event.type} not recorded: ${error instanceof Error ? error.message : error}`);
    });
    this.#lastNote = Promise.all([this.#lastNote, noted]);
  }

  /** Resolves when all that was noted so far is on disk, or was given up. */
  async settled(): Promise<void> {
    await this.#lastNote;
  }
}
