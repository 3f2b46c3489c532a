import { expect, test } from 'vitest';
import { readConnection } from '../../src/cli/connection.ts';
import { UsageError } from '../../src/cli/exit.ts';
import type { Io } from '../../src/cli/io.ts';

const KEY = `cpk_${'a'.repeat(43)}`;

function ioOf(environment: Io['environment'], files: Readonly<Record<string, string>> = {}): Io {
  return {
    environment,
    out() {},
    err() {},
    async read(path) {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return content;
    },
    now: () => 0,
    async *lines() {},
    save: () => Promise.resolve(),
    append: () => Promise.resolve(),
    terminal: null,
    stopSignal: () => new AbortController().signal,
  };
}

test('options go before the environment, and that before what is on this machine', async () => {
  const environment = { COURIER_PASS_URL: 'https://b.example', COURIER_PASS_API_KEY: 'b' };
  const files = { 'data/admin-api-key': `${KEY}\n` };
  expect(
    await readConnection({ server: 'https://a.example/', apiKey: 'a' }, ioOf(environment, files)),
  ).toEqual({
    server: 'https://a.example',
    apiKey: 'a',
  });
  expect(await readConnection({}, ioOf(environment, files))).toEqual({
    server: 'https://b.example',
    apiKey: 'b',
  });
  expect(await readConnection({}, ioOf({}, files))).toEqual({
    server: 'http://127.0.0.1:8080',
    apiKey: KEY,
  });
});

test('the key of a service on this machine is in DATA_DIR', async () => {
  const io = ioOf({ DATA_DIR: '/var/lib/pass' }, { '/var/lib/pass/admin-api-key': KEY });
  expect((await readConnection({}, io)).apiKey).toBe(KEY);
});

test('an empty variable counts as unset, and no key at all is left to the server to judge', async () => {
  const environment = { COURIER_PASS_URL: '', COURIER_PASS_API_KEY: '', DATA_DIR: '' };
  expect(await readConnection({}, ioOf(environment))).toEqual({
    server: 'http://127.0.0.1:8080',
    apiKey: null,
  });
});

test('a server behind a path keeps it', async () => {
  expect((await readConnection({ server: 'https://a.example/pass/' }, ioOf({}))).server).toBe(
    'https://a.example/pass',
  );
});

test.each([
  '',
  'pass.example',
  'ftp://a.example',
  'https://me:secret@a.example',
  'https://a.example/?x=1',
])('%j is no server', async (server) => {
  await expect(readConnection({ server }, ioOf({}))).rejects.toThrow(UsageError);
});

test.each(['', 'two words', '钥匙', 'x\ny'])(
  '%j is no key, and is not repeated',
  async (apiKey) => {
    const refused = readConnection({ apiKey }, ioOf({}));
    await expect(refused).rejects.toThrow(UsageError);
    if (apiKey !== '') await expect(refused).rejects.not.toThrow(apiKey);
  },
);

test('a key file that may not be read is told, not passed over', async () => {
  const io: Io = {
    ...ioOf({}),
    read: () => Promise.reject(Object.assign(new Error('denied'), { code: 'EACCES' })),
  };
  await expect(readConnection({}, io)).rejects.toThrow(
    'data/admin-api-key cannot be read (EACCES)',
  );
});

test.each([
  'https://pass.example.cn',
  'http://10.0.0.1:8080',
  'http://0.0.0.0:8080',
  'http://localhost.example.cn',
  'http://127.0.0.1.example.cn',
  'http://[::2]:8080',
])('the key of the service here is not sent to %s, whatever DATA_DIR says', async (server) => {
  const files = { 'data/admin-api-key': `${KEY}\n` };
  for (const environment of [{}, { DATA_DIR: 'data' }, { DATA_DIR: './data' }]) {
    expect((await readConnection({ server }, ioOf(environment, files))).apiKey).toBeNull();
    const named = { ...environment, COURIER_PASS_URL: server };
    expect((await readConnection({}, ioOf(named, files))).apiKey).toBeNull();
  }
});

test.each(['http://localhost:8080', 'http://127.0.0.2', 'https://[::1]:8443'])(
  'the key of the service here is sent to %s',
  async (server) => {
    const io = ioOf({ DATA_DIR: '/var/lib/pass' }, { '/var/lib/pass/admin-api-key': KEY });
    expect((await readConnection({ server }, io)).apiKey).toBe(KEY);
  },
);
