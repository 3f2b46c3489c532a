/** Many at once, retries, and an orderly end in the midst of it, over HTTP. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNothingHalfWritten } from '../support/log-checks.ts';
import { NoAnswer, type RunningService, runService, send } from '../support/running-service.ts';
import type { Answer } from '../support/service.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeDelivery,
  makeGate,
  makePlatform,
  type PlatformHandle,
  verify,
} from '../support/world.ts';

const AT_ONCE = 200;

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
/** The present code of a rider who has just got an order. */
async function newCode(): Promise<{ code: string; passId: string }> {
  const riderId = `r-${++riders}`;
  await makeDelivery(service, platform, { communityId, deliveryId: `d-${riders}`, riderId });
  const body = { riderId, communityId, codes: 1 };
  const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body });
  const { passId, codes } = expectStatus(answer, 200).body;
  return { passId, code: codes[0].code };
}

/** One code at two gates, by turns, all at once, each time as a request of its own. */
async function stormOf(gates: readonly [GateHandle, GateHandle], code: string) {
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, index) => {
      const gate = gates[index % 2 === 0 ? 0 : 1];
      const answer = await verify(service, gate, { code });
      return { gate, ...(expectStatus(answer, 200).body as { reason: string; visitId?: string }) };
    }),
  );
  return (reason: string) => answers.filter((answer) => answer.reason === reason);
}

function visitsOf(passId: string): unknown[] {
  const database = new Database(service.database, { readonly: true });
  try {
    const sql = 'SELECT v.id FROM visits v JOIN passes p ON p.no = v.pass_no WHERE p.id = ?';
    return database.prepare(sql).pluck().all(passId);
  } finally {
    database.close();
  }
}

describe(`one code presented ${AT_ONCE} times at once at two gates`, () => {
  test('is granted once and opens one visit; a gate without a sensor opens for it once more', async () => {
    const gates = [await makeGate(service, communityId), await makeGate(service, communityId)];
    const { code, passId } = await newCode();
    const having = await stormOf([gates[0]!, gates[1]!], code);
    const [granted, ...more] = having('granted');
    expect(more).toEqual([]);
    expect(visitsOf(passId)).toEqual([granted?.visitId]);
    const rescans = having('granted_rescan');
    expect(rescans.length).toBeLessThanOrEqual(1);
    for (const rescan of rescans)
      expect(rescan).toMatchObject({ gate: granted?.gate, visitId: granted?.visitId });
    const refused = having('code_used').length + having('already_inside').length;
    expect(1 + rescans.length + refused).toBe(AT_ONCE);
  });

  test('opens one visit also where a sensor lets the gate open again until somebody passed', async () => {
    const sensor = { passageSensor: true };
    const gates = [
      await makeGate(service, communityId, sensor),
      await makeGate(service, communityId, sensor),
    ];
    const { code, passId } = await newCode();
    const having = await stormOf([gates[0]!, gates[1]!], code);
    const [granted, ...more] = having('granted');
    expect(more).toEqual([]);
    expect(visitsOf(passId)).toEqual([granted?.visitId]);
    for (const rescan of having('granted_rescan'))
      expect(rescan).toMatchObject({ gate: granted?.gate, visitId: granted?.visitId });
    expect(having('granted_rescan').length + having('code_used').length).toBe(AT_ONCE - 1);
  });
});

test('one request sent many times at once, and again after a restart, has one answer to the byte', async () => {
  const gate = await makeGate(service, communityId);
  const { code } = await newCode();
  const question = { requestId: randomUUID(), code };
  const denied = { requestId: randomUUID(), code: 'CP1:NONE' };
  const texts = async (asked: object) => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => verify(service, gate, asked)),
    );
    return [...new Set(answers.map((answer) => expectStatus(answer, 200).text))];
  };
  const [first, refusal] = [await texts(question), await texts(denied)];
  expect(first).toHaveLength(1);
  expect(refusal).toHaveLength(1);
  expect(JSON.parse(first[0]!)).toMatchObject({ decision: 'granted' });

  expect(await service.terminate()).toBe(0);
  await service.start();
  expect(await texts(question)).toEqual(first);
  expect(await texts({ ...question, requestId: question.requestId.toUpperCase() })).toEqual(first);
  expect(await texts(denied)).toEqual(refusal);
});

test('a requestId that comes back with another question is 409, also after a restart, and changes nothing', async () => {
  const gate = await makeGate(service, communityId);
  const { code } = await newCode();
  const { code: other } = await newCode();
  const question = { requestId: randomUUID(), code };
  const first = expectStatus(await verify(service, gate, question), 200);
  const expectConflicts = async () => {
    for (const change of [{ code: other }, { direction: 'out' }, { medium: 'nfc' }]) {
      const answer = await verify(service, gate, { ...question, ...change });
      expect(answer).toMatchObject({ status: 409, body: { code: 'request_id_reused' } });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    }
  };
  await expectConflicts();
  expect(await service.terminate()).toBe(0);
  await service.start();
  await expectConflicts();
  expect((await verify(service, gate, question)).text).toBe(first.text);
  expect((await verify(service, gate, { code: other })).body.reason).toBe('granted');
});

