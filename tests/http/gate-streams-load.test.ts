import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { App } from '../../src/http/app.ts';
import { attach, listen } from '../../src/http/server.ts';
import { type Service, startService } from '../support/service.ts';
import { openStreamClient, type StreamClient } from '../support/stream-client.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  nextHour,
  type PlatformHandle,
  sendCallback,
} from '../support/world.ts';

const GATES = 50;
const STREAMS_OF_A_GATE = 10;
/** What streams that nobody reads may cost all together. */
const MOST_HELD = 16 * 1024 * 1024;
const ORDER_BYTES = 4_096;

let service: Service;
let server: Server;
let port: number;
let platform: PlatformHandle;
let communityId: string;
const clients: StreamClient[] = [];

beforeAll(async () => {
  service = await startService();
  platform = await makePlatform(service, 'kuaisong');
  server = await listen({ host: '127.0.0.1', port: 0, limits: service.deps.config.limits }, null);
  attach(server, { hono: service.app } as App, () => {});
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await service.stop();
});
beforeEach(async () => {
  nextHour(service);
  communityId = await makeCommunity(service);
  return async () => {
    for (const client of clients.splice(0)) client.close();
    await vi.waitFor(async () => expect(await connections()).toBe(0));
  };
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Memory that cannot be given back. */
function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function connect(gate: GateHandle, reads: 'reads' | 'reads nothing') {
  const client = await openStreamClient(port, gate.token, reads);
  clients.push(client);
  return client;
}
const kinds = ({ events }: StreamClient) => events.map(({ event }) => event);
const connections = promisify((done: (error: Error | null, count: number) => void) =>
  server.getConnections(done),
);
const heardOfAll = (readers: readonly StreamClient[]) =>
  vi.waitFor(
    () => expect(readers.filter((reader) => !kinds(reader).includes('bundle'))).toEqual([]),
    20_000,
  );

describe('500 streams of gates on one instance', () => {
  test('all hear of a revocation within a second, though some read nothing', async () => {
    const gates = await Promise.all(
      Array.from({ length: GATES }, () => makeGate(service, communityId)),
    );
    const readers: StreamClient[] = [];
    for (let round = 0; round < STREAMS_OF_A_GATE; round++) {
      const reads = round === 0 ? 'reads nothing' : 'reads';
      const opened = await Promise.all(gates.map((gate) => connect(gate, reads)));
      if (reads === 'reads') readers.push(...opened);
    }
    await heardOfAll(readers);
    const delays: number[] = [];
    for (let round = 0; round < 4; round++) {
      const members = { communityId, deliveryId: `d-${round}`, riderId: `r-${round}` };
      await makeDelivery(service, platform, members);
      const heard = readers.map((reader) => reader.next('status-list'));
      const startedAt = performance.now();
      const end = { deliveryId: `d-${round}`, status: 'delivered' };
      expectStatus(await sendCallback(service, platform, end), 202);
      for (const at of await Promise.all(heard)) delays.push(at - startedAt);
    }
    delays.sort((a, b) => a - b);
    expect(delays[Math.floor(delays.length * 0.99)]).toBeLessThan(1_000);
  }, 60_000);
});

describe('a client that reads nothing', () => {
  test('is cut off, costs no memory meanwhile, and delays nobody', async () => {
    const [slowGate, otherGate] = [
      await makeGate(service, communityId),
      await makeGate(service, communityId),
    ];
    const slow = 5;
    await Promise.all(Array.from({ length: slow }, () => connect(slowGate, 'reads nothing')));
    const reader = await connect(otherGate, 'reads');
    await heardOfAll([reader]);
    expect(await connections()).toBe(slow + 1);
    const publish = (orders: number) => {
      for (let index = 0; index < orders; index++) {
        service.deps.bus.publish({
          topic: `gate:${slowGate.id}` as never,
          type: 'open',
          commandId: `cmd_${sent++}`.padEnd(ORDER_BYTES, 'x') as never,
          openForMs: 3_000,
          expiresAt: service.clock.now(),
        });
      }
      return nextTurn();
    };
    let sent = 0;
    const before = heldBytes();
    let most = 0;
    // What the kernel holds for a connection is full first.
    for (let round = 1; (await connections()) > 1 && sent < 40_000; round++) {
      await publish(32);
      if (round % 16 === 0) most = Math.max(most, heldBytes() - before);
    }
    expect(await connections()).toBe(1);
    while (sent * ORDER_BYTES < 4 * MOST_HELD) await publish(256);
    most = Math.max(most, heldBytes() - before);
    // A service that kept for one client what that does not read would hold four times as much.
    expect(most).toBeLessThan(MOST_HELD);
    const heard = reader.next('open');
    const body = { reason: '测试' };
    const path = `/v1/gates/${otherGate.id}/open`;
    expectStatus(await service.call('POST', path, { token: service.operatorKey, body }), 201);
    await heard;
    expect(kinds(reader)).toEqual(['status-list', 'posture', 'bundle', 'open']);
  }, 60_000);
});
