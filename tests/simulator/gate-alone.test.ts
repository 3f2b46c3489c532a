import { beforeEach, describe, expect, it } from 'vitest';
import { type Gate, type GateOptions, openGate } from '../../gate-simulator/src/firmware/gate.ts';
import { GateState } from '../../gate-simulator/src/firmware/gate-state.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { simulatedPassage } from '../../gate-simulator/src/hardware/passage-sensor.ts';
import { SimulatedRelay } from '../../gate-simulator/src/hardware/relay.ts';
import { enrolledGate, until } from './support/enrolled-gate.ts';
import { FakeService, type Fault, GRANTED } from './support/fake-service.ts';
import { GateSide } from './support/gate-side.ts';
import { MemoryDisk } from './support/memory-disk.ts';
import { plainBundle, plainJudge } from './support/plain-judge.ts';

const VERIFY = '/v1/verify';
const NOTHING: Fault[] = [{ status: 503 }, { status: 503 }, { status: 503 }];
const IN = { direction: 'in' } as const;
const OUT = { direction: 'out' } as const;

let service: FakeService;
let side: GateSide;
let disk: MemoryDisk;
let relay: SimulatedRelay;
let stateDir: string;
let gate: Gate;

beforeEach(async () => {
  service = await FakeService.start();
  side = new GateSide(service);
  side.bundle = { text: plainBundle(1), etag: '"1"' };
  disk = new MemoryDisk();
  relay = new SimulatedRelay();
  stateDir = await enrolledGate(service);
  return async () => {
    await gate.close();
    await service.stop();
  };
});

async function boot(options: GateOptions = {}): Promise<Gate> {
  const passageSensor = simulatedPassage(systemClock, relay, 5);
  gate = await openGate(stateDir, {
    ...{ relay, passageSensor, disk, offlineJudge: plainJudge },
    ...options,
  });
  await gate.start();
  return gate;
}

const verifications = () => side.events.filter(({ type }) => type === 'verification');

