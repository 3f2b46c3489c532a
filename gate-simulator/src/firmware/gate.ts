import { BrokenNdef, codeInNdef } from '../hardware/ndef.ts';
import { noPassageSensor } from '../hardware/passage-sensor.ts';
import { BrokenPicture, readPicture } from '../hardware/picture.ts';
import { SimulatedRelay } from '../hardware/relay.ts';
import { noTamperSwitch } from '../hardware/tamper-switch.ts';
import type { GateEventData } from '../wire/gate-events.ts';
import type { Direction, Medium, VerifyRequest } from '../wire/verify.ts';
import { mayJudgeAlone } from './alone.ts';
import { assembleGate, type GateOptions, type GateParts } from './assemble.ts';
import type { GateIdentity } from './gate-state.ts';
import { DEFAULT_OPEN_MS, JUDGING_BUDGET_MS, type Lane, type Verdict } from './lane.ts';
import { LaneDriver, type LaneSignal } from './lane-driver.ts';
import type { Link } from './link.ts';
import { memoryOf } from './memory-of.ts';
import type { GateTime, JudgedAlone } from './offline-judge.ts';
import { newRequestId } from './request-id.ts';
import { type Screen, screenFor, type Unread } from './screen.ts';
import { Turns } from './turns.ts';
import type { Judgement } from './verify-client.ts';

const FIRMWARE = 'gate-simulator 0.1.0';

export type { GateOptions } from './assemble.ts';

export interface ScanOptions {
  readonly direction: Direction;
  /** `qr` when left out. */
  readonly medium?: Medium;
  readonly lane?: string;
  /** A UUID. Given to repeat an earlier scan; otherwise each scan has a new one. */
  readonly requestId?: string;
  readonly speedKmh?: number;
  readonly accuracyKmh?: number;
}

export interface ScanResult {
  readonly requestId: string;
  readonly direction: Direction;
  readonly medium: Medium;
  readonly judgement: Judgement | JudgedAlone | Unread;
  /** Whether the relay was energised for this scan. */
  readonly opened: boolean;
  readonly screen: Screen;
  /** From the scan until the lane had opened or stayed shut. */
  readonly tookMs: number;
}

/**
 * The gate whose state `stateDir` holds. Calls nobody yet: a gate boots without a network.
 *
 * @throws {NoGateState}
 */
export async function openGate(stateDir: string, options: GateOptions = {}): Promise<Gate> {
  return new Gate(await assembleGate(stateDir, options), options);
}

/** What a reader delivers; undefined: nothing was shown. */
type Read = () => Promise<string | Unread | undefined>;

interface Turn {
  readonly scan: symbol;
  /** Monotonic. */
  readonly deadlineMs: number;
  readonly atScan: GateTime;
}

/** What the lane was opened for last. */
interface Opening {
  readonly requestId?: string;
  readonly commandId?: string;
  readonly lane?: string;
}

/** One device with one lane. Riders are served one after the other, in the order of their scans. */
export class Gate {
  readonly #parts: GateParts;
  readonly #lane: LaneDriver;
  readonly #turns: Turns;
  readonly #link: Link | undefined;
  #opening: Opening = {};
  #onPassed = (): void => undefined;
  /** The scan that the lane is about; an earlier one that is still judged moves the lane no more. */
  #current: symbol | undefined;
  #closing = false;
  #lastScan: Promise<unknown> = Promise.resolve();

