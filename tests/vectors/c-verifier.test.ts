/** The reference verifier in C, built with strict flags and run over the vectors in their plain-text form. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVectors, vectorPath } from './make.ts';

const SOURCE = fileURLToPath(new URL('../../gate-simulator/c/verify.c', import.meta.url));
const FLAGS = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-O2'];
const folder = mkdtempSync(join(tmpdir(), 'courier-pass-c-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (command: string, ...given: string[]) =>
  spawnSync(command, given, { encoding: 'utf8', timeout: 60_000 });

/** Why this machine cannot build it; null: it can. */
function obstacle(): string | null {
  if (run('cc', '--version').status !== 0) return 'there is no C compiler (cc)';
  const probe = join(folder, 'probe.c');
  writeFileSync(probe, '#include <openssl/evp.h>\nint main(void) { return EVP_sha256() == 0; }\n');
  const built = run('cc', probe, '-o', join(folder, 'probe'), '-lcrypto');
  return built.status === 0 ? null : 'libcrypto and its headers are not installed (libssl-dev)';
}

const why = obstacle();
if (why !== null) process.stdout.write(`the verifier in C is not tested: ${why}\n`);

describe.skipIf(why !== null)('the verifier in C', () => {
  const verifier = join(folder, 'verify');

  beforeAll(() => {
    const built = run('cc', ...FLAGS, '-o', verifier, SOURCE, '-lcrypto');
    expect(built.stderr + built.stdout).toBe('');
    expect(built.status).toBe(0);
  }, 120_000);

  it('decides every vector as it must', () => {
    const vectors = readVectors('gate.tsv').match(/^(expect|identifier|base45)\t/gm) ?? [];
    const { status, stdout } = run(verifier, vectorPath('gate.tsv'));
    expect(stdout).toBe(`${vectors.length} passed, 0 failed\n`);
    expect(status).toBe(0);
  });

  it('says so when a decision is another than it must be', () => {
    const changed = join(folder, 'changed.tsv');
    writeFileSync(
      changed,
      readVectors('gate.tsv').replace('\tdelivery_not_active\t', '\tgranted\t'),
    );
    const { status, stdout } = run(verifier, changed);
    expect(stdout).toMatch(/^FAIL\tstatus: index 1 .*\tgot denied delivery_not_active -\n/);
    expect(status).toBe(1);
  });

  it('refuses a file that it cannot read whole', () => {
    const cut = join(folder, 'cut.tsv');
    writeFileSync(cut, readVectors('gate.tsv').slice(0, -20));
    expect(run(verifier, cut).status).toBe(2);
    expect(run(verifier, join(folder, 'none.tsv')).status).toBe(2);
    expect(run(verifier).status).toBe(2);
  });
});
