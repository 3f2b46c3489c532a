import { parseCourierCode } from 'courier-pass/gate';
import type { EventLog } from './event-log.ts';

/**
 * Codes that this gate has used up alone and that the server has not heard of yet. For these the server is
 * the wrong one to ask: it would let the same code in once more.
 */
export class UnreportedEntries {
  readonly #log: Pick<EventLog, 'acknowledgedThrough' | 'lastSeq'>;
  /** By the code's identity: the number of an event by which the server has heard of it. */
  readonly #knownFrom = new Map<string, number>();

  /** With what the log has kept of earlier days. */
  constructor(log: EventLog) {
    this.#log = log;
    for (const { seq, type, data } of log.oldest(log.capacity)) {
      if (type !== 'verification' || data.decision !== 'granted') continue;
      if (data.request.direction === 'in') this.#add(data.request.code, seq);
    }
  }

  /** The code was used up, and the log has it. */
  add(code: string | undefined): void {
    this.#add(code, this.#log.lastSeq);
  }

  has(code: string | undefined): boolean {
    for (const [identity, seq] of this.#knownFrom) {
      if (seq <= this.#log.acknowledgedThrough) this.#knownFrom.delete(identity);
    }
    const identity = identityOf(code);
    return identity !== undefined && this.#knownFrom.has(identity);
  }

  #add(code: string | undefined, seq: number): void {
    const identity = identityOf(code);
    if (identity !== undefined) this.#knownFrom.set(identity, seq);
  }
}

/** Pass and window, never the text: a signature has a twin. */
function identityOf(code: string | undefined): string | undefined {
  const parsed = code === undefined ? null : parseCourierCode(code);
  return parsed === null ? undefined : `${parsed.passId} ${parsed.notBefore}`;
}
