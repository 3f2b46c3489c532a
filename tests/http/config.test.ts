import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';

const messageOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
};

test('an empty environment is enough; empty variables count as unset', () => {
  for (const environment of [{}, { PORT: '', DATABASE_URL: '', REDIS_URL: '', TLS_CERT: '' }]) {
    expect(readConfig(environment)).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataDir: './data',
      publicUrl: null,
      adminApiKey: null,
      keyEncryptionKey: null,
      tls: null,
      trustedProxies: null,
      logLevel: 'info',
    });
  }
});

test('every wrong variable is named, with what was expected and without its value', () => {
  const message = messageOf({
    PORT: '65536',
    PUBLIC_URL: 'https://pass.example.cn/api',
    ADMIN_API_KEY: 'short-secret',
    KEY_ENCRYPTION_KEY: 'also-secret',
    TLS_CERT: '/cert.pem',
    TRUSTED_PROXIES: '10.0.0.0/33',
    LOG_LEVEL: 'loud',
    DATABASE_URL: 'postgres://user:hidden@db/x',
    REDIS_URL: 'redis://cache',
  });
  for (const name of [
    'PORT',
    'PUBLIC_URL',
    'ADMIN_API_KEY',
    'KEY_ENCRYPTION_KEY',
    'TLS_KEY',
    'TRUSTED_PROXIES',
    'LOG_LEVEL',
    'DATABASE_URL',
    'REDIS_URL',
  ]) {
    expect(message).toContain(name);
  }
  expect(message).toContain('not supported in this version');
  expect(message).not.toMatch(/secret|hidden/);
});

test.each(['-1', '1.5', 'http', '0x50'])('the port %s is refused', (PORT) => {
  expect(messageOf({ PORT })).toContain('PORT');
});

test('port 0 asks for a free one', () => {
  expect(readConfig({ PORT: '0' }).port).toBe(0);
});

test('a public address is an origin; a slash at its end is dropped', () => {
  expect(readConfig({ PUBLIC_URL: 'https://Pass.example.cn:8443/' }).publicUrl).toBe(
    'https://pass.example.cn:8443',
  );
  for (const PUBLIC_URL of ['pass.example.cn', 'ftp://a', 'https://u:p@a', 'https://a/?q']) {
    expect(messageOf({ PUBLIC_URL })).toContain('PUBLIC_URL');
  }
});

test.each(['0.0.0.0', '::', '0', '0x0', '::0', '0:0:0:0:0:0:0:0', '::ffff:0.0.0.0', '::%eth0'])(
  'the host %s, which stands for every address, wants a public address',
  (HOST) => {
    expect(messageOf({ HOST })).toMatch(/^ {2}PUBLIC_URL: expected.*HOST/m);
    expect(messageOf({ HOST, PUBLIC_URL: '' })).toContain('PUBLIC_URL');
    const PUBLIC_URL = 'https://pass.example.cn';
    expect(readConfig({ HOST, PUBLIC_URL })).toMatchObject({ host: HOST, publicUrl: PUBLIC_URL });
  },
);

test.each(['127.0.0.1', '::1', 'localhost', '10.0.0.1', 'fe80::1%eth0', 'pass.example.cn'])(
  'the host %s does without a public address',
  (HOST) => {
    expect(readConfig({ HOST })).toMatchObject({ host: HOST, publicUrl: null });
  },
);

test('an operator key has 32 or more printable ASCII characters', () => {
  expect(readConfig({ ADMIN_API_KEY: '~'.repeat(32) }).adminApiKey).toHaveLength(32);
  for (const ADMIN_API_KEY of ['x'.repeat(31), `${'x'.repeat(40)} `, `${'x'.repeat(40)}é`]) {
    expect(messageOf({ ADMIN_API_KEY })).toContain('ADMIN_API_KEY');
  }
});

test('a key-encryption key is 32 bytes in any of three writings', () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index));
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    const config = readConfig({ KEY_ENCRYPTION_KEY: bytes.toString(encoding) });
    expect(Buffer.from(config.keyEncryptionKey ?? []).equals(bytes)).toBe(true);
  }
  for (const length of [31, 33]) {
    expect(messageOf({ KEY_ENCRYPTION_KEY: Buffer.alloc(length).toString('hex') })).toContain(
      '32 bytes',
    );
  }
});

test('trusted proxies are addresses and ranges of both families', () => {
  const { trustedProxies } = readConfig({ TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1, fd00::/8' });
  expect(trustedProxies?.check('10.255.0.1')).toBe(true);
  expect(trustedProxies?.check('192.0.2.2')).toBe(false);
  expect(trustedProxies?.check('fd12::1', 'ipv6')).toBe(true);
  for (const TRUSTED_PROXIES of ['proxy', '10.0.0.1/', '::1/129', '10.0.0.0/8/8']) {
    expect(messageOf({ TRUSTED_PROXIES })).toContain('TRUSTED_PROXIES');
  }
});
