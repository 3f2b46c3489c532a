import type { TapMirrors } from '../hardware/tag.ts';
import type { PhoneBatch } from '../rides/phone.ts';
import { listMember, numberMember, optionalText, textMember } from '../wire/json.ts';
import { askService, isSuccess, refusalOf, sendToService } from '../wire/service.ts';
import type { Transport } from '../wire/transport.ts';
import { readVerifyAnswer, type VerifyAnswer } from '../wire/verify.ts';
import { type CodeWindow, readCodeWindows } from './platform-client.ts';

export interface RiderPass {
  readonly id: string;
  /** `active`, `leaving` or `ended`. */
  readonly status: string;
  /** The current window first. */
  readonly codes: readonly CodeWindow[];
  /** The whole item as the service sent it. */
  readonly item: unknown;
}

export interface PassQuery {
  /** How many windows; 8 when left out, at most 240. */
  readonly codes?: number;
  /** A window's `notBefore`, to have the ones that follow it. */
  readonly after?: string;
}

type Caller = Pick<Transport, 'call'>;

const CONSENT = 'v1/rider/consents/positions';

/** A rider's phone with a session: sees the passes, shows their codes. */
export class RiderPhone {
  readonly #http: Caller;
  readonly #server: string;
  readonly #accessToken: string;

  private constructor(http: Caller, server: string, accessToken: string) {
    this.#http = http;
    this.#server = server;
    this.#accessToken = accessToken;
  }

  /** Uses the one-time token of a rider link up. @throws {NoReply} @throws {ServiceRefusal} */
  static async signIn(http: Caller, server: string, linkToken: string): Promise<RiderPhone> {
    const path = 'v1/rider-sessions';
    const body = { token: linkToken };
    const session = await askService(http, { method: 'POST', server, path, body });
    return new RiderPhone(http, server, textMember(session, 'accessToken'));
  }

  /**
   * Opens another platform's link under this session, as the same person: from now on both riders are one courier.
   *
   * @returns the phone with the session that the link opened @throws {NoReply} @throws {ServiceRefusal}
   */
  async join(linkToken: string): Promise<RiderPhone> {
    const session = await askService(this.#http, {
      method: 'POST',
      server: this.#server,
      path: 'v1/rider-sessions',
      bearer: this.#accessToken,
      body: { token: linkToken, join: true },
    });
    return new RiderPhone(this.#http, this.#server, textMember(session, 'accessToken'));
  }

  /** @throws {NoReply} @throws {ServiceRefusal} */
  async passes(query: PassQuery = {}): Promise<RiderPass[]> {
    const search = new URLSearchParams();
    if (query.codes !== undefined) search.set('codes', String(query.codes));
    if (query.after !== undefined) search.set('after', query.after);
    const answer = await askService(this.#http, this.#get(`v1/rider/passes?${search}`));
    return listMember(answer, 'items').map((item) => ({
      id: textMember(item, 'id'),
      status: optionalText(item, 'status') ?? 'unknown',
      codes: readCodeWindows(item),
      item,
    }));
  }

  /** The picture of the pass's current code, as the phone would show it. @throws {NoReply} @throws {ServiceRefusal} */
  async qrPicture(passId: string): Promise<Buffer> {
    const call = { ...this.#get(`v1/passes/${passId}/qr.png`), headers: { accept: 'image/png' } };
    const reply = await sendToService(this.#http, call);
    if (!isSuccess(reply.status)) throw refusalOf(reply);
    return reply.body;
  }

  /** Posts what a tag at a gate gave the phone, as the page that it opened does. @throws {NoReply} @throws {ServiceRefusal} */
  async tap(tagId: string, mirrors: TapMirrors): Promise<VerifyAnswer> {
    const answer = await askService(this.#http, {
      method: 'POST',
      server: this.#server,
      path: 'v1/rider/taps',
      bearer: this.#accessToken,
      body: { tagId, ...mirrors },
    });
    return readVerifyAnswer(answer);
  }

  /** The rider lets the phone send positions. @throws {NoReply} @throws {ServiceRefusal} */
  async allowPositions(): Promise<void> {
    await askService(this.#http, { ...this.#get(CONSENT), method: 'PUT' });
  }

  /** The rider lets it no more. @throws {NoReply} @throws {ServiceRefusal} */
  async forbidPositions(): Promise<void> {
    const reply = await sendToService(this.#http, { ...this.#get(CONSENT), method: 'DELETE' });
    if (!isSuccess(reply.status)) throw refusalOf(reply);
  }

  /** Sends what the phone measured during a visit. @returns how many the service took @throws {NoReply} @throws {ServiceRefusal} */
  async sendPositions(
    passId: string,
    { fixes, sentAt }: Pick<PhoneBatch, 'fixes' | 'sentAt'>,
  ): Promise<number> {
    const positions = fixes.map((fix) => ({ ...fix, t: new Date(fix.t).toISOString() }));
    const body = { passId, sentAt: new Date(sentAt).toISOString(), positions };
    const call = { ...this.#get('v1/rider/positions'), method: 'POST' as const, body };
    return numberMember(await askService(this.#http, call), 'accepted');
  }

  #get(path: string): { method: 'GET'; server: string; path: string; bearer: string } {
    return { method: 'GET', server: this.#server, path, bearer: this.#accessToken };
  }
}
