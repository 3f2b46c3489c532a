/** From the environment to a typed configuration. */
import { BlockList, isIP } from 'node:net';
import { z } from '@hono/zod-openapi';
import { DAY_MS } from './domain/clock.ts';
import { LIMITS, type Limits } from './limits.ts';

export { LIMITS, type Limits };

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** An OpenID Connect provider. */
export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What people call it. */
  readonly name: string;
}

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
  /** Whether notifications may go to this machine itself, without TLS too. */
  readonly outboundLoopback: 'allowed' | 'refused';
  /** Where people of a district sign in with the accounts that they have; null: nowhere. */
  readonly provider: OidcProvider | null;
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
  OIDC_ISSUER: z.string().transform(parseIssuer).optional(),
  OIDC_CLIENT_ID: z.string().max(512).optional(),
  OIDC_CLIENT_SECRET: z.string().max(4_096).optional(),
  OIDC_NAME: z.string().trim().min(1).max(40).optional(),
  CHECKPOINT_WITNESS_URL: z.string().transform(parseOutboundUrl).optional(),
  CHECKPOINT_WITNESS_KEY: z
    .string()
    .regex(
      /^[^\s+]+\+[0-9a-f]{8}\+B[A-P][A-Za-z0-9+/]{42}$/,
      'expected a verifier key for cosignatures, name+id+base64',
    )
    .optional(),
  TRUSTED_PROXIES: z.string().transform(parseProxies).optional(),
  OUTBOUND_LOOPBACK: z
    .enum(['allowed', 'refused'], 'expected allowed or refused')
    .default('refused'),
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
  if (new Set(OIDC_VARIABLES.map((name) => present(given[name]))).size > 1) {
    wrong.push(`${OIDC_VARIABLES.join(', ')}: expected all or none`);
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
    outboundLoopback: data.OUTBOUND_LOOPBACK,
    provider: providerOf(data),
    logLevel: data.LOG_LEVEL,
    personalRetentionMs: data.PERSONAL_RETENTION_DAYS * DAY_MS,
    auditRetentionMs: data.AUDIT_RETENTION_DAYS * DAY_MS,
    limits: LIMITS,
  };
}

const OIDC_VARIABLES = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const;

function providerOf(data: z.output<typeof environmentSchema>): OidcProvider | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = data;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return null;
  return { issuer, clientId, clientSecret, name: data.OIDC_NAME ?? new URL(issuer).hostname };
}

/** An issuer as its discovery document is found: HTTPS, on this machine HTTP too. */
function parseIssuer(text: string, context: z.RefinementCtx): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const local = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url !== null && url.search === '' && url.hash === '') {
    if (url.protocol === 'https:' || (local && url.protocol === 'http:')) return text;
  }
  context.addIssue('expected an issuer such as https://login.example.gov.cn');
  return z.NEVER;
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
