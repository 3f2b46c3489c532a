/** From the environment to a typed configuration. Every limit of the service is named here, with its unit. */
import { BlockList, isIP } from 'node:net';
import { z } from '@hono/zod-openapi';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './domain/clock.ts';

/** Limits of the service. What lies past one is refused with an error that says so. */
export interface Limits {
  /** The body of a request, in bytes. */
  readonly bodyBytes: number;
  /** The body of a batch of gate events, in bytes. */
  readonly eventBatchBytes: number;
  /** Events in one batch. */
  readonly eventsPerBatch: number;
  /** Events of a batch that are stored at once: so long does a gate that asks wait for them, at the most. */
  readonly eventsPerPiece: number;
  /** A gate that has not spoken for this long is offline. */
  readonly gateSilentMs: number;
  /** Courier codes in one answer. */
  readonly codesPerRequest: number;
  /** Courier codes in one answer when the caller names no number. */
  readonly codesPerRequestDefault: number;
  /** Items of one page of a list. */
  readonly pageItems: number;
  /** Items of one page when the caller names no number. */
  readonly pageItemsDefault: number;
  /** A request must have arrived whole within this time. */
  readonly requestTimeoutMs: number;
  /** The headers of a request must have arrived within this time. */
  readonly headersTimeoutMs: number;
  /** An idle connection is kept this long: longer than the 60 s of usual load balancers. */
  readonly keepAliveTimeoutMs: number;
  /** The headers of a request, in bytes. */
  readonly headerBytes: number;
  /** Connections open at once. */
  readonly connections: number;
  /** Requests under way may finish within this time after SIGTERM. */
  readonly drainMs: number;
  /** Writes that wait for the disk at once; past it a request is answered 503. */
  readonly storeQueueItems: number;
  /** Signed courier codes kept in memory, so that a window is signed once. */
  readonly issuedCodes: number;
  /** Live streams open at once. */
  readonly streams: number;
  /** Between two comments on a live stream that has nothing to say. */
  readonly streamHeartbeatMs: number;
  /** How long a courier code is valid. */
  readonly codeLifetimeSeconds: number;
  /** How far ahead the windows of issued codes may end. */
  readonly codesAheadMs: number;
  /** A retired courier-code key stays published this long: as far ahead as codes are issued, and their grace. */
  readonly retiredCodeKeyMs: number;
  /** A retired status-list key stays published this long: as long as a gate may judge by a list that it signed. */
  readonly retiredStatusListKeyMs: number;
  /** A retired checkpoint key goes on signing beside its successor so long: others have time to learn of it. */
  readonly retiredCheckpointKeyMs: number;
  /** Signed status lists kept in memory. */
  readonly statusLists: number;
  /** How long a gate is opened. */
  readonly gateOpenMs: number;
  /** How long a command may open a gate. */
  readonly gateOpenMostMs: number;
  /** A link to open a rider's session works this long. */
  readonly riderLinkMs: number;
  /** A rider's session lasts this long after it was used last. */
  readonly riderSessionMs: number;
  /** A gate's access token. */
  readonly gateTokenMs: number;
  /** A gate's assertion may expire at most this far ahead. */
  readonly gateAssertionMs: number;
  /** A gate's enrolment code works this long. */
  readonly enrolmentMs: number;
  /** A webhook's timestamp may be this far off, either way. */
  readonly webhookToleranceMs: number;
  /** A replaced webhook secret stays valid this long. */
  readonly webhookSecretOverlapMs: number;
  /** A platform vouches for a rider this long. */
  readonly vouchedMs: number;
  /** A station's pass. */
  readonly stationPassMs: number;
  /** New rules may say that they have been effective since, this far back. */
  readonly rulesBackdateMs: number;
  /** Wrong credentials that an address may present in a minute. */
  readonly refusalsPerMinute: number;
  /** Addresses whose wrong credentials are remembered. */
  readonly refusalAddresses: number;
  /** Verified gate tokens kept in memory. */
  readonly gateTokens: number;
  /** Between two sweeps of what has lapsed. */
  readonly sweepIntervalMs: number;
  /** Items of each kind in one sweep. */
  readonly sweepItems: number;
  /** Between two rounds of forgetting what is too old. */
  readonly forgetIntervalMs: number;
  /** Between two comparisons of decisions and visits with the audit log. */
  readonly viewCheckIntervalMs: number;
  /** Entries that are compared in one transaction. */
  readonly viewCheckItems: number;
  /** Rows of each kind that are forgotten in one transaction. */
  readonly forgetItems: number;
  /** Between two runs of the sequencer: a checkpoint covers an entry within this time and that of one run. */
  readonly sequenceIntervalMs: number;
  /** Checkpoints are published at most this often. */
  readonly publishIntervalMs: number;
  /** A request of ours to somebody else must be answered within this time. */
  readonly outboundTimeoutMs: number;
  /** The answer to a request of ours, in bytes. */
  readonly outboundAnswerBytes: number;
  /** Between two looks at the keys that other processes changed. */
  readonly keyRefreshIntervalMs: number;
}

