import type { Disk } from '../hardware/disk.ts';
import { isObject } from '../wire/json.ts';
import { JournalFile } from './journal-file.ts';
import type { MemoryEvent, OfflineJudgeKit } from './offline-judge.ts';

/** More than riders could enter, leave and enter again while it matters. What finds no room opens no gate. */
export const MAX_REMEMBERED = 8_192;
/** Events at which the file is first rewritten without what can be forgotten. */
const FORGET_FROM = 512;

export interface UsedCodesOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly isForgettable: OfflineJudgeKit['isForgettable'];
  /** Unix milliseconds of the server's clock as the gate knows it. */
  readonly now: () => number;
}

/**
 * What happened at this gate, on disk before anything opens by it: an append-only journal, each event synced,
 * rewritten without what no judgement asks for any more.
 */
export class UsedCodes {
  readonly #journal: JournalFile;
  readonly #options: UsedCodesOptions;
  #events: MemoryEvent[];
  #forgetAt = FORGET_FROM;
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(journal: JournalFile, events: MemoryEvent[], options: UsedCodesOptions) {
    this.#journal = journal;
    this.#events = events;
    this.#options = options;
  }

  static async open(options: UsedCodesOptions): Promise<UsedCodes> {
    const [journal, { records }] = await JournalFile.open(options.disk, options.path);
    return new UsedCodes(journal, records.filter(isMemoryEvent), options);
  }

  /** In the order in which they happened. */
  get events(): readonly MemoryEvent[] {
    return this.#events;
  }

  /** Resolves when the event is on disk. Rejects when it could not be written, or there is no room. */
  append(event: MemoryEvent): Promise<void> {
    const written = this.#lastWrite.then(() => this.#append(event));
    this.#lastWrite = written.catch(() => undefined);
    return written;
  }

  async settled(): Promise<void> {
    await this.#lastWrite;
  }

  async #append(event: MemoryEvent): Promise<void> {
    if (this.#events.length >= this.#forgetAt) await this.#forget();
    if (this.#events.length >= MAX_REMEMBERED) throw new Error('the memory of used codes is full');
    await this.#journal.append([event]);
    this.#events.push(event);
  }

  async #forget(): Promise<void> {
    const { isForgettable, now } = this.#options;
    const kept = this.#events.filter((event) => !isForgettable(event, now()));
    await this.#journal.rewrite(kept);
    this.#events = kept;
    this.#forgetAt = Math.min(MAX_REMEMBERED, Math.max(FORGET_FROM, 2 * kept.length));
  }
}

/** The line's checksum says that this gate wrote it. */
function isMemoryEvent(value: unknown): value is MemoryEvent {
  return isObject(value) && typeof value.kind === 'string' && typeof value.passId === 'string';
}
