import { randomBytes } from 'node:crypto';
import type { Disk } from '../hardware/disk.ts';
import type {
  DeviceStamp,
  EventDraft,
  GateEvent,
  GateEventType,
  SeqRange,
} from '../wire/gate-events.ts';
import { type Admission, admit } from './admission.ts';
import { readLogRecords } from './event-log-records.ts';
import { JournalFile } from './journal-file.ts';
import type { LostEvents } from './lost-events.ts';

/** Events that the buffer holds unless said otherwise: some days of a busy gate. */
export const DEFAULT_BUFFER_EVENTS = 10_000;
/** The fill at which the log warns, and the one below which it would warn again. */
const WARN_FROM = 0.9;
const WARN_AGAIN_BELOW = 0.8;
/** Events that one write to disk may hold. */
const MAX_GROUP = 256;
/** Ranges of lost events that one report may name. */
const MAX_LOST_RANGES = 200;
/** Lines of the file that are no longer needed, before it is rewritten. */
const SPARE_LINES = 1_024;

/** `full`: nothing was recorded, so what the event tells of must not happen. */
export type AppendOutcome = 'recorded' | 'overwrote' | 'full' | 'lost';

export interface EventLogOptions {
  readonly disk: Disk;
  readonly path: string;
  /** Of the buffer, in events. */
  readonly capacity?: number;
  /** When an event of the log's own (its fill, its losses) happens. */
  readonly stamp: () => DeviceStamp;
}

interface Waiting {
  readonly draft: EventDraft;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What the gate has to tell, on disk until the server has acknowledged it. Each log has an identifier of its own,
 * made with it, and numbers its events from 1; a number stands for one event for ever. Events that come
 * while the disk is busy are written together, in their order. The buffer is bounded: see {@link admit}.
 */
export class EventLog {
  readonly logId: string;
  readonly capacity: number;
  /** Lines that were damaged when the log was opened. */
  readonly damagedLines: number;
  readonly #journal: JournalFile;
  readonly #stamp: EventLogOptions['stamp'];
  readonly #unacknowledged: Map<number, GateEvent>;
  readonly #lost: LostEvents;
  #next: number;
  #acknowledged: number;
  #waiting: Waiting[] = [];
  #acknowledgements: { readonly through: number; readonly resolve: () => void }[] = [];
  /** One task at a time works on the file. */
  #lastTask: Promise<unknown> = Promise.resolve();
  #mayWarn: boolean;
  #ownEvents: number;
  /** After a write that failed nobody knows what the file holds. */
  #mustRewrite = false;
  #listener = (): void => undefined;

  private constructor(
    journal: JournalFile,
    found: ReturnType<typeof readLogRecords> & { damaged: number },
    options: EventLogOptions,
  ) {
    this.#journal = journal;
    this.#stamp = options.stamp;
    this.capacity = options.capacity ?? DEFAULT_BUFFER_EVENTS;
    this.damagedLines = found.damaged;
    this.logId = found.logId ?? randomBytes(16).toString('base64url');
    this.#unacknowledged = found.events;
    this.#lost = found.lost;
    this.#next = found.next;
    this.#acknowledged = found.acknowledged;
    const own = [...found.events.values()].filter(({ type }) => type === 'queue');
    this.#ownEvents = own.length;
    this.#mayWarn = own.length === 0;
  }

  /** Resolves when the log has its identifier on disk, or the disk takes nothing: then nothing is recorded until it does. */
  static async open(options: EventLogOptions): Promise<EventLog> {
    const [journal, { records, damaged }] = await JournalFile.open(options.disk, options.path);
    const found = readLogRecords(records);
    const log = new EventLog(journal, { ...found, damaged }, options);
    if (found.logId === undefined) await log.#rewrite().catch(() => log.#distrustDisk());
    return log;
  }

  /** Events that wait for the server. */
  get depth(): number {
    return this.#unacknowledged.size;
  }

  /** Whether an entry would find no room now. */
  get isFull(): boolean {
    return this.#fill + this.#waiting.length >= this.capacity;
  }

  /** The number of the last event that is on disk. */
  get lastSeq(): number {
    return this.#next - 1;
  }

  get acknowledgedThrough(): number {
    return this.#acknowledged;
  }

  /** Calls `listener` each time that something new is on disk. */
  onRecorded(listener: () => void): void {
    this.#listener = listener;
  }

