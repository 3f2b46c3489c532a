import type { HttpClient } from '../wire/http-client.ts';
import { textMember } from '../wire/json.ts';
import { askService } from '../wire/service.ts';
import type { Direction, Medium } from '../wire/verify.ts';
import type { PlatformAccount } from './platform-client.ts';

export type CommunityKind =
  | 'open'
  | 'standard'
  | 'strict'
  | 'office'
  | 'campus'
  | 'hospital'
  | 'station';

export interface NewGate {
  readonly name: string;
  readonly directions: readonly Direction[];
  readonly media: readonly Medium[];
  readonly kind?: 'gate' | 'guard';
  readonly passageSensor?: boolean;
}

/** Whoever holds the operator's API key: registers platforms, communities and gates. */
export class OperatorClient {
  readonly #http: HttpClient;
  readonly #server: string;
  readonly #apiKey: string;

  constructor(http: HttpClient, server: string, apiKey: string) {
    this.#http = http;
    this.#server = server;
    this.#apiKey = apiKey;
  }

  /** @throws {NoReply} @throws {ServiceRefusal} */
  async addPlatform(slug: string, name: string): Promise<PlatformAccount> {
    const made = await this.#ask('v1/platforms', { slug, name });
    const webhookSecret = textMember(made, 'webhookSecret');
    return { slug, webhookSecret, apiKey: textMember(made, 'apiKey') };
  }

  /** @returns the community's id @throws {NoReply} @throws {ServiceRefusal} */
  async addCommunity(name: string, kind: CommunityKind): Promise<string> {
    return textMember(await this.#ask('v1/communities', { name, kind }), 'id');
  }

  /** @throws {NoReply} @throws {ServiceRefusal} */
  async addGate(
    communityId: string,
    gate: NewGate,
  ): Promise<{ id: string; enrollmentCode: string }> {
    const made = await this.#ask(`v1/communities/${communityId}/gates`, gate);
    return { id: textMember(made, 'id'), enrollmentCode: textMember(made, 'enrollmentCode') };
  }

  #ask(path: string, body: object): Promise<unknown> {
    const bearer = this.#apiKey;
    return askService(this.#http, { method: 'POST', server: this.#server, path, bearer, body });
  }
}
