import { type CryptoKey, importJWK } from 'jose';
import type { Clock } from '../hardware/clock.ts';
import type { DeviceStamp } from '../wire/gate-events.ts';
import {
  listMember,
  numberMember,
  optionalNumber,
  optionalText,
  parseJson,
  textMember,
} from '../wire/json.ts';
import { isSuccess, refusalOf } from '../wire/service.ts';
import type { AuthorisedService } from './authorised.ts';
import { Backoff } from './backoff.ts';
import { type EventBatch, MAX_BATCH_EVENTS, signBatch, takeBatch } from './event-batch.ts';
import type { EventLog } from './event-log.ts';
import type { GateIdentity } from './gate-state.ts';
import type { ServerClock } from './server-clock.ts';

const UPLOAD_TIMEOUT_MS = 20_000;
const FIRST_RETRY_MS = 1_000;
const MOST_RETRY_MS = 60_000;

export interface UploaderParts {
  readonly service: AuthorisedService;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly log: EventLog;
  readonly identity: Pick<GateIdentity, 'gateId' | 'privateKey'>;
  readonly stamp: () => DeviceStamp;
  /** For people: what went wrong. */
  readonly notice: (text: string) => void;
  readonly chance?: () => number;
}

/** What the server said of a batch. */
interface BatchReceipt {
  /** Everything up to this number is stored, rejected for good, or known to be lost. */
  readonly ackedThrough: number;
  readonly rejected: readonly { readonly seq: number | undefined; readonly code: string }[];
}

/**
 * Sends the log to the service: the events that have waited longest, one batch in flight, again until it is
 * acknowledged. Deletes what the server says it has and nothing else; a batch whose answer was lost is sent
 * again as it was, and the server knows it by its numbers.
 */
export class Uploader {
  readonly #parts: UploaderParts;
  readonly #backoff: Backoff;
  #key: Promise<CryptoKey | Uint8Array> | undefined;
  #limit = MAX_BATCH_EVENTS;
  #running: Promise<boolean> | undefined;
  #retry: (() => void) | undefined;
  #stopped = true;

  constructor(parts: UploaderParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(FIRST_RETRY_MS, MOST_RETRY_MS, parts.chance);
  }

  /** From now until `stop` whatever is recorded is sent. */
  start(): void {
    this.#stopped = false;
    this.#parts.log.onRecorded(() => {
      if (this.#retry === undefined) this.#go();
    });
    this.#go();
  }

  /** The network is back: tries now, whatever the pause. */
  nudge(): void {
    this.#retry?.();
    this.#retry = undefined;
    this.#backoff.reset();
    this.#go();
  }

  /** Sends what waits, for `patienceMs` at the most, then sends no more. */
  async stop(patienceMs: number): Promise<void> {
    this.#stopped = true;
    this.#retry?.();
    await new Promise<void>((resolve) => {
      const callOff = this.#parts.clock.after(patienceMs, resolve);
      this.flush().finally(() => {
        callOff();
        resolve();
      });
    });
  }

  /** Sends until nothing waits or an upload fails. @returns whether nothing waits */
  flush(): Promise<boolean> {
    this.#running ??= this.#sendAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  #go(): void {
    if (this.#stopped || this.#running !== undefined) return;
    this.flush().then((empty) => {
      if (this.#stopped) return;
      if (empty && this.#parts.log.depth > 0) this.#go();
      else if (!empty) this.#retryLater();
    });
  }

  #retryLater(): void {
    const callOff = this.#parts.clock.after(this.#backoff.nextMs(), () => {
      this.#retry = undefined;
      this.#go();
    });
    this.#retry = callOff;
  }

  async #sendAll(): Promise<boolean> {
    const { log } = this.#parts;
    try {
      // Sent in its turn: nothing may overtake what was written before it.
      await log.gapReport();
      while (log.depth > 0) await this.#sendOldest();
      this.#backoff.reset();
      return true;
    } catch (error) {
      this.#parts.notice(`events wait: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  }

  /** @throws Error when the server has them not, although it has answered */
  async #sendOldest(): Promise<void> {
    const { log, identity } = this.#parts;
    const events = takeBatch(log.oldest(this.#limit), identity.gateId);
    const oldest = events[0]?.seq ?? log.lastSeq + 1;
    const { ackedThrough } = await this.#send({ oldest, events });
    if (log.acknowledgedThrough < oldest) {
      throw new Error(`the server acknowledges through ${ackedThrough}, not event ${oldest}`);
    }
    this.#limit = MAX_BATCH_EVENTS;
  }

  async #send(batch: Pick<EventBatch, 'oldest' | 'events'>): Promise<BatchReceipt> {
    const { log, service, clock, serverClock, identity, stamp, notice } = this.#parts;
    this.#key ??= importJWK({ ...identity.privateKey }, 'ES256');
    const signer = { gateId: identity.gateId, key: await this.#key };
    const askedAtMs = clock.monotonicMs();
    const reply = await service.call({
      method: 'POST',
      path: 'v1/gate/events',
      headers: { 'content-type': 'application/jose' },
      body: await signBatch({ logId: log.logId, sent: stamp(), ...batch }, signer),
      timeoutMs: UPLOAD_TIMEOUT_MS,
    });
    if (reply.status === 413) this.#limit = Math.max(1, batch.events.length >> 1);
    if (!isSuccess(reply.status)) throw refusalOf(reply);
    const body = parseJson(reply.body);
    serverClock.learn(optionalText(body, 'serverTime'), askedAtMs);
    const receipt = readReceipt(body, log.logId);
    for (const { seq, code } of receipt.rejected) notice(`event ${seq} was rejected: ${code}`);
    await log.acknowledge(receipt.ackedThrough);
    return receipt;
  }
}

/** @throws {UnexpectedAnswer} when it is no receipt for this log */
function readReceipt(body: unknown, logId: string): BatchReceipt {
  if (textMember(body, 'logId') !== logId) throw new Error('the receipt is for another log');
  return {
    ackedThrough: numberMember(body, 'ackedThrough'),
    rejected: listMember(body, 'rejected').map((each) => ({
      seq: optionalNumber(each, 'seq'),
      code: textMember(each, 'code'),
    })),
  };
}
