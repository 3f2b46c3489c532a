import { OpenAPIHono } from '@hono/zod-openapi';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { addressBucket, clientAddress } from '../../src/http/address.ts';

const { trustedProxies } = readConfig({ TRUSTED_PROXIES: '10.0.0.0/8,::1' });

async function addressOf(
  peer: string,
  forwarded: string | null,
  trusted = trustedProxies,
): Promise<string> {
  const app = new OpenAPIHono();
  app.get('/', (c) => c.text(clientAddress(c, trusted)));
  const headers = new Headers(forwarded === null ? {} : { 'x-forwarded-for': forwarded });
  const response = await app.request(
    '/',
    { headers },
    { incoming: { socket: { remoteAddress: peer } } },
  );
  return response.text();
}

test.each([
  ['the socket’s, when it is no proxy', '192.0.2.1', '198.51.100.1', '192.0.2.1'],
  ['the forwarded one behind a proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['the rightmost that is no proxy', '10.0.0.1', '6.6.6.6, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
  ['never what the client made up before it', '10.0.0.1', 'evil, 198.51.100.1', '198.51.100.1'],
  [
    'the nearest proxy, when the rest is nonsense',
    '10.0.0.1',
    '198.51.100.1, nonsense, 10.0.0.2',
    '10.0.0.2',
  ],
  ['the proxy itself without the header', '10.0.0.1', null, '10.0.0.1'],
  [
    'an IPv4 address that a dual-stack socket reports',
    '::ffff:10.0.0.1',
    '::ffff:192.0.2.7',
    '192.0.2.7',
  ],
  ['an IPv6 one', '::1', '2001:db8::1', '2001:db8::1'],
])('the client’s address is %s', async (_, peer, forwarded, expected) => {
  expect(await addressOf(peer, forwarded)).toBe(expected);
});

test('without trusted proxies the header counts for nothing', async () => {
  expect(await addressOf('10.0.0.1', '198.51.100.1', null)).toBe('10.0.0.1');
});

test('limits count IPv6 customers by their /64', () => {
  expect(addressBucket('192.0.2.1')).toBe('192.0.2.1');
  expect(addressBucket('2001:db8:1:2::9')).toBe(addressBucket('2001:db8:1:2:ffff::1'));
  expect(addressBucket('2001:db8::1')).toBe('2001:db8:0:0');
  expect(addressBucket('::1')).toBe('0:0:0:0');
});
