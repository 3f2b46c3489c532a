import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PowerCutStep } from '../../gate-simulator/src/faults/fault-plan.ts';
import { openFaultyGate } from '../../gate-simulator/src/faults/faulty-gate.ts';
import type { ScanResult } from '../../gate-simulator/src/firmware/gate.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { simulatedPassage } from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import { enrolledGate, until } from './support/enrolled-gate.ts';
import { FakeService } from './support/fake-service.ts';
import { GateSide } from './support/gate-side.ts';
import { plainBundle, plainJudge } from './support/plain-judge.ts';

const CHILD = fileURLToPath(new URL('support/power-cut-child.ts', import.meta.url));
type Scene = 'alone' | 'online' | 'command';

let service: FakeService;
let side: GateSide;
let stateDir: string;

beforeEach(async () => {
  service = await FakeService.start();
  side = new GateSide(service);
  side.bundle = { text: plainBundle(1), etag: '"1"' };
  stateDir = await enrolledGate(service);
  return () => service.stop();
});

/** Runs a gate until the power is cut. @returns what it said */
function runUntilCut(step: PowerCutStep, scene: Scene, code: string): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, stateDir, step, scene, code]);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (_, signal) => resolve(`${said}${signal ?? 'no signal'}`));
  });
}

/** Boots the same device again, lets it learn the time, takes the network away, and shows the code again. */
async function scanAfterwards(code: string): Promise<ScanResult> {
  const relay = new SimulatedRelay();
  const passageSensor = simulatedPassage(systemClock, relay, 5);
  const options = { relay, passageSensor, offlineJudge: plainJudge };
  const device = await openFaultyGate(stateDir, options, { offline: 'ready' });
  await device.gate.start();
  device.ready();
  const result = await device.gate.scanText(code, { direction: 'in' });
  device.network.comeBack();
  await device.close();
  return result;
}

/** How often each scan was reported as granted. */
function reportedGrants(): string[] {
  return side.events.flatMap((event) =>
    event.type === 'verification' && event.data.decision === 'granted'
      ? [event.data.request.requestId]
      : [],
  );
}

function expectOneHistory(): void {
  const conflicts = [...side.logs.values()].map((log) => log.conflicts);
  expect(conflicts).toEqual([0]);
  const seqs = side.events.map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, n) => n + 1));
}

/**
 * Step, whether the relay has opened before the cut, whether the code must be used up after it. What is sent in the
 * background is sent before the scan or after it.
 */
const ALONE: [PowerCutStep, 'OPEN' | 'shut' | 'either', 'used' | 'unused' | 'either'][] = [
  ['memory-torn', 'shut', 'unused'],
  ['memory-written', 'shut', 'used'],
  ['record-torn', 'shut', 'used'],
  ['record-written', 'shut', 'used'],
  ['opening', 'shut', 'used'],
  ['opened', 'OPEN', 'used'],
  ['events-sent', 'either', 'either'],
  ['events-answered', 'either', 'either'],
  ['log-torn', 'shut', 'unused'],
  ['log-written', 'shut', 'unused'],
  ['log-rewritten', 'shut', 'unused'],
  ['bundle-answered', 'shut', 'unused'],
  ['bundle-written', 'shut', 'unused'],
];

describe('kill -9 while the gate judges alone', () => {
  it.each(ALONE)('at %s: %s, and the code is %s afterwards', async (step, door, memory) => {
    const said = await runUntilCut(step, 'alone', 'CP1:A');
    const hasOpened = said === 'OPEN\nSIGKILL';
    if (!hasOpened) expect(said).toBe('SIGKILL');
    if (door !== 'either') expect(hasOpened).toBe(door === 'OPEN');
    const after = await scanAfterwards('CP1:A');
    expect(after.opened).toBe(memory === 'either' ? !hasOpened : memory === 'unused');
    await until(() => side.events.some(({ type }) => type === 'boot'));
    expectOneHistory();
    // Whoever was let in is on record, once.
    const opened = (hasOpened ? 1 : 0) + (after.opened ? 1 : 0);
    expect(opened).toBeLessThanOrEqual(1);
    expect(reportedGrants().length).toBeGreaterThanOrEqual(opened);
    expect(new Set(reportedGrants()).size).toBe(reportedGrants().length);
  });
});

describe('kill -9 while the server judges', () => {
  it.each<PowerCutStep>(['verify-sent', 'verify-answered'])(
    'at %s: nothing opens',
    async (step) => {
      expect(await runUntilCut(step, 'online', 'CP1:A')).toBe('SIGKILL');
      expect((await scanAfterwards('CP1:B')).opened).toBe(true);
      expectOneHistory();
    },
  );
});

describe('kill -9 while a command is claimed', () => {
  it.each<[PowerCutStep, string]>([
    ['claim-sent', 'SIGKILL'],
    ['claim-answered', 'SIGKILL'],
    ['opened', 'OPEN\nSIGKILL'],
  ])('at %s: it is not claimed again', async (step, expected) => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const order = { commandId: 'cmd_1', openForMs: 3_000, expiresAt };
    const run = runUntilCut(step, 'command', '');
    await until(() => side.openStreams > 0, 15_000);
    // The gate's own network goes away and comes back: it may take a second stream to hear.
    const telling = setInterval(() => side.say('open', order, 'a'), 200);
    expect(await run.finally(() => clearInterval(telling))).toBe(expected);
    expect(side.claims).toEqual(['cmd_1']);
    await scanAfterwards('CP1:A');
    expect(side.claims).toEqual(['cmd_1']);
    expectOneHistory();
  });
});
