/**
 * `npx tsx bench/audit.ts`: what the audit log costs. Two figures of a service under load, with the sequencer and
 * without it, by turns on one machine in one run: the ratio of decisions a second, and how long an entry waits for the
 * checkpoint that covers it. And of a log of many entries: how fast it is sequenced, and how long a proof takes.
 * Prints one JSON object as its last line.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Command } from 'commander';
import { openAuditLog } from '../src/audit/open-audit-log.ts';
import { verifyReceipt } from '../src/audit/receipt.ts';
import { parseVerifierKey } from '../src/audit/signed-note.ts';
import { leafHash } from '../src/domain/audit-entry.ts';
import { openSqliteStore } from '../src/store/sqlite/open.ts';
import type { Server } from './process.ts';
import type { Compound } from './setup.ts';
import { VerifyLoad, verifyBody, verifyRequest } from './verify-load.ts';

const options = new Command('audit')
  .description('Measures the audit log.')
  .option('--entries <n>', 'entries of the large log', Number, 10_000_000)
  .option('--seconds <n>', 'seconds of load per round', Number, 4)
  .option('--rounds <n>', 'rounds with and without the sequencer', Number, 5)
  .option('--proofs <n>', 'receipts that are timed', Number, 2_000)
  .option('--skip-load', 'leave out the service under load')
  .option('--skip-log', 'leave out the large log')
  .parse()
  .opts<{
    entries: number;
    seconds: number;
    rounds: number;
    proofs: number;
    skipLoad?: true;
    skipLog?: true;
  }>();

const CONNECTIONS = 128;
/** Codes that are shown again and again in a round: the first time granted, then denied. Each time makes an entry. */
const CODES = 256;
const REQUESTS_PER_SECOND = 25_000;
/** Between two decisions whose way to a checkpoint is timed. */
const SAMPLE_EVERY_MS = 150;
const POLL_EVERY_MS = 50;

const figure = (value: number) => Math.round(value * 1_000) / 1_000;

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds);
  });

// ── a service under load ──────────────────────────────────────────────────────────────────────────────────

/** How long the entry of a decision that is made now waits for a checkpoint. */
async function lagOf(server: Server, compound: Compound): Promise<number> {
  const base = `http://127.0.0.1:${server.port}`;
  const headers = {
    authorization: `Bearer ${compound.gateTokens[0]}`,
    'content-type': 'application/json',
  };
  const body = verifyBody('no code');
  const answer = await fetch(`${base}/v1/verify`, { method: 'POST', headers, body });
  const { auditId } = (await answer.json()) as { auditId: string };
  const madeAt = performance.now();
  for (;;) {
    const receipt = await fetch(`${base}/v1/audit/receipts/${auditId}`, { headers });
    await receipt.arrayBuffer();
    if (receipt.status === 200) return performance.now() - madeAt;
    if (receipt.status !== 202) throw new Error(`receipt: ${receipt.status}`);
    await pause(POLL_EVERY_MS);
  }
}

/** Lags of decisions made one after the other for as long as the load lasts. */
async function sampleLags(
  { server, compound }: Side,
  load: Promise<unknown>,
): Promise<readonly number[]> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  load.then(over, over);
  const lags: Promise<number>[] = [];
  while (!isOver) {
    lags.push(lagOf(server, compound));
    await pause(SAMPLE_EVERY_MS);
  }
  return Promise.all(lags);
}

interface Side {
  readonly what: string;
  readonly server: Server;
  readonly compound: Compound;
}

async function loaded(load: VerifyLoad, { what, server, compound }: Side, seconds: number) {
  const codes = await load.freshCodes(server, compound, CODES);
  const lines = Array.from({ length: seconds * REQUESTS_PER_SECOND }, (_, n) =>
    verifyRequest(compound, codes[n % CODES] ?? '', n),
  );
  const shape = { connections: CONNECTIONS, seconds, circular: false, expect: '"auditId"' };
  return { running: load.measure(what, server, shape, lines) };
}

/** Processor time that a process has used, in ms; null where the system does not say. */
function processorMs(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10; // clock ticks of 10 ms, user and system
  } catch {
    return null;
  }
}

/** Both sides by turns; the ratio is that of neighbours, so that other load on the machine counts least. */
async function measureLoad(load: VerifyLoad, on: Side, off: Side) {
  const ratios: number[] = [];
  const rates = { on: [] as number[], off: [] as number[] };
  const costs = { on: [] as number[], off: [] as number[] };
  for (const side of [on, off]) await (await loaded(load, side, 2)).running; // compiled code
  for (let round = 0; round < options.rounds; round++) {
    const order = round % 2 === 0 ? [off, on] : [on, off];
    const perSecond = new Map<Side, number>();
    for (const side of order) {
      const before = processorMs(side.server.pid);
      const { running } = await loaded(load, side, options.seconds);
      const report = await running;
      perSecond.set(side, report.perSecond);
      await pause(1_500); // what was left to sequence is not borne by the other side
      const after = processorMs(side.server.pid);
      if (before !== null && after !== null)
        costs[side === on ? 'on' : 'off'].push(((after - before) * 1_000) / report.answered);
    }
    const [with_, without] = [perSecond.get(on) ?? 0, perSecond.get(off) ?? 0];
    rates.on.push(with_);
    rates.off.push(without);
    ratios.push(with_ / without);
  }
  const { running } = await loaded(load, on, options.seconds * 2);
  const lags = await sampleLags(on, running);
  await running;
  return {
    verifyPerSecond: Math.round(percentile(rates.on, 0.5)),
    verifyPerSecondWithoutSequencer: Math.round(percentile(rates.off, 0.5)),
    ratio: figure(percentile(ratios, 0.5)),
    ratios: ratios.map(figure),
    // Other load on the machine changes how many decisions there are in a second, not what one costs.
    processorUsPerDecision: {
      with: figure(percentile(costs.on, 0.5)),
      without: figure(percentile(costs.off, 0.5)),
    },
    checkpointLagMs: {
      samples: lags.length,
      p50: Math.round(percentile(lags, 0.5)),
      p99: Math.round(percentile(lags, 0.99)),
      most: Math.round(Math.max(...lags)),
    },
  };
}

