import { randomUUID } from 'node:crypto';
import { type CryptoKey, importJWK, SignJWT } from 'jose';
import type { Clock } from '../hardware/clock.ts';
import { numberMember, optionalText, parseJson, textMember } from '../wire/json.ts';
import { isSuccess, refusalOf, type ServiceRefusal } from '../wire/service.ts';
import type { Transport } from '../wire/transport.ts';
import type { GateIdentity } from './gate-state.ts';
import type { ServerClock } from './server-clock.ts';

/** The contract allows 5 minutes. */
const ASSERTION_LIFETIME_S = 120;
const TOKEN_TIMEOUT_MS = 5_000;
/** A token is replaced this long before its end, or at half its life when that is shorter. */
const RENEW_BEFORE_END_MS = 90_000;
const RENEWAL_RETRY_MS = 5_000;

interface AccessToken {
  readonly value: string;
  /** Monotonic. */
  readonly renewAtMs: number;
  /** Monotonic. */
  readonly endsAtMs: number;
}

export interface TokenParts {
  readonly http: Pick<Transport, 'call'>;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly identity: GateIdentity;
}

/**
 * The gate's access token, by client credentials with an assertion that the gate's key signs.
 * However many ask, one request is under way at a time. A refusal that carries the server's time
 * corrects the gate's clock and is tried once more.
 *
 * @see RFC 6749 §4.4, RFC 7523 §2.2
 */
export class AccessTokens {
  readonly #parts: TokenParts;
  #key: Promise<CryptoKey | Uint8Array> | undefined;
  #token: AccessToken | undefined;
  #fetching: Promise<AccessToken> | undefined;
  #callOffRenewal: (() => void) | undefined;

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /** A token that has not ended. @throws {NoReply} @throws {ServiceRefusal} */
  async current(): Promise<string> {
    const nowMs = this.#parts.clock.monotonicMs();
    const token = this.#token;
    if (token === undefined || nowMs >= token.endsAtMs) return (await this.#fetchOnce()).value;
    if (nowMs >= token.renewAtMs) this.#fetchOnce().catch(() => undefined);
    return token.value;
  }

  /** Another token than `refused`, which the server did not take. @throws {NoReply} @throws {ServiceRefusal} */
  async insteadOf(refused: string): Promise<string> {
    if (this.#token?.value === refused) this.#token = undefined;
    return this.current();
  }

  /** From now until `stop` a new token is fetched before the old one ends, so that no rider waits for it. */
  keepFresh(): void {
    this.#callOffRenewal?.();
    const { clock } = this.#parts;
    const dueMs = (this.#token?.renewAtMs ?? 0) - clock.monotonicMs();
    this.#callOffRenewal = clock.after(Math.max(RENEWAL_RETRY_MS, dueMs), () => {
      const again = (): void => {
        if (this.#callOffRenewal !== undefined) this.keepFresh();
      };
      this.#fetchOnce().then(again, again);
    });
  }

  stop(): void {
    this.#callOffRenewal?.();
    this.#callOffRenewal = undefined;
  }

  #fetchOnce(): Promise<AccessToken> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<AccessToken> {
    const first = await this.#ask();
    const answer = 'refusal' in first && first.timeLearned ? await this.#ask() : first;
    if ('refusal' in answer) throw answer.refusal;
    this.#token = answer;
    return answer;
  }

  async #ask(): Promise<AccessToken | { refusal: ServiceRefusal; timeLearned: boolean }> {
    const { http, clock, serverClock, identity } = this.#parts;
    const form = await this.#form();
    const askedAtMs = clock.monotonicMs();
    const reply = await http.call({
      method: 'POST',
      url: identity.tokenEndpoint,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(form)),
      },
      body: form,
      timeoutMs: TOKEN_TIMEOUT_MS,
    });
    const body = parseJson(reply.body);
    const timeLearned = serverClock.learn(optionalText(body, 'serverTime'), askedAtMs);
    if (!isSuccess(reply.status)) return { refusal: refusalOf(reply), timeLearned };
    const lifeMs = numberMember(body, 'expires_in') * 1_000;
    return {
      value: textMember(body, 'access_token'),
      renewAtMs: askedAtMs + Math.max(lifeMs - RENEW_BEFORE_END_MS, lifeMs / 2),
      endsAtMs: askedAtMs + lifeMs,
    };
  }

  async #form(): Promise<string> {
    const { identity, serverClock } = this.#parts;
    this.#key ??= importJWK({ ...identity.privateKey }, 'ES256');
    const issuedAt = Math.floor(serverClock.nowMs() / 1_000);
    const assertion = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(identity.gateId)
      .setSubject(identity.gateId)
      .setAudience(identity.tokenEndpoint)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ASSERTION_LIFETIME_S)
      .sign(await this.#key);
    return new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: identity.gateId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }).toString();
  }
}