export const LIMITS: Limits = {
  bodyBytes: 64 * 1024,
  eventBatchBytes: 1024 * 1024,
  eventsPerBatch: 500,
  eventsPerPiece: 16,
  gateSilentMs: 5 * MINUTE_MS,
  codesPerRequest: 240,
  codesPerRequestDefault: 8,
  pageItems: 200,
  pageItemsDefault: 50,
  requestTimeoutMs: 10 * SECOND_MS,
  headersTimeoutMs: 5 * SECOND_MS,
  keepAliveTimeoutMs: 75 * SECOND_MS,
  headerBytes: 16 * 1024,
  connections: 20_000,
  drainMs: 5 * SECOND_MS,
  storeQueueItems: 20_000,
  issuedCodes: 262_144,
  streams: 10_000,
  streamHeartbeatMs: 15 * SECOND_MS,
  codeLifetimeSeconds: 30,
  codesAheadMs: 3 * HOUR_MS,
  retiredCodeKeyMs: 3 * HOUR_MS + 5 * MINUTE_MS,
  retiredStatusListKeyMs: 12 * HOUR_MS + 5 * MINUTE_MS,
  retiredCheckpointKeyMs: 90 * DAY_MS,
  statusLists: 2_000,
  gateOpenMs: 3 * SECOND_MS,
  gateOpenMostMs: 30 * SECOND_MS,
  riderLinkMs: 10 * MINUTE_MS,
  riderSessionMs: 30 * DAY_MS,
  gateTokenMs: 15 * MINUTE_MS,
  gateAssertionMs: 5 * MINUTE_MS,
  enrolmentMs: 15 * MINUTE_MS,
  webhookToleranceMs: 5 * MINUTE_MS,
  webhookSecretOverlapMs: DAY_MS,
  vouchedMs: 30 * DAY_MS,
  stationPassMs: 2 * HOUR_MS,
  rulesBackdateMs: 5 * MINUTE_MS,
  refusalsPerMinute: 60,
  refusalAddresses: 10_000,
  gateTokens: 10_000,
  sweepIntervalMs: 5 * SECOND_MS,
  sweepItems: 500,
  forgetIntervalMs: 10 * MINUTE_MS,
  forgetItems: 200,
  viewCheckIntervalMs: MINUTE_MS,
  viewCheckItems: 200,
  sequenceIntervalMs: SECOND_MS,
  publishIntervalMs: MINUTE_MS,
  outboundTimeoutMs: 10 * SECOND_MS,
  outboundAnswerBytes: 64 * 1024,
  keyRefreshIntervalMs: 5 * SECOND_MS,
};

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly dataDir: string;
  /** Origin under which callers reach us, without a trailing slash. */
  readonly publicUrl: string;
  readonly adminApiKey: string | null;
  /** 32 bytes; null: a file in `dataDir`. */
  readonly keyEncryptionKey: Uint8Array | null;
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null;
  /** Where checkpoints of the audit log are appended, for others to remember; null: nowhere. */
  readonly checkpointFile: string | null;
  /** Where checkpoints of the audit log are sent; null: nowhere. */
  readonly checkpointWebhookUrl: URL | null;
  /** Who cosigns checkpoints of the audit log; null: nobody. */
  readonly checkpointWitness: { readonly url: URL; readonly verifierKey: string } | null;
  /** Peers whose `X-Forwarded-For` is believed; null: none. */
  readonly trustedProxies: BlockList | null;
  readonly logLevel: LogLevel;
  /** Rows that name a person are kept this long after they were of use last. */
  readonly personalRetentionMs: number;
  /** Entries of the audit log are kept at least this long. */
  readonly auditRetentionMs: number;
  readonly limits: Limits;
}

/** A configuration before the server listens: without `PUBLIC_URL` the origin is that of the socket. */
export type BootConfig = Omit<Config, 'publicUrl'> & { readonly publicUrl: string | null };

/** The environment is not usable. `message` names every wrong variable and what was expected, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const present = (value: unknown) => value !== undefined && value !== '';
const unsupported = (what: string) =>
  z
    .unknown()
    .refine((value) => !present(value), `${what} is not supported in this version; unset it`)
    .optional();

/** A number of whole days. */
function days(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,5}$/, 'expected whole days')
    .transform(Number)
    .refine((count) => count >= least && count <= most, `expected ${least}–${most} days`);
}

