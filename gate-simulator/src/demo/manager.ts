import type { TagSettings } from '../hardware/tag.ts';
import type { HttpClient } from '../wire/http-client.ts';
import { isObject, listMember, numberMember, optionalText, textMember } from '../wire/json.ts';
import { askService } from '../wire/service.ts';
import type { HttpMethod } from '../wire/transport.ts';

const HOUR_MS = 3_600_000;

export interface Visit {
  readonly id: string;
  readonly passId: string;
  readonly courierId: string;
  readonly closedBy: string;
}

/** A property manager with an API key that reaches one community. All calls throw as `askService` does. */
export class Manager {
  readonly #http: HttpClient;
  readonly #server: string;
  readonly #apiKey: string;
  readonly #communityId: string;

  constructor(http: HttpClient, server: string, apiKey: string, communityId: string) {
    this.#http = http;
    this.#server = server;
    this.#apiKey = apiKey;
    this.#communityId = communityId;
  }

  /** @param rules what differs from the template of the community's kind @returns the new version's number */
  async putRules(rules: object): Promise<number> {
    const agreedBy = ['residents', 'manager', 'riders'];
    return numberMember(await this.#ask('PUT', 'rules', { rules, agreedBy }), 'version');
  }

  /** For an hour. */
  async setPosture(posture: 'lockdown' | 'open', reason: string): Promise<void> {
    await this.#ask('PUT', 'posture', { posture, reason, until: inAnHour() });
  }

  async backToNormal(): Promise<void> {
    await this.#ask('PUT', 'posture', { posture: 'normal' });
  }

  /** For an hour. */
  async block(courierId: string, reason: string): Promise<void> {
    await this.#ask('PUT', `blocks/${courierId}`, { reason, until: inAnHour() });
  }

  async unblock(courierId: string): Promise<void> {
    await this.#ask('DELETE', `blocks/${courierId}`);
  }

  /** Of one pass, newest first. */
  async visitsOf(passId: string): Promise<Visit[]> {
    const items = listMember(await this.#ask('GET', 'visits?limit=200'), 'items');
    return items.map(readVisit).filter((visit) => visit.passId === passId);
  }

  /** An NTAG 424 DNA at the entry of a gate, with the keys that the service has made for it. */
  async addTag(gateId: string, uid: string): Promise<TagSettings> {
    const made = await this.#ask('POST', 'tags', { gateId, uid });
    const keys = isObject(made) ? made['keys'] : undefined;
    const key = (name: string) => Buffer.from(textMember(keys, name), 'hex');
    return { url: textMember(made, 'url'), uid, fileKey: key('fileKey'), metaKey: key('metaKey') };
  }

  /** What the newest decision is flagged with, for people to look at. */
  async newestFlags(): Promise<readonly unknown[]> {
    const [newest] = listMember(await this.#ask('GET', 'decisions?limit=1'), 'items');
    return listMember(newest, 'flags');
  }

  #ask(method: HttpMethod, what: string, body?: object): Promise<unknown> {
    return askService(this.#http, {
      method,
      server: this.#server,
      path: `v1/communities/${this.#communityId}/${what}`,
      bearer: this.#apiKey,
      ...(body === undefined ? {} : { body }),
    });
  }
}

function readVisit(item: unknown): Visit {
  return {
    id: textMember(item, 'id'),
    passId: textMember(item, 'passId'),
    courierId: optionalText(item, 'courierId') ?? 'nobody',
    closedBy: isObject(item) ? (optionalText(item, 'closedBy') ?? 'still open') : 'unknown',
  };
}

function inAnHour(): string {
  return new Date(Date.now() + HOUR_MS).toISOString();
}
