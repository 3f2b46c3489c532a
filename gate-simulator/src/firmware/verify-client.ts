import { type Clock, pause } from '../hardware/clock.ts';
import { parseJson, UnexpectedAnswer } from '../wire/json.ts';
import { isSuccess, refusalOf, ServiceRefusal, sendToService } from '../wire/service.ts';
import { type HttpReply, NoReply, type Transport } from '../wire/transport.ts';
import { readVerifyAnswer, type VerifyAnswer, type VerifyRequest } from '../wire/verify.ts';
import type { AccessTokens } from './access-token.ts';
import type { ServerClock } from './server-clock.ts';

/** A try that brought no answer by then is given up, and the next one begins. */
const TRY_TIMEOUT_MS = 700;
const MAX_TRIES = 3;
const PAUSES_MS = [50, 100] as const;

/** What came of asking the server about one scan. */
export type Judgement =
  | { readonly kind: 'answered'; readonly answer: VerifyAnswer; readonly tries: number }
  | {
      readonly kind: 'unanswered';
      /**
       * `no_answer`: nothing came in time · `server_error`: 5xx · `refused`: another status than 200 ·
       * `no_token`: the server gives this gate no token · `bad_answer`: not what the contract promises
       */
      readonly why: 'no_answer' | 'server_error' | 'refused' | 'no_token' | 'bad_answer';
      readonly detail: string;
      /** The HTTP status, when there was one. */
      readonly status?: number;
      readonly tries: number;
    };

type Unanswered = Extract<Judgement, { kind: 'unanswered' }>;
type Miss = Omit<Unanswered, 'kind' | 'tries'>;
type TryOutcome =
  | { readonly kind: 'answered'; readonly answer: VerifyAnswer }
  | { readonly kind: 'token_refused'; readonly token: string; readonly miss: Miss }
  | { readonly kind: 'passing' | 'final'; readonly miss: Miss };

export interface VerifyParts {
  readonly http: Pick<Transport, 'call'>;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly tokens: AccessTokens;
  readonly server: string;
}

/**
 * Asks `POST /v1/verify` about one scan until there is an answer, the deadline has come, or trying
 * again is pointless. Every try carries the same `requestId`: the server answers a retried one
 * as it did the first time, so an answer that was lost on the way is not lost.
 */
export class VerifyClient {
  readonly #parts: VerifyParts;

  constructor(parts: VerifyParts) {
    this.#parts = parts;
  }

  /** Never rejects. @param deadlineMs monotonic; the judgement is there by then. */
  async judge(request: VerifyRequest, deadlineMs: number): Promise<Judgement> {
    let miss: Miss = { why: 'no_answer', detail: 'no time was left to ask' };
    let refusedToken: string | undefined;
    let tries = 0;
    while (tries < MAX_TRIES && this.#leftMs(deadlineMs) > 0) {
      tries += 1;
      const outcome = await this.#try(request, { deadlineMs, refusedToken, isFirst: tries === 1 });
      if (outcome.kind === 'answered') return { ...outcome, tries };
      miss = outcome.miss;
      if (outcome.kind === 'final') break;
      if (outcome.kind === 'token_refused') {
        if (refusedToken !== undefined) break;
        refusedToken = outcome.token;
        continue;
      }
      const pauseMs = PAUSES_MS[tries - 1] ?? 0;
      if (tries < MAX_TRIES && this.#leftMs(deadlineMs) > pauseMs) {
        await pause(this.#parts.clock, pauseMs);
      }
    }
    return { kind: 'unanswered', ...miss, tries };
  }

  #leftMs(deadlineMs: number): number {
    return deadlineMs - this.#parts.clock.monotonicMs();
  }

  async #try(
    request: VerifyRequest,
    { deadlineMs, refusedToken, isFirst }: Try,
  ): Promise<TryOutcome> {
    const { tokens } = this.#parts;
    let token: string;
    try {
      const wanted = refusedToken === undefined ? tokens.current() : tokens.insteadOf(refusedToken);
      token = await this.#inTime(wanted, deadlineMs);
    } catch (error) {
      return withoutToken(error);
    }
    try {
      const timeoutMs = Math.min(TRY_TIMEOUT_MS, this.#leftMs(deadlineMs));
      return await this.#send(request, { token, timeoutMs: Math.max(1, timeoutMs), isFirst });
    } catch (error) {
      return withoutAnswer(error);
    }
  }

  async #send(
    request: VerifyRequest,
    { token, timeoutMs, isFirst }: { token: string; timeoutMs: number; isFirst: boolean },
  ): Promise<TryOutcome> {
    const { http, clock, serverClock, server } = this.#parts;
    const askedAtMs = clock.monotonicMs();
    const reply = await sendToService(http, {
      method: 'POST',
      server,
      path: 'v1/verify',
      bearer: token,
      body: request,
      timeoutMs,
    });
    if (reply.status === 401) {
      return { kind: 'token_refused', token, miss: missOf('refused', reply) };
    }
    if (reply.status >= 500) return { kind: 'passing', miss: missOf('server_error', reply) };
    if (!isSuccess(reply.status)) return { kind: 'final', miss: missOf('refused', reply) };
    const answer = readVerifyAnswer(parseJson(reply.body));
    // A retry may bring the answer to an earlier try, with the time of then.
    if (isFirst) serverClock.learn(answer.serverTime, askedAtMs);
    return { kind: 'answered', answer };
  }

  /** The token request goes on for the next rider when this one cannot wait for it any longer. */
  #inTime<T>(promise: Promise<T>, deadlineMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#parts.clock.after(Math.max(0, this.#leftMs(deadlineMs)), () =>
        reject(new NoReply('timeout', 'no token in time')),
      );
      promise.then(resolve, reject).finally(callOff);
    });
  }
}

interface Try {
  /** Monotonic. */
  readonly deadlineMs: number;
  readonly refusedToken: string | undefined;
  readonly isFirst: boolean;
}

function missOf(why: Miss['why'], reply: HttpReply): Miss {
  return { why, detail: refusalOf(reply).message, status: reply.status };
}

function withoutToken(error: unknown): TryOutcome {
  if (!(error instanceof ServiceRefusal)) return withoutAnswer(error);
  const miss: Miss = { why: 'no_token', detail: error.message, status: error.status };
  return { kind: error.status >= 500 ? 'passing' : 'final', miss };
}

function withoutAnswer(error: unknown): TryOutcome {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof UnexpectedAnswer) {
    return { kind: 'final', miss: { why: 'bad_answer', detail } };
  }
  return { kind: 'passing', miss: { why: 'no_answer', detail } };
}
