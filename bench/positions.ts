/**
 * `npx tsx bench/positions.ts`: ten thousand riders send a position a second each, in batches of ten, into the service
 * that gates ask. Prints one JSON object: the verifies' latency without and with the positions, side by side in one run.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { Command } from 'commander';
import { PLAIN_FROM_M, placeOf, roadZones } from '../gate-simulator/src/rides/road.ts';
import { writeHistory } from './database.ts';
import type { Report } from './load.ts';
import { Load, type Server, startService } from './process.ts';
import { newRiderPlaces } from './rider-places.ts';
import { type Compound, setUp } from './setup.ts';

export interface PositionsOptions {
  readonly riders: number;
  /** Verifies per second. */
  readonly rate: number;
  readonly connections: number;
  readonly seconds: number;
}

export const POSITIONS_DEFAULTS: PositionsOptions = {
  riders: 10_000,
  rate: 300,
  connections: 32,
  seconds: 8,
};

/** Positions that a phone sends together. */
const BATCH = 10;
/** How far back the phones' time lies: nothing is in the future, however slowly the load begins. */
const BEHIND_MS = 60_000;
const GATES = 8;

const rounded = (value: number) => Math.round(value * 100) / 100;
const shown = ({ perSecond, p50Ms, p99Ms, unexpected }: Report) => ({
  perSecond: Math.round(perSecond),
  p50Ms: rounded(p50Ms),
  p99Ms: rounded(p99Ms),
  failed: unexpected,
});

