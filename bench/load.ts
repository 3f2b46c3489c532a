/**
 * The load, in a process of its own: a number of keep-alive connections, each sending its next request when the
 * answer to the last one is there (a closed loop). Written on bare sockets, so that it costs a tenth of what it
 * measures.
 *
 * Reads one job per line on standard input, answers with one line each.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface Job {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** A file with one request a line: `path TAB authorization TAB body`. Each is sent once, or in a circle. */
  readonly requestsFile: string;
  readonly circular: boolean;
  /** Requests are sent at this rate, whatever the answers take; left out: as fast as they come. */
  readonly perSecond?: number;
  /** Text that every answer must hold. */
  readonly expect: string;
  /** Keep the answers' bodies, in the order of the requests. */
  readonly keep: boolean;
}

export interface Report {
  readonly answered: number;
  readonly perSecond: number;
  readonly unexpected: number;
  readonly firstUnexpected: string | null;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answers: (string | null)[];
}

const HEADER_END = Buffer.from('\r\n\r\n');
const LENGTH = /content-length: (\d+)/i;

function encode(line: string, port: number): Buffer {
  const [path, authorization, body = ''] = line.split('\t');
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: ${authorization}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The length of the first whole answer in a buffer and where its body begins; null: not all there yet. */
function wholeAnswer(buffer: Buffer): { body: number; end: number } | null {
  const headerEnd = buffer.indexOf(HEADER_END);
  if (headerEnd < 0) return null;
  const header = buffer.toString('latin1', 0, headerEnd);
  const length = LENGTH.exec(header)?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${header}`);
  const end = headerEnd + 4 + Number(length);
  return buffer.length < end ? null : { body: headerEnd + 4, end };
}

function run(job: Job): Promise<Report> {
  const requests = readFileSync(job.requestsFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => encode(line, job.port));
  const expected = Buffer.from(job.expect);
  const latencies: number[] = [];
  const answers: (string | null)[] = job.keep ? new Array(requests.length).fill(null) : [];
  let next = 0;
  let answered = 0;
  let unexpected = 0;
  let firstUnexpected: string | null = null;
  const startedAt = performance.now();
  const endsAt = startedAt + job.seconds * 1_000;
  let endedAt = startedAt;

  return new Promise((resolve, reject) => {
    let open = job.connections;
    const finish = (socket: Socket) => {
      socket.destroy();
      open -= 1;
      if (open > 0) return;
      latencies.sort((a, b) => a - b);
      const quantile = (q: number) =>
        latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0;
      const perSecond = answered / ((endedAt - startedAt) / 1_000);
      resolve({
        answered,
        perSecond,
        unexpected,
        firstUnexpected,
        p50Ms: quantile(0.5),
        p99Ms: quantile(0.99),
        answers,
      });
    };
    for (let n = 0; n < job.connections; n += 1) drive(connect(job.port, '127.0.0.1'), finish);
    function drive(socket: Socket, done: (socket: Socket) => void) {
      socket.setNoDelay(true);
      let index = -1;
      let sentAt = 0;
      let received: Buffer = Buffer.alloc(0);
      const send = () => {
        if (performance.now() >= endsAt || (next >= requests.length && !job.circular))
          return done(socket);
        const turn = next++;
        index = turn % requests.length;
        const dueAt = job.perSecond === undefined ? 0 : startedAt + (turn * 1_000) / job.perSecond;
        const write = () => {
          // A request that had to wait for its connection has waited since its turn.
          sentAt = job.perSecond === undefined ? performance.now() : dueAt;
          socket.write(requests[index] ?? Buffer.alloc(0));
        };
        const waitMs = dueAt - performance.now();
        if (waitMs > 0) setTimeout(write, waitMs);
        else write();
      };
      socket.on('connect', send);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        const whole = wholeAnswer(received);
        if (whole === null) return;
        endedAt = performance.now();
        latencies.push(endedAt - sentAt);
        answered += 1;
        const answer = received.subarray(0, whole.end);
        if (answer.indexOf(expected) < 0) {
          unexpected += 1;
          firstUnexpected ??= answer.toString();
        }
        if (job.keep) answers[index] = answer.subarray(whole.body).toString();
        received = received.subarray(whole.end);
        send();
      });
    }
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line) as Job))}\n`);
}