async function underLoad() {
  const load = new VerifyLoad();
  const active = CODES * (2 * options.rounds + 4);
  const history = { ended: 1_000, active };
  const preload = './without-sequencer.mjs';
  try {
    return await load.withService('with', history, (server, compound) =>
      load.withService(
        'without',
        history,
        (otherServer, otherCompound) =>
          measureLoad(
            load,
            { what: 'with the sequencer', server, compound },
            { what: 'without', server: otherServer, compound: otherCompound },
          ),
        { preload },
      ),
    );
  } finally {
    load.stop();
  }
}

// ── a large log ───────────────────────────────────────────────────────────────────────────────────────────

/** Entries as long as short decisions, written in bulk while no store is open. */
function writeEntries(path: string, count: number): void {
  const database = new Database(path);
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  const last = database
    .prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM audit_entries')
    .get();
  const first = (last?.seq ?? 0) + 1;
  const insert = database.prepare('INSERT INTO audit_entries (seq, entry) VALUES (?, ?)');
  database.exec('BEGIN EXCLUSIVE');
  for (let n = 0; n < count; n++) {
    const salt = randomBytes(16).toString('base64url');
    const entry = `{"at":"2026-11-21T04:03:10.131Z","decision":"denied","n":${n},"reason":"code_used","salt":"${salt}","type":"decision","v":1}`;
    insert.run(first + n, entry);
  }
  database.exec('COMMIT');
  database.pragma('journal_mode = WAL');
  database.close();
}

function readAuditId(path: string, seq: number): string {
  const database = new Database(path, { readonly: true });
  const row = database
    .prepare<[number], { entry: string }>('SELECT entry FROM audit_entries WHERE seq = ?')
    .get(seq);
  database.close();
  return leafHash(row?.entry ?? '');
}

async function largeLog() {
  const folder = mkdtempSync(join(tmpdir(), 'courier-pass-log-'));
  const path = join(folder, 'courier-pass.db');
  try {
    await (await openSqliteStore({ path })).close();
    const writtenAt = performance.now();
    writeEntries(path, options.entries);
    note(`${options.entries} entries written`, writtenAt);
    const store = await openSqliteStore({ path });
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const log = await openAuditLog({
      store,
      keys: {
        checkpointKeys: () => [
          { kid: 'cp', state: 'active', createdAt: 0, stateSince: 0, publicKey: raw },
        ],
        signCheckpoint: (text) => [
          { publicKey: raw, signature: sign(null, Buffer.from(text), privateKey) },
        ],
      },
      origin: 'bench.example/audit',
      checkpointFile: null,
      headFile: null,
      restored: null,
      checkpointWebhookUrl: null,
      witness: null,
      post: () => Promise.reject(new Error('nobody is told')),
      now: () => Date.now(),
      log: { warn: (members, message) => console.error(message, members) },
    });
    const startedAt = performance.now();
    const usedBefore = process.cpuUsage();
    await log.run();
    const used = process.cpuUsage(usedBefore); // of all threads
    const seconds = (performance.now() - startedAt) / 1_000;
    note(`${options.entries} entries sequenced`, startedAt);
    const [key] = log.publishedKeys();
    const keys = key === undefined ? [] : [parseVerifierKey(key.verifierKey)];
    const times: number[] = [];
    for (let n = 0; n < options.proofs; n++) {
      const auditId = readAuditId(path, 1 + Math.floor(Math.random() * options.entries));
      const askedAt = performance.now();
      const found = await log.findReceipt(auditId);
      times.push(performance.now() - askedAt);
      if (n % 100 === 0) verifyReceipt(found?.receipt ?? '', keys);
    }
    await store.close();
    return {
      entries: options.entries,
      sequencedPerSecond: Math.round(options.entries / seconds),
      processorUsPerEntry: figure((used.user + used.system) / options.entries),
      proofMs: {
        p50: figure(percentile(times, 0.5)),
        p90: figure(percentile(times, 0.9)),
        p99: figure(percentile(times, 0.99)),
      },
      databaseBytes: statSync(path).size,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function note(what: string, since: number): void {
  process.stderr.write(`${what} in ${((performance.now() - since) / 1_000).toFixed(1)} s\n`);
}

const load = options.skipLoad === true ? null : await underLoad();
const log = options.skipLog === true ? null : await largeLog();
console.log(JSON.stringify({ load, log }));
