/** A whole service in this process: the real store in a temporary folder, real keys, and a clock to turn. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Deps, Log } from '../../src/access/deps.ts';
import { ensureOperatorKey } from '../../src/access/ensure-operator-key.ts';
import { newApiKey } from '../../src/access/secrets.ts';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';
import { createPost } from '../../src/audit/outbound.ts';
import { createMemoryBus } from '../../src/bus/memory.ts';
import { type Config, type Limits, readConfig } from '../../src/config.ts';
import type { Millis } from '../../src/domain/clock.ts';
import { createApp } from '../../src/http/app.ts';
import { openKeyring } from '../../src/keys/keyring.ts';
import { createNotifier } from '../../src/notify/notifier.ts';
import { refuseWebhook } from '../../src/platforms/standard-webhooks.ts';
import { openSignIn } from '../../src/signin/open.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';

/** 2026-11-21 12:00:00 in Shanghai, a Saturday. */
export const NOON: Millis = Date.UTC(2026, 10, 21, 4);

export const PUBLIC_URL = 'http://localhost';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly members: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface Service {
  readonly app: OpenAPIHono;
  /** The pages, which the API's document does not list. */
  readonly pageRoutes: ReadonlySet<string>;
  readonly deps: Deps;
  readonly operatorKey: string;
  /** What was logged, at every level. */
  readonly lines: LogLine[];
  readonly clock: {
    now(): Millis;
    set(instant: Millis): void;
    advance(milliseconds: number): void;
  };
  /** Sends a request; a body that is no string is sent as JSON, a token as a bearer. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Closes the store and removes its folder. */
  stop(): Promise<void>;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  readonly body: any;
}

export async function startService(
  options: {
    readonly now?: Millis;
    readonly environment?: Readonly<Record<string, string>>;
    readonly limits?: Partial<Limits>;
  } = {},
): Promise<Service> {
  let instant = options.now ?? NOON;
  const now = () => instant;
  const dataDir = await mkdtemp(join(tmpdir(), 'courier-pass-test-'));
  const boot = readConfig({ DATA_DIR: dataDir, PUBLIC_URL, ...options.environment });
  const limits: Limits = { ...boot.limits, ...options.limits };
  const config: Config = { ...boot, publicUrl: boot.publicUrl ?? PUBLIC_URL, limits };
  const store = await openSqliteStore({ path: join(dataDir, 'courier-pass.db') });
  const keyEncryptionKey = new Uint8Array(randomBytes(32));
  const keys = await openKeyring({ store, keyEncryptionKey, limits: config.limits }, now());
  const lines: LogLine[] = [];
  const signIn = await openSignIn({
    path: join(dataDir, 'signin.sqlite'),
    publicUrl: config.publicUrl,
    keyEncryptionKey,
    provider: config.provider,
    providerName: config.provider?.name ?? null,
    sessionMs: limits.accountSessionMs,
    log: memoryLog(lines),
  });
  const deps: Deps = {
    store,
    keys,
    bus: createMemoryBus(),
    platforms: { refuseWebhook },
    notifier: createNotifier({
      loopback: config.outboundLoopback,
      timeoutMs: limits.notifyTimeoutMs,
      answerBytes: limits.notifyAnswerBytes,
    }),
    audit: await openAuditLog({
      store,
      keys,
      origin: `${new URL(config.publicUrl).host}/audit`,
      checkpointFile: config.checkpointFile,
      headFile: join(dataDir, 'log-head'),
      restored: (await store.readRestore())?.why ?? null,
      checkpointWebhookUrl: config.checkpointWebhookUrl,
      witness: config.checkpointWitness,
      post: createPost({
        timeoutMs: limits.outboundTimeoutMs,
        answerBytes: limits.outboundAnswerBytes,
      }),
      now,
      log: memoryLog(lines),
    }),
    signIn,
    config,
    now,
    randomBytes: (count) => randomBytes(count),
    log: memoryLog(lines),
  };
  const operatorKey = newApiKey(deps);
  await ensureOperatorKey(deps, async () => operatorKey);
  const { hono: app, pageRoutes, endStreams } = createApp(deps);
  return {
    app,
    pageRoutes,
    deps,
    operatorKey,
    lines,
    clock: {
      now,
      set(to) {
        instant = to;
      },
      advance(milliseconds) {
        instant += milliseconds;
      },
    },
    call: (method, path, call = {}) => request(app, method, path, call),
    async stop() {
      endStreams();
      await deps.bus.close();
      await store.close();
      await signIn.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function request(
  app: OpenAPIHono,
  method: string,
  path: string,
  { token, body, headers }: CallOptions,
): Promise<Answer> {
  const sent = new Headers(headers);
  if (token !== undefined) sent.set('authorization', `Bearer ${token}`);
  if (body !== undefined && !sent.has('content-type')) sent.set('content-type', 'application/json');
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await app.request(path, {
    method,
    headers: sent,
    ...(text !== undefined && { body: text }),
  });
  const answer = await response.text();
  const isJson = answer !== '' && /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text: answer,
    body: isJson ? JSON.parse(answer) : undefined,
  };
}

function memoryLog(lines: LogLine[]): Log {
  const at = (level: LogLine['level']) => (members: object, message: string) => {
    lines.push({ level, members: { ...members }, message });
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    isLevelEnabled: () => true,
  };
}
