import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPicture } from '../hardware/picture.ts';
import { OperatorClient } from '../platform/operator-client.ts';
import { PlatformClient } from '../platform/platform-client.ts';
import { HttpClient } from '../wire/http-client.ts';
import { textMember } from '../wire/json.ts';
import { askService } from '../wire/service.ts';
import { BackdatingHttp } from './backdating-http.ts';
import { GatePost } from './gate-post.ts';
import { Manager } from './manager.ts';
import { drawCode } from './pictures.ts';
import type { Service } from './service.ts';

/** How far back the gate that lies dates its scans. */
export const BACKDATED_HOURS = 12;

export interface Community {
  readonly id: string;
  readonly name: string;
  readonly manager: Manager;
}

/** Everything that the demo plays with. */
export interface City {
  readonly service: Service;
  readonly server: string;
  readonly operatorKeyFile: string;
  /** The connections of everybody but the gates. */
  readonly http: HttpClient;
  readonly kuaisong: PlatformClient;
  readonly feida: PlatformClient;
  /** Standard rules, two gates. */
  readonly lake: Community & { readonly north: GatePost; readonly east: GatePost };
  /** Its own rules, closed from 23:00; one of its gates lies about the time. */
  readonly river: Community & { readonly gate: GatePost; readonly liar: GatePost };
  setTimezone(communityId: string, timezone: string): Promise<void>;
  /** Ends gates and connections; the gates leave their state on disk. The service goes on. */
  close(): Promise<void>;
}

/** Riverside's own rules; what they leave out is as in the standard template. */
const RIVER_RULES = {
  hours: [{ from: '06:00', to: '23:00' }],
  speedLimitKmh: 10,
  maxDwellMinutes: 20,
  vehicles: ['foot', 'bicycle', 'e-bike'],
};

/** A city on a service that has just been started in an empty folder, set up over the HTTP API alone. */
export async function buildCity(service: Service, folder: string): Promise<City> {
  const server = await service.start();
  const operatorKeyFile = join(service.dataDir, 'admin-api-key');
  const apiKey = (await readFile(operatorKeyFile, 'utf8')).trim();
  const office = new Office({ server, apiKey, folder });
  try {
    const communities = { lake: await buildLake(office), river: await buildRiver(office) };
    const kuaisong = await office.admitPlatform('kuaisong', '快送');
    const feida = await office.admitPlatform('feida', '飞达');
    // A camera runs all day: its decoder is not loaded while the first rider waits.
    await readPicture(await drawCode('WARM UP'));
    return { ...office.parts(), ...communities, kuaisong, feida, service, operatorKeyFile };
  } catch (error) {
    await office.close();
    throw error;
  }
}

async function buildLake(office: Office): Promise<City['lake']> {
  const community = await office.addCommunity('东湖花园');
  const north = await office.installGate(community, '北门', 'lake-north');
  const east = await office.installGate(community, '东门', 'lake-east');
  return { ...community, north, east };
}

async function buildRiver(office: Office): Promise<City['river']> {
  const community = await office.addCommunity('江城里');
  await community.manager.putRules(RIVER_RULES);
  const gate = await office.installGate(community, '正门', 'river-main');
  const lies = new BackdatingHttp(BACKDATED_HOURS);
  const liar = await office.installGate(community, '侧门', 'river-side', lies);
  return { ...community, gate, liar };
}

interface OfficeOptions {
  readonly server: string;
  readonly apiKey: string;
  readonly folder: string;
}

/** The operator's office: admits platforms, registers communities, has gates installed. */
class Office {
  readonly http = new HttpClient();
  readonly #gatesHttp = new HttpClient();
  readonly #connections: HttpClient[] = [this.http, this.#gatesHttp];
  readonly #gates: GatePost[] = [];
  readonly #operator: OperatorClient;
  readonly #options: OfficeOptions;

  constructor(options: OfficeOptions) {
    this.#options = options;
    this.#operator = new OperatorClient(this.http, options.server, options.apiKey);
  }

  async admitPlatform(slug: string, name: string): Promise<PlatformClient> {
    const account = await this.#operator.addPlatform(slug, name);
    return new PlatformClient(this.http, this.#options.server, account);
  }

  /** Of kind `standard`, with a manager whose key reaches no further. */
  async addCommunity(name: string): Promise<Community> {
    const { server, apiKey } = this.#options;
    const id = await this.#operator.addCommunity(name, 'standard');
    const made = await askService(this.http, {
      method: 'POST',
      server,
      path: 'v1/api-keys',
      bearer: apiKey,
      body: { name: `${name} 物业`, scope: { kind: 'community', communityId: id } },
    });
    return { id, name, manager: new Manager(this.http, server, textMember(made, 'key'), id) };
  }

  async installGate(
    { id, name: community }: Community,
    name: string,
    folder: string,
    http: HttpClient = this.#gatesHttp,
  ): Promise<GatePost> {
    const { server, folder: root } = this.#options;
    const gatesDir = join(root, 'gates');
    const site = { operator: this.#operator, server, http, communityId: id, gatesDir };
    const gate = await GatePost.install(site, `${community}${name}`, folder);
    if (!this.#connections.includes(http)) this.#connections.push(http);
    this.#gates.push(gate);
    return gate;
  }

  /** What the city has of its office. */
  parts(): Pick<City, 'server' | 'http' | 'setTimezone' | 'close'> {
    const { server, apiKey: bearer } = this.#options;
    const { http } = this;
    return {
      server,
      http,
      setTimezone: async (communityId, timezone) => {
        const path = `v1/communities/${communityId}`;
        await askService(http, { method: 'PATCH', server, path, bearer, body: { timezone } });
      },
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#gates.map((gate) => gate.close()));
    for (const connection of this.#connections) connection.close();
  }
}
