/** Gates report what they decided alone, and the service dies, uploads are cut, other gates go on asking. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeviceLog, type EventGate, postJose, sendBatch, sign } from '../support/gate-batch.ts';
import { enrolledGate } from '../support/gate-key.ts';
import { expectNothingHalfWritten } from '../support/log-checks.ts';
import { NoAnswer, type RunningService, runService } from '../support/running-service.ts';
import type { Service } from '../support/service.ts';
import {
  expectStatus,
  makeCommunity,
  makePlatform,
  type PlatformHandle,
  sendCallback,
  verify,
} from '../support/world.ts';

const GATES = 3;
const VISITS_PER_GATE = 150;
/** An entry, its passage, its exit and telemetry. */
const EVENTS_PER_VISIT = 10;
const KILLS = 6;
const BATCH = 300;

let service: RunningService;
let platform: PlatformHandle;
let communityId: string;

beforeAll(async () => {
  service = await runService();
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
});
afterAll(() => service.dispose());

let riders = 0;
async function newCode(): Promise<string> {
  const riderId = `r-${++riders}`;
  const dropoff = { communityId, building: '12' };
  const data = { deliveryId: `d-${riders}`, riderId, status: 'picked_up', dropoff };
  expectStatus(await sendCallback(service, platform, data), 202);
  const body = { riderId, communityId, codes: 1 };
  const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body });
  return expectStatus(answer, 200).body.codes[0].code;
}

/** The log of a gate that was alone until a moment ago. */
async function fullLog(visits: number): Promise<DeviceLog> {
  const log = new DeviceLog(Date.now() - 1_000);
  const codes = await Promise.all(Array.from({ length: visits }, newCode));
  for (const code of codes) {
    const at = Date.now();
    const entry = log.judged(at, code);
    const { requestId } = (entry.data as { request: { requestId: string } }).request;
    log.write(at, 'passage', { requestId, passed: true });
    log.judged(at + 1, code, { direction: 'out' });
    for (let n = 3; n < EVENTS_PER_VISIT; n++) log.write(at, 'speed', { speedKmh: 12 });
  }
  return log;
}

const newGate = (): Promise<EventGate> => enrolledGate(service as unknown as Service, communityId);

/** Sends a log as a gate does: again until it is acknowledged, whoever is there. */
async function sendAll(gate: EventGate, log: DeviceLog, acked: (through: number) => void) {
  let through = 0;
  while (through < log.events.length) {
    const events = log.events.slice(through, through + BATCH);
    try {
      const answer = await sendBatch(service, gate, { logId: log.logId, events });
      if (answer.status === 503) continue;
      through = expectStatus(answer, 200).body.ackedThrough;
      acked(through);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function rows<T>(sql: string): T[] {
  const database = new Database(service.database, { readonly: true });
  try {
    return database.prepare<[], T>(sql).all();
  } finally {
    database.close();
  }
}

test('kill -9 in the middle of backlogs: what was acknowledged is there, nothing is there twice', {
  timeout: 180_000,
}, async () => {
  const gates = await Promise.all(Array.from({ length: GATES }, newGate));
  const logs: DeviceLog[] = [];
  for (const _gate of gates) logs.push(await fullLog(VISITS_PER_GATE));
  const total = GATES * VISITS_PER_GATE * EVENTS_PER_VISIT;
  const acked = gates.map(() => 0);
  let kill = (): void => undefined;
  let batches = 0;
  const uploads = gates.map((gate, index) =>
    sendAll(gate, logs[index] as DeviceLog, (through) => {
      acked[index] = through;
      batches++;
      kill();
    }),
  );
  const done = Promise.all(uploads).then(() => true);
  let kills = 0;
  for (let round = 0; round < KILLS; round++) {
    const from = batches;
    const reached = new Promise<boolean>((resolve) => {
      kill = () => {
        if (batches > from) resolve(false);
      };
    });
    if (await Promise.race([done, reached])) break;
    await service.kill();
    kills += 1;
    for (const [index, gate] of gates.entries()) {
      const stored = rows<{ seqs: number }>(
        `SELECT count(*) AS seqs FROM gate_events e JOIN gate_logs l ON l.no = e.log_no JOIN gates g ON g.no = l.gate_no
         WHERE g.id = '${gate.id}' AND e.seq <= ${acked[index]}`,
      );
      expect(stored).toEqual([{ seqs: acked[index] }]);
    }
    expectNothingHalfWritten(service.database);
    await service.start();
  }
  await done;
  expect(kills).toBeGreaterThan(0);
  expect(rows('SELECT count(*) AS events, max(variant) AS variants FROM gate_events')).toEqual([
    { events: total, variants: 0 },
  ]);
  const attempts = `SELECT count(*) AS attempts, count(DISTINCT gate_no || request_id) AS requests FROM attempts`;
  const expected = 2 * GATES * VISITS_PER_GATE;
  expect(rows(attempts)).toEqual([{ attempts: expected, requests: expected }]);
  const visits = `SELECT count(*) AS visits, count(DISTINCT pass_no) AS passes, sum(closed_by = 'exit') AS left,
    sum(passage_at IS NOT NULL) AS passages FROM visits`;
  const every = GATES * VISITS_PER_GATE;
  expect(rows(visits)).toEqual([{ visits: every, passes: every, left: every, passages: every }]);
  expect(rows('SELECT kind FROM alerts')).toEqual([]);
  expectNothingHalfWritten(service.database);
});

test('an upload that is cut in the middle is nothing, and the whole of it is taken then', async () => {
  const gate = await newGate();
  const log = new DeviceLog(Date.now());
  for (let n = 0; n < 200; n++) log.write(Date.now(), 'heartbeat', {});
  const body = await sign({ logId: log.logId, events: log.events }, gate.id, gate.key);
  const head = [
    'POST /v1/gate/events HTTP/1.1',
    'host: localhost',
    `authorization: Bearer ${gate.token}`,
    'content-type: application/jose',
    `content-length: ${body.length}`,
    '',
    body.slice(0, body.length / 2),
  ].join('\r\n');
  await new Promise<void>((resolve, reject) => {
    const socket = connect(service.port, '127.0.0.1', () =>
      socket.write(head, () => socket.destroy()),
    );
    socket.on('close', () => resolve()).on('error', reject);
  });
  const answer = expectStatus(await postJose(service, gate.token, body), 200);
  expect(answer.body).toMatchObject({ ackedThrough: 200, gaps: [], rejected: [] });
});

test('while gates report their backlogs, every gate that asks is answered in time', {
  timeout: 60_000,
}, async () => {
  const gates = await Promise.all(Array.from({ length: 4 }, newGate));
  const logs = await Promise.all(gates.map(() => fullLog(40)));
  const asking = { ...(await newGate()), communityId };
  let uploading = true;
  const uploads = Promise.all(
    gates.map((gate, index) => sendAll(gate, logs[index] as DeviceLog, () => undefined)),
  ).finally(() => {
    uploading = false;
  });
  const latencies: number[] = [];
  while (uploading) {
    const question = { requestId: randomUUID(), code: await newCode() };
    const startedAt = performance.now();
    expect(expectStatus(await verify(service, asking, question), 200).body.reason).toBe('granted');
    latencies.push(performance.now() - startedAt);
  }
  await uploads;
  expect(latencies.length).toBeGreaterThan(5);
  expect(Math.max(...latencies)).toBeLessThan(1_500); // a gate's patience
});