  constructor(parts: GateParts, options: GateOptions) {
    this.#parts = parts;
    const { relay = new SimulatedRelay(), passageSensor = noPassageSensor } = options;
    const { tamperSwitch = noTamperSwitch } = options;
    tamperSwitch.onOpened(() => parts.recorder.note({ type: 'tamper', data: {} }));
    this.#lane = new LaneDriver(parts.clock, relay, passageSensor, {
      onShut: (direction, passed) => {
        if (passageSensor !== noPassageSensor) this.#notePassage(direction, passed);
      },
      onForced: () => parts.recorder.note({ type: 'door_forced', data: {} }),
    });
    this.#turns = new Turns(parts.clock, this.#lane);
    const open = (openForMs: number, commandId: string): void => {
      this.#opening = { commandId };
      this.#onPassed = () => undefined;
      this.#lane.signal({ type: 'commanded', openForMs });
    };
    this.#link = options.speaks === 'verify' ? undefined : parts.makeLink(open);
  }

  get identity(): GateIdentity {
    return this.#parts.identity;
  }

  get lane(): Lane {
    return this.#lane.lane;
  }

  /** Server's clock less the device's, as known now. */
  get serverClockOffsetMs(): number {
    return this.#parts.serverClock.offsetMs();
  }

  /** Whether the server's stream is open, as far as the gate can tell. */
  get isHearing(): boolean {
    return this.#link?.hears === true;
  }

  /** Events on disk that the server has not acknowledged. */
  get unreportedEvents(): number {
    return this.#parts.log.depth;
  }

  /**
   * Fetches a token and the bundle, and keeps both fresh until `close`. A gate that could not is no less a gate:
   * it goes on trying, and asks again at the next scan.
   *
   * @throws {NoReply} @throws {ServiceRefusal}
   */
  async start(): Promise<void> {
    const { tokens, recorder, log } = this.#parts;
    recorder.note({ type: 'boot', data: { firmware: FIRMWARE, damagedLines: log.damagedLines } });
    try {
      await tokens.current();
    } finally {
      if (!this.#closing) {
        tokens.keepFresh();
        await this.#link?.start();
      }
    }
  }

  /** A scanner has read `code`. Resolves when the lane has opened or stays shut; never rejects. */
  scanText(code: string, options: ScanOptions): Promise<ScanResult> {
    return this.#inTurn(async () => code, options);
  }

  /** A camera has taken a picture. Resolves when the lane has opened or stays shut; never rejects. */
  scanPicture(png: Uint8Array, options: ScanOptions): Promise<ScanResult> {
    return this.#inTurn(() => codeInPicture(png), options);
  }

  /** A phone or card was held to the reader and gave this NDEF message. As {@link scanText}, by `nfc`. */
  scanNdef(message: Uint8Array, options: Omit<ScanOptions, 'medium'>): Promise<ScanResult> {
    const tapped = { ...options, medium: 'nfc' } as const;
    return this.#inTurn(async () => codeInMessage(message), tapped);
  }

  /** At exit somebody pressed the button or shows nothing: asks without a code, and opens. */
  leaveWithoutCode(options: Omit<ScanOptions, 'direction'> = {}): Promise<ScanResult> {
    return this.#inTurn(async () => undefined, { ...options, direction: 'out' });
  }

  /** A radar has measured somebody, or a checkpoint that hangs on this gate has seen somebody. */
  noteSpeed(reading: GateEventData['speed']): void {
    this.#parts.recorder.note({ type: 'speed', data: reading });
  }

  /** Asks the server and leaves the lane alone: for load, where nobody walks. Never rejects. */
  judge(code: string | undefined, options: ScanOptions): Promise<Judgement> {
    const deadlineMs = this.#parts.clock.monotonicMs() + JUDGING_BUDGET_MS;
    return this.#parts.verify.judge(this.#request(code, options), deadlineMs);
  }

  /** Resolves when the server has acknowledged everything that is in the log now. */
  whenReported(): Promise<void> {
    return this.#parts.log.whenAcknowledged();
  }

  /** Resolves when the gate is shut again and ready for the next rider. */
  whenIdle(): Promise<void> {
    return this.#lastScan.then(() => this.#lane.whenIdle());
  }

  /** Waits until the lane is shut and what was learned is on disk; events that still wait are sent, for 2 s at the most. */
  async close(): Promise<void> {
    const { tokens, recorder, release } = this.#parts;
    this.#closing = true;
    tokens.stop();
    await this.whenIdle();
    await recorder.settled();
    await this.#link?.stop();
    await release();
  }

  #inTurn(read: Read, options: ScanOptions): Promise<ScanResult> {
    const result = this.#turns.take(options.direction, () => this.#scan(read, options));
    this.#lastScan = Promise.all([this.#lastScan, result.catch(() => undefined)]);
    return result;
  }

  async #scan(read: Read, options: ScanOptions): Promise<ScanResult> {
    const { direction, medium = 'qr' } = options;
    const { clock, serverClock } = this.#parts;
    const scannedAtMs = clock.monotonicMs();
    const atScan = serverClock.time();
    const openingsBefore = this.#lane.openings;
    const scan = Symbol('scan');
    this.#current = scan;
    this.#lane.signal({ type: 'triggered', direction });
    const code = await read();
    const request = this.#request(typeof code === 'string' ? code : undefined, options);
    const deadlineMs = scannedAtMs + JUDGING_BUDGET_MS;
    const judgement = await this.#askFor(request, code, { scan, deadlineMs, atScan });
    const opened = this.#lane.openings > openingsBefore;
    const tookMs = clock.monotonicMs() - scannedAtMs;
    const screen = screenFor(judgement, direction, opened);
    return { requestId: request.requestId, direction, medium, judgement, opened, screen, tookMs };
  }

  /** Drives the lane from `scanning` to `open` or back to `idle`. */
  async #askFor(
    request: VerifyRequest,
    code: string | Unread | undefined,
    { scan, deadlineMs, atScan }: Turn,
  ): Promise<ScanResult['judgement']> {
    if (typeof code === 'object' && request.direction === 'in') {
      this.#signal(scan, { type: 'nothing_read' });
      return code;
    }
    const { requestId, lane } = request;
    if (this.#current === scan) {
      this.#opening = { requestId, ...(lane === undefined ? {} : { lane }) };
      this.#onPassed = () => undefined;
    }
    this.#signal(scan, { type: 'read' });
    const online = await this.#ask(request, deadlineMs);
    const judgement =
      request.direction === 'in' ? await this.#orAlone(request, online, atScan) : online;
    this.#remember(scan, request, judgement);
    this.#signal(scan, { type: 'verdict', verdict: verdictOf(judgement) });
    if (request.direction === 'out' && online.kind === 'unanswered') {
      void this.#parts.alone.noteExit(request, atScan);
    }
    return judgement;
  }

  #signal(scan: symbol, signal: LaneSignal): void {
    if (this.#current === scan) this.#lane.signal(signal);
  }

  async #ask(request: VerifyRequest, deadlineMs: number): Promise<Judgement> {
    const { alone, verify } = this.#parts;
    if (alone.knowsBetter(request)) return NOT_ASKED;
    const judgement = await verify.judge(request, deadlineMs);
    if (judgement.kind === 'answered') this.#link?.networkWorks();
    return judgement;
  }

  async #orAlone(
    request: VerifyRequest,
    online: Judgement,
    atScan: GateTime,
  ): Promise<Judgement | JudgedAlone> {
    if (online.kind === 'answered' || !mayJudgeAlone(online)) return online;
    const outcome = await this.#parts.alone.judgeEntry(request, atScan);
    if (outcome.outcome !== 'cannot_judge') return { kind: 'alone', outcome };
    return { ...online, detail: `${online.detail}; alone: ${outcome.why}` };
  }

  /** What the server decided counts when the gate is alone afterwards; what it decided alone is remembered already. */
  #remember(scan: symbol, request: VerifyRequest, judgement: Judgement | JudgedAlone): void {
    const { judge, serverClock } = this.#parts;
    const at = Math.round(serverClock.nowMs());
    const { event, passId } = memoryOf(request, judgement, at);
    if (event !== undefined) judge.remember(event).catch(() => undefined);
    if (passId === undefined || request.direction !== 'in' || this.#current !== scan) return;
    this.#onPassed = () => {
      const passedAt = Math.round(serverClock.nowMs());
      judge.remember({ kind: 'passage', passId, at: passedAt }).catch(() => undefined);
    };
  }

  #notePassage(direction: Direction, passed: boolean): void {
    this.#parts.recorder.note({ type: 'passage', data: { passed, direction, ...this.#opening } });
    if (passed) this.#onPassed();
  }

  #request(code: string | undefined, options: ScanOptions): VerifyRequest {
    const nowMs = this.#parts.serverClock.nowMs();
    const { direction, medium = 'qr', lane, speedKmh, accuracyKmh } = options;
    return {
      requestId: options.requestId ?? newRequestId(nowMs),
      medium,
      direction,
      scannedAt: new Date(nowMs).toISOString(),
      ...(code === undefined ? {} : { code }),
      ...(lane === undefined ? {} : { lane }),
      ...(speedKmh === undefined ? {} : { speedKmh }),
      ...(accuracyKmh === undefined ? {} : { accuracyKmh }),
    };
  }
}

