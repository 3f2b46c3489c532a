/** The simulator's gate loses its service, goes on, and tells everything once it has it back: none lost, none twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultPlan } from '../../gate-simulator/src/faults/fault-plan.ts';
import { type FaultyGate, openFaultyGate } from '../../gate-simulator/src/faults/faulty-gate.ts';
import { enrollGate } from '../../gate-simulator/src/firmware/enrolment.ts';
import type { GateOptions, ScanResult } from '../../gate-simulator/src/firmware/gate.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { simulatedPassage } from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import { until } from '../simulator/support/enrolled-gate.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makePlatform,
  type PlatformHandle,
} from '../support/world.ts';

/** Of a busy gate in a long night: most of it telemetry, which needs no lane. */
const SPEED_EVENTS = 2_500;
const RIDERS = 8;

let service: RunningService;
let folder: string;
let platform: PlatformHandle;
let communityId: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gate-offline-'));
  const port = await freePort();
  const environment = { PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` };
  service = await runService({ environment });
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
});
afterAll(async () => {
  await service.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** The service comes back at the same port after it was killed, as it would in production. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function installGate(name: string): Promise<string> {
  const stateDir = join(folder, name);
  const body = { name, directions: ['in', 'out'], media: ['qr'], passageSensor: true };
  const path = `/v1/communities/${communityId}/gates`;
  const made = await service.call('POST', path, { token: service.operatorKey, body });
  const { enrollmentCode } = expectStatus(made, 201).body;
  await enrollGate({ server: `http://127.0.0.1:${service.port}`, enrollmentCode, stateDir });
  return stateDir;
}

async function boot(
  stateDir: string,
  faults: FaultPlan = {},
  parts: Pick<GateOptions, 'bufferEvents' | 'clock'> = {},
): Promise<FaultyGate> {
  const relay = new SimulatedRelay();
  const passageSensor = simulatedPassage(systemClock, relay, 1);
  const options = { relay, passageSensor, ...parts };
  const device = await openFaultyGate(stateDir, options, faults);
  await device.gate.start();
  return device;
}

/** A rider with an order, and the code that the phone shows now. */
async function codeOf(riderId: string): Promise<string> {
  await makeDelivery(service, platform, { communityId, riderId, deliveryId: `d-${riderId}` });
  const body = { riderId, communityId, codes: 1 };
  const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body });
  return expectStatus(answer, 200).body.codes[0].code;
}

interface Decision {
  readonly requestId: string;
  readonly gateId: string;
  readonly source: string;
  readonly decision: string;
  readonly direction: string;
}

async function decisionsOf({ gate }: FaultyGate): Promise<Decision[]> {
  const found: Decision[] = [];
  let after = '';
  do {
    const path = `/v1/communities/${communityId}/decisions?limit=200${after}`;
    const page = expectStatus(
      await service.call('GET', path, { token: service.operatorKey }),
      200,
    ).body;
    found.push(...page.items);
    after = page.next === null ? '' : `&after=${encodeURIComponent(page.next)}`;
  } while (after !== '');
  return found.filter(({ gateId }) => gateId === gate.identity.gateId);
}

/** What the service has stored of a gate's log. */
function storedEvents(gateId: string): { seq: number; variant: number; rejected: string | null }[] {
  const database = new Database(service.database, { readonly: true });
  try {
    return database
      .prepare<[string], { seq: number; variant: number; rejected: string | null }>(
        `SELECT e.seq, e.variant, e.rejected FROM gate_events e
           JOIN gate_logs l ON l.no = e.log_no JOIN gates g ON g.no = l.gate_no
          WHERE g.id = ? ORDER BY e.seq, e.variant`,
      )
      .all(gateId);
  } finally {
    database.close();
  }
}

/** Each number once from 1 to the last, none with two contents, none rejected. */
function expectWhole(gateId: string, atLeast: number): void {
  const events = storedEvents(gateId);
  expect(events.length).toBeGreaterThanOrEqual(atLeast);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ variant, rejected }) => variant !== 0 || rejected !== null)).toEqual([]);
}

async function serveRiders(device: FaultyGate, name: string): Promise<ScanResult[]> {
  const codes: string[] = [];
  for (let n = 0; n < RIDERS; n += 1) codes.push(await codeOf(`${name}-${n}`));
  device.ready();
  const results: ScanResult[] = [];
  for (const code of codes) results.push(await device.gate.scanText(code, { direction: 'in' }));
  for (const code of codes) results.push(await device.gate.scanText(code, { direction: 'out' }));
  for (let n = 0; n < SPEED_EVENTS; n += 1) device.gate.noteSpeed({ speedKmh: n % 40 });
  await device.gate.whenIdle();
  return results;
}

