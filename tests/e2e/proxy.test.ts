/** The recipe of docs/operations.md: the service behind nginx, as it is written there. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RunningService, runService } from '../support/running-service.ts';
import { makeCommunity, makeDelivery, makeLink, makePlatform } from '../support/world.ts';

const NGINX = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path));
const NAME = 'pass.example.cn';

function has(program: string): boolean {
  try {
    execFileSync(program, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const missing = NGINX === undefined ? 'nginx' : has('openssl') ? null : 'openssl';
if (missing !== null)
  process.stdout.write(`the proxy recipe is not tested: there is no program ${missing}\n`);

/** The block of the document, with its ports, name and certificate replaced by those of a test. */
function recipe(ports: { http: number; https: number; service: number }, folder: string): string {
  const document = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, block = ''] = /```nginx\n([\s\S]*?)```/.exec(document) ?? [];
  expect(block).toContain('proxy_pass http://courier_pass;');
  return block
    .replace('server 127.0.0.1:8080;', `server 127.0.0.1:${ports.service};`)
    .replaceAll(/ +listen \[::\].*\n/g, '')
    .replace('listen 80;', `listen 127.0.0.1:${ports.http};`)
    .replace('listen 443', `listen 127.0.0.1:${ports.https}`)
    .replace(/\/etc\/letsencrypt\S+fullchain\.pem/, join(folder, 'cert.pem'))
    .replace(/\/etc\/letsencrypt\S+privkey\.pem/, join(folder, 'key.pem'));
}

function wholeConfiguration(servers: string, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n');
  // Started by root it would give its workers to a user who may not write here.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `${user}
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
http { access_log off; ${temporary}
${servers} }`;
}

function selfSigned(folder: string): Buffer {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const asked = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
  execFileSync('openssl', [...asked, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return readFileSync(cert);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function until(is: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await is())) {
    if (performance.now() > end) throw new Error('nginx does not listen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.skipIf(missing !== null)('behind nginx', () => {
  let service: RunningService;
  let ports: { http: number; https: number; service: number };
  let ca: Buffer;

  interface Asked {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }

  async function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
    const sent = request({
      host: '127.0.0.1',
      // Not the proxy's own address, which the service trusts.
      localAddress: '127.0.0.2',
      port: ports.https,
      servername: NAME,
      path,
      method,
      ca,
      agent: false,
      headers: { host: NAME, ...headers },
    });
    sent.end(body);
    const [answer]: [IncomingMessage] = (await once(sent, 'response')) as [IncomingMessage];
    return answer;
  }
  async function textOf(answer: IncomingMessage): Promise<string> {
    let text = '';
    for await (const chunk of answer) text += chunk;
    return text;
  }

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'courier-pass-nginx-'));
    ca = selfSigned(folder);
    service = await runService({
      environment: { PUBLIC_URL: `https://${NAME}`, TRUSTED_PROXIES: '127.0.0.1' },
    });
    ports = { http: await freePort(), https: await freePort(), service: service.port };
    writeFileSync(join(folder, 'nginx.conf'), wholeConfiguration(recipe(ports, folder), folder));
    const args = ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', join(folder, 'error.log')];
    const nginx = spawn(NGINX ?? '', args, { stdio: ['ignore', 'inherit', 'inherit'] });
    await until(async () => {
      expect(nginx.exitCode, 'nginx refuses the recipe').toBeNull();
      return ask('/readyz').then(
        ({ statusCode }) => statusCode === 200,
        () => false,
      );
    });
    return async () => {
      nginx.kill('SIGTERM');
      await once(nginx, 'exit');
      await service.dispose();
      rmSync(folder, { recursive: true, force: true });
    };
  });

  test('plain HTTP leads to HTTPS', async () => {
    const [answer] = await once(
      getPlain({ host: '127.0.0.1', port: ports.http, path: '/r?x=1', headers: { host: NAME } }),
      'response',
    );
    expect([answer.statusCode, answer.headers.location]).toEqual([301, `https://${NAME}/r?x=1`]);
    answer.resume();
  });

  test('pages and their files come compressed, with their policy', async () => {
    const page = await ask('/r', { headers: { 'accept-encoding': 'gzip' } });
    expect(page.headers).toMatchObject({ 'content-encoding': 'gzip' });
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
    expect(page.headers['strict-transport-security']).toContain('max-age=');
    page.resume();
    const [, file = ''] =
      (await textOf(await ask('/r'))).match(/src="(\/assets\/[^"]+\.js)"/) ?? [];
    const script = await ask(file, { headers: { 'accept-encoding': 'br' } });
    expect(script.headers).toMatchObject({
      'content-encoding': 'br',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    script.resume();
  });

  test('a rider’s session is a Secure cookie, a stream flows at once, and a photo fits', async () => {
    const platform = await makePlatform(service, 'kuaisong');
    const communityId = await makeCommunity(service);
    await makeDelivery(service, platform, { communityId });
    const token = await makeLink(service, platform);
    const origin = `https://${NAME}`;
    const json = { 'content-type': 'application/json', origin };
    const opened = await ask('/v1/rider-sessions', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ token }),
    });
    const [cookie = ''] = opened.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; Secure/);
    opened.resume();
    const session = { ...json, cookie: cookie.split(';')[0] ?? '' };

    const stream = await ask('/v1/rider/stream', { headers: session });
    const [first] = await once(stream, 'data');
    expect(String(first)).toContain('retry:');
    stream.destroy();

    const report = {
      requestId: '7b7d2f0e-0d6c-4b0e-8f0a-2b6f0a3c9d11',
      communityId,
      place: 'x',
      text: 'x',
      photo: Buffer.alloc(500_000).toString('base64'),
    };
    const sent = await ask('/v1/rider/reports', {
      method: 'POST',
      headers: session,
      body: JSON.stringify(report),
    });
    // Judged by the service, not refused by the proxy for its size.
    expect(JSON.parse(await textOf(sent))).toMatchObject({ errors: [{ path: 'photo' }] });
  });

  test('wrong credentials count for who sent them, whatever he says of himself', async () => {
    const wrong = (from: string) =>
      ask('/v1/platforms', {
        headers: { authorization: 'Bearer wrong', 'x-forwarded-for': from },
      });
    let refused = 0;
    for (let attempt = 0; attempt < 61; attempt++) {
      const answer = await wrong(`203.0.113.${attempt}`);
      answer.resume();
      if (answer.statusCode === 429) refused += 1;
    }
    expect(refused).toBeGreaterThanOrEqual(1);
    const right = await ask('/v1/platforms', {
      headers: { authorization: `Bearer ${service.operatorKey}` },
    });
    expect(JSON.parse(await textOf(right))).toHaveProperty('items');
  });
});
