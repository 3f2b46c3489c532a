import { type Clock, systemClock } from '../hardware/clock.ts';
import { noPassageSensor, type PassageSensor } from '../hardware/passage-sensor.ts';
import { BrokenPicture, readPicture } from '../hardware/picture.ts';
import { type Relay, SimulatedRelay } from '../hardware/relay.ts';
import { HttpClient } from '../wire/http-client.ts';
import type { Direction, Medium, VerifyRequest } from '../wire/verify.ts';
import { AccessTokens } from './access-token.ts';
import { type GateIdentity, GateState } from './gate-state.ts';
import { JUDGING_BUDGET_MS, type Lane, type Verdict } from './lane.ts';
import { LaneDriver } from './lane-driver.ts';
import { newRequestId } from './request-id.ts';
import { type Screen, screenFor, type Unread } from './screen.ts';
import { ServerClock } from './server-clock.ts';
import { type Judgement, VerifyClient } from './verify-client.ts';

export interface GateOptions {
  readonly relay?: Relay;
  readonly passageSensor?: PassageSensor;
  readonly clock?: Clock;
  /** Shared by many gates in one process; `close` leaves it open then. */
  readonly http?: HttpClient;
}

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
  readonly judgement: Judgement | Unread;
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
  const state = new GateState(stateDir);
  return new Gate(state, await state.identity(), await state.serverClockOffsetMs(), options);
}

/** One device with one lane. Riders are served one after the other, in the order of their scans. */
export class Gate {
  readonly identity: GateIdentity;
  readonly #http: HttpClient;
  readonly #ownsHttp: boolean;
  readonly #clock: Clock;
  readonly #serverClock: ServerClock;
  readonly #tokens: AccessTokens;
  readonly #verify: VerifyClient;
  readonly #lane: LaneDriver;
  #lastScan: Promise<unknown> = Promise.resolve();
  #offsetWritten: Promise<void> = Promise.resolve();

  constructor(state: GateState, identity: GateIdentity, offsetMs: number, options: GateOptions) {
    const clock = options.clock ?? systemClock;
    const http = options.http ?? new HttpClient();
    const serverClock = new ServerClock(clock, offsetMs, (movedMs) => {
      const write = (): Promise<void> => state.keepServerClockOffset(movedMs);
      this.#offsetWritten = this.#offsetWritten.then(write).catch(() => undefined);
    });
    this.identity = identity;
    this.#http = http;
    this.#ownsHttp = options.http === undefined;
    this.#clock = clock;
    this.#serverClock = serverClock;
    this.#tokens = new AccessTokens({ http, clock, serverClock, identity });
    const { server } = identity;
    this.#verify = new VerifyClient({ http, clock, serverClock, tokens: this.#tokens, server });
    const sensor = options.passageSensor ?? noPassageSensor;
    this.#lane = new LaneDriver(clock, options.relay ?? new SimulatedRelay(), sensor);
  }

  get lane(): Lane {
    return this.#lane.lane;
  }

  /** Server's clock less the device's, as known now. */
  get serverClockOffsetMs(): number {
    return this.#serverClock.offsetMs();
  }

  /**
   * Fetches a token and keeps it fresh until `close`. A gate that could not is no less a gate:
   * it goes on trying, and asks again at the next scan.
   *
   * @throws {NoReply} @throws {ServiceRefusal}
   */
  async start(): Promise<void> {
    try {
      await this.#tokens.current();
    } finally {
      this.#tokens.keepFresh();
    }
  }

  /** A scanner has read `code`. Resolves when the lane has opened or stays shut; never rejects. */
  scanText(code: string, options: ScanOptions): Promise<ScanResult> {
    return this.#inTurn(() => this.#scan(async () => code, options));
  }

  /** A camera has taken a picture. Resolves when the lane has opened or stays shut; never rejects. */
  scanPicture(png: Uint8Array, options: ScanOptions): Promise<ScanResult> {
    return this.#inTurn(() => this.#scan(() => codeInPicture(png), options));
  }

  /** At exit somebody pressed the button or shows nothing: asks without a code, and opens. */
  leaveWithoutCode(options: Omit<ScanOptions, 'direction'> = {}): Promise<ScanResult> {
    return this.#inTurn(() => this.#scan(async () => undefined, { ...options, direction: 'out' }));
  }

  /** Asks the server and leaves the lane alone: for load, where nobody walks. Never rejects. */
  judge(code: string | undefined, options: ScanOptions): Promise<Judgement> {
    const deadlineMs = this.#clock.monotonicMs() + JUDGING_BUDGET_MS;
    return this.#verify.judge(this.#request(code, options), deadlineMs);
  }

  /** Resolves when the gate is shut again and ready for the next rider. */
  whenIdle(): Promise<void> {
    return this.#lastScan.then(() => this.#lane.whenIdle());
  }

  /** Waits until the lane is shut and what was learned is on disk. */
  async close(): Promise<void> {
    this.#tokens.stop();
    await this.whenIdle();
    await this.#offsetWritten;
    if (this.#ownsHttp) this.#http.close();
  }

  #inTurn(scan: () => Promise<ScanResult>): Promise<ScanResult> {
    const result = this.whenIdle().then(scan);
    this.#lastScan = result.catch(() => undefined);
    return result;
  }

  async #scan(
    read: () => Promise<string | Unread | undefined>,
    options: ScanOptions,
  ): Promise<ScanResult> {
    const { direction, medium = 'qr' } = options;
    const scannedAtMs = this.#clock.monotonicMs();
    const openingsBefore = this.#lane.openings;
    this.#lane.signal({ type: 'triggered', direction });
    const code = await read();
    const request = this.#request(typeof code === 'string' ? code : undefined, options);
    const judgement = await this.#askFor(request, code, scannedAtMs + JUDGING_BUDGET_MS);
    const opened = this.#lane.openings > openingsBefore;
    const tookMs = this.#clock.monotonicMs() - scannedAtMs;
    const screen = screenFor(judgement, direction, opened);
    return { requestId: request.requestId, direction, medium, judgement, opened, screen, tookMs };
  }

  /** Drives the lane from `scanning` to `open` or back to `idle`. */
  async #askFor(
    request: VerifyRequest,
    code: string | Unread | undefined,
    deadlineMs: number,
  ): Promise<Judgement | Unread> {
    if (typeof code === 'object' && request.direction === 'in') {
      this.#lane.signal({ type: 'nothing_read' });
      return code;
    }
    this.#lane.signal({ type: 'read' });
    const judgement = await this.#verify.judge(request, deadlineMs);
    this.#lane.signal({ type: 'verdict', verdict: verdictOf(judgement) });
    return judgement;
  }

  #request(code: string | undefined, options: ScanOptions): VerifyRequest {
    const nowMs = this.#serverClock.nowMs();
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

/** What the lane is told. A gate that judges without the server would do so here, where nobody answered. */
function verdictOf(judgement: Judgement): Verdict {
  if (judgement.kind === 'unanswered') return { kind: 'none' };
  const { decision, openForMs } = judgement.answer;
  return decision === 'granted' ? { kind: 'grant', openForMs } : { kind: 'deny' };
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
