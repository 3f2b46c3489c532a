import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createPost, OutboundError } from '../../src/audit/outbound.ts';
import { readConfig } from '../../src/config.ts';
import { isPublic as isPublicAddress } from '../../src/outbound/post.ts';

const post = createPost({ timeoutMs: 2_000, answerBytes: 1_000 });

describe('addresses that are spoken to', () => {
  it.each([
    ['1.1.1.1', true],
    ['2606:4700::1111', true],
    ['10.1.2.3', false],
    ['172.31.255.255', false],
    ['172.32.0.0', true],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['127.0.0.1', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b::a00:1', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['2001:db8::1', false],
    ['2002:a00:1::', false],
    ['not an address', false],
  ])('%s: %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });

  it.each([
    'http://pass.example.cn/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest',
    'https://[::ffff:10.0.0.1]/',
    'https://user:secret@pass.example.cn/',
    'ftp://pass.example.cn/',
  ])('%s is not', async (address) => {
    await expect(post(new URL(address), 'x', 'text/plain')).rejects.toThrow(OutboundError);
  });

  it('a name that stands for an inner address is not', async ({ skip }) => {
    // A machine knows its own name without asking; it is not the word "localhost".
    const own = await lookup(hostname(), { all: true }).catch(() => []);
    if (own.length === 0 || own.every(({ address }) => isPublicAddress(address))) return skip();
    const address = new URL(`https://${hostname()}/`);
    await expect(post(address, 'x', 'text/plain')).rejects.toThrow(OutboundError);
  });

  it.each(['ftp://x.example', 'http://x.example', 'nonsense', 'https://u:p@x.example'])(
    'the configuration refuses %s',
    (address) => {
      expect(() => readConfig({ CHECKPOINT_WEBHOOK_URL: address })).toThrow(
        /CHECKPOINT_WEBHOOK_URL/,
      );
    },
  );

  it('the configuration takes HTTPS, and HTTP of this machine', () => {
    const taken = (address: string) =>
      readConfig({ CHECKPOINT_WEBHOOK_URL: address }).checkpointWebhookUrl?.href;
    expect(taken('https://x.example/hook')).toBe('https://x.example/hook');
    expect(taken('http://127.0.0.1:9/hook')).toBe('http://127.0.0.1:9/hook');
    expect(taken('http://[::1]:9/')).toBe('http://[::1]:9/');
  });
});
