/** `kill -9` of the service while gates ask, platforms call back and riders leave. */
import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leafHash } from '../../src/domain/audit-entry.ts';
import { expectNothingHalfWritten } from '../support/log-checks.ts';
import { NoAnswer, type RunningService, runService } from '../support/running-service.ts';
import type { Answer } from '../support/service.ts';
import {
  expectStatus,
  type GateHandle,
  makeCommunity,
  makeGate,
  makePlatform,
  type PlatformHandle,
  sendCallback,
} from '../support/world.ts';

const ROUNDS = 20;
/** Riders on their way at once. */
const RIDERS = 16;
/** A round is killed after so many verify answers at most: some hundred milliseconds. */
const MOST_ANSWERS = 300;
const LEAST_ANSWERS = 30;

interface Question {
  readonly requestId: string;
  readonly medium: 'qr' | 'nfc';
  readonly direction: 'in' | 'out';
  readonly code: string;
}
interface Asked {
  readonly gate: GateHandle;
  readonly question: Question;
  /** Null: the service was killed before it answered. */
  answer: Answer | null;
}
interface CallbackSent {
  readonly webhookId: string;
  readonly data: object;
  answered: boolean;
}
/** An entry of the audit log, as it lies in the file. */
interface Logged {
  readonly seq: number;
  readonly auditId: string;
  readonly members: Readonly<Record<string, unknown>>;
}

let service: RunningService;
let platform: PlatformHandle;
let communityId: string;
let gates: readonly GateHandle[];

beforeAll(async () => {
  service = await runService();
  platform = await makePlatform(service, 'kuaisong');
  communityId = await makeCommunity(service);
  gates = await Promise.all(Array.from({ length: 4 }, () => makeGate(service, communityId)));
});
afterAll(() => service.dispose());

/** What was asked in a round, and how it went. */
class Load {
  readonly asked: Asked[] = [];
  readonly callbacks: CallbackSent[] = [];
  #answers = 0;
  #killed: Promise<void> | null = null;
  readonly #killAfter: number;

  constructor(killAfter: number) {
    this.#killAfter = killAfter;
  }

  /** Rides in and out, rider after rider, until the service is gone. */
  async run(firstRider: number): Promise<void> {
    let rider = firstRider;
    const lanes = Array.from({ length: RIDERS }, async () => {
      try {
        for (;;) await this.#journey(rider++);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
      }
    });
    await Promise.all(lanes);
    await this.#killed;
  }

  /** One rider with one code: two gates at once, a gate's own retry, a forgery, out, and the code once more. */
  async #journey(rider: number): Promise<void> {
    const name = `r-${rider}`;
    await this.#callback({ deliveryId: `d-${rider}`, riderId: name, status: 'picked_up' });
    const code = await codeOf(name);
    const [first, second, third] = shuffled(gates, rider);
    if (!first || !second || !third) throw new Error('there are too few gates');
    const entry = question({ code });
    await Promise.all([
      this.#ask(first, entry),
      this.#ask(first, entry),
      this.#ask(second, question({ code })),
    ]);
    await this.#ask(third, question({ code: 'CP1:FORGED' }));
    await this.#ask(first, entry);
    await Promise.all([
      this.#ask(second, question({ code, direction: 'out' })),
      this.#callback({ deliveryId: `d-${rider}`, status: 'arriving' }),
    ]);
    await this.#ask(third, question({ code }));
  }

  async #ask(gate: GateHandle, question: Question): Promise<void> {
    const asked: Asked = { gate, question, answer: null };
    this.asked.push(asked);
    const answer = await verify(gate, question);
    asked.answer = expectStatus(answer, 200);
    this.#answers++;
    if (this.#answers === this.#killAfter) this.#killed = service.kill();
  }

  async #callback(data: object): Promise<void> {
    const dropoff = { communityId, building: '12' };
    const callback = { webhookId: randomUUID(), data: { ...data, dropoff }, answered: false };
    this.callbacks.push(callback);
    await deliver(callback);
    callback.answered = true;
  }
}

function question(members: { code: string; direction?: 'in' | 'out' }): Question {
  return { requestId: randomUUID(), medium: 'qr', direction: 'in', ...members };
}

function verify({ token }: GateHandle, body: Question): Promise<Answer> {
  return service.call('POST', '/v1/verify', { token, body });
}

async function deliver({ webhookId, data }: CallbackSent): Promise<void> {
  expectStatus(await sendCallback(service, platform, data, { webhookId }), 202);
}

async function codeOf(riderId: string): Promise<string> {
  const body = { riderId, communityId, codes: 1 };
  const answer = await service.call('POST', '/v1/codes', { token: platform.apiKey, body });
  return expectStatus(answer, 200).body.codes[0].code;
}

function shuffled<T>(items: readonly T[], by: number): readonly T[] {
  const turn = by % items.length;
  return [...items.slice(turn), ...items.slice(0, turn)];
}

