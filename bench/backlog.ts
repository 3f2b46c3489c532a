/**
 * `npx tsx bench/backlog.ts`: gates come back after an outage with full logs while others go on asking. Prints one JSON
 * object: the verifies' latency without and with the backlog, and how fast it was taken over.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { CompactSign } from 'jose';
import { writeHistory } from './database.ts';
import type { Report } from './load.ts';
import { Load, type Server, startService } from './process.ts';
import { type Compound, type EnrolledGate, setUp } from './setup.ts';

const BATCH = 500;
/** Of a log: an entry, its passage, its exit, and the rest telemetry. */
const EVENTS_PER_VISIT = 8;

const options = new Command('backlog')
  .description('Measures verify while gates report what they decided alone.')
  .option('--gates <n>', 'gates with a backlog', Number, 20)
  .option('--events <n>', 'events of each', Number, 10_000)
  .option('--rate <n>', 'verifies per second', Number, 200)
  .option('--connections <n>', 'of gates that ask', Number, 32)
  .option('--rounds <n>', 'without and with backlog in turn', Number, 5)
  .option('--seconds <n>', 'of each run of verifies', Number, 5)
  .parse()
  .opts<{
    gates: number;
    events: number;
    rate: number;
    connections: number;
    rounds: number;
    seconds: number;
  }>();

const visitsPerGate = Math.floor(options.events / EVENTS_PER_VISIT);
const riders = options.gates * visitsPerGate + options.rate * 400;
const folder = mkdtempSync(join(tmpdir(), 'courier-pass-backlog-'));
const load = new Load();
let nextRider = 0;

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const quiet = { circular: false, keep: false, expect: '"serverTime"' };

/** Codes of riders that had none yet. */
async function freshCodes(server: Server, place: Compound, count: number): Promise<string[]> {
  const { platformKey, communityId } = place;
  const lines = Array.from({ length: count }, () => {
    const body = JSON.stringify({ riderId: `r-${nextRider++}`, communityId, codes: 1 });
    return `/v1/codes\tBearer ${platformKey}\t${body}`;
  });
  const job = {
    ...quiet,
    port: server.port,
    connections: 32,
    seconds: 120,
    keep: true,
    expect: 'CP1:',
  };
  const report = await load.run({ ...job, requestsFile: file('codes.txt', lines) });
  if (report.unexpected > 0) throw new Error(`codes: ${report.firstUnexpected}`);
  type Codes = { codes: { code: string }[] };
  return report.answers.map((answer) => (JSON.parse(answer ?? '') as Codes).codes[0]?.code ?? '');
}

/** A day's log of a gate, signed in batches. */
async function logOf(gate: EnrolledGate, codes: readonly string[], at: number): Promise<string[]> {
  const logId = randomUUID();
  const bootId = randomUUID();
  const events: object[] = [];
  const write = (instant: number, type: string, data: object) => {
    const deviceTime = new Date(instant).toISOString();
    const seq = events.length + 1;
    events.push({ seq, type, deviceTime, uptimeMs: 1_000 + instant - at, bootId, data });
  };
  for (const code of codes) {
    const ask = (direction: string) => ({ requestId: randomUUID(), code, medium: 'qr', direction });
    const entry = ask('in');
    write(at, 'verification', { request: entry, decision: 'granted', reason: 'granted' });
    write(at + 1, 'passage', { requestId: entry.requestId, passed: true, direction: 'in' });
    const exit = { request: ask('out'), decision: 'granted', reason: 'granted_exit' };
    write(at + 2, 'verification', exit);
    for (let n = 3; n < EVENTS_PER_VISIT; n += 1)
      write(at + n, 'speed', { speedKmh: 12.4, accuracyKmh: 1, lane: '1' });
  }
  const batches: string[] = [];
  for (let from = 0; from < events.length; from += BATCH) {
    const payload = Buffer.from(
      JSON.stringify({ logId, events: events.slice(from, from + BATCH) }),
    );
    const header = { alg: 'ES256', kid: gate.id };
    batches.push(await new CompactSign(payload).setProtectedHeader(header).sign(gate.privateKey));
  }
  return batches;
}