const environmentSchema = z.object({
  /**
   * Loopback unless said otherwise: without TLS the keys of gates and riders would cross the network in the
   * clear. A container or a reverse proxy on another host sets 0.0.0.0.
   */
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_%-]{1,255}$/, 'expected an address or a host name')
    .default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'expected a port, 0–65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'expected a port, 0–65535')
    .default(8080),
  DATA_DIR: z.string().default('./data'),
  PUBLIC_URL: z.string().transform(parsePublicUrl).optional(),
  ADMIN_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{32,512}$/, 'expected 32–512 printable ASCII characters without spaces')
    .optional(),
  KEY_ENCRYPTION_KEY: z.string().transform(parseKey).optional(),
  DATABASE_URL: unsupported('a database server'),
  REDIS_URL: unsupported('Redis'),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  CHECKPOINT_FILE: z.string().optional(),
  CHECKPOINT_WEBHOOK_URL: z.string().transform(parseOutboundUrl).optional(),
  CHECKPOINT_WITNESS_URL: z.string().transform(parseOutboundUrl).optional(),
  CHECKPOINT_WITNESS_KEY: z
    .string()
    .regex(
      /^[^\s+]+\+[0-9a-f]{8}\+B[A-P][A-Za-z0-9+/]{42}$/,
      'expected a verifier key for cosignatures, name+id+base64',
    )
    .optional(),
  TRUSTED_PROXIES: z.string().transform(parseProxies).optional(),
  PERSONAL_RETENTION_DAYS: days(7, 3_650).default(60),
  /** The least is six months, the longest of which have 184 days. */
  AUDIT_RETENTION_DAYS: days(184, 36_500).default(366),
  LOG_LEVEL: z.enum(LOG_LEVELS, `expected one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

/** Reads the configuration. An empty variable counts as unset. @throws ConfigError */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): BootConfig {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => present(value)),
  );
  const parsed = environmentSchema.safeParse(given);
  const wrong = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (present(given['TLS_CERT']) !== present(given['TLS_KEY'])) {
    wrong.push('TLS_CERT, TLS_KEY: expected both or none');
  }
  if (present(given['CHECKPOINT_WITNESS_URL']) !== present(given['CHECKPOINT_WITNESS_KEY'])) {
    wrong.push('CHECKPOINT_WITNESS_URL, CHECKPOINT_WITNESS_KEY: expected both or none');
  }
  if (!present(given['PUBLIC_URL']) && isWildcard(given['HOST'] ?? '')) {
    wrong.push(
      'PUBLIC_URL: expected, since HOST stands for every address and none is that of callers',
    );
  }
  if (!parsed.success || wrong.length > 0) {
    throw new ConfigError(`The environment is not usable.\n  ${wrong.join('\n  ')}`);
  }
  const { data } = parsed;
  return {
    host: data.HOST,
    port: data.PORT,
    dataDir: data.DATA_DIR,
    publicUrl: data.PUBLIC_URL ?? null,
    adminApiKey: data.ADMIN_API_KEY ?? null,
    keyEncryptionKey: data.KEY_ENCRYPTION_KEY ?? null,
    tls: data.TLS_CERT && data.TLS_KEY ? { certPath: data.TLS_CERT, keyPath: data.TLS_KEY } : null,
    checkpointFile: data.CHECKPOINT_FILE ?? null,
    checkpointWebhookUrl: data.CHECKPOINT_WEBHOOK_URL ?? null,
    checkpointWitness:
      data.CHECKPOINT_WITNESS_URL && data.CHECKPOINT_WITNESS_KEY
        ? { url: data.CHECKPOINT_WITNESS_URL, verifierKey: data.CHECKPOINT_WITNESS_KEY }
        : null,
    trustedProxies: data.TRUSTED_PROXIES ?? null,
    logLevel: data.LOG_LEVEL,
    personalRetentionMs: data.PERSONAL_RETENTION_DAYS * DAY_MS,
    auditRetentionMs: data.AUDIT_RETENTION_DAYS * DAY_MS,
    limits: LIMITS,
  };
}

/** Whether a host stands for every address of the machine, in whichever writing: nobody can call it by that. */
function isWildcard(host: string): boolean {
  const url = `http://${isIP(host) === 6 ? `[${host.replace(/%.*/, '')}]` : host}`;
  return URL.canParse(url) && /^(0\.0\.0\.0|\[::(ffff:0:0)?\])$/.test(new URL(url).hostname);
}

function parsePublicUrl(text: string, context: z.RefinementCtx): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const usable =
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '';
  if (usable) return url.origin;
  context.addIssue('expected an origin such as https://pass.example.cn, without a path');
  return z.NEVER;
}

function parseOutboundUrl(text: string, context: z.RefinementCtx): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain =
    url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  const isBare = url?.username === '' && url.password === '';
  if (url !== null && isBare && (isPlain || url.protocol === 'https:')) return url;
  context.addIssue('expected an https:// address, or http:// of this machine');
  return z.NEVER;
}

function parseKey(text: string, context: z.RefinementCtx): Uint8Array {
  if (/^[0-9A-Fa-f]{64}$/.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return new Uint8Array(Buffer.from(text, 'base64'));
  context.addIssue('expected 32 bytes as 64 hexadecimal digits, base64 or base64url');
  return z.NEVER;
}

function parseProxies(text: string, context: z.RefinementCtx): BlockList {
  const list = new BlockList();
  for (const part of text.split(',')) {
    const entry = part.trim();
    if (entry !== '' && !addProxy(list, entry)) {
      context.addIssue(
        'expected addresses or CIDR ranges with commas between, e.g. 10.0.0.0/8,::1',
      );
      return z.NEVER;
    }
  }
  return list;
}

function addProxy(list: BlockList, entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (prefix === undefined) {
    list.addAddress(address, family);
    return true;
  }
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > (version === 4 ? 32 : 128)) return false;
  list.addSubnet(address, Number(prefix), family);
  return true;
}