/** The log from an entry on, read from the file behind the service's back. */
function readLog(afterSeq: number): Logged[] {
  const database = new Database(service.database, { readonly: true });
  try {
    return database
      .prepare<[number], { seq: number; entry: string }>(
        'SELECT seq, entry FROM audit_entries WHERE seq > ? ORDER BY seq',
      )
      .all(afterSeq)
      .map(({ seq, entry }) => ({ seq, auditId: leafHash(entry), members: JSON.parse(entry) }));
  } finally {
    database.close();
  }
}

function rows(sql: string): unknown[] {
  const database = new Database(service.database, { readonly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

const requestKey = (gateId: unknown, requestId: unknown) => `${gateId} ${requestId}`;

/** The log so far: without a gap, and each request and each answer in it once. */
class LogReader {
  readonly byAuditId = new Map<string, Logged>();
  readonly byRequest = new Map<string, Logged>();
  lastSeq = 0;

  readOn(): void {
    for (const entry of readLog(this.lastSeq)) {
      expect(entry.seq).toBe(this.lastSeq + 1);
      this.lastSeq = entry.seq;
      expect(this.byAuditId.has(entry.auditId)).toBe(false);
      this.byAuditId.set(entry.auditId, entry);
      if (entry.members['type'] !== 'decision') continue;
      const key = requestKey(entry.members['gate'], entry.members['requestId']);
      expect(this.byRequest.has(key), `twice on the log: ${key}`).toBe(false);
      this.byRequest.set(key, entry);
    }
  }

  of({ gate, question }: Asked): Logged | undefined {
    return this.byRequest.get(requestKey(gate.id, question.requestId));
  }
}

/** Checks that an answer says what the log says. */
function expectLogged(log: LogReader, asked: Asked, answer: Answer): void {
  const { decision, reason, auditId, visitId, passId, serverTime } = answer.body;
  const entry = log.of(asked);
  expect(entry?.auditId).toBe(auditId);
  expect(entry?.members).toMatchObject({ decision, reason, at: serverTime });
  expect(entry?.members['visit']).toBe(visitId);
  expect(entry?.members['pass']).toBe(passId);
}

test('twenty times kill -9 under load: no answered decision is lost, none is made twice, no code opens two visits', {
  timeout: 120_000,
}, async () => {
  const seed = Number(process.env['FC_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`moments of kill -9: seed ${seed}\n`);
  const log = new LogReader();
  let [answers, inFlight, recorded] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const spread = MOST_ANSWERS - LEAST_ANSWERS;
    const load = new Load(LEAST_ANSWERS + ((seed + round * 2_654_435_761) % spread));
    await load.run(round * 1_000_000);
    await service.start();

    // What was answered is on the log exactly once, as it was answered.
    log.readOn();
    const answered = load.asked.flatMap((asked) =>
      asked.answer === null ? [] : [{ asked, answer: asked.answer }],
    );
    for (const { asked, answer } of answered) expectLogged(log, asked, answer);
    answers += answered.length;

    // What was in flight gets one answer now: the one on the log where the dead process had recorded it.
    for (const callback of load.callbacks) if (!callback.answered) await deliver(callback);
    const unanswered = load.asked.filter(({ answer }) => answer === null);
    const known = new Map(unanswered.map((asked) => [asked, log.of(asked)]));
    const again = await Promise.all(
      unanswered.flatMap((asked) => [0, 1].map(async () => verifyAgain(asked))),
    );
    log.readOn();
    for (const { asked, answer } of again) {
      expectLogged(log, asked, answer);
      const before = known.get(asked);
      if (before !== undefined) expect(answer.body.auditId).toBe(before.auditId);
    }
    inFlight += unanswered.length;
    recorded += [...known.values()].filter((entry) => entry !== undefined).length;

    // A retry gets the same bytes from the new process, and a code used before it opens nothing more.
    for (const { asked, answer } of answered.slice(-8)) {
      expect((await verifyAgain(asked)).answer.text).toBe(answer.text);
    }
    const granted = answered.filter(({ answer }) => answer.body.reason === 'granted').slice(-4);
    for (const { asked } of granted) {
      const other = gates.find(({ id }) => id !== asked.gate.id);
      if (other === undefined) throw new Error('there is one gate only');
      const replay = await verify(other, question({ code: asked.question.code }));
      expect(expectStatus(replay, 200).body.decision).toBe('denied');
    }
    if (round % 5 === 4) expectNothingHalfWritten(service.database);
  }
  process.stdout.write(
    `${answers} answers; ${inFlight} requests in flight, ${recorded} of them recorded already\n`,
  );
  log.readOn();
  expect(inFlight).toBeGreaterThan(0);
  const twice = 'SELECT pass_no FROM visits GROUP BY pass_no HAVING count(*) > 1';
  expect(rows(twice)).toEqual([]);
  expect(rows("SELECT 1 FROM visits WHERE entry_gate_no IS NULL OR closed_by = 'timeout'")).toEqual(
    [],
  );
  expect(service.log()).not.toMatch(/"level":[56]0/);
  expect(await service.terminate()).toBe(0);
  expectNothingHalfWritten(service.database);
});

async function verifyAgain(asked: Asked): Promise<{ asked: Asked; answer: Answer }> {
  return { asked, answer: expectStatus(await verify(asked.gate, asked.question), 200) };
}
