/** A service over a database with some history, and gates' requests of which each shows a code that was never used. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeHistory } from './database.ts';
import type { Report } from './load.ts';
import { Load, type Server, type StartOptions, startService } from './process.ts';
import { type Compound, setUp } from './setup.ts';

export const GATES = 16;
/** Attempts before anything is measured: compiled code, and the database's inner pages in memory. */
export const WARM_UP = 8_000;

export interface LoadShape {
  readonly connections: number;
  readonly seconds: number;
  readonly circular: boolean;
  /** Text that every answer must hold; left out: that it was granted. */
  readonly expect?: string;
}

/** The process that makes the load, with the files that it reads. */
export class VerifyLoad {
  readonly folder = mkdtempSync(join(tmpdir(), 'courier-pass-bench-'));
  readonly #load = new Load();
  #nextRider = 0;

  file(name: string, lines: readonly string[]): string {
    const path = join(this.folder, name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  }

  run(...job: Parameters<Load['run']>): Promise<Report> {
    return this.#load.run(...job);
  }

  stop(): void {
    this.#load.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @throws Error when an answer was not the expected one */
  async measure(
    what: string,
    server: Server,
    { expect = '"granted"', ...shape }: LoadShape,
    lines: readonly string[],
  ): Promise<Report> {
    const { connections, seconds } = shape;
    const job = { port: server.port, ...shape, expect, keep: false };
    const requestsFile = this.file('requests.txt', lines);
    const report = await this.run({ ...job, seconds, requestsFile });
    if (report.unexpected > 0)
      throw new Error(
        `${what}: ${report.unexpected} unexpected answers, first: ${report.firstUnexpected}`,
      );
    process.stderr.write(
      `${what}, ${connections} connections: ${Math.round(report.perSecond)}/s\n`,
    );
    return report;
  }

  /** The service over a database with some history and so many passes that each attempt has an unused code. */
  async withService<T>(
    name: string,
    { ended, active }: { ended: number; active: number },
    run: (server: Server, compound: Compound, dataDir: string) => Promise<T>,
    options: StartOptions = {},
  ): Promise<T> {
    this.#nextRider = 0;
    const dataDir = join(this.folder, name);
    const env = { DATA_DIR: dataDir, LOG_LEVEL: 'info' };
    const first = await startService(env);
    const compound = await setUp(first.port, dataDir, GATES);
    await first.stop();
    const startedAt = performance.now();
    writeHistory(join(dataDir, 'courier-pass.db'), { ended, active }, Date.now());
    process.stderr.write(
      `${name} database written in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s\n`,
    );
    const server = await startService(env, options);
    try {
      return await run(server, compound, dataDir);
    } finally {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }

  /** Fetches an unused code for each of the next riders and turns it into a gate's request, in mixed order. */
  async freshRequests(server: Server, compound: Compound, count: number): Promise<string[]> {
    await startOfWindow();
    const codes = await this.freshCodes(server, compound, count);
    return shuffled(codes).map((code, n) => verifyRequest(compound, code, n));
  }

  /** An unused code for each of the next riders. */
  async freshCodes(server: Server, compound: Compound, count: number): Promise<string[]> {
    const from = this.#nextRider;
    this.#nextRider += count;
    const lines = Array.from({ length: count }, (_, n) => {
      const body = JSON.stringify({
        riderId: `r-${from + n}`,
        communityId: compound.communityId,
        codes: 1,
      });
      return `/v1/codes\tBearer ${compound.platformKey}\t${body}`;
    });
    const report = await this.run({
      port: server.port,
      connections: 64,
      seconds: 60,
      circular: false,
      expect: '"CP1:',
      keep: true,
      requestsFile: this.file('codes.txt', lines),
    });
    if (report.unexpected > 0) throw new Error(`codes: ${report.firstUnexpected}`);
    process.stderr.write(`${count} codes issued, ${Math.round(report.perSecond)}/s\n`);
    return report.answers.map(
      (answer) => (JSON.parse(answer ?? '') as { codes: { code: string }[] }).codes[0]?.code ?? '',
    );
  }

  async warm(server: Server, compound: Compound, count = WARM_UP): Promise<void> {
    const requestsFile = this.file('warm.txt', await this.freshRequests(server, compound, count));
    await this.run({
      port: server.port,
      connections: 32,
      seconds: 5,
      circular: false,
      expect: '',
      keep: false,
      requestsFile,
    });
  }
}

/** A line of a load's requests: the n-th gate shows a code. */
export function verifyRequest({ gateTokens }: Compound, code: string, n: number): string {
  return `/v1/verify\tBearer ${gateTokens[n % GATES]}\t${verifyBody(code)}`;
}

/** A body of the same size and shape as a gate's. */
export function verifyBody(code: string): string {
  return JSON.stringify({
    requestId: requestId(),
    code,
    medium: 'qr',
    direction: 'in',
    lane: '1',
    scannedAt: new Date().toISOString(),
  });
}

/** UUID version 7 (RFC 9562), as the gate protocol recommends: its order in time keeps the index in order. */
function requestId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const random = crypto.randomUUID();
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}

/** Codes are fetched from the first third of a window on, so that they are still good when the load is over. */
async function startOfWindow(): Promise<void> {
  const intoWindow = Date.now() % 30_000;
  if (intoWindow < 10_000) return;
  await new Promise((resolve) => setTimeout(resolve, 30_000 - intoWindow));
}

function shuffled<T>(items: T[]): T[] {
  for (let n = items.length - 1; n > 0; n -= 1) {
    const other = Math.floor(Math.random() * (n + 1));
    [items[n], items[other]] = [items[other] as T, items[n] as T];
  }
  return items;
}
