/** The way out: whom it calls, and what it bears. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createPost,
  isPublic,
  type OutboundOptions,
  refuseAddress,
} from '../../src/outbound/post.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let receiver: TestReceiver;
beforeEach(async () => {
  receiver = await startReceiver();
  return () => receiver.close();
});

const OPTIONS: OutboundOptions = { loopback: 'allowed', timeoutMs: 2_000, answerBytes: 1_000 };
const never = new AbortController().signal;

function send(url: string, options: Partial<OutboundOptions> = {}, signal = never) {
  const post = createPost({ ...OPTIONS, ...options });
  return post({ url, headers: { 'content-type': 'text/plain' }, body: '你好' }, signal);
}
const failure = (name: string) => ({ kind: 'failure', failure: name });

describe('whom it may call', () => {
  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'https://user:secret@example.com/',
    'https://10.0.0.1/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://0x7f000001/',
    'https://2130706433/',
    'not a url',
  ])('refuses %s', (url) => {
    expect(refuseAddress(url, { loopback: 'refused' })).not.toBeNull();
  });

  it('accepts a public address over HTTPS, and loopback where that is allowed', () => {
    expect(refuseAddress('https://hooks.example.com/a?b=c', { loopback: 'refused' })).toBeNull();
    expect(refuseAddress('https://1.1.1.1/', { loopback: 'refused' })).toBeNull();
    expect(refuseAddress('http://127.0.0.1:9/', { loopback: 'allowed' })).toBeNull();
    expect(refuseAddress('http://10.0.0.1/', { loopback: 'allowed' })).not.toBeNull();
  });

  it.each([
    ['8.8.8.8', true],
    ['9.255.255.255', true],
    ['10.0.0.0', false],
    ['10.255.255.255', false],
    ['11.0.0.0', true],
    ['100.63.255.255', true],
    ['100.64.0.0', false],
    ['100.128.0.0', true],
    ['172.15.255.255', true],
    ['172.16.0.0', false],
    ['172.31.255.255', false],
    ['172.32.0.0', true],
    ['192.168.1.1', false],
    ['198.18.0.1', false],
    ['223.255.255.255', true],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['0.0.0.0', false],
    ['2606:4700::1111', true],
    ['2001:db8::1', false],
    ['2002:0a00:0001::', false],
    ['64:ff9b::a00:1', false],
    ['::ffff:8.8.8.8', false],
    ['fe80::1', false],
    ['fe80::1%eth0', false],
    ['fd00::1', false],
    ['::', false],
    ['ff02::1', false],
  ])('%s is public: %s', (address, expected) => {
    expect(isPublic(address)).toBe(expected);
  });

  it('does not call a name that means a private address, nor one of whose addresses is', async () => {
    const url = `https://receiver.example:${receiver.port}/`;
    for (const addresses of [['10.0.0.1'], ['1.1.1.1', '192.168.0.1'], ['169.254.169.254']]) {
      const resolve = async () => addresses;
      expect(await send(url, { resolve })).toEqual(failure('not_allowed'));
    }
    expect(await send(url, { loopback: 'refused', resolve: async () => ['127.0.0.1'] })).toEqual(
      failure('not_allowed'),
    );
    expect(receiver.received).toEqual([]);
  });

  it('calls the address that it checked, whatever the name means a moment later', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1'], ['10.0.0.1']];
    let asked = 0;
    const resolve = async () => answers[asked++] ?? [];
    const answer = await send(`http://localhost:${receiver.port}/pinned`, { resolve });
    expect(answer).toEqual({ kind: 'answer', status: 204, body: '' });
    expect(asked).toBe(1);
    expect(receiver.received[0]?.headers.host).toBe(`localhost:${receiver.port}`);
  });

  it('names the host to the address that it calls, so that its certificate is asked for', async () => {
    const asked: string[] = [];
    const secure = createTlsServer({
      SNICallback(name, done) {
        asked.push(name);
        done(new Error('no certificate here'));
      },
    });
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const { port } = secure.address() as AddressInfo;
    const resolve = async () => ['127.0.0.1'];
    const url = `https://localhost:${port}/`;
    expect(await send(url, { resolve })).toEqual(failure('unreachable'));
    expect(asked).toEqual(['localhost']);
    secure.close();
  });

  it('never leaves TLS out for what is not this machine', async () => {
    const resolve = async () => ['1.1.1.1'];
    expect(await send('http://localhost:80/', { resolve })).toEqual(failure('not_allowed'));
  });

  it('follows no redirect', async () => {
    const other = await startReceiver();
    receiver.answer = { status: 307, headers: { location: other.url } };
    expect(await send(receiver.url)).toMatchObject({ kind: 'answer', status: 307 });
    expect(other.received).toEqual([]);
    await other.close();
  });
});

describe('what it bears', () => {
  it('sends the body whole, as UTF-8', async () => {
    await send(receiver.url);
    expect(receiver.received).toMatchObject([
      { path: '/hook', body: '你好', headers: { 'content-length': '6' } },
    ]);
  });

  it('waits for an answer no longer than it may', async () => {
    receiver.answer = null;
    expect(await send(receiver.url, { timeoutMs: 50 })).toEqual(failure('timeout'));
  });

  it('waits for a name no longer than it may', async () => {
    const resolve = () => new Promise<string[]>(() => {});
    expect(await send('https://slow.example/', { resolve, timeoutMs: 50 })).toEqual(
      failure('timeout'),
    );
  });

  it('reads an answer to its bound and no further', async () => {
    receiver.answer = { status: 200, body: 'x'.repeat(1_000) };
    expect(await send(receiver.url)).toMatchObject({ kind: 'answer', status: 200 });
    receiver.answer = { status: 200, body: Buffer.alloc(5_000_000) };
    expect(await send(receiver.url)).toEqual(failure('answer_too_large'));
  });

  it('takes a switch of protocols for no answer, and waits for none', async () => {
    const switching = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    });
    switching.listen(0, '127.0.0.1');
    await once(switching, 'listening');
    const { port } = switching.address() as AddressInfo;
    expect(await send(`http://127.0.0.1:${port}/`)).toEqual(failure('unreachable'));
    switching.close();
  });

  it('is broken off when the process goes down', async () => {
    receiver.answer = null;
    const closing = new AbortController();
    const sending = send(receiver.url, {}, closing.signal);
    closing.abort();
    expect(await sending).toEqual(failure('broken_off'));
  });

  it('says that nobody is there', async () => {
    await receiver.close();
    expect(await send(receiver.url)).toEqual(failure('unreachable'));
    expect(await send('https://nobody.example/', { resolve: async () => [] })).toEqual(
      failure('no_address'),
    );
  });

  it('trusts no certificate that nobody vouches for', async () => {
    const url = `https://127.0.0.1:${receiver.port}/`;
    expect(await send(url)).toEqual(failure('unreachable'));
    expect(receiver.received).toEqual([]);
  });
});

afterEach(() => {
  receiver.answer = { status: 204 };
});