describe('when the server cannot judge', () => {
  it.each<[string, Fault[]]>([
    ['no answer within the budget', ['hang', 'hang', 'hang']],
    ['cut connections', ['lose', 'lose', 'lose']],
    ['5xx', NOTHING],
  ])('%s: the gate judges alone, and opens', async (_, faults) => {
    await boot();
    service.faults[VERIFY] = [...faults];
    const result = await gate.scanText('CP1:A', IN);
    expect(result).toMatchObject({ opened: true, judgement: { kind: 'alone' } });
    expect(result.tookMs).toBeLessThan(2_500);
  });

  it.each([400, 403, 404, 409, 422])(
    '%i: it has refused, and the gate does not judge',
    async (status) => {
      await boot();
      service.faults[VERIFY] = [{ status }];
      const result = await gate.scanText('CP1:A', IN);
      expect(result).toMatchObject({ opened: false, judgement: { kind: 'unanswered', status } });
      expect(disk.files.get(`${stateDir}/used-codes.log`)).toBeUndefined();
    },
  );

  it('code in the memory, decision in the log, then the relay: in this order, each on disk', async () => {
    await boot();
    await until(() => side.events.length > 0 && gate.unreportedEvents === 0);
    service.faults[VERIFY] = [...NOTHING];
    side.uploadFaults = [{ status: 503 }];
    relay.onMove((position) => disk.done.push(position));
    disk.done.length = 0;
    await gate.scanText('CP1:A', IN);
    expect(disk.done.slice(0, 3)).toEqual([
      'append used-codes.log',
      'append events.log',
      'energised',
    ]);
  });

  it.each([/used-codes/, /events\.log/])(
    'a disk that does not take %s: nobody is let in',
    async (path) => {
      await boot();
      await until(() => side.events.length > 0 && gate.unreportedEvents === 0);
      service.faults[VERIFY] = [...NOTHING];
      disk.failures = [{ path, written: 3 }];
      const result = await gate.scanText('CP1:A', IN);
      expect(result).toMatchObject({ opened: false, judgement: { kind: 'unanswered' } });
      expect(relay.position).toBe('released');
    },
  );

  it('a disk that takes nothing: every exit opens', async () => {
    await boot();
    await until(() => side.events.length > 0 && gate.unreportedEvents === 0);
    service.faults[VERIFY] = [...NOTHING];
    disk.failures = Array.from({ length: 9 }, () => ({ path: /./, written: 0 }));
    expect((await gate.scanText('CP1:A', OUT)).opened).toBe(true);
    disk.failures = [];
  });

  it('a disk that hangs: every exit opens, also behind an entry that waits for it', async () => {
    await boot();
    await until(() => side.events.length > 0 && gate.unreportedEvents === 0);
    service.faults[VERIFY] = Array.from({ length: 99 }, () => ({ status: 503 }));
    disk.hangs = /used-codes/;
    const stuck = [gate.scanText('CP1:A', IN), gate.scanText('CP1:B', IN)];
    const startMs = performance.now();
    expect((await gate.leaveWithoutCode()).opened).toBe(true);
    // The budget of the judgement before it, and its own.
    expect(performance.now() - startMs).toBeLessThan(4_000);
    expect((await gate.scanText('CP1:A', OUT)).opened).toBe(true);
    let judged = 0;
    for (const scan of stuck) scan.then(() => judged++);
    expect(judged).toBe(0);
    gate = await openGate(await enrolledGate(service), { relay });
  }, 20_000);

  it('a disk that takes nothing from the boot on: nobody is let in, every exit opens', async () => {
    disk.failures = Array.from({ length: 99 }, () => ({ path: /./, written: 0 }));
    await boot();
    service.faults[VERIFY] = [...NOTHING, ...NOTHING];
    expect((await gate.scanText('CP1:A', IN)).opened).toBe(false);
    expect((await gate.scanText('CP1:A', OUT)).opened).toBe(true);
    disk.failures = [];
  });

  it('a code opens once, also across a restart', async () => {
    await boot();
    service.faults[VERIFY] = [...NOTHING, ...NOTHING, ...NOTHING];
    expect((await gate.scanText('CP1:A', IN)).opened).toBe(true);
    expect((await gate.scanText('CP1:A', IN)).judgement).toMatchObject({
      outcome: { reason: 'code_used' },
    });
    await gate.close();
    await boot();
    const again = await gate.scanText('CP1:A', IN);
    expect(again).toMatchObject({ opened: false, judgement: { outcome: { reason: 'code_used' } } });
  });

  it('is reported later under the requestId that the server was asked under, as it was sent', async () => {
    await boot();
    await until(() => gate.unreportedEvents === 0);
    service.faults[VERIFY] = ['lose', 'lose', 'lose'];
    const { requestId } = await gate.scanText('CP1:A', { ...IN, lane: '2', speedKmh: 9 });
    await until(() => verifications().length === 1);
    expect(verifications()[0]?.data).toEqual({
      request: service.bodiesAt(VERIFY)[0],
      ...{ decision: 'granted', reason: 'granted', rulesVersion: 1, bundleVersion: 1 },
    });
    expect(requestId).toBe(service.bodiesAt(VERIFY)[0]?.requestId);
  });

  it('an exit opens first and is recorded then', async () => {
    await boot();
    await until(() => side.events.length > 0 && gate.unreportedEvents === 0);
    service.faults[VERIFY] = [...NOTHING];
    side.uploadFaults = [{ status: 503 }];
    relay.onMove((position) => disk.done.push(position));
    disk.done.length = 0;
    await gate.scanText('CP1:A', OUT);
    expect(disk.done[0]).toBe('energised');
    await gate.close();
    expect(verifications()[0]).toMatchObject({ data: { reason: 'granted_exit' } });
  });

  it('a refusal of its own is reported as one', async () => {
    side.bundle = undefined;
    await boot();
    service.faults[VERIFY] = [...NOTHING];
    await gate.scanText('CP1:A', IN);
    await until(() => verifications().length === 1);
    expect(verifications()[0]).toMatchObject({ data: { decision: 'denied', reason: 'no_bundle' } });
  });

  it('what the server has answered is not reported again', async () => {
    await boot();
    await gate.scanText('CP1:A', IN);
    await gate.whenIdle();
    await gate.close();
    expect(verifications()).toEqual([]);
    expect(side.events.map(({ type }) => type)).toContain('passage');
  });
});

describe('a buffer that is full', () => {
  it('refuses entries, opens exits, and lets in again once the server has the events', async () => {
    await boot({ bufferEvents: 4 });
    await until(() => side.events.length > 0 && gate.unreportedEvents === 0);
    side.uploadFaults = Array.from({ length: 99 }, () => ({ status: 503 }));
    service.faults[VERIFY] = Array.from({ length: 99 }, () => ({ status: 503 }));
    let entries = 0;
    while ((await gate.scanText(`CP1:${entries}`, IN)).opened) entries += 1;
    expect(entries).toBeGreaterThan(0);
    expect(entries).toBeLessThanOrEqual(4);
    const refused = await gate.scanText('CP1:Z', IN);
    expect(refused.judgement).toMatchObject({ detail: expect.stringContaining('log_full') });
    expect(disk.files.get(`${stateDir}/used-codes.log`)?.split('\n')).toHaveLength(
      entries + 1 + entries,
    );
    expect((await gate.scanText('CP1:Z', OUT)).opened).toBe(true);
    side.uploadFaults = [];
    await gate.close();
    expect(verifications().filter((event) => JSON.stringify(event).includes('"in"'))).toHaveLength(
      entries,
    );
    await boot({ bufferEvents: 4 });
    await until(() => gate.unreportedEvents === 0);
    expect((await gate.scanText('CP1:Z', IN)).opened).toBe(true);
  }, 60_000);
});

