import type { Clock } from '../hardware/clock.ts';
import { optionalNumber, optionalText, parseJson } from '../wire/json.ts';
import { isSuccess } from '../wire/service.ts';
import type { AuthorisedService } from './authorised.ts';
import { MAX_SCAN_TO_OPEN_MS } from './lane.ts';
import type { Recorder } from './recorder.ts';
import type { ServerClock } from './server-clock.ts';

/** Commands of which a second telling is known as such. */
const REMEMBERED = 256;

export interface CommandParts {
  readonly service: Pick<AuthorisedService, 'call'>;
  readonly clock: Clock;
  readonly serverClock: Pick<ServerClock, 'nowMs'>;
  readonly recorder: Pick<Recorder, 'note'>;
  /** Opens the lane before it returns. */
  readonly open: (openForMs: number, commandId: string) => void;
  readonly notice: (text: string) => void;
}

interface Command {
  readonly commandId: string;
  readonly openForMs: number;
  readonly expiresAtMs: number;
}

/**
 * What the service commands over the stream: `open`. The telling alone opens nothing. It may be old, may have been
 * held back by a proxy, may come twice: the gate claims the command, and opens when the claim is answered 200,
 * once, and only while it is still in time by the server's clock and by its own.
 */
export class Commands {
  readonly #parts: CommandParts;
  readonly #told = new Set<string>();

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  /** @param data of an `open` event. Never rejects. */
  async obey(data: string): Promise<void> {
    const toldAtMs = this.#parts.clock.monotonicMs();
    const command = readCommand(data);
    if (command === undefined || this.#told.has(command.commandId)) return;
    this.#rememberTold(command.commandId);
    const leftMs = this.#leftMs(command, toldAtMs);
    if (leftMs <= 0) return this.#parts.notice(`command ${command.commandId} is too old`);
    const { commandId, openForMs } = command;
    const claim = await this.#claim(commandId, leftMs);
    if (claim === 'refused') return;
    const inTime = claim === 'claimed' && this.#leftMs(command, toldAtMs) > 0;
    if (inTime) this.#parts.open(openForMs, commandId);
    const outcome = inTime ? 'done' : 'not_done';
    this.#parts.recorder.note({ type: 'command', data: { commandId, outcome } });
  }

  /** By both clocks: a gate whose idea of the server's time is wrong still opens for five seconds at most. */
  #leftMs({ expiresAtMs }: Command, toldAtMs: number): number {
    const { clock, serverClock } = this.#parts;
    const sinceToldMs = clock.monotonicMs() - toldAtMs;
    return Math.min(expiresAtMs - serverClock.nowMs(), MAX_SCAN_TO_OPEN_MS - sinceToldMs);
  }

  /** Asked once: a claim whose answer was lost (`unknown`) may have been used up, and opens nothing. */
  async #claim(commandId: string, timeoutMs: number): Promise<'claimed' | 'refused' | 'unknown'> {
    const path = `v1/gate/commands/${encodeURIComponent(commandId)}/claim`;
    try {
      const reply = await this.#parts.service.call({ method: 'POST', path, timeoutMs });
      if (!isSuccess(reply.status)) {
        this.#parts.notice(`command ${commandId} not claimed: ${reply.status}`);
      }
      if (reply.status === 200) return 'claimed';
      return reply.status >= 500 ? 'unknown' : 'refused';
    } catch (error) {
      this.#parts.notice(`command ${commandId} not claimed: ${error}`);
      return 'unknown';
    }
  }

  #rememberTold(commandId: string): void {
    this.#told.add(commandId);
    for (const eldest of this.#told) {
      if (this.#told.size <= REMEMBERED) break;
      this.#told.delete(eldest);
    }
  }
}

function readCommand(data: string): Command | undefined {
  const value = parseJson(data);
  const commandId = optionalText(value, 'commandId');
  const openForMs = optionalNumber(value, 'openForMs');
  const expiresAtMs = Date.parse(optionalText(value, 'expiresAt') ?? '');
  if (commandId === undefined || openForMs === undefined || Number.isNaN(expiresAtMs)) return;
  return { commandId, openForMs, expiresAtMs };
}
