import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { AccessTokens } from '../../gate-simulator/src/firmware/access-token.ts';
import { AuthorisedService } from '../../gate-simulator/src/firmware/authorised.ts';
import { MAX_BATCH_BYTES } from '../../gate-simulator/src/firmware/event-batch.ts';
import { EventLog } from '../../gate-simulator/src/firmware/event-log.ts';
import { GateState } from '../../gate-simulator/src/firmware/gate-state.ts';
import { ServerClock, UNKNOWN_CLOCK } from '../../gate-simulator/src/firmware/server-clock.ts';
import { Uploader } from '../../gate-simulator/src/firmware/uploader.ts';
import { systemClock } from '../../gate-simulator/src/hardware/clock.ts';
import { systemDisk } from '../../gate-simulator/src/hardware/disk.ts';
import type { EventDraft } from '../../gate-simulator/src/wire/gate-events.ts';
import { HttpClient } from '../../gate-simulator/src/wire/http-client.ts';
import { enrolledGate, until } from './support/enrolled-gate.ts';
import { FakeService } from './support/fake-service.ts';
import { GateSide, type UploadFault } from './support/gate-side.ts';

const STAMP = { deviceTime: '2026-11-21T04:00:00.000Z', uptimeMs: 5, bootId: 'b' };
let service: FakeService;
let side: GateSide;
let stateDir: string;
let log: EventLog;
let uploader: Uploader;
let notices: string[];
let http: HttpClient;

beforeEach(async () => {
  service = await FakeService.start();
  side = new GateSide(service);
  stateDir = await enrolledGate(service);
  http = new HttpClient();
  notices = [];
  log = await openLog();
  uploader = await makeUploader(log);
  return async () => {
    await uploader.stop(0);
    http.close();
    await service.stop();
  };
});

function openLog(capacity = 5_000): Promise<EventLog> {
  const path = join(stateDir, 'events.log');
  return EventLog.open({ disk: systemDisk, path, capacity, stamp: () => STAMP });
}

async function makeUploader(of: EventLog): Promise<Uploader> {
  const identity = await new GateState(stateDir).identity();
  const serverClock = new ServerClock(systemClock, UNKNOWN_CLOCK, () => undefined);
  const tokens = new AccessTokens({ http, clock: systemClock, serverClock, identity });
  const parts = { identity, clock: systemClock, serverClock, log: of, stamp: () => STAMP };
  const notice = (text: string) => notices.push(text);
  const authorised = new AuthorisedService({ http, tokens, server: identity.server });
  return new Uploader({ ...parts, service: authorised, notice, chance: () => 0 });
}

function entry(requestId: string, code = 'CP1:X'): EventDraft {
  const request = { requestId, medium: 'qr', direction: 'in', code } as const;
  const data = { request, decision: 'granted', reason: 'granted' } as const;
  return { type: 'verification', data, ...STAMP };
}

function record(count: number, of = log): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, n) => of.append(entry(String(n)))));
}

/** The requests of all events that the service has, in their order. */
function arrived(): string[] {
  return side.events.flatMap((event) =>
    event.type === 'verification' ? [event.data.request.requestId] : [],
  );
}

const inOrder = (count: number) => Array.from({ length: count }, (_, n) => String(n));

describe('the uploader', () => {
  it('sends everything in its order, at most 500 at once, one batch in flight', async () => {
    await record(1_203);
    uploader.start();
    await until(() => log.depth === 0);
    expect(arrived()).toEqual(inOrder(1_203));
    expect(side.batches.map(({ events }) => events)).toEqual([500, 500, 203]);
    expect(side.mostUploadsAtOnce).toBe(1);
  });

  it('keeps a batch within 1 MiB, signature and all', async () => {
    const code = '码'.repeat(1_500);
    await Promise.all(Array.from({ length: 400 }, (_, n) => log.append(entry(String(n), code))));
    uploader.start();
    await until(() => log.depth === 0);
    expect(arrived()).toEqual(inOrder(400));
    expect(side.batches.length).toBeGreaterThan(1);
    for (const { bytes } of side.batches) {
      expect(bytes).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    }
    expect(side.batches[0]?.bytes).toBeGreaterThan(MAX_BATCH_BYTES * 0.98);
  });

  it('sends what is recorded later as it comes', async () => {
    uploader.start();
    for (let n = 0; n < 5; n += 1) {
      await log.append(entry(String(n)));
      await until(() => log.depth === 0);
    }
    expect(arrived()).toEqual(inOrder(5));
  });

  const TABLE: [string, UploadFault[]][] = [
    ['the connection is cut in mid-upload', ['cut', 'cut']],
    ['the answer is lost after all was stored', ['lose', 'lose']],
    ['an answer of earlier comes again', ['none', 'stale', 'stale']],
    ['409', [{ status: 409 }, { status: 409 }]],
    ['500 and 503', [{ status: 500 }, { status: 503 }]],
    ['429', [{ status: 429 }]],
    ['401 for a token that has ended', [{ status: 401 }]],
    ['413: the batch is halved', [{ status: 413 }]],
  ];

  it.each(TABLE)('%s: none lost, none twice, none with other bytes', async (_, faults) => {
    await record(1_100);
    side.uploadFaults = [...faults];
    uploader.start();
    const pressing = setInterval(() => uploader.nudge(), 20);
    await until(() => log.depth === 0, 15_000).finally(() => clearInterval(pressing));
    expect(arrived()).toEqual(inOrder(1_100));
    expect([...side.logs.values()].map(({ conflicts }) => conflicts)).toEqual([0]);
    expect(side.mostUploadsAtOnce).toBe(1);
  });

  it('waits longer after each failure, and tells why', async () => {
    await record(1);
    side.uploadFaults = Array.from({ length: 9 }, () => ({ status: 503 }));
    uploader.start();
    await until(() => notices.length === 2, 4_000);
    expect(notices[0]).toContain('503');
    expect(side.uploadFaults).toHaveLength(7);
  });

  it('deletes nothing that was not acknowledged, whatever happens in between', async () => {
    await record(3);
    side.uploadFaults = ['lose'];
    expect(await uploader.flush()).toBe(false);
    expect((await openLog()).depth).toBe(3);
    expect(await uploader.flush()).toBe(true);
    expect((await openLog()).depth).toBe(0);
  });

  it('a receipt for another log acknowledges nothing', async () => {
    await record(3);
    side.uploadFaults = ['stale'];
    expect(await uploader.flush()).toBe(false);
    expect(log.depth).toBe(3);
  });

  it('reports what was overwritten in its turn, and says what it still has', async () => {
    const small = await openLog(6);
    await until(() => small.depth === 0);
    for (let n = 0; n < 8; n += 1) {
      const data = { speedKmh: n };
      await small.append({ type: 'speed', data, ...STAMP });
    }
    const sending = await makeUploader(small);
    expect(await sending.flush()).toBe(true);
    expect(small.depth).toBe(0);
    const report = side.events.find((event) => event.type === 'queue' && event.data.lost);
    expect(report).toMatchObject({ data: { lost: [{ from: 1, to: 2 }] } });
    expect(side.events.filter(({ type }) => type === 'speed')).toHaveLength(6);
  });

  it('stops within its patience when the service hangs', async () => {
    await record(1);
    side.uploadFaults = ['hang', 'hang'];
    uploader.start();
    const startMs = performance.now();
    await uploader.stop(200);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(log.depth).toBe(1);
  });
});