describe('what the server decides is remembered', () => {
  it('a code that it has used up opens nothing alone', async () => {
    const { code, passId } = await realCode();
    service.judge = () => ({ ...GRANTED, passId });
    await boot();
    expect((await gate.scanText(code, IN)).opened).toBe(true);
    await gate.whenIdle();
    await gate.close();
    const remembered = disk.files.get(`${stateDir}/used-codes.log`) ?? '';
    expect(remembered).toContain(`"kind":"entry","passId":"${passId}"`);
    expect(remembered).toContain('"kind":"passage"');
  });

  it('an exit that it has recognised, so that the rider may come in again alone', async () => {
    const { code, passId } = await realCode();
    service.judge = () => ({ ...GRANTED, passId, reason: 'granted_exit' });
    await boot();
    await gate.scanText(code, OUT);
    await gate.whenIdle();
    await gate.close();
    const remembered = disk.files.get(`${stateDir}/used-codes.log`) ?? '';
    expect(remembered).toContain(`"kind":"exit","passId":"${passId}"`);
  });

  it('a code of another pass than the answer names is not', async () => {
    const { code } = await realCode();
    service.judge = () => ({ ...GRANTED, passId: 'pas_0000000000000' });
    await boot();
    await gate.scanText(code, IN);
    await gate.whenIdle();
    expect(disk.files.get(`${stateDir}/used-codes.log`)).toBeUndefined();
  });
});

describe('a code that was used up alone', () => {
  it('is not shown to the server before the server has heard of it, also after a restart', async () => {
    const { code } = await realCode();
    await boot();
    await until(() => side.events.length > 0 && gate.unreportedEvents === 0);
    side.uploadFaults = Array.from({ length: 99 }, () => ({ status: 503 }));
    service.faults[VERIFY] = [...NOTHING];
    expect((await gate.scanText(code, IN)).opened).toBe(true);
    const asked = service.bodiesAt(VERIFY).length;
    const again = await gate.scanText(code, IN);
    expect(again.judgement).toMatchObject({ outcome: { reason: 'code_used' } });
    await gate.close();
    await boot();
    expect((await gate.scanText(code, IN)).opened).toBe(false);
    expect(service.bodiesAt(VERIFY)).toHaveLength(asked);

    side.uploadFaults = [];
    expect((await gate.scanText('CP1:B', IN)).opened).toBe(true);
    await until(() => gate.unreportedEvents === 0);
    service.verdict = 'denied';
    expect((await gate.scanText(code, IN)).judgement).toMatchObject({ kind: 'answered' });
  });
});

describe('without a clock that can be trusted', () => {
  it('a gate that boots without a network lets nobody in and everybody out', async () => {
    await (await boot()).close();
    await service.stop();
    const passageSensor = simulatedPassage(systemClock, relay, 5);
    gate = await openGate(stateDir, { relay, passageSensor, disk, offlineJudge: plainJudge });
    await gate.start().catch(() => undefined);
    const refused = await gate.scanText('CP1:A', IN);
    expect(refused).toMatchObject({
      opened: false,
      screen: { en: 'Cannot check now. Please ask the guard' },
    });
    expect(refused.judgement).toMatchObject({
      detail: expect.stringContaining('clock_not_synchronised'),
    });
    expect((await gate.scanText('CP1:A', OUT)).opened).toBe(true);
    service = await FakeService.start();
  });

  it('nor one whose server suddenly says that it is an hour earlier', async () => {
    await boot();
    await gate.close();
    service.clockOffsetMs = -3_600_000;
    side.bundle = undefined;
    await boot();
    service.faults[VERIFY] = [...NOTHING];
    const refused = await gate.scanText('CP1:A', IN);
    expect(refused.judgement).toMatchObject({
      detail: expect.stringContaining('clock_stepped_back'),
    });
  });

  it('keeps the identity that it had', async () => {
    await boot();
    expect((await new GateState(stateDir).identity()).gateId).toBe(gate.identity.gateId);
  });
});

/** A well-formed code, signed by nobody: only its payload matters here. */
async function realCode(): Promise<{ code: string; passId: string }> {
  const { encodePayload, formatCourierCode } = await import('../../src/gate/index.ts');
  const { formatIdentifier } = await import('../../src/domain/identifier.ts');
  const passId = formatIdentifier('pas', Buffer.from('0102030405060708', 'hex'));
  const communityId = formatIdentifier('com', Buffer.from('0807060504030201', 'hex'));
  const notBefore = Math.floor(Date.now() / 30_000) * 30;
  const payload = {
    directions: 3,
    communityId,
    passId,
    notBefore,
    lifetimeSeconds: 30,
    statusIndex: 5,
  };
  const code = formatCourierCode(7, encodePayload(payload), new Uint8Array(64));
  return { code, passId };
}
