import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { FaultyClock } from '../../gate-simulator/src/faults/faulty-clock.ts';
import { enrollGate } from '../../gate-simulator/src/firmware/enrolment.ts';
import { type Gate, type GateOptions, openGate } from '../../gate-simulator/src/firmware/gate.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { simulatedPassage } from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import { BadProxy } from './support/bad-proxy.ts';
import { enrolledGate, until } from './support/enrolled-gate.ts';
import { FakeService } from './support/fake-service.ts';
import { GateSide } from './support/gate-side.ts';
import { plainBundle, plainJudge } from './support/plain-judge.ts';
import { temporaryDirectory } from './support/state-dir.ts';

/** Time goes a hundred times as fast: 45 s of silence are 0.45 s. */
const fastClock = () => new FaultyClock(systemClock, { clockDriftPpm: 99_000_000 });

let service: FakeService;
let side: GateSide;
let relay: SimulatedRelay;
let openings: number;
let gate: Gate;

beforeEach(async () => {
  service = await FakeService.start();
  side = new GateSide(service);
  side.bundle = { text: plainBundle(1), etag: '"1"' };
  relay = new SimulatedRelay();
  openings = 0;
  relay.onMove((position) => {
    if (position === 'energised') openings += 1;
  });
  return async () => {
    await gate.close();
    await service.stop();
  };
});

async function boot(stateDir: string, options: GateOptions = {}): Promise<Gate> {
  const passageSensor = simulatedPassage(systemClock, relay, 5);
  gate = await openGate(stateDir, { relay, passageSensor, offlineJudge: plainJudge, ...options });
  await gate.start();
  return gate;
}

const openOrder = (commandId: string, inMs: number) => ({
  commandId,
  openForMs: 3_000,
  expiresAt: new Date(Date.now() + inMs).toISOString(),
});
const commandEvents = () => side.events.filter(({ type }) => type === 'command');

