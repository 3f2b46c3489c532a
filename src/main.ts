/** The composition root: from the environment to a listening service, and back down. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Deps, Log } from './access/deps.ts';
import { ensureOperatorKey } from './access/ensure-operator-key.ts';
import { guardRestored } from './access/guard-restored.ts';
import { newApiKey } from './access/secrets.ts';
import { openAuditLog } from './audit/open-audit-log.ts';
import { createPost } from './audit/outbound.ts';
import { createMemoryBus } from './bus/memory.ts';
import { type BootConfig, ConfigError, readConfig } from './config.ts';
import { type App, createApp } from './http/app.ts';
import { attach, drain, listen, originOf, type TlsMaterial } from './http/server.ts';
import { loadKeyEncryptionKey } from './keys/key-encryption-key.ts';
import { openKeyring } from './keys/keyring.ts';
import { readOrMakeSecretFile } from './keys/secret-file.ts';
import { createLog } from './log.ts';
import { createNotifier } from './notify/notifier.ts';
import { refuseWebhook } from './platforms/standard-webhooks.ts';
import { openSignIn } from './signin/open.ts';
import { openSqliteStore } from './store/sqlite/open.ts';
import { startUpkeep } from './upkeep.ts';

const now = () => Date.now();
const random = { randomBytes: (count: number): Uint8Array => randomBytes(count) };

/** Everything but what needs the public address, which is known once the server listens. */
type BootDeps = Omit<Deps, 'config' | 'audit' | 'signIn'> & {
  readonly keyEncryptionKey: Uint8Array;
};

async function openDeps(config: BootConfig, log: Log): Promise<BootDeps> {
  const { dataDir, limits } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const configured = config.keyEncryptionKey;
  const database = join(dataDir, 'courier-pass.db');
  const keyEncryptionKey = await loadKeyEncryptionKey({ configured, dataDir, database });
  const store = await openSqliteStore({
    path: database,
    queueLength: limits.storeQueueItems,
    onFailure: fail,
  });
  const keys = await openKeyring({ store, keyEncryptionKey, limits }, now());
  const keyFile = join(dataDir, 'admin-api-key');
  const made = await ensureOperatorKey(
    { store, now },
    async () => config.adminApiKey ?? readOrMakeSecretFile(keyFile, () => newApiKey(random)),
  );
  if (made)
    log.info(
      { from: config.adminApiKey === null ? keyFile : 'ADMIN_API_KEY' },
      'made the operator key',
    );
  const notifier = createNotifier({
    loopback: config.outboundLoopback,
    timeoutMs: limits.notifyTimeoutMs,
    answerBytes: limits.notifyAnswerBytes,
  });
  const bus = createMemoryBus();
  return {
    store,
    keys,
    bus,
    platforms: { refuseWebhook },
    notifier,
    now,
    ...random,
    log,
    keyEncryptionKey,
  };
}

/** Left by `restore put` beside the database that it has put in place. */
const RESTORED_MARK = 'courier-pass.db.restored';

/** Its first line says what happened; those after it name who was erased since the backup. */
async function readMark(path: string): Promise<{ why: string | null; erased: readonly string[] }> {
  if (!existsSync(path)) return { why: null, erased: [] };
  const [why = '', ...erased] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return { why, erased };
}

async function readTls({ tls }: BootConfig): Promise<TlsMaterial | null> {
  if (tls === null) return null;
  const [cert, key] = await Promise.all([readFile(tls.certPath), readFile(tls.keyPath)]);
  return { cert, key };
}

/** Makes the link with which the first person gets an account. */
const FIRST_INVITATION = 'npm run -s cli -- people invite operator';

/** Starts the service. @returns how to end it */
async function start(config: BootConfig, log: Log): Promise<() => Promise<void>> {
  const tls = await readTls(config);
  const bootDeps = await openDeps(config, log);
  const server = await listen(config, tls);
  const origin = originOf(server, config.host, tls !== null);
  const publicUrl = config.publicUrl ?? origin;
  const { keyEncryptionKey, ...others } = bootDeps;
  const { store, keys } = others;
  const markFile = join(config.dataDir, RESTORED_MARK);
  const mark = await readMark(markFile);
  const audit = await openAuditLog({
    store,
    keys,
    origin: `${new URL(publicUrl).host}/audit`,
    checkpointFile: config.checkpointFile,
    headFile: join(config.dataDir, 'log-head'),
    restored: (await store.readRestore())?.why ?? mark.why,
    checkpointWebhookUrl: config.checkpointWebhookUrl,
    witness: config.checkpointWitness,
    post: createPost({
      timeoutMs: config.limits.outboundTimeoutMs,
      answerBytes: config.limits.outboundAnswerBytes,
    }),
    now,
    log,
  });
  const signIn = await openSignIn({
    path: join(config.dataDir, 'signin.sqlite'),
    publicUrl,
    keyEncryptionKey,
    provider: config.provider,
    providerName: config.provider?.name ?? null,
    sessionMs: config.limits.accountSessionMs,
    log,
  });
  const deps: Deps = { ...others, audit, signIn, config: { ...config, publicUrl } };
  await guardRestored(deps, mark.erased);
  await rm(markFile, { force: true });
  if ((await signIn.countAccounts()) === 0)
    log.info({ command: FIRST_INVITATION }, 'nobody has an account yet');
  const app = createApp(deps);
  attach(server, app, (err) => log.error({ err }, 'failed outside the app'));
  const stopUpkeep = startUpkeep(deps);
  process.stdout.write(`courier-pass listening on ${origin}\n`);
  return () => end(deps, server, app, stopUpkeep);
}

/** Requests under way get their answers, then what is durable is closed. */
async function end(
  deps: Deps,
  server: Server,
  app: App,
  stopUpkeep: () => Promise<void>,
): Promise<void> {
  deps.log.info({}, 'going down');
  app.endStreams();
  deps.notifier.close();
  await Promise.all([stopUpkeep(), drain(server, deps.config.limits.drainMs)]);
  await lastCheckpoint(deps);
  await deps.bus.close();
  await deps.store.close();
  await deps.signIn.close();
}

/** What was recorded while going down is covered too; where that fails, the next start makes up for it. */
async function lastCheckpoint({ audit, log }: Deps): Promise<void> {
  try {
    await audit.run();
    await audit.publish();
  } catch (err) {
    log.warn({ err }, 'the last entries wait for their checkpoint until the next start');
  }
}

function readConfigOrExit(): BootConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

process.umask(0o077); // what this process writes is for its owner only: the database names people
const config = readConfigOrExit();
const { log, flush } = createLog(config.logLevel);

function fail(err: unknown): never {
  log.error({ err }, 'cannot go on');
  flush();
  process.exit(1);
}
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

const stop = await start(config, log);

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    stop().then(() => {
      flush();
      process.exit(0);
    }, fail);
  });
}