describe('SIGTERM under load', () => {
  interface Sent {
    readonly requestId: string;
    readonly gateId: string;
    readonly answer: Answer | null;
    /** Why there was no answer. */
    readonly code?: string;
  }

  /** Asks on and on until the service is gone; `onAnswer` hears of each answer. */
  async function lane(gate: GateHandle, agent: Agent, onAnswer: () => void): Promise<Sent[]> {
    const sent: Sent[] = [];
    const { port } = service;
    for (;;) {
      const requestId = randomUUID();
      const body = { requestId, medium: 'qr', direction: 'in', code: 'CP1:X' };
      try {
        const call = { token: gate.token, body };
        const answer = await send(agent, port, 'POST', '/v1/verify', call);
        sent.push({ requestId, gateId: gate.id, answer });
        onAnswer();
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        sent.push({ requestId, gateId: gate.id, answer: null, code: error.code });
        return sent;
      }
    }
  }

  test.each([
    ['on connections that are kept', true],
    ['on a connection for each request', false],
  ])(
    'every request %s is answered and recorded, or refused and not recorded; the exit code is 0',
    async (_name, keepAlive) => {
      const gates = await Promise.all([
        makeGate(service, communityId),
        makeGate(service, communityId),
      ]);
      const agents = Array.from({ length: 24 }, () => new Agent({ keepAlive, maxSockets: 1 }));
      let answers = 0;
      let ended: Promise<number | null> | null = null;
      let endedAt = 0;
      let killedAt = 0;
      const sent = await Promise.all(
        agents.map((agent, index) =>
          lane(gates[index % 2 === 0 ? 0 : 1], agent, () => {
            if (++answers !== 300) return;
            killedAt = performance.now();
            ended = service.terminate().then((code) => {
              endedAt = performance.now();
              return code;
            });
          }),
        ),
      );
      for (const agent of agents) agent.destroy();
      expect(await ended).toBe(0);
      process.stdout.write(
        `${answers} answers, down after ${Math.round(endedAt - killedAt)} ms: ${sent.map((lane) => lane.at(-1)?.code)}\n`,
      );

      const database = new Database(service.database, { readonly: true });
      const logged = database
        .prepare<[], { auditId: string; requestId: string; gateId: string }>(
          'SELECT audit_id AS auditId, request_id AS requestId, g.id AS gateId FROM attempts JOIN gates g ON g.no = gate_no',
        )
        .all();
      database.close();
      const recorded = new Map(
        logged.map(({ gateId, requestId, auditId }) => [`${gateId} ${requestId}`, auditId]),
      );
      for (const { gateId, requestId, answer, code } of sent.flat()) {
        const auditId = recorded.get(`${gateId} ${requestId}`);
        if (answer === null) {
          expect(auditId, `recorded and not answered: ${code}`).toBeUndefined();
          expect(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']).toContain(code);
        } else {
          expect(expectStatus(answer, 200).body.auditId).toBe(auditId);
        }
      }
      expectNothingHalfWritten(service.database);
      // Idle lanes never keep it: a drain that waits for its time limit has cut somebody off.
      expect(endedAt - killedAt).toBeLessThan(4_000);
      await service.start();
    },
    60_000,
  );

  test('a request that is still on its way is answered, as the last of its connection, when it comes in time', async () => {
    const gate = await makeGate(service, communityId);
    const body = JSON.stringify({
      requestId: randomUUID(),
      medium: 'qr',
      direction: 'in',
      code: 'x',
    });
    const head = `POST /v1/verify HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gate.token}\r\ncontent-type: application/json\r\n`;
    const socket = connect(service.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toMatch(/connection: close/i);

    socket.write(head);
    await hadATurn(); // so that it has read the half of it
    const ended = service.terminate();
    await goneDown();
    answer = '';
    const closed = once(socket, 'close');
    socket.write(`content-length: ${body.length}\r\n\r\n${body}`);
    await closed;
    expect(answer).toContain('"reason":"malformed_code"');
    expect(answer).toMatch(/connection: close/i);
    expect(await ended).toBe(0);
    await service.start();
  });

  /** Resolves when the service has had a turn since: it has answered another connection. */
  async function hadATurn(): Promise<void> {
    expectStatus(await service.call('GET', '/healthz'), 200);
  }

  /** Resolves when nothing listens any more. */
  async function goneDown(): Promise<void> {
    const { port } = service;
    for (;;) {
      const socket = connect(port, '127.0.0.1');
      const refused = await Promise.race([
        once(socket, 'connect').then(() => false),
        once(socket, 'error').then(() => true),
      ]).catch(() => true);
      socket.destroy();
      if (refused) return;
    }
  }
});
