/** The service with a certificate of its own: the built `dist/main.js`, over TLS. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stdout.write('TLS is not tested: there is no program openssl to make a certificate\n');
    return false;
  }
}

/** A certificate for 127.0.0.1 that its own key has signed. */
function selfSigned(folder: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', [...request, ...names, ...files], { stdio: 'ignore' });
  return { cert, key };
}

function launch(dataDir: string, environment: Record<string, string>) {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0', ...environment };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  return { child, output };
}

/** A JSON answer to a GET by a client that trusts nothing but the given certificate. */
async function fetchJson(url: string, ca?: Buffer) {
  const [response] = await once(get(url, { ...(ca && { ca }), agent: false }), 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, body: JSON.parse(text) };
}

test.skipIf(!hasOpenssl())(
  'TLS_CERT and TLS_KEY serve HTTPS, and nothing in the clear',
  async () => {
    const folder = temporaryFolder();
    const { cert, key } = selfSigned(folder);
    const { child, output } = launch(join(folder, 'data'), { TLS_CERT: cert, TLS_KEY: key });
    while (!output.stdout.includes('\n')) {
      await Promise.race([
        once(child.stdout, 'data'),
        once(child, 'exit').then(() => Promise.reject(new Error(output.stderr))),
      ]);
    }
    const origin = output.stdout.trim().split(' ').at(-1) ?? '';
    expect(origin).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);

    const ca = readFileSync(cert);
    expect((await fetchJson(`${origin}/readyz`, ca)).status).toBe(200);
    const document = await fetchJson(`${origin}/openapi.json`, ca);
    expect(document.body.servers).toEqual([{ url: origin }]);
    await expect(fetchJson(`${origin}/readyz`)).rejects.toThrow(/self-signed/);
    const inTheClear = getPlain(`${origin.replace('https', 'http')}/readyz`, { agent: false });
    await expect(once(inTheClear, 'response')).rejects.toThrow();

    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  },
);

test('a certificate that cannot be read ends the start before a database is made', async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const missing = join(folder, 'missing.pem');
  const { child, output } = launch(dataDir, { TLS_CERT: missing, TLS_KEY: missing });
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(output.stderr).toContain('ENOENT');
  expect(() => readFileSync(join(dataDir, 'courier-pass.db'))).toThrow('ENOENT');
});
