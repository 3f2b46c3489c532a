import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enrollGate } from '../firmware/enrolment.ts';
import { type Gate, openGate } from '../firmware/gate.ts';
import { OperatorClient } from '../platform/operator-client.ts';
import { PlatformClient } from '../platform/platform-client.ts';
import { HttpClient } from '../wire/http-client.ts';

export interface StagePlan {
  readonly server: string;
  readonly adminKey: string;
  readonly communities: number;
  /** In all; each community has at least one. */
  readonly gates: number;
  /** Calls that may be under way at once. */
  readonly concurrency: number;
}

export interface StagedCommunity {
  readonly id: string;
  readonly gates: readonly Gate[];
}

/** A platform, communities and gates of this run's own, so that runs do not meet. */
export interface Stage {
  readonly platform: PlatformClient;
  readonly communities: readonly StagedCommunity[];
  close(): Promise<void>;
}

/** Sets everything up over the HTTP API. @throws {NoReply} @throws {ServiceRefusal} */
export async function setStage(plan: StagePlan): Promise<Stage> {
  const http = new HttpClient(plan.concurrency);
  const stateDir = await mkdtemp(join(tmpdir(), 'gate-simulator-swarm-'));
  const gates: Gate[] = [];
  const close = async (): Promise<void> => {
    for (const gate of gates) await gate.close();
    http.close();
    await rm(stateDir, { recursive: true, force: true });
  };
  try {
    const operator = new OperatorClient(http, plan.server, plan.adminKey);
    const slug = `swarm-${randomBytes(5).toString('hex')}`;
    const account = await operator.addPlatform(slug, 'Swarm');
    const platform = new PlatformClient(http, plan.server, account);
    const communities: StagedCommunity[] = [];
    for (let index = 0; index < plan.communities; index += 1) {
      const community = await addCommunity(operator, plan, { http, stateDir, slug, index });
      communities.push(community);
      gates.push(...community.gates);
    }
    return { platform, communities, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Run {
  readonly http: HttpClient;
  readonly stateDir: string;
  readonly slug: string;
  readonly index: number;
}

/** Gate number n belongs to community number n modulo the communities. */
async function addCommunity(
  operator: OperatorClient,
  { server, communities, gates: gateCount }: StagePlan,
  { http, stateDir, slug, index }: Run,
): Promise<StagedCommunity> {
  const id = await operator.addCommunity(`${slug} ${index + 1}`, 'standard');
  const gates: Gate[] = [];
  for (let number = index; number < gateCount; number += communities) {
    const name = `gate ${number + 1}`;
    const { enrollmentCode } = await operator.addGate(id, {
      name,
      directions: ['in', 'out'],
      media: ['qr', 'nfc'],
    });
    const gateDir = join(stateDir, String(number));
    await enrollGate({ server, enrollmentCode, stateDir: gateDir, name });
    const gate = await openGate(gateDir, { http, speaks: 'verify' });
    await gate.start();
    gates.push(gate);
  }
  return { id, gates };
}
