/**
 * The table of faults of an exchange, on the service's side: it is killed with `kill -9` while half of the request is
 * there, when all of it is, and when it has answered and nobody heard. Then both are whole and say the same.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { enrollGate } from '../../gate-simulator/src/firmware/enrolment.ts';
import { type Gate, openGate } from '../../gate-simulator/src/firmware/gate.ts';
import { type Clock, systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { simulatedPassage } from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import { HttpClient } from '../../gate-simulator/src/wire/http-client.ts';
import { type HttpCall, NoReply, type Transport } from '../../gate-simulator/src/wire/transport.ts';
import { until } from '../simulator/support/enrolled-gate.ts';
import { expectNothingHalfWritten } from '../support/log-checks.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makePlatform,
  type PlatformHandle,
} from '../support/world.ts';

let service: RunningService;
let folder: string;
let platform: PlatformHandle;
let communityId: string;
let stateDir: string;
let gateId: string;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gate-exchange-'));
  const port = await freePort();
  const environment = { PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` };
  service = await runService({ environment });
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
}, 60_000);
afterAll(async () => {
  await service.dispose();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  if (!isUp()) await service.start();
  count += 1;
  const body = { name: `${count}`, directions: ['in', 'out'], media: ['qr'], passageSensor: true };
  const path = `/v1/communities/${communityId}/gates`;
  const made = await service.call('POST', path, { token: service.operatorKey, body });
  const { id, enrollmentCode } = expectStatus(made, 201).body;
  gateId = id;
  stateDir = join(folder, `${count}`);
  await enrollGate({ server: `http://127.0.0.1:${service.port}`, enrollmentCode, stateDir });
});

/** It is down when the test before has failed half-way. */
function isUp(): boolean {
  try {
    return service.pid > 0;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const STEPS = [
  'half of it is there',
  'all of it is sent',
  'it was answered and nobody heard',
] as const;
type Step = (typeof STEPS)[number];

interface Plan {
  readonly path: RegExp;
  readonly step: Step;
  readonly after: Promise<void>;
}

/** Kills the service at a step of the first request to a path that comes once it is armed. */
class KilledService implements Transport {
  readonly #http = new HttpClient();
  #plan: Plan | undefined;
  #killed: Promise<void> | undefined;

  /** @param after such a request is kept back until then */
  arm(path: RegExp, step: Step, after: Promise<void> = Promise.resolve()): void {
    this.#plan = { path, step, after };
    this.#killed = undefined;
  }

  /** Resolves when the service is gone. */
  async killed(): Promise<void> {
    await until(() => this.#killed !== undefined, 20_000);
    await this.#killed;
  }

  async call(call: HttpCall) {
    const plan = this.#plan;
    if (plan === undefined || !plan.path.test(new URL(call.url).pathname))
      return this.#http.call(call);
    this.#plan = undefined;
    await plan.after;
    if (plan.step === 'half of it is there') await sendHalf(call);
    else {
      const reply = this.#http.call(call);
      reply.catch(() => undefined);
      // Sent: the request has left in this turn of the loop, and has arrived in the next but one.
      if (plan.step === 'all of it is sent') await new Promise((resolve) => setTimeout(resolve, 2));
      else await reply;
    }
    this.#killed = service.kill();
    await this.#killed;
    throw new NoReply('connection', 'the service is gone');
  }

  stream(call: Parameters<Transport['stream']>[0]) {
    return this.#http.stream(call);
  }

  close(): void {
    this.#http.close();
  }
}

/** The head of a request and half of its body, on a connection that stays open until the service is gone. */
function sendHalf({ url, method, headers, body = '' }: HttpCall): Promise<void> {
  const { pathname, host, hostname, port } = new URL(url);
  const bytes = Buffer.from(body);
  const lines = Object.entries({ host, 'content-length': `${bytes.length}`, ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${method} ${pathname} HTTP/1.1\r\n${head}\r\n`);
      socket.write(bytes.subarray(0, bytes.length / 2), () => resolve());
    });
    socket.on('error', reject).on('connect', () => socket.on('error', () => undefined));
    socket.resume();
  });
}

async function boot(http: Transport, clock: Clock = systemClock) {
  const relay = new SimulatedRelay();
  const passageSensor = simulatedPassage(systemClock, relay, 1);
  let openings = 0;
  relay.onMove((position) => {
    if (position === 'energised') openings += 1;
  });
  const gate = await openGate(stateDir, { relay, passageSensor, http, clock });
  return { gate, openings: () => openings };
}

async function newCode(): Promise<string> {
  const riderId = `r-${++count}`;
  await makeDelivery(service, platform, { communityId, riderId, deliveryId: `d-${count}` });
  const body = { riderId, communityId, codes: 1 };
  const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body });
  return expectStatus(answer, 200).body.codes[0].code;
}

function rows<T>(sql: string): T[] {
  const database = new Database(service.database, { readonly: true });
  try {
    return database.prepare<[string], T>(sql).all(gateId);
  } finally {
    database.close();
  }
}

const entries = () =>
  rows<{ decision: string; entryKey: number | null }>(
    `SELECT a.decision, a.entry_key AS entryKey FROM attempts a JOIN gates g ON g.no = a.gate_no
     WHERE g.id = ? AND a.direction = 'in'`,
  );

/** Everything that the gate wrote is stored once, in its order, and nothing of it is half there. */
async function expectWhole(gate: Gate): Promise<void> {
  await until(() => gate.unreportedEvents === 0, 30_000);
  const stored = rows<{ seq: number; variant: number }>(
    `SELECT e.seq, e.variant FROM gate_events e JOIN gate_logs l ON l.no = e.log_no
     JOIN gates g ON g.no = l.gate_no WHERE g.id = ? ORDER BY e.seq, e.variant`,
  );
  expect(stored).toEqual(stored.map((_, index) => ({ seq: index + 1, variant: 0 })));
  expectNothingHalfWritten(service.database);
}

describe('kill -9 of the service while a gate', { timeout: 60_000 }, () => {
  test.each(STEPS)('asks for a token, when %s: it gets one of the next', async (step) => {
    const http = new KilledService();
    const { gate, openings } = await boot(http);
    http.arm(/\/oauth\/token$/, step);
    const code = await newCode();
    await expect(gate.start()).rejects.toThrow(NoReply);
    await http.killed();
    await service.start();
    expect((await gate.scanText(code, { direction: 'in' })).opened).toBe(true);
    expect(openings()).toBe(1);
    await expectWhole(gate);
    await gate.close();
    http.close();
  });

  test.each(STEPS)('fetches its bundle, when %s: it judges alone by the next one', async (step) => {
    const http = new KilledService();
    const { gate } = await boot(http);
    http.arm(/\/gate\/bundle$/, step);
    await gate.start();
    await http.killed();
    await service.start();
    await until(() => gate.isHearing && existsSync(join(stateDir, 'bundle.json')), 20_000);
    const code = await newCode();
    http.arm(/\/verify$/, 'all of it is sent');
    const scan = await gate.scanText(code, { direction: 'in' });
    expect(scan.opened).toBe(true);
    await service.start();
    await expectWhole(gate);
    await gate.close();
    http.close();
  });

  test.each(STEPS)('asks about a scan, when %s: one opening, one entry', async (step) => {
    const http = new KilledService();
    const { gate, openings } = await boot(http);
    await gate.start();
    await until(() => gate.isHearing && gate.unreportedEvents === 0, 20_000);
    const code = await newCode();
    http.arm(/\/verify$/, step);
    const { judgement, requestId } = await gate.scanText(code, { direction: 'in' });
    expect(judgement.kind).toBe('alone');
    expect(openings()).toBe(1);
    await http.killed();
    await service.start();
    await gate.whenIdle();
    await expectWhole(gate);
    expect(entries()).toMatchObject([{ decision: 'granted', entryKey: expect.any(Number) }]);
    // The same request gets the answer of then, and the code opens nothing any more.
    expect((await gate.scanText(code, { direction: 'in' })).opened).toBe(false);
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    await gate.close();
    http.close();
  });

  test.each(STEPS)('reports what it did alone, when %s: all of it is there once', async (step) => {
    const http = new KilledService();
    const { gate, openings } = await boot(http);
    await gate.start();
    await until(() => gate.isHearing && gate.unreportedEvents === 0, 20_000);
    const codes = [await newCode(), await newCode()];
    http.arm(/\/verify$/, 'half of it is there');
    for (const code of codes) {
      expect((await gate.scanText(code, { direction: 'in' })).judgement.kind).toBe('alone');
      await gate.whenIdle();
    }
    const started = service.start();
    http.arm(/\/gate\/events$/, step, started);
    await started;
    await http.killed();
    await service.start();
    await expectWhole(gate);
    expect(openings()).toBe(2);
    expect(entries()).toHaveLength(2);
    await gate.close();
    http.close();
  });

  test.each(STEPS)(
    'claims a command, when %s: it opens at most once, and never by a lost answer',
    async (step) => {
      const http = new KilledService();
      const { gate, openings } = await boot(http);
      await gate.start();
      await until(() => gate.isHearing, 20_000);
      http.arm(/\/claim$/, step);
      const call = { token: service.operatorKey, body: { reason: 'test' } };
      await service.call('POST', `/v1/gates/${gateId}/open`, call);
      await http.killed();
      await service.start();
      await expectWhole(gate);
      expect(openings()).toBe(0);
      const path = `/v1/gates/${gateId}/commands`;
      const { items } = expectStatus(await service.call('GET', path, call), 200).body;
      expect(items).toHaveLength(1);
      expect(['not_done', 'not_delivered', null]).toContain(items[0].outcome);
      await gate.close();
      http.close();
    },
  );
});

describe('a gate whose clock is wrong by', () => {
  test.each([10, -10])(
    '%i min asks, judges alone, and what it did is dated right',
    async (minutes) => {
      const clock: Clock = {
        monotonicMs: () => systemClock.monotonicMs(),
        wallMs: () => systemClock.wallMs() + minutes * 60_000,
        after: (delayMs, action) => systemClock.after(delayMs, action),
      };
      const http = new KilledService();
      const { gate } = await boot(http, clock);
      await gate.start();
      expect(Math.abs(gate.serverClockOffsetMs + minutes * 60_000)).toBeLessThan(2_000);
      const code = await newCode();
      http.arm(/\/verify$/, 'half of it is there');
      expect((await gate.scanText(code, { direction: 'in' })).judgement.kind).toBe('alone');
      const openedAt = Date.now();
      await http.killed();
      await service.start();
      await gate.whenIdle();
      await expectWhole(gate);
      const [entry] = rows<{ at: number }>(
        "SELECT a.at FROM attempts a JOIN gates g ON g.no = a.gate_no WHERE g.id = ? AND a.direction = 'in'",
      );
      expect(Math.abs((entry?.at ?? 0) - openedAt)).toBeLessThan(5_000);
      const path = `/v1/communities/${communityId}/alerts?limit=200`;
      const { items } = expectStatus(
        await service.call('GET', path, { token: service.operatorKey }),
        200,
      ).body;
      const mine = items.filter((alert: { gateId: string }) => alert.gateId === gateId);
      expect(mine.map(({ kind }: { kind: string }) => kind)).toEqual(['gate_clock_skew']);
      await gate.close();
      http.close();
    },
    60_000,
  );
});