/** Each scan is one decision at the service, made alone, under the requestId that it had. */
async function expectEachOnce(device: FaultyGate, results: readonly ScanResult[]): Promise<void> {
  const decisions = await decisionsOf(device);
  const ids = decisions.map(({ requestId }) => requestId).sort();
  expect(ids).toEqual(results.map(({ requestId }) => requestId).sort());
  expect(new Set(decisions.map(({ source }) => source))).toEqual(new Set(['offline']));
  expect(new Set(decisions.map(({ decision }) => decision))).toEqual(new Set(['granted']));
}

test('a gate without network lets riders in and out, and reports each scan once when it is back', async () => {
  const device = await boot(await installGate('offline'), { offline: 'ready' });
  const results = await serveRiders(device, 'offline');
  expect(results.every(({ opened }) => opened)).toBe(true);
  expect(device.gate.unreportedEvents).toBeGreaterThan(SPEED_EVENTS);

  device.network.comeBack();
  await until(() => device.gate.unreportedEvents === 0, 60_000);
  await device.close();
  expectWhole(device.gate.identity.gateId, SPEED_EVENTS + 3 * RIDERS);
  await expectEachOnce(device, results);
}, 180_000);

test('the service is killed again and again while the gate reports: none lost, none twice', async () => {
  const device = await boot(await installGate('killed'), { offline: 'ready', duplicate: 0.3 });
  const results = await serveRiders(device, 'killed');
  device.network.comeBack();
  const waiting: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const before = device.gate.unreportedEvents;
    await until(() => device.gate.unreportedEvents < before || before === 0, 60_000);
    waiting.push(device.gate.unreportedEvents);
    await service.kill();
    await service.start();
  }
  expect(waiting[0]).toBeGreaterThan(0);
  await until(() => device.gate.unreportedEvents === 0, 90_000);
  await device.close();
  expectWhole(device.gate.identity.gateId, SPEED_EVENTS + 3 * RIDERS);
  await expectEachOnce(device, results);
}, 240_000);

test('a gate that is switched off while it is alone reports everything at its next boot', async () => {
  const stateDir = await installGate('reboot');
  const device = await boot(stateDir, { offline: 'ready' });
  const results = await serveRiders(device, 'reboot');
  await device.close();
  expect(device.gate.unreportedEvents).toBeGreaterThan(SPEED_EVENTS);

  const again = await boot(stateDir);
  await until(() => again.gate.unreportedEvents === 0, 60_000);
  await again.close();
  expectWhole(again.gate.identity.gateId, SPEED_EVENTS + 3 * RIDERS);
  await expectEachOnce(again, results);
}, 180_000);

test('a full buffer loses telemetry and tells of it; every entry that waits arrives', async () => {
  const [bufferEvents, telemetry] = [1_200, 1_100];
  const device = await boot(await installGate('full'), { offline: 'ready' }, { bufferEvents });
  const codes: string[] = [];
  for (let n = 0; n < 4; n += 1) codes.push(await codeOf(`full-${n}`));
  device.ready();
  const results: ScanResult[] = [];
  const radar = async (count: number) => {
    for (let n = 0; n < count; n += 1) device.gate.noteSpeed({ speedKmh: n % 40 });
  };
  await radar(telemetry);
  for (const code of codes) results.push(await device.gate.scanText(code, { direction: 'in' }));
  await radar(300);
  await device.gate.whenIdle();
  expect(results.every(({ opened }) => opened)).toBe(true);
  await until(() => device.gate.unreportedEvents >= bufferEvents, 30_000);

  device.network.comeBack();
  await until(() => device.gate.unreportedEvents === 0, 60_000);
  await device.close();
  const stored = storedEvents(device.gate.identity.gateId).map(({ seq }) => seq);
  expect(stored.length).toBeGreaterThanOrEqual(bufferEvents);
  const lost = stored.flatMap((seq, index) => (seq === (stored[index - 1] ?? 0) + 1 ? [] : [seq]));
  expect(lost.length).toBeLessThanOrEqual(2);
  await expectEachOnce(device, results);
  const { body } = await service.call('GET', `/v1/communities/${communityId}/alerts?limit=200`, {
    token: service.operatorKey,
  });
  const kinds = body.items
    .filter(({ gateId }: { gateId: string }) => gateId === device.gate.identity.gateId)
    .map(({ kind }: { kind: string }) => kind);
  expect(kinds).toContain('gate_event_gap');
}, 180_000);

test('an `open` from a manager is claimed, opens once, and is reported done', async () => {
  const device = await boot(await installGate('command'));
  const gateId = device.gate.identity.gateId;
  const commands = `/v1/gates/${gateId}/commands`;
  const token = service.operatorKey;
  const outcomes = async () => {
    const page = await service.call('GET', commands, { token });
    return expectStatus(page, 200).body.items.map(({ outcome }: { outcome: string }) => outcome);
  };
  await until(() => device.gate.isHearing, 10_000);
  await service.call('POST', `/v1/gates/${gateId}/open`, { token, body: { reason: 'test' } });
  await until(() => device.gate.lane.phase === 'open' || device.gate.lane.phase === 'closing');
  await device.gate.whenIdle();
  await device.close();
  expect(await outcomes()).toEqual(['done']);
}, 60_000);
