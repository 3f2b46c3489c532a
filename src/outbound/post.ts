/**
 * The one way out: a POST to an address that others have named. HTTPS only, no redirects, the resolved address checked
 * to be public and used for the connection itself, so that a name cannot mean one host when it is checked and another
 * when it is called; answers bounded in size and time.
 */
import { lookup } from 'node:dns/promises';
import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Millis } from '../domain/clock.ts';

export interface OutboundOptions {
  /** `allowed`: this machine may be called where the URL names it, without TLS too. For tests and local receivers. */
  readonly loopback: 'allowed' | 'refused';
  /** The whole exchange. */
  readonly timeoutMs: Millis;
  readonly answerBytes: number;
  /** All addresses of a host; the system's unless said otherwise. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type OutboundFailure =
  /** No address may be called that this leads to. */
  'not_allowed' | 'no_address' | 'unreachable' | 'timeout' | 'answer_too_large' | 'broken_off';

export type OutboundAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  | { readonly kind: 'failure'; readonly failure: OutboundFailure };

export type Post = (request: OutboundRequest, signal: AbortSignal) => Promise<OutboundAnswer>;

/** Why an address may not be called, as far as its text tells; null: it may. */
export function refuseAddress(url: string, { loopback }: Pick<OutboundOptions, 'loopback'>) {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) return 'must be a URL';
  if (parsed.username !== '' || parsed.password !== '') return 'must not hold a user or a password';
  const host = hostOf(parsed);
  const local = loopback === 'allowed' && isLocal(host);
  if (parsed.protocol !== 'https:' && !(local && parsed.protocol === 'http:'))
    return 'must start with https://';
  if (isIP(host) !== 0 && !local && !isPublic(host)) return 'must be a public address';
  return null;
}

/** A way out with these bounds. */
export function createPost(options: OutboundOptions): Post {
  const { loopback, timeoutMs, answerBytes, resolve = resolveBySystem } = options;
  const failed = (failure: OutboundFailure) => ({ kind: 'failure', failure }) as const;

  /** The address to call: one of a host all of whose addresses may be called. */
  async function pin(url: URL): Promise<string | OutboundFailure> {
    const host = hostOf(url);
    const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host];
    const [first] = addresses;
    if (first === undefined) return 'no_address';
    const isAllowed = loopback === 'allowed' && isLocal(host) ? isLoopback : isPublic;
    return addresses.every(isAllowed) ? first : 'not_allowed';
  }

  return async (request, signal) => {
    if (refuseAddress(request.url, options) !== null) return failed('not_allowed');
    const url = new URL(request.url);
    const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const pinned = await Promise.race([pin(url), aborted(ends)]);
    if (pinned === null) return failed(signal.aborted ? 'broken_off' : 'timeout');
    if (isIP(pinned) === 0) return failed(pinned as OutboundFailure);
    return exchange(url, pinned, request, { ends, signal, answerBytes });
  };
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

function exchange(
  url: URL,
  address: string,
  { headers, body }: OutboundRequest,
  bounds: {
    readonly ends: AbortSignal;
    readonly signal: AbortSignal;
    readonly answerBytes: number;
  },
): Promise<OutboundAnswer> {
  const { ends, signal, answerBytes } = bounds;
  const secure = url.protocol === 'https:';
  const host = hostOf(url);
  const sent: RequestOptions = {
    method: 'POST',
    host: address,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'content-length': Buffer.byteLength(body) },
    agent: false,
    signal: ends,
    ...(secure && isIP(host) === 0 ? { servername: host } : {}),
  };
  return new Promise((resolve) => {
    const fail = (failure: OutboundFailure) => resolve({ kind: 'failure', failure });
    const failLate = () => fail(lateFailure(signal, ends));
    const outgoing = (secure ? requestHttps : requestHttp)(sent, (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('error', failLate);
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= answerBytes) chunks.push(chunk);
        else {
          fail('answer_too_large');
          outgoing.destroy();
        }
      });
      incoming.on('end', () => {
        const answer = Buffer.concat(chunks).toString('utf8');
        resolve({ kind: 'answer', status: incoming.statusCode ?? 0, body: answer });
      });
    });
    outgoing.on('error', failLate);
    // Nothing is negotiated: an answer that switches protocols is none, and ends neither as one nor as an error.
    outgoing.on('upgrade', (_incoming, socket) => socket.destroy());
    outgoing.on('close', failLate);
    outgoing.end(body);
  });
}

function lateFailure(signal: AbortSignal, ends: AbortSignal): OutboundFailure {
  if (signal.aborted) return 'broken_off';
  return ends.aborted ? 'timeout' : 'unreachable';
}

async function resolveBySystem(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

const LOOPBACK = ranges(['127.0.0.0/8', '::1/128']);

/** Everything that is not the public Internet. @see RFC 6890 and the registries of IANA */
const SPECIAL = ranges([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]);
/** Of IPv6 only what is assigned to hosts. */
const UNICAST_V6 = ranges(['2000::/3']);

function ranges(list: readonly string[]): BlockList {
  const blocks = new BlockList();
  for (const range of list) {
    const [net = '', prefix = ''] = range.split('/');
    blocks.addSubnet(net, Number(prefix), isIP(net) === 6 ? 'ipv6' : 'ipv4');
  }
  return blocks;
}

/** Whether an address belongs to the public Internet. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !SPECIAL.check(address, 'ipv4');
  if (version !== 6 || address.includes('%')) return false;
  return UNICAST_V6.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6');
}

/** Whether a URL's host is this machine by its own words. */
function isLocal(host: string): boolean {
  return host === 'localhost' || isLoopback(host);
}

function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
