import type { IncomingMessage, ServerResponse } from 'node:http';
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import type { GateEvent } from '../../../gate-simulator/src/wire/gate-events.ts';
import type { FakeService } from './fake-service.ts';

/**
 * What happens to an upload: its connection is cut in the middle of the body, or its answer is lost once all is stored,
 * or it is answered with the receipt of the batch before (`stale`), or with a status.
 */
export type UploadFault = 'none' | 'cut' | 'lose' | 'stale' | 'hang' | { status: number };

interface StoredLog {
  /** Each event as it first came. */
  readonly events: Map<number, GateEvent>;
  /** Numbers that are stored or known to be lost. */
  readonly covered: Set<number>;
  /** Events that came again with other bytes. */
  conflicts: number;
}

interface Batch {
  readonly logId: string;
  readonly sent: unknown;
  readonly oldest: number;
  readonly events: readonly GateEvent[];
}

/** The service's side of bundle, stream, commands and events, small and honest, on a {@link FakeService}. */
export class GateSide {
  readonly logs = new Map<string, StoredLog>();
  readonly batches: { readonly events: number; readonly bytes: number }[] = [];
  uploadFaults: UploadFault[] = [];
  /** Uploads under way, and the most there ever were at once. */
  mostUploadsAtOnce = 0;
  bundle: { readonly text: string; readonly etag: string } | undefined;
  readonly bundleAnswers: number[] = [];
  /** Whether a bundle is sent with the time that it has, instead of the present one. */
  keepsTime = false;
  /** As it was sent, with its time. */
  lastBundle = '';
  readonly lastEventIds: (string | undefined)[] = [];
  claimStatus = 200;
  claimDelayMs = 0;
  readonly claims: string[] = [];
  readonly #service: FakeService;
  readonly #streams = new Set<ServerResponse>();
  #streamWaiters: (() => void)[] = [];
  #uploads = 0;
  #lastReceipt: object = {};

  constructor(service: FakeService) {
    this.#service = service;
    service.otherSide = (request, response) => {
      if (request.url?.startsWith('/v1/gate/') !== true) return false;
      this.#serve(request, response).catch(() => response.destroy());
      return true;
    };
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** All events, log by log, in the order of their numbers. */
  get events(): GateEvent[] {
    return [...this.logs.values()].flatMap(({ events }) =>
      [...events.values()].sort((a, b) => a.seq - b.seq),
    );
  }

  /** Resolves when a stream is open. */
  async streaming(): Promise<void> {
    if (this.#streams.size > 0) return;
    await new Promise<void>((resolve) => {
      this.#streamWaiters.push(resolve);
    });
  }

  say(event: string, data: object, id: string): void {
    this.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  write(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  cutStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path === '/v1/gate/events') return this.#events(request, response);
    request.resume();
    if (path === '/v1/gate/bundle') return this.#bundle(request, response);
    if (path === '/v1/gate/stream') return this.#stream(request, response);
    const command = /^\/v1\/gate\/commands\/([^/]+)\/claim$/.exec(path)?.[1];
    if (command === undefined) return answer(response, 404, { code: 'not_found' });
    this.claims.push(command);
    setTimeout(() => answer(response, this.claimStatus, {}), this.claimDelayMs);
  }

  #bundle(request: IncomingMessage, response: ServerResponse): void {
    const { bundle } = this;
    const known = bundle !== undefined && request.headers['if-none-match'] === bundle.etag;
    const status = bundle === undefined ? 404 : known ? 304 : 200;
    this.bundleAnswers.push(status);
    response.writeHead(status, bundle === undefined ? {} : { etag: bundle.etag });
    if (status === 200) this.lastBundle = this.keepsTime ? this.#text : this.#presentText();
    response.end(status === 200 ? this.lastBundle : undefined);
  }

  get #text(): string {
    return this.bundle?.text ?? '';
  }

  #presentText(): string {
    const serverTime = `"serverTime":"${new Date().toISOString()}"`;
    return this.#text.replace(/"serverTime":"[^"]*"/, serverTime);
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    this.lastEventIds.push(request.headers['last-event-id']?.toString());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 2000\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    for (const tell of this.#streamWaiters) tell();
    this.#streamWaiters = [];
  }

  async #events(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.uploadFaults.shift() ?? 'none';
    if (fault === 'cut') {
      request.once('data', () => request.destroy());
      return;
    }
    this.#uploads += 1;
    this.mostUploadsAtOnce = Math.max(this.mostUploadsAtOnce, this.#uploads);
    try {
      const body = await textOf(request);
      if (typeof fault === 'object') return answer(response, fault.status, { code: 'no' });
      if (fault === 'stale') return answer(response, 200, this.#lastReceipt);
      this.batches.push({ events: 0, bytes: body.length });
      const receipt = this.#store(await this.#open(body));
      this.#lastReceipt = receipt;
      if (fault === 'lose') response.destroy();
      else if (fault === 'none') answer(response, 200, receipt);
    } finally {
      this.#uploads -= 1;
    }
  }

  async #open(jws: string): Promise<Batch> {
    const { kid = '' } = decodeProtectedHeader(jws);
    const key = await importJWK(this.#service.keyOf(kid), 'ES256');
    const { payload } = await compactVerify(jws, key, { algorithms: ['ES256'] });
    return JSON.parse(new TextDecoder().decode(payload));
  }

  #store({ logId, oldest, events }: Batch): object {
    const log = this.logs.get(logId) ?? { events: new Map(), covered: new Set(), conflicts: 0 };
    this.logs.set(logId, log);
    this.batches[this.batches.length - 1] = {
      ...(this.batches.at(-1) ?? { bytes: 0 }),
      events: events.length,
    };
    for (const event of events) {
      const known = log.events.get(event.seq);
      if (known === undefined) log.events.set(event.seq, event);
      else if (JSON.stringify(known) !== JSON.stringify(event)) log.conflicts += 1;
    }
    const [first, last] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
    cover(log.covered, first, last);
    cover(log.covered, 1, oldest - 1);
    let ackedThrough = 0;
    while (log.covered.has(ackedThrough + 1)) ackedThrough += 1;
    return { logId, ackedThrough, gaps: [], rejected: [] };
  }
}

function cover(covered: Set<number>, from: number, to: number): void {
  for (let seq = from; seq <= to; seq += 1) covered.add(seq);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
