/**
 * `npx tsx bench/streams.ts`: how soon connected gates hear of a revocation, and what streams cost, some of which read
 * nothing. The service runs in a process of its own. Prints one JSON object; exit code 1 where a bound is broken.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { runService } from '../tests/support/running-service.ts';
import { openStreamClient, type StreamClient } from '../tests/support/stream-client.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  sendCallback,
} from '../tests/support/world.ts';

/** A revocation must reach a connected gate within this time. */
const BOUND_MS = 1_000;
const STREAMS_OF_A_GATE = 10;

const options = new Command('streams')
  .description('Measures live streams of gates.')
  .option('--gates <n>', 'gates, each with 10 streams', Number, 50)
  .option('--rounds <n>', 'revocations', Number, 50)
  .option('--orders <n>', 'orders to open, to a gate that reads nothing', Number, 2_000)
  .parse()
  .opts<{ gates: number; rounds: number; orders: number }>();

const service = await runService();
const clients: StreamClient[] = [];
try {
  const platform = await makePlatform(service, 'bench');
  const communityId = await makeCommunity(service);
  const rss = { startKb: residentKb() };
  const readers: StreamClient[] = [];
  const gates = [];
  for (let index = 0; index < options.gates; index++) {
    const gate = await makeGate(service, communityId);
    gates.push(gate);
    for (let stream = 0; stream < STREAMS_OF_A_GATE; stream++) {
      const reads = stream === 0 ? 'reads nothing' : 'reads';
      const client = await openStreamClient(service.port, gate.token, reads);
      clients.push(client);
      if (reads === 'reads') readers.push(client);
    }
  }
  const connectedKb = residentKb();
  const delays = await revoke(platform, communityId, readers);
  const [slow] = gates;
  if (slow !== undefined) await order(slow.id);
  const report = {
    streams: clients.length,
    readNothing: clients.length - readers.length,
    revocations: options.rounds,
    delayMs: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: quantile(delays, 1) },
    orders: options.orders,
    residentKb: { ...rss, connected: connectedKb, end: residentKb() },
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (report.delayMs.p99 >= BOUND_MS) process.exitCode = 1;
} finally {
  for (const client of clients) client.close();
  await service.dispose();
}

/** Milliseconds from the callback that ends an order until each reader has heard of it. */
async function revoke(
  platform: Awaited<ReturnType<typeof makePlatform>>,
  communityId: string,
  readers: readonly StreamClient[],
): Promise<number[]> {
  const delays: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const deliveryId = `d-${round}`;
    await makeDelivery(service, platform, { communityId, deliveryId, riderId: `r-${round}` });
    const heard = readers.map((reader) => reader.next('status-list'));
    const startedAt = performance.now();
    const ended = { deliveryId, status: 'delivered' };
    expectStatus(await sendCallback(service, platform, ended), 202);
    for (const at of await Promise.all(heard)) delays.push(at - startedAt);
  }
  return delays.toSorted((a, b) => a - b);
}

async function order(gateId: string): Promise<void> {
  const open = { token: service.operatorKey, body: { reason: 'bench' } };
  const path = `/v1/gates/${gateId}/open`;
  const batch = 50;
  for (let sent = 0; sent < options.orders; sent += batch) {
    const answers = Array.from({ length: batch }, () => service.call('POST', path, open));
    for (const answer of await Promise.all(answers)) expectStatus(answer, 201);
  }
}

function quantile(sorted: readonly number[], part: number): number {
  const at = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return Math.round(at * 10) / 10;
}

/** Memory of the service's process. */
function residentKb(): number {
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}
