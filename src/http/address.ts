import { type BlockList, isIP } from 'node:net';
import type { Context } from 'hono';

/**
 * The address of the client: that of the socket, or, when the socket's peer is a trusted proxy, the rightmost
 * address of `X-Forwarded-For` that is not one. Empty where there is no socket.
 */
export function clientAddress(c: Context, trustedProxies: BlockList | null): string {
  const peer = plainAddress(c.env?.incoming?.socket?.remoteAddress ?? '');
  if (trustedProxies === null || !contains(trustedProxies, peer)) return peer;
  const forwarded = c.req.header('x-forwarded-for')?.split(',') ?? [];
  let client = peer;
  for (const entry of forwarded.reverse()) {
    const address = plainAddress(entry.trim());
    if (isIP(address) === 0) break;
    client = address;
    if (!contains(trustedProxies, address)) break;
  }
  return client;
}

/** What counts as one client in a limit: an IPv4 address, or the /64 that one IPv6 customer is given. */
export function addressBucket(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left.slice(0, 4).join(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

/** An IPv4 address that a dual-stack socket reports as IPv6 is written as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

function contains(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
