/** The table of faults of an exchange, on the gate's side, against the real service: `kill -9` of the gate at each step. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PowerCutStep } from '../../gate-simulator/src/faults/fault-plan.ts';
import { enrollGate } from '../../gate-simulator/src/firmware/enrolment.ts';
import { openGate } from '../../gate-simulator/src/firmware/gate.ts';
import { until } from '../simulator/support/enrolled-gate.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import {
  expectStatus,
  makeCommunity,
  makeDelivery,
  makePlatform,
  type PlatformHandle,
} from '../support/world.ts';

const CHILD = fileURLToPath(new URL('../simulator/support/power-cut-child.ts', import.meta.url));

let service: RunningService;
let folder: string;
let platform: PlatformHandle;
let communityId: string;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gate-power-cut-'));
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

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function installGate(): Promise<{ gateId: string; stateDir: string; code: string }> {
  const name = `${++count}`;
  const body = { name, directions: ['in', 'out'], media: ['qr'], passageSensor: true };
  const path = `/v1/communities/${communityId}/gates`;
  const made = await service.call('POST', path, { token: service.operatorKey, body });
  const { id: gateId, enrollmentCode } = expectStatus(made, 201).body;
  const stateDir = join(folder, name);
  await enrollGate({ server: `http://127.0.0.1:${service.port}`, enrollmentCode, stateDir });
  const riderId = `r-${name}`;
  await makeDelivery(service, platform, { communityId, riderId, deliveryId: `d-${name}` });
  const asked = { riderId, communityId, codes: 1 };
  const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body: asked });
  return { gateId, stateDir, code: expectStatus(answer, 200).body.codes[0].code };
}

/** Runs a gate that judges by the real functions until its power is cut. @returns what it said */
function runUntilCut(stateDir: string, step: PowerCutStep, scene: string, code: string) {
  const given = [stateDir, step, scene, code, 'courier-judge'];
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, ...given]);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return new Promise<string>((resolve) => {
    child.on('close', (_, signal) => resolve(`${said}${signal ?? 'no signal'}`));
  });
}

function rows<T>(sql: string, gateId: string): T[] {
  const database = new Database(service.database, { readonly: true });
  try {
    return database.prepare<[string], T>(sql).all(gateId);
  } finally {
    database.close();
  }
}

const STEPS: [PowerCutStep, 'alone' | 'online'][] = [
  ['verify-sent', 'online'],
  ['verify-answered', 'online'],
  ['bundle-answered', 'alone'],
  ['bundle-written', 'alone'],
  ['memory-torn', 'alone'],
  ['memory-written', 'alone'],
  ['record-torn', 'alone'],
  ['record-written', 'alone'],
  ['opening', 'alone'],
  ['opened', 'alone'],
  ['log-torn', 'alone'],
  ['log-written', 'alone'],
  ['log-rewritten', 'alone'],
  ['events-sent', 'alone'],
  ['events-answered', 'alone'],
];

test.each(STEPS)(
  'kill -9 of a gate at %s: what it wrote arrives once, and whoever came in is on record once',
  async (step, scene) => {
    const { gateId, stateDir, code } = await installGate();
    const said = await runUntilCut(stateDir, step, scene, code);
    expect(said).toMatch(/^(OPEN\n)?SIGKILL$/);

    const gate = await openGate(stateDir);
    await gate.start();
    await until(() => gate.isHearing && gate.unreportedEvents === 0, 30_000);
    await gate.close();
    const events = rows<{ seq: number; variant: number; rejected: string | null }>(
      `SELECT e.seq, e.variant, e.rejected FROM gate_events e JOIN gate_logs l ON l.no = e.log_no
       JOIN gates g ON g.no = l.gate_no WHERE g.id = ? ORDER BY e.seq, e.variant`,
      gateId,
    );
    expect(events).toEqual(
      events.map((_, index) => ({ seq: index + 1, variant: 0, rejected: null })),
    );
    const attempts = rows<{ requests: number; attempts: number; entries: number }>(
      `SELECT count(*) AS attempts, count(DISTINCT a.request_id) AS requests, count(a.entry_key) AS entries
       FROM attempts a JOIN gates g ON g.no = a.gate_no WHERE g.id = ?`,
      gateId,
    )[0];
    expect(attempts?.requests).toBe(attempts?.attempts);
    if (said.startsWith('OPEN')) expect(attempts?.entries).toBe(1);
    else expect(attempts?.entries).toBeLessThanOrEqual(1);
  },
  60_000,
);
