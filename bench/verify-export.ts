/**
 * `npx tsx bench/verify-export.ts [--entries n]`: how fast an export is checked. Writes one of decisions with proofs of
 * its own to a temporary file, checks it by the command line as anybody does, and prints the rate.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { formatCheckpoint } from '../src/audit/checkpoint.ts';
import { Prover } from '../src/audit/proof.ts';
import {
  formatNote,
  formatVerifierKey,
  signatureLine,
  verifierKey,
} from '../src/audit/signed-note.ts';
import { hashLeaf, hashText } from '../src/audit/tree.ts';
import { TreeBuilder } from '../src/audit/tree-builder.ts';
import { canonicalJson, leafHash } from '../src/domain/audit-entry.ts';
import { exportLine } from '../src/http/export-text.ts';

const ORIGIN = 'bench.example/audit';

const { entries: size } = new Command('verify-export')
  .option('--entries <n>', 'entries of the export', Number, 1_000_000)
  .parse()
  .opts<{ entries: number }>();

function entryOf(leaf: number): string {
  const random = randomBytes(48).toString('base64url');
  return canonicalJson({
    v: 1,
    type: 'decision',
    at: new Date(Date.UTC(2026, 10, 21) + leaf * 40).toISOString(),
    code: random.slice(0, 16),
    community: 'com_0123456789abc',
    consumed: true,
    decision: 'granted',
    direction: 'in',
    gate: 'gat_0123456789abc',
    medium: 'qr',
    pass: 'pas_0123456789abc',
    reason: 'granted',
    requestId: `00000000-0000-4000-8000-${leaf.toString(16).padStart(12, '0')}`,
    rulesVersion: 1,
    salt: random.slice(16, 38),
    source: 'online',
    visit: 'vis_0123456789abc',
    window: 1_795_233_600,
  });
}

function checkpointOf(builder: TreeBuilder): { note: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const key = verifierKey(ORIGIN, Buffer.from(x, 'base64url'));
  const text = formatCheckpoint({ origin: ORIGIN, size, root: builder.root() });
  const line = signatureLine(key, sign(null, Buffer.from(text), privateKey));
  return { note: formatNote(text, [line]), key: formatVerifierKey(key) };
}

/** Builds the tree; its tiles stay in memory. */
function build(entries: readonly string[]) {
  const builder = new TreeBuilder();
  const tiles = new Map<string, Uint8Array>();
  for (let from = 0; from < size; from += 4_096) {
    const leaves = entries.slice(from, from + 4_096).map(hashLeaf);
    for (const { level, tile, hashes } of builder.append(Buffer.concat(leaves)))
      tiles.set(`${level}/${tile}`, hashes);
  }
  const prover = new Prover(
    async (level, tile) => tiles.get(`${level}/${tile}`) ?? Buffer.alloc(0),
  );
  return { builder, prover };
}

async function* exportOf(
  entries: readonly string[],
  prover: Prover,
  note: string,
): AsyncGenerator<string, void> {
  const filter = { communities: null, courierId: null, since: null, until: null };
  yield exportLine(
    { kind: 'header', origin: ORIGIN, checkpoint: note, size, keys: [], filter, at: 0 },
    'ndjson',
  );
  for (const [leaf, entry] of entries.entries()) {
    const proof = (await prover.inclusion(leaf, size)).map(hashText);
    const record = { leaf, entry, courier: null, salt: null, auditId: leafHash(entry), proof };
    yield exportLine({ kind: 'entry', ...record }, 'ndjson');
  }
  yield exportLine({ kind: 'end', entries: size }, 'ndjson');
}

const folder = mkdtempSync(join(tmpdir(), 'courier-pass-bench-'));
try {
  const file = join(folder, 'export.ndjson');
  const entries = Array.from({ length: size }, (_, leaf) => entryOf(leaf));
  const { builder, prover } = build(entries);
  const { note, key } = checkpointOf(builder);
  const madeAt = performance.now();
  await pipeline(Readable.from(exportOf(entries, prover, note)), createWriteStream(file));
  const madeSeconds = (performance.now() - madeAt) / 1_000;
  const startedAt = performance.now();
  const given = ['dist/cli/main.js', 'audit', 'verify', '--file', file, '--key', key];
  const { status, stdout } = spawnSync(process.execPath, given, { encoding: 'utf8' });
  const seconds = (performance.now() - startedAt) / 1_000;
  if (status !== 0) throw new Error(stdout);
  console.log(
    `${size.toLocaleString('en')} entries, ${(statSync(file).size / 1e6).toFixed(0)} MB: proofs made and written in ${madeSeconds.toFixed(1)} s, checked in ${seconds.toFixed(1)} s`,
  );
  console.log(
    JSON.stringify({
      entries: size,
      checkedPerSecond: Math.round(size / seconds),
      secondsForAMillion: Math.round((seconds / size) * 1e8) / 100,
    }),
  );
} finally {
  rmSync(folder, { recursive: true });
}