  /** Resolves when the event is on disk, or was not let in. Rejects as the disk does: then it is not recorded. */
  append(draft: EventDraft): Promise<AppendOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draft, resolve, reject });
      if (this.#waiting.length === 1) this.#inTurn(() => this.#drain()).catch(() => undefined);
    });
  }

  /** Whether an event of this type waits for the server. */
  holds(type: GateEventType): boolean {
    return this.#find((event) => event.type === type) !== undefined;
  }

  /** The events that have waited longest, in the order of their numbers. */
  oldest(count: number): GateEvent[] {
    const events: GateEvent[] = [];
    for (const event of this.#unacknowledged.values()) {
      if (events.length === count) break;
      events.push(event);
    }
    return events;
  }

  /** The server has them: the events up to this number are deleted. Numbers that it cannot have mean nothing. */
  acknowledge(through: number): Promise<void> {
    return this.#inTurn(async () => {
      if (!(through > this.#acknowledged && through <= this.lastSeq)) return;
      await this.#write([{ acknowledged: through }]);
      this.#acknowledged = through;
      this.#tellAcknowledged();
      for (const { seq, type } of this.#unacknowledged.values()) {
        if (seq > through) break;
        this.#unacknowledged.delete(seq);
        if (type === 'queue') this.#ownEvents -= 1;
      }
      if (this.#fill < this.capacity * WARN_AGAIN_BELOW) this.#mayWarn = true;
      if (this.#journal.lines > 2 * this.depth + SPARE_LINES) await this.#rewrite();
    });
  }

  /**
   * Which events were overwritten, written down as an event of its own. One such report waits for the server
   * at a time; what is lost meanwhile is for the next.
   *
   * @returns the report that waits; undefined: nothing was lost
   */
  gapReport(): Promise<GateEvent | undefined> {
    return this.#inTurn(async () => {
      const waiting = this.#find(isGapReport);
      if (waiting !== undefined || this.#lost.isEmpty) return waiting;
      const told = this.#lost.ranges.slice(0, MAX_LOST_RANGES);
      const untold = this.#lost.ranges.slice(MAX_LOST_RANGES);
      const event = this.#numbered(
        this.#queueEvent(lossesOf(told, this.#lost.unnumbered)),
        this.#next,
      );
      await this.#write([{ event, untold }]);
      this.#lost.keepOnly(untold);
      this.#keep([event]);
      return event;
    });
  }

  /** Resolves when the server has everything that is on disk now. */
  async whenAcknowledged(): Promise<void> {
    await this.settled();
    const through = this.lastSeq;
    if (this.#acknowledged >= through || this.depth === 0) return;
    await new Promise<void>((resolve) => {
      this.#acknowledgements.push({ through, resolve });
    });
  }

  /** Resolves when all that was asked so far is done. */
  async settled(): Promise<void> {
    await this.#lastTask;
  }

  /** What counts against the buffer: all but the log's own events, which are two at the most. */
  get #fill(): number {
    return this.depth - this.#ownEvents;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#lastTask.then(task);
    this.#lastTask = done.catch(() => undefined);
    return done;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const room = Math.min(this.capacity - this.#fill, MAX_GROUP);
      const group = this.#waiting.slice(0, Math.max(1, room));
      try {
        const outcomes = await this.#commit(group.map(({ draft }) => draft));
        for (const [index, { resolve }] of group.entries()) resolve(outcomes[index] ?? 'full');
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      this.#waiting.splice(0, group.length);
      await this.#warnWhenHigh();
    }
  }

  /** Of more than one event, all find room. */
  async #commit(drafts: readonly EventDraft[]): Promise<AppendOutcome[]> {
    const waiting = this.#unacknowledged.values();
    const fill = { depth: this.#fill, capacity: this.capacity };
    const [first] = drafts;
    const admission: Admission =
      drafts.length === 1 && first !== undefined ? admit(first, waiting, fill) : { kind: 'room' };
    if (admission.kind === 'full') return ['full'];
    if (admission.kind === 'lost') return this.#lose();
    const events = drafts.map((draft, index) => this.#numbered(draft, this.#next + index));
    const victims = admission.kind === 'overwrite' ? [admission.seq] : [];
    const losses = victims.length === 0 ? [] : [{ lost: victims }];
    await this.#write([...losses, ...events.map((event) => ({ event }))]);
    this.#lost.add(victims, 0);
    for (const seq of victims) this.#unacknowledged.delete(seq);
    this.#keep(events);
    if (this.#journal.lines > 2 * this.depth + SPARE_LINES) await this.#rewrite();
    return drafts.map(() => (victims.length === 0 ? 'recorded' : 'overwrote'));
  }

  async #lose(): Promise<AppendOutcome[]> {
    await this.#write([{ lostUnnumbered: 1 }]);
    this.#lost.add([], 1);
    return ['lost'];
  }

  async #write(records: readonly object[]): Promise<void> {
    if (this.#mustRewrite) await this.#rewrite();
    this.#mustRewrite = true;
    await this.#journal.append(records);
    this.#mustRewrite = false;
  }

  #tellAcknowledged(): void {
    const waiting = this.#acknowledgements;
    this.#acknowledgements = waiting.filter(({ through }) => through > this.#acknowledged);
    for (const { through, resolve } of waiting) if (through <= this.#acknowledged) resolve();
  }

  #keep(events: readonly GateEvent[]): void {
    for (const event of events) {
      this.#unacknowledged.set(event.seq, event);
      if (event.type === 'queue') this.#ownEvents += 1;
    }
    this.#next += events.length;
    this.#listener();
  }

  async #warnWhenHigh(): Promise<void> {
    if (!this.#mayWarn || this.#fill < this.capacity * WARN_FROM) return;
    this.#mayWarn = false;
    await this.#commit([this.#queueEvent({})]).catch(() => undefined);
  }

  #distrustDisk(): void {
    this.#mustRewrite = true;
  }

  async #rewrite(): Promise<void> {
    const { ranges, unnumbered } = this.#lost;
    const head = {
      logId: this.logId,
      next: this.#next,
      acknowledged: this.#acknowledged,
      lost: ranges,
      lostUnnumbered: unnumbered,
    };
    const events = [...this.#unacknowledged.values()].map((event) => ({ event }));
    await this.#journal.rewrite([{ log: head }, ...events]);
    this.#mustRewrite = false;
  }

  #queueEvent(losses: object): EventDraft {
    const fill = { depth: this.#fill, capacity: this.capacity };
    return { type: 'queue', ...this.#stamp(), data: { ...fill, ...losses } };
  }

  #numbered(draft: EventDraft, seq: number): GateEvent {
    return { seq, ...draft };
  }

  #find(is: (event: GateEvent) => boolean): GateEvent | undefined {
    for (const event of this.#unacknowledged.values()) if (is(event)) return event;
    return undefined;
  }
}

function lossesOf(lost: readonly SeqRange[], unnumbered: number): object {
  return { lost, ...(unnumbered === 0 ? {} : { lostUnnumbered: unnumbered }) };
}

function isGapReport(event: GateEvent): boolean {
  return event.type === 'queue' && event.data.lost !== undefined;
}