/** Verifies alone, with positions, and alone again. */
export async function measurePositions(options: PositionsOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'courier-pass-positions-'));
  const [gates, phones] = [new Load(), new Load()];
  try {
    const env = { DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn' };
    const first = await startService(env);
    const place = await setUp(first.port, env.DATA_DIR, GATES);
    await putZones(first.port, env.DATA_DIR, place.communityId);
    await first.stop();
    const asking = Math.ceil(options.rate * options.seconds) * 4;
    const file = join(env.DATA_DIR, 'courier-pass.db');
    writeHistory(file, { ended: 1_000, active: options.riders + asking }, Date.now());
    const riders = letIn(file, options.riders, Date.now());
    const server = await startService(env);
    try {
      return await measure({ ...options, folder, server, place, riders, gates, phones });
    } finally {
      await server.stop();
    }
  } finally {
    gates.stop();
    phones.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rider {
  readonly passId: string;
  readonly token: string;
}

interface Run extends Omit<PositionsOptions, 'riders'> {
  readonly folder: string;
  readonly server: Server;
  readonly place: Compound;
  readonly riders: readonly Rider[];
  readonly gates: Load;
  readonly phones: Load;
}

async function measure(run: Run) {
  const codes = new Codes(run);
  await ask(run, await codes.take(), 3);
  const before = await ask(run, await codes.take(), run.seconds);
  const requests = await codes.take();
  const positions = send(run);
  const during = await ask(run, requests, run.seconds);
  const sent = await positions;
  const after = await ask(run, await codes.take(), run.seconds);
  const quiet = (before.p99Ms + after.p99Ms) / 2;
  return {
    alone: [shown(before), shown(after)],
    during: shown(during),
    positionsPerSecond: Math.round(sent.perSecond * BATCH),
    batches: shown(sent),
    p99Ratio: rounded(during.p99Ms / quiet),
  };
}

/** Codes of riders who ask at the gates, fresh for each run. */
class Codes {
  readonly #run: Run;
  #next: number;

  constructor(run: Run) {
    this.#run = run;
    this.#next = run.riders.length;
  }

  async take(): Promise<string[]> {
    const { server, place, folder, gates, rate, seconds } = this.#run;
    const { platformKey, communityId } = place;
    const lines = Array.from({ length: Math.ceil(rate * seconds) }, () => {
      const body = JSON.stringify({ riderId: `r-${this.#next++}`, communityId, codes: 1 });
      return `/v1/codes\tBearer ${platformKey}\t${body}`;
    });
    const requestsFile = write(folder, 'codes.txt', lines);
    const job = { port: server.port, connections: 16, seconds: 60, circular: false, keep: true };
    const report = await gates.run({ ...job, expect: '"CP1:', requestsFile });
    if (report.unexpected > 0) throw new Error(`codes: ${report.firstUnexpected}`);
    type Answer = { codes: { code: string }[] };
    return report.answers.map((text, n) => {
      const code = (JSON.parse(text ?? '') as Answer).codes[0]?.code ?? '';
      const asked = { requestId: randomUUID(), code, medium: 'qr', direction: 'in', lane: '1' };
      const token = place.gateTokens[n % place.gateTokens.length];
      return `/v1/verify\tBearer ${token}\t${JSON.stringify(asked)}`;
    });
  }
}

async function ask(run: Run, lines: readonly string[], seconds: number): Promise<Report> {
  const { server, folder, gates, rate, connections } = run;
  const requestsFile = write(folder, 'verify.txt', lines);
  const job = { port: server.port, connections, seconds, circular: false, keep: false };
  const report = await gates.run({ ...job, perSecond: rate, expect: '"granted"', requestsFile });
  if (report.unexpected > 0) throw new Error(`verify: ${report.firstUnexpected}`);
  return report;
}

/** Each rider sends the last ten seconds, one after the other, as long as the gates ask. */
async function send({ server, folder, phones, riders, seconds }: Run): Promise<Report> {
  const perSecond = riders.length / BATCH;
  const startAt = Date.now() - BEHIND_MS;
  const speeds = newRiderPlaces(riders.length);
  const lines = Array.from({ length: Math.ceil(perSecond * seconds) }, (_, n) => {
    const index = n % riders.length;
    const { passId, token } = riders[index] as Rider;
    const sentAt = startAt + (n / perSecond) * 1_000;
    const positions = Array.from({ length: BATCH }, (_unused, second) => {
      const { speedMps, along } = speeds.next(index);
      const t = new Date(sentAt - (BATCH - second) * 1_000).toISOString();
      const { lat, lon } = placeOf(PLAIN_FROM_M + along, 0);
      return { t, lat, lon, speedMps, speedAccuracyMps: 0.3, accuracyM: 6 };
    });
    return `/v1/rider/positions\tBearer ${token}\t${JSON.stringify({ passId, positions })}`;
  });
  const requestsFile = write(folder, 'positions.txt', lines);
  const job = { port: server.port, connections: 64, seconds, circular: false, keep: false };
  const all = `"accepted":${BATCH}`;
  const report = await phones.run({ ...job, perSecond, expect: all, requestsFile });
  if (report.unexpected > 0) throw new Error(`positions: ${report.firstUnexpected}`);
  return report;
}

function write(folder: string, name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function putZones(port: number, dataDir: string, communityId: string): Promise<void> {
  const key = readFileSync(join(dataDir, 'admin-api-key'), 'utf8').trim();
  const response = await fetch(`http://127.0.0.1:${port}/v1/communities/${communityId}/zones`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(roadZones()),
  });
  if (!response.ok) throw new Error(`zones: ${response.status} ${await response.text()}`);
}

/** Riders who entered ten minutes ago, with a session and their consent; written while no service runs. */
function letIn(file: string, count: number, now: number): Rider[] {
  const db = new Database(file);
  const openedAt = now - 600_000;
  const passes = db
    .prepare<[number], { no: number; id: string; courierNo: number }>(
      `SELECT p.no, p.id, p.courier_no AS courierNo FROM passes p
         JOIN rider_accounts a ON a.courier_no = p.courier_no
       WHERE p.status = 'active' AND a.rider_id GLOB 'r-*' ORDER BY p.no LIMIT ?`,
    )
    .all(count);
  const visit = db.prepare(
    `INSERT INTO visits (id, community_no, pass_no, slot, opened_at, entry_gate_no, last_entry_at, last_entry_gate_no,
       due_at, due_by) VALUES (?, 1, ?, 9007199254740991, ?, 1, ?, 1, ?, 'timeout')`,
  );
  const carry = db.prepare('UPDATE passes SET carried_visit_no = ? WHERE no = ?');
  const session = db.prepare(
    'INSERT INTO rider_sessions (hash, courier_no, expires_at, slid_at) VALUES (?, ?, ?, ?)',
  );
  const consent = db.prepare('INSERT INTO position_consents (courier_no, given_at) VALUES (?, ?)');
  const riders = db.transaction(() =>
    passes.map(({ no, id, courierNo }): Rider => {
      const due = now + 3_600_000;
      const visitNo = visit.run(`vis${id.slice(3)}`, no, openedAt, openedAt, due).lastInsertRowid;
      carry.run(visitNo, no);
      const token = randomUUID();
      const hash = createHash('sha256').update(token).digest('base64url');
      session.run(hash, courierNo, now + 86_400_000, now);
      consent.run(courierNo, openedAt);
      return { passId: id, token };
    }),
  )();
  db.close();
  return riders;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { riders, rate, connections, seconds } = POSITIONS_DEFAULTS;
  const options = new Command('positions')
    .description('Measures verify while riders send positions.')
    .option('--riders <n>', 'riders, each with a position a second', Number, riders)
    .option('--rate <n>', 'verifies per second', Number, rate)
    .option('--connections <n>', 'of gates that ask', Number, connections)
    .option('--seconds <n>', 'seconds of each run', Number, seconds)
    .parse()
    .opts<PositionsOptions>();
  console.log(JSON.stringify(await measurePositions(options)));
}