describe('an `open` from the server', () => {
  beforeEach(async () => {
    await boot(await enrolledGate(service));
    await side.streaming();
  });

  it('is claimed, opens once, and is reported done', async () => {
    side.say('open', openOrder('cmd_1', 5_000), 'a');
    await until(() => commandEvents().length === 1);
    expect(side.claims).toEqual(['cmd_1']);
    expect(openings).toBe(1);
    expect(commandEvents()[0]).toMatchObject({ data: { commandId: 'cmd_1', outcome: 'done' } });
    await until(() => side.events.some(({ type }) => type === 'passage'));
    const passage = side.events.find(({ type }) => type === 'passage');
    expect(passage).toMatchObject({ data: { passed: true, commandId: 'cmd_1' } });
  });

  it('opens once when it is told twice, also on another stream', async () => {
    const order = openOrder('cmd_1', 5_000);
    side.say('open', order, 'a');
    side.say('open', order, 'a');
    await until(() => openings === 1);
    side.cutStreams();
    await until(() => side.lastEventIds.length === 2);
    await side.streaming();
    side.say('open', order, 'a');
    side.say('bundle', { version: 1 }, 'b');
    await until(() => side.bundleAnswers.length >= 3);
    await gate.whenIdle();
    expect([openings, side.claims]).toEqual([1, ['cmd_1']]);
  });

  it('whose claim nobody knows the end of opens nothing, and is reported not done', async () => {
    side.claimStatus = 500;
    side.say('open', openOrder('cmd_1', 5_000), 'a');
    await until(() => commandEvents().length === 1);
    expect(commandEvents()[0]).toMatchObject({ data: { outcome: 'not_done' } });
    expect([openings, side.claims]).toEqual([0, ['cmd_1']]);
  });

  it.each([201, 202, 204, 404, 409, 410])('opens nothing on %i', async (status) => {
    side.claimStatus = status;
    side.say('open', openOrder('cmd_1', 5_000), 'a');
    await until(() => side.claims.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([openings, commandEvents()]).toEqual([0, []]);
  });

  it('that was held back until it was too old is not even claimed', async () => {
    side.say('open', openOrder('cmd_old', -500), 'a');
    side.say('open', openOrder('cmd_new', 5_000), 'b');
    await until(() => openings === 1);
    expect(side.claims).toEqual(['cmd_new']);
  });

  it('whose claim is answered too late opens nothing', async () => {
    side.claimDelayMs = 400;
    side.say('open', openOrder('cmd_1', 200), 'a');
    await until(() => side.claims.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(openings).toBe(0);
  });

  it.each([
    '{}',
    'no json',
    '{"commandId":7}',
    '{"commandId":"c","openForMs":1,"expiresAt":"soon"}',
  ])('that makes no sense opens nothing: %s', async (data) => {
    side.write(`event: open\ndata: ${data}\n\n`);
    side.say('open', openOrder('cmd_1', 5_000), 'a');
    await until(() => openings === 1);
    expect(side.claims).toEqual(['cmd_1']);
  });
});

describe('events that could not be sent', () => {
  it('are sent at once when the server has answered a scan, long before the next try', async () => {
    // A thousand times as slow: the pause of a second does not end within the test.
    const clock = new FaultyClock(systemClock, { clockDriftPpm: -999_000 });
    await boot(await enrolledGate(service), { clock });
    await side.streaming();
    await until(() => side.bundleAnswers.length === 2);
    await gate.whenReported();
    side.uploadFaults = [{ status: 503 }];
    gate.noteSpeed({ speedKmh: 12 });
    await until(() => side.uploadFaults.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(gate.unreportedEvents).toBe(1);
    service.verdict = 'denied'; // the lane of so slow a gate would stand open for an hour
    await gate.scanText('CP1:A', { direction: 'in' });
    await until(() => side.events.some(({ type }) => type === 'speed'));
  });
});

describe('the bundle', () => {
  it('is on disk as it came, and is asked for by its ETag after a restart', async () => {
    const stateDir = await enrolledGate(service);
    await boot(stateDir);
    const text = side.lastBundle;
    await gate.close();
    const kept = JSON.parse(readFileSync(join(stateDir, 'bundle.json'), 'utf8'));
    expect(kept).toMatchObject({ text, etag: '"1"', statusVersion: 1 });
    expect(side.bundleAnswers[0]).toBe(200);
    side.bundleAnswers.length = 0;
    await boot(stateDir);
    expect(side.bundleAnswers[0]).toBe(304);
  });

  it.each(['bundle', 'status-list', 'posture'])(
    'is fetched anew when the stream says "%s"',
    async (event) => {
      await boot(await enrolledGate(service));
      await side.streaming();
      await until(() => side.bundleAnswers.length === 2);
      side.bundle = { text: plainBundle(2), etag: '"2"' };
      side.say(event, { version: 2 }, 'x');
      await until(() => side.bundleAnswers.includes(200) && side.bundleAnswers.length >= 3);
      expect(side.bundleAnswers.filter((status) => status === 200)).toHaveLength(2);
    },
  );

  it('with an older status list takes the place of nothing', async () => {
    const stateDir = await enrolledGate(service);
    side.bundle = { text: plainBundle(7), etag: '"7"' };
    await boot(stateDir);
    await side.streaming();
    side.bundle = { text: plainBundle(8, 6), etag: '"8"' };
    side.say('bundle', { version: 8 }, 'x');
    await until(() => side.bundleAnswers.filter((status) => status === 200).length === 2);
    await gate.close();
    const kept = JSON.parse(readFileSync(join(stateDir, 'bundle.json'), 'utf8'));
    expect(kept.etag).toBe('"7"');
  });

  it('takes in a posture that is announced while the bundle cannot be fetched', async () => {
    const stateDir = await enrolledGate(service);
    await boot(stateDir);
    await side.streaming();
    await until(() => side.bundleAnswers.length === 2);
    side.bundle = undefined;
    side.say('posture', { posture: 'lockdown' }, 'x');
    await until(() => readFileSync(join(stateDir, 'bundle.json'), 'utf8').includes('lockdown'));
    service.faults['/v1/verify'] = [{ status: 503 }, { status: 503 }, { status: 503 }];
    const { judgement } = await gate.scanText('CP1:A', { direction: 'in' });
    expect(judgement).toMatchObject({ kind: 'alone', outcome: { reason: 'community_lockdown' } });
  });
});

it('a cover that is opened is told, and so is a passage through a gate that is shut', async () => {
  let opened = (): void => undefined;
  let passed = (): void => undefined;
  await boot(await enrolledGate(service), {
    tamperSwitch: {
      onOpened: (listener) => {
        opened = listener;
      },
    },
    passageSensor: {
      onPassage: (listener) => {
        passed = listener;
      },
    },
  });
  opened();
  passed();
  const types = () => side.events.map(({ type }) => type);
  await until(() => types().includes('tamper') && types().includes('door_forced'));
});

describe('the stream', () => {
  let proxy: BadProxy;
  let stateDir: string;

  beforeEach(async () => {
    proxy = await BadProxy.start(service.url);
    stateDir = temporaryDirectory();
    await enrollGate({ server: proxy.url, enrollmentCode: 'c', stateDir });
    return () => proxy.stop();
  });

  it('comes back from the event on that it saw last', async () => {
    await boot(stateDir, { clock: fastClock() });
    await side.streaming();
    side.say('bundle', { version: 1 }, 'seen-1');
    side.say('status-list', { version: 1 }, 'seen-2');
    await until(() => side.bundleAnswers.length >= 3);
    side.cutStreams();
    await until(() => side.lastEventIds.length === 2);
    expect(side.lastEventIds).toEqual([undefined, 'seen-2']);
  });

  it('is given up after 45 s of silence, and not before while comments come', async () => {
    await boot(stateDir, { clock: fastClock() });
    await side.streaming();
    for (let n = 0; n < 6; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      side.write(':\n\n');
    }
    expect(side.lastEventIds).toHaveLength(1);
    await until(() => side.lastEventIds.length === 2);
  });

  it('through a proxy that cuts after 60 s, every change is heard', async () => {
    proxy.habits.cutAfterMs = 600;
    await boot(stateDir, { clock: fastClock() });
    for (let version = 2; version <= 6; version += 1) {
      await until(() => side.openStreams > 0);
      side.bundle = { text: plainBundle(version), etag: `"${version}"` };
      side.say('bundle', { version }, `v${version}`);
      const fetched = () => side.bundleAnswers.filter((status) => status === 200).length;
      await until(() => fetched() >= version);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(side.lastEventIds.length).toBeGreaterThan(2);
  });

  it('through a proxy that holds everything back, changes come with the polling in between', async () => {
    await boot(stateDir, { clock: fastClock() });
    await side.streaming();
    proxy.habits.holdMs = 2_000;
    side.cutStreams();
    await until(() => side.lastEventIds.length >= 2);
    proxy.habits.holdMs = null;
    side.bundle = { text: plainBundle(2), etag: '"2"' };
    await until(() => side.bundleAnswers.filter((status) => status === 200).length === 2);
  });

  it('an `open` that a proxy held back for longer than it holds opens nothing when it comes', async () => {
    await boot(stateDir);
    await side.streaming();
    proxy.habits.holdMs = 600;
    side.say('open', openOrder('cmd_held', 300), 'a');
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect([openings, side.claims]).toEqual([0, []]);
  });
});