async function upload(server: Server, { token }: EnrolledGate, batches: readonly string[]) {
  for (const body of batches) {
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/gate/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/jose' },
      body,
    });
    if (!response.ok) throw new Error(`events: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }
}

function verifyLines(place: Compound, codes: readonly string[]): string[] {
  return codes.map((code, n) => {
    const body = { requestId: randomUUID(), code, medium: 'qr', direction: 'in' };
    const token = place.gateTokens[options.gates + (n % (place.gateTokens.length - options.gates))];
    return `/v1/verify\tBearer ${token}\t${JSON.stringify(body)}`;
  });
}

/** @param codes go round; the second time they are refused, which is as much work */
async function ask(server: Server, place: Compound, codes: readonly string[], seconds: number) {
  const requests = verifyLines(place, codes);
  const lines: string[] = [];
  while (lines.length < options.rate * seconds) lines.push(...requests);
  const fresh = lines.map((line) =>
    line.replace(/"requestId":"[^"]+"/, () => `"requestId":"${randomUUID()}"`),
  );
  const job = { ...quiet, port: server.port, connections: options.connections, seconds };
  return load.run({ ...job, perSecond: options.rate, requestsFile: file('verify.txt', fresh) });
}

const rounded = (value: number) => Math.round(value * 100) / 100;
const shown = ({ perSecond, p50Ms, p99Ms, unexpected }: Report) => ({
  perSecond: Math.round(perSecond),
  p50Ms: rounded(p50Ms),
  p99Ms: rounded(p99Ms),
  failed: unexpected,
});

/** One slow moment of the machine is no finding: the middle of the runs' p99 is. */
function middleOf(reports: readonly Report[]): number {
  const p99s = reports.map(({ p99Ms }) => p99Ms).sort((a, b) => a - b);
  return p99s[p99s.length >> 1] ?? Number.NaN;
}

async function measure(server: Server, place: Compound) {
  const asked = await freshCodes(server, place, options.rate * 30);
  const logs = new Map<EnrolledGate, string[]>();
  for (const gate of place.gates.slice(0, options.gates)) {
    const codes = await freshCodes(server, place, visitsPerGate);
    logs.set(gate, await logOf(gate, codes, Date.now()));
  }
  process.stderr.write('the logs are written\n');
  await ask(server, place, asked, options.seconds);
  const alone: Report[] = [];
  const during: Report[] = [];
  let uploadedMs = 0;
  for (let round = 0; round < options.rounds; round++) {
    alone.push(await ask(server, place, asked, options.seconds));
    const part = [...logs].map(([gate, batches]) => {
      const each = Math.ceil(batches.length / options.rounds);
      return { gate, batches: batches.slice(round * each, (round + 1) * each) };
    });
    const startedAt = performance.now();
    const uploads = part.map(({ gate, batches }) => upload(server, gate, batches));
    let under = true;
    const all = Promise.all(uploads).then(() => {
      uploadedMs += performance.now() - startedAt;
      under = false;
    });
    // After the first, what is asked counts only where the backlog was there for all of it.
    during.push(await ask(server, place, asked, options.seconds));
    while (under) {
      const report = await ask(server, place, asked, options.seconds);
      if (under) during.push(report);
    }
    await all;
    const told = { alone: alone.at(-1), during: during.at(-1) };
    for (const [what, report] of Object.entries(told))
      if (report !== undefined) process.stderr.write(`${what}: ${JSON.stringify(shown(report))}\n`);
  }
  const events = options.gates * visitsPerGate * EVENTS_PER_VISIT;
  const without = middleOf(alone);
  const withBacklog = middleOf(during);
  return {
    gates: options.gates,
    events,
    backlogSeconds: rounded(uploadedMs / 1_000),
    eventsPerSecond: Math.round(events / (uploadedMs / 1_000)),
    alone: alone.map(shown),
    during: during.map(shown),
    failed: during.reduce((sum, { unexpected }) => sum + unexpected, 0),
    p99Ms: {
      without: rounded(without),
      with: rounded(withBacklog),
      ratio: rounded(withBacklog / without),
    },
  };
}

try {
  const env = { DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn' };
  const first = await startService(env);
  const place = await setUp(first.port, env.DATA_DIR, options.gates + 8);
  await first.stop();
  writeHistory(join(env.DATA_DIR, 'courier-pass.db'), { ended: 1_000, active: riders }, Date.now());
  const server = await startService(env);
  try {
    console.log(JSON.stringify(await measure(server, place)));
  } finally {
    await server.stop();
  }
} finally {
  load.stop();
  rmSync(folder, { recursive: true, force: true });
}
