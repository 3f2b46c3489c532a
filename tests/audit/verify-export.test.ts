import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint } from '../../src/audit/checkpoint.ts';
import { InclusionChecker } from '../../src/audit/inclusion-checker.ts';
import { Prover, verifyInclusion } from '../../src/audit/proof.ts';
import { formatNote, signatureLine, verifierKey } from '../../src/audit/signed-note.ts';
import { type Hash, hashLeaf, hashText, parseHash } from '../../src/audit/tree.ts';
import { TreeBuilder } from '../../src/audit/tree-builder.ts';
import { verifyExport } from '../../src/audit/verify-export.ts';
import { canonicalJson, leafHash } from '../../src/domain/audit-entry.ts';
import { exportLine } from '../../src/http/export-text.ts';

function treeOf(hashes: readonly Hash[]) {
  const builder = new TreeBuilder();
  const tiles = new Map<string, Uint8Array>();
  for (const { level, tile, hashes: of } of builder.append(Buffer.concat(hashes)))
    tiles.set(`${level}/${tile}`, of);
  const prover = new Prover(
    async (level, tile) => tiles.get(`${level}/${tile}`) ?? Buffer.alloc(0),
  );
  return { root: builder.root(), prover };
}

describe('proofs of many entries under one root', () => {
  it('hold just where each holds alone, whatever was left out between them', async () => {
    for (let size = 1; size <= 70; size++) {
      const hashes = Array.from({ length: size }, (_, leaf) => hashLeaf(`${leaf}`));
      const { root, prover } = treeOf(hashes);
      const proofs = await Promise.all(hashes.map((_, leaf) => prover.inclusion(leaf, size)));
      for (const step of [1, 2, 3, 7]) {
        const checker = new InclusionChecker({ size, root });
        for (let leaf = 0; leaf < size; leaf += step) {
          const proof = (proofs[leaf] ?? []).map(hashText);
          const leafHashOf = hashes[leaf] as Hash;
          expect(checker.holds(leaf, leafHashOf, proof), `${leaf} of ${size}`).toBe(true);
        }
      }
    }
  });

  it('fail just where each fails alone: another leaf, another place, any other hash', async () => {
    for (const size of [1, 2, 3, 5, 8, 11, 13, 33]) {
      const hashes = Array.from({ length: size }, (_, leaf) => hashLeaf(`${leaf}`));
      const { root, prover } = treeOf(hashes);
      for (let leaf = 0; leaf < size; leaf++) {
        const proof = await prover.inclusion(leaf, size);
        const variants: { leaf: number; hash: Hash; proof: readonly Hash[] }[] = [
          { leaf, hash: hashLeaf('x'), proof },
          { leaf: leaf + 1, hash: hashes[leaf] as Hash, proof },
          { leaf: leaf - 1, hash: hashes[leaf] as Hash, proof },
          { leaf, hash: hashes[leaf] as Hash, proof: [...proof, hashLeaf('x')] },
          { leaf, hash: hashes[leaf] as Hash, proof: proof.slice(1) },
          { leaf, hash: hashes[leaf] as Hash, proof: proof.slice(0, -1) },
          ...proof.map((_, at) => ({
            leaf,
            hash: hashes[leaf] as Hash,
            proof: proof.with(at, hashLeaf('x')),
          })),
        ];
        for (const variant of variants) {
          const alone = verifyInclusion({
            leafHash: variant.hash,
            leaf: variant.leaf,
            size,
            proof: variant.proof,
            root,
          });
          const checker = new InclusionChecker({ size, root });
          // After a right one, whose path it could lean on.
          const before = Math.max(0, leaf - 1);
          checker.holds(
            before,
            hashes[before] as Hash,
            (await prover.inclusion(before, size)).map(hashText),
          );
          const held = checker.holds(variant.leaf, variant.hash, variant.proof.map(hashText));
          expect(held, `${leaf} of ${size}`).toBe(alone);
        }
      }
    }
  });
});

describe('an export', () => {
  const ENTRIES = 20_000;
  const ORIGIN = 'localhost/audit';

  async function madeExport() {
    const entries = Array.from({ length: ENTRIES }, (_, leaf) =>
      canonicalJson({
        v: 1,
        type: 'decision',
        at: '2026-11-21T04:00:00.000Z',
        community: 'com_0123456789abc',
        decision: 'granted',
        gate: 'gat_0123456789abc',
        pass: 'pas_0123456789abc',
        reason: 'granted',
        requestId: `00000000-0000-4000-8000-${String(leaf).padStart(12, '0')}`,
        salt: `${leaf}`,
      }),
    );
    const { root, prover } = treeOf(entries.map(hashLeaf));
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { x = '' } = publicKey.export({ format: 'jwk' });
    const key = verifierKey(ORIGIN, Buffer.from(x, 'base64url'));
    const text = formatCheckpoint({ origin: ORIGIN, size: ENTRIES, root });
    const line = signatureLine(key, sign(null, Buffer.from(text), privateKey));
    const header = {
      kind: 'header' as const,
      origin: ORIGIN,
      checkpoint: formatNote(text, [line]),
      size: ENTRIES,
      keys: [],
      filter: { communities: null, courierId: null, since: null, until: null },
      at: 0,
    };
    const lines = [exportLine(header, 'ndjson').trimEnd()];
    for (const [leaf, entry] of entries.entries()) {
      const proof = (await prover.inclusion(leaf, ENTRIES)).map(hashText);
      const record = { leaf, entry, courier: null, salt: null, auditId: leafHash(entry), proof };
      lines.push(exportLine({ kind: 'entry', ...record }, 'ndjson').trimEnd());
    }
    lines.push(exportLine({ kind: 'end', entries: ENTRIES }, 'ndjson').trimEnd());
    return { lines, key };
  }

  it('is checked at the rate of a million entries in less than a minute of one processor', async () => {
    const { lines, key } = await madeExport();
    let progressed = 0;
    const progress = (done: number) => {
      expect(done).toBeGreaterThanOrEqual(progressed);
      progressed = done;
    };
    const before = process.cpuUsage();
    const report = await verifyExport(lines, { keys: [key], remembered: [], progress });
    const { user, system } = process.cpuUsage(before);
    const secondsForAMillion = ((user + system) / 1e6 / ENTRIES) * 1e6;
    process.stdout.write(
      `a million entries in ${secondsForAMillion.toFixed(0)} s of a processor\n`,
    );
    expect(report).toMatchObject({ entries: ENTRIES, complete: true, findings: [] });
    expect(progressed).toBe(ENTRIES);
    expect(secondsForAMillion).toBeLessThan(60);
  });

  it('does not take hashes in another writing than their one', () => {
    expect(parseHash(`${'A'.repeat(42)}B=`)).toBeNull();
  });
});
