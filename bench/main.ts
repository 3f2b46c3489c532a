/**
 * `npm run bench`: what a decision costs, as ratios measured side by side on one machine in one run. The load comes
 * from another process. Prints a table, and as its last line one JSON object.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { type CourierCode, encodePayload, signingInput } from '../src/domain/courier-code.ts';
import { formatIdentifier } from '../src/domain/identifier.ts';
import { verifySignature } from '../src/gate/verify-signature.ts';
import type { Report } from './load.ts';
import { measurePositions, POSITIONS_DEFAULTS } from './positions.ts';
import { type Server, startScript } from './process.ts';
import { VerifyLoad, verifyBody, WARM_UP } from './verify-load.ts';

const CONNECTIONS = [1, 32, 128] as const;
/** Codes are valid unused once: so many per second of load and connection level are made ready. */
const CODES_PER_SECOND = { 1: 3_000, 32: 12_000, 128: 16_000 } as const;
const SMALL_HISTORY = 1_000;
const LARGE = { deliveries: 1_000_000, activePasses: 100_000 };

const options = new Command('bench')
  .description('Measures verify against a bare route and a textbook version of itself.')
  .option('--seconds <n>', 'seconds of load per figure', positive, 4)
  .option('--skip-large', 'leave out the run against a large database')
  .parse()
  .opts<{ seconds: number; skipLarge?: true }>();

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 600))
    throw new InvalidArgumentError('a number of seconds, at most 600');
  return value;
}

type Row = { readonly what: string; readonly connections: number; readonly report: Report };
const rows: Row[] = [];
const load = new VerifyLoad();

async function measure(
  what: string,
  server: Server,
  connections: number,
  lines: readonly string[],
  circular: boolean,
): Promise<Report> {
  const { seconds } = options;
  const report = await load.measure(what, server, { connections, seconds, circular }, lines);
  rows.push({ what, connections, report });
  return report;
}

async function measureBare(): Promise<Map<number, Report>> {
  const server = await startScript('./bare.ts');
  const body = verifyBody('C'.repeat(144));
  const lines = [`/v1/verify\tBearer ${'t'.repeat(300)}\t${body}`];
  await load.run({
    port: server.port,
    connections: 32,
    seconds: 1,
    circular: true,
    expect: '',
    keep: false,
    requestsFile: load.file('warm.txt', lines),
  });
  const reports = new Map<number, Report>();
  for (const connections of CONNECTIONS)
    reports.set(connections, await measure('bare Hono route', server, connections, lines, true));
  await server.stop();
  return reports;
}

async function measureTextbook(): Promise<Report> {
  const server = await startScript('./textbook.ts');
  const code = await (await fetch(`http://127.0.0.1:${server.port}/code`)).text();
  const lines = Array.from(
    { length: 5_000 * options.seconds },
    () => `/v1/verify\tBearer t\t${verifyBody(code)}`,
  );
  const report = await measure('textbook verify', server, 128, lines, false);
  await server.stop();
  return report;
}

async function measureOurs(): Promise<Report> {
  const needed = CONNECTIONS.map((connections) =>
    Math.ceil(CODES_PER_SECOND[connections] * options.seconds),
  );
  const active = needed.reduce((sum, count) => sum + count, WARM_UP);
  const history = { ended: SMALL_HISTORY, active };
  return load.withService('small', history, async (server, compound) => {
    await load.warm(server, compound);
    let last: Report | undefined;
    for (const [index, connections] of CONNECTIONS.entries()) {
      const requests = await load.freshRequests(server, compound, needed[index] ?? 0);
      last = await measure('courier-pass verify', server, connections, requests, false);
    }
    if (last === undefined) throw new Error('nothing measured');
    return last;
  });
}

async function measureLarge(): Promise<Report> {
  const count = Math.min(
    LARGE.activePasses - WARM_UP,
    Math.ceil(CODES_PER_SECOND[128] * options.seconds),
  );
  const active = LARGE.activePasses;
  const history = { ended: LARGE.deliveries - active, active };
  return load.withService('large', history, async (server, compound) => {
    await load.warm(server, compound);
    const requests = await load.freshRequests(server, compound, count);
    return measure(`courier-pass, ${LARGE.deliveries} deliveries`, server, 128, requests, false);
  });
}

/** One ES256 verification after the other, by the function that gates and the service use. */
async function measureEs256(): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = await crypto.subtle.importKey(
    'jwk',
    publicKey.export({ format: 'jwk' }),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['verify'],
  );
  const members = {
    directions: 3,
    communityId: formatIdentifier('com', new Uint8Array(8)),
    passId: formatIdentifier('pas', new Uint8Array(8)),
    notBefore: 1_800_000_000,
    lifetimeSeconds: 30,
    statusIndex: 0,
  };
  const payloadBytes = encodePayload(members);
  const signature = sign('sha256', Buffer.from(signingInput(1, payloadBytes)), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  const code: CourierCode = { ...members, keyNumber: 1, payloadBytes, signature };
  const keys = new Map([[1, key]]);
  const endsAt = performance.now() + 1_000;
  const startedAt = performance.now();
  let verified = 0;
  while (performance.now() < endsAt) {
    if ((await verifySignature(code, keys)) !== 'authentic')
      throw new Error('the signature did not verify');
    verified += 1;
  }
  return verified / ((performance.now() - startedAt) / 1_000);
}

function printTable(es256PerSecond: number): void {
  const cells = rows.map(({ what, connections, report }) => [
    what,
    String(connections),
    Math.round(report.perSecond).toLocaleString('en'),
    report.p50Ms.toFixed(2),
    report.p99Ms.toFixed(2),
  ]);
  const table = [['what', 'connections', 'per second', 'p50 ms', 'p99 ms'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  for (const row of table) {
    console.log(
      row
        .map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
        .join('  '),
    );
  }
  console.log(`one ES256 verification: ${(1_000_000 / es256PerSecond).toFixed(0)} µs`);
}

const rounded = (value: number) => Math.round(value * 1_000) / 1_000;

try {
  const es256PerSecond = await measureEs256();
  const bare = (await measureBare()).get(128);
  const textbook = await measureTextbook();
  const ours = await measureOurs();
  const large = options.skipLarge === true ? null : await measureLarge();
  const positions = await measurePositions({ ...POSITIONS_DEFAULTS, seconds: options.seconds });
  printTable(es256PerSecond);
  console.log(
    `verify with ${positions.positionsPerSecond.toLocaleString('en')} positions a second: p99 ${positions.during.p99Ms} ms, ${positions.p99Ratio} times that without`,
  );
  console.log(
    JSON.stringify({
      verifyToBare: rounded(ours.perSecond / (bare?.perSecond ?? Number.NaN)),
      verifyToTextbook: rounded(ours.perSecond / textbook.perSecond),
      largeToSmall: large === null ? null : rounded(large.perSecond / ours.perSecond),
      es256PerSecond: Math.round(es256PerSecond),
      p99Ms: rounded(ours.p99Ms),
      positionsPerSecond: positions.positionsPerSecond,
      positionsP99Ratio: positions.p99Ratio,
    }),
  );
} finally {
  load.stop();
}