/** The server does not know yet what the gate knows of this code. */
const NOT_ASKED: Judgement = {
  ...{ kind: 'unanswered', why: 'no_answer', tries: 0 },
  detail: 'the server has not heard of this code’s use yet',
};

/** What the lane is told. Alone a gate opens for its usual time. */
function verdictOf(judgement: Judgement | JudgedAlone): Verdict {
  switch (judgement.kind) {
    case 'unanswered':
      return { kind: 'none' };
    case 'alone':
      return judgement.outcome.outcome === 'granted'
        ? { kind: 'grant', openForMs: DEFAULT_OPEN_MS }
        : { kind: 'deny' };
    case 'answered': {
      const { decision, openForMs } = judgement.answer;
      return decision === 'granted' ? { kind: 'grant', openForMs } : { kind: 'deny' };
    }
  }
}

function codeInMessage(message: Uint8Array): string | Unread {
  try {
    const code = codeInNdef(message);
    return code ?? { kind: 'unread', why: 'no_code', detail: 'the message holds no courier code' };
  } catch (error) {
    const detail = error instanceof BrokenNdef ? error.message : `the reader failed: ${error}`;
    return { kind: 'unread', why: 'broken_message', detail };
  }
}

async function codeInPicture(png: Uint8Array): Promise<string | Unread> {
  try {
    const code = await readPicture(png);
    return code ?? { kind: 'unread', why: 'no_code', detail: 'the picture shows no QR code' };
  } catch (error) {
    const detail = error instanceof BrokenPicture ? error.message : `the reader failed: ${error}`;
    return { kind: 'unread', why: 'broken_picture', detail };
  }
}
