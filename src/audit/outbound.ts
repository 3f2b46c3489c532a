/**
 * Requests to addresses that an operator has configured: HTTPS, no redirects, to a public address that was resolved
 * and checked before the connection is made to it. Loopback alone may be plain HTTP: whoever configures it means this
 * machine.
 */
import { lookup } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Millis } from '../domain/clock.ts';

export interface OutboundAnswer {
  readonly status: number;
  readonly body: string;
}

export interface OutboundLimits {
  readonly timeoutMs: Millis;
  readonly answerBytes: number;
}

export type Post = (url: URL, body: string, contentType: string) => Promise<OutboundAnswer>;

/** The address must not be spoken to, or has not answered as it should. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** What is not the public Internet. @see IANA special-purpose address registries (RFC 6890) */
const NOT_PUBLIC = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  NOT_PUBLIC.addSubnet(net, prefix, 'ipv4');

/** Of IPv6 only what is given out as global unicast is public, and of that not what stands for other networks. */
const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6');
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  NOT_PUBLIC.addSubnet(net, prefix, 'ipv6');

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !NOT_PUBLIC.check(address, 'ipv4');
  return GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
}

export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  return family === 0 ? host === 'localhost' : LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether an operator may configure it. */
export function isOutboundUrl(url: URL): boolean {
  const isPlain = url.protocol === 'http:' && isLoopback(url);
  return (url.protocol === 'https:' || isPlain) && url.username === '' && url.password === '';
}

export function createPost({ timeoutMs, answerBytes }: OutboundLimits): Post {
  return async (url, body, contentType) => {
    if (!isOutboundUrl(url)) throw new OutboundError('only HTTPS is spoken to others');
    const address = await resolve(url);
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolvePromise, reject) => {
      const sent = request(url, {
        method: 'POST',
        headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(body) },
        lookup: pinned(address),
        signal: AbortSignal.timeout(timeoutMs),
        agent: false,
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > answerBytes) response.destroy(new OutboundError('the answer is too long'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          resolvePromise({ status, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      sent.end(body);
    });
  };
}

interface Address {
  readonly address: string;
  readonly family: number;
}

/** The address that is spoken to. @throws OutboundError when one that the name stands for is not public */
async function resolve(url: URL): Promise<Address> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [literal(host)];
  const [first] = addresses;
  if (first === undefined) throw new OutboundError('the name has no address');
  const isAllowed = isLoopback(url)
    ? ({ address, family }: Address) => LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4')
    : ({ address }: Address) => isPublicAddress(address);
  if (!addresses.every(isAllowed)) throw new OutboundError('its address is not a public one');
  return first;
}

function literal(host: string): Address {
  return { address: host, family: isIP(host) };
}

function pinned({ address, family }: Address): LookupFunction {
  return (_host, options, callback) => {
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}
