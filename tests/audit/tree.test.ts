import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Prover,
  type ReadTile,
  verifyConsistency,
  verifyInclusion,
} from '../../src/audit/proof.ts';
import { tileWidth } from '../../src/audit/tiles.ts';
import { EMPTY_ROOT, type Hash, hashLeaf } from '../../src/audit/tree.ts';
import { levelsOf, TreeBuilder, widthAt } from '../../src/audit/tree-builder.ts';
import { checkProperty } from '../support/property.ts';
import { SlowTree } from './slow-tree.ts';

const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');
const entryOf = (n: number) => Buffer.from(`entry ${n}`);

/** Tiles as a log of this size has them, grown in pieces. */
function grow(size: number, pieces: readonly number[] = [size]) {
  const builder = new TreeBuilder();
  const tiles = new Map<string, Uint8Array>();
  for (let round = 0; builder.size < size; round++) {
    const count = Math.min(pieces[round % pieces.length] ?? size, size - builder.size);
    const leaves = Array.from({ length: count }, (_, n) => hashLeaf(entryOf(builder.size + n)));
    for (const { level, tile, hashes } of builder.append(Buffer.concat(leaves)))
      tiles.set(`${level}/${tile}`, hashes);
  }
  const readTile: ReadTile = async (level, tile) =>
    tiles.get(`${level}/${tile}`) ?? new Uint8Array();
  return { builder, tiles, readTile, prover: new Prover(readTile) };
}

describe('against RFC 6962 word by word', () => {
  const MOST = 300;
  const slow = new SlowTree(Array.from({ length: MOST }, (_, n) => entryOf(n)));
  const { prover } = grow(MOST, [7, 1, 100, 31]);

  it(`the root of every size up to ${MOST}`, async () => {
    const builder = new TreeBuilder();
    for (let size = 0; size <= MOST; size++) {
      expect(hex(builder.root())).toBe(hex(slow.mth(0, size)));
      expect(hex(await prover.root(size))).toBe(hex(slow.mth(0, size)));
      builder.append(hashLeaf(entryOf(size)));
    }
  });

  it(`the inclusion proof of every leaf in every size up to ${MOST}`, async () => {
    let checked = 0;
    for (let size = 1; size <= MOST; size++) {
      const root = slow.mth(0, size);
      for (let leaf = 0; leaf < size; leaf++) {
        const proof = await prover.inclusion(leaf, size);
        const same = Buffer.concat(proof).equals(Buffer.concat(slow.path(leaf, 0, size)));
        const leafHash = slow.mth(leaf, leaf + 1);
        if (!same || !verifyInclusion({ leafHash, leaf, size, proof, root }))
          expect.fail(`leaf ${leaf} of ${size}`);
        checked += 1;
      }
    }
    expect(checked).toBe((MOST * (MOST + 1)) / 2);
  }, 120_000);

  it(`the consistency proof between every two sizes up to ${MOST}`, async () => {
    for (let to = 1; to <= MOST; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = await prover.consistency(from, to);
        const same = Buffer.concat(proof).equals(Buffer.concat(slow.proof(from, to)));
        const [fromRoot, toRoot] = [slow.mth(0, from), slow.mth(0, to)];
        if (!same || !verifyConsistency({ from, fromRoot, to, toRoot, proof }))
          expect.fail(`${from} in ${to}`);
      }
    }
  }, 120_000);
});

describe('published examples', () => {
  // The eight leaves and the roots of the reference implementation of RFC 6962.
  const LEAVES = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ];
  const ROOTS = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];

  it('the roots of one to eight leaves', () => {
    const builder = new TreeBuilder();
    const roots = [hex(builder.root())];
    for (const leaf of LEAVES) {
      builder.append(hashLeaf(Buffer.from(leaf, 'hex')));
      roots.push(hex(builder.root()));
    }
    expect(roots).toEqual(ROOTS);
  });

  it('a log of 70,000 has the tiles that tlog-tiles counts', () => {
    const { tiles } = grow(70_000, [4_096]);
    const widths = new Map<number, number[]>();
    for (const [name, hashes] of tiles) {
      const level = Number(name.split('/')[0]);
      widths.set(level, [...(widths.get(level) ?? []), hashes.length / 32]);
    }
    expect(widths.get(0)?.filter((width) => width === 256)).toHaveLength(273);
    expect(widths.get(0)?.filter((width) => width !== 256)).toEqual([112]);
    expect(widths.get(1)?.sort()).toEqual([17, 256]);
    expect(widths.get(2)).toEqual([1]);
    expect(widths.size).toBe(3);
  });
});

describe('large trees', () => {
  const SIZE = 140_000;
  let readTile: ReadTile;
  let prover: Prover;
  let builder: TreeBuilder;
  beforeAll(() => {
    ({ readTile, prover, builder } = grow(SIZE, [65_000, 3_000, 17]));
  });

  it('roots at any size, proofs of any leaf and between any two sizes agree', async () => {
    expect(hex(await prover.root(SIZE))).toBe(hex(builder.root()));
    const size = fc.integer({ min: 1, max: SIZE });
    await checkProperty(
      'proofs of a large tree',
      fc.asyncProperty(size, size, fc.nat(), async (a, b, n) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const [fromRoot, toRoot] = [await prover.root(from), await prover.root(to)];
        const steps = await prover.consistency(from, to);
        expect(verifyConsistency({ from, fromRoot, to, toRoot, proof: steps })).toBe(true);
        const leaf = n % to;
        const proof = await prover.inclusion(leaf, to);
        const leafHash = hashLeaf(entryOf(leaf));
        expect(verifyInclusion({ leafHash, leaf, size: to, proof, root: toRoot })).toBe(true);
      }),
      300,
    );
  });

  it('a builder that is opened at a right edge goes on as one that never stopped', async () => {
    const edgeOf = async (size: number) =>
      Promise.all(
        Array.from({ length: levelsOf(size) }, async (_, level) => {
          const tile = Math.floor(Math.floor(size / 256 ** level) / 256);
          const hashes = await readTile(level, tile);
          return hashes.subarray(0, widthAt(size, level) * 32);
        }),
      );
    for (const size of [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 131_072, SIZE - 1]) {
      const opened = new TreeBuilder(size, await edgeOf(size));
      expect(hex(opened.root())).toBe(hex(await prover.root(size)));
      const more = Array.from({ length: SIZE - size }, (_, n) => hashLeaf(entryOf(size + n)));
      if (size > 131_000) {
        opened.append(Buffer.concat(more));
        expect(hex(opened.root())).toBe(hex(builder.root()));
      }
    }
    expect(() => new TreeBuilder(300, [new Uint8Array(32)])).toThrow(RangeError);
  });

  it('tiles have the width that the size asks for', () => {
    expect(tileWidth(70_000, 0, 273)).toBe(112);
    expect(tileWidth(70_000, 0, 274)).toBe(0);
    expect(tileWidth(70_000, 1, 1)).toBe(17);
    expect(tileWidth(70_000, 2, 0)).toBe(1);
    expect(tileWidth(70_000, 3, 0)).toBe(0);
    expect(tileWidth(256, 0, 0)).toBe(256);
  });
});

describe('what proves nothing', () => {
  const SIZE = 23;
  const { readTile, prover } = grow(SIZE);
  const flipped = (hash: Hash, bit: number) => {
    const other = Uint8Array.from(hash);
    const at = Math.floor(bit / 8) % 32;
    other[at] = (other[at] ?? 0) ^ (1 << (bit % 8));
    return other;
  };

  it('an inclusion proof with one bit, the leaf, the size or the length changed', async () => {
    const root = await prover.root(SIZE);
    for (let leaf = 0; leaf < SIZE; leaf++) {
      const proof = await prover.inclusion(leaf, SIZE);
      const right = { leafHash: hashLeaf(entryOf(leaf)), leaf, size: SIZE, proof, root };
      expect(verifyInclusion(right)).toBe(true);
      for (const [at, hash] of proof.entries()) {
        const wrong = proof.with(at, flipped(hash, leaf * 11 + at));
        expect(verifyInclusion({ ...right, proof: wrong })).toBe(false);
      }
      for (let other = -1; other <= SIZE; other++) {
        if (other !== leaf) expect(verifyInclusion({ ...right, leaf: other })).toBe(false);
      }
      expect(verifyInclusion({ ...right, proof: proof.slice(1) })).toBe(false);
      expect(verifyInclusion({ ...right, proof: [...proof, root] })).toBe(false);
      expect(verifyInclusion({ ...right, leafHash: flipped(right.leafHash, 3) })).toBe(false);
      expect(verifyInclusion({ ...right, root: flipped(root, 255) })).toBe(false);
    }
  });

  it('a consistency proof with one bit, a root or the length changed', async () => {
    const toRoot = await prover.root(SIZE);
    for (let from = 1; from < SIZE; from++) {
      const proof = await prover.consistency(from, SIZE);
      const right = { from, fromRoot: await prover.root(from), to: SIZE, toRoot, proof };
      expect(verifyConsistency(right)).toBe(true);
      for (const [at, hash] of proof.entries()) {
        const wrong = proof.with(at, flipped(hash, from * 7 + at));
        expect(verifyConsistency({ ...right, proof: wrong })).toBe(false);
      }
      expect(verifyConsistency({ ...right, proof: proof.slice(1) })).toBe(false);
      expect(verifyConsistency({ ...right, proof: [...proof, toRoot] })).toBe(false);
      expect(verifyConsistency({ ...right, fromRoot: flipped(right.fromRoot, 1) })).toBe(false);
      expect(verifyConsistency({ ...right, toRoot: flipped(toRoot, 1) })).toBe(false);
    }
  });

  it('nothing is consistent with a tree that was cut, and everything with the empty one', async () => {
    const root = await prover.root(SIZE);
    const empty = { from: 0, fromRoot: EMPTY_ROOT, to: SIZE, toRoot: root, proof: [] };
    expect(verifyConsistency(empty)).toBe(true);
    expect(verifyConsistency({ ...empty, fromRoot: root })).toBe(false);
    const cut = { from: SIZE, fromRoot: root, to: 5, toRoot: root, proof: [] };
    expect(verifyConsistency(cut)).toBe(false);
    await expect(prover.consistency(5, 4)).rejects.toThrow(RangeError);
    await expect(prover.inclusion(SIZE, SIZE)).rejects.toThrow(RangeError);
  });

  it('a prover that read a tile when it was shorter reads it again', async () => {
    const { tiles } = grow(SIZE);
    let width = 5;
    const growing = new Prover(async () =>
      (tiles.get('0/0') ?? new Uint8Array()).subarray(0, width * 32),
    );
    expect(hex(await growing.root(5))).toBe(hex(await prover.root(5)));
    width = SIZE;
    expect(hex(await growing.root(SIZE))).toBe(hex(await prover.root(SIZE)));
    expect(hex(await growing.root(5))).toBe(hex(await prover.root(5)));
  });

  it('a tile that lacks hashes', async () => {
    const short: ReadTile = async (level, tile) => (await readTile(level, tile)).subarray(0, 64);
    await expect(new Prover(short).root(SIZE)).rejects.toThrow(/too short/);
  });
});

it('a leaf is hashed as RFC 6962 says', () => {
  const expected = createHash('sha256')
    .update(Buffer.from([0, 0x61]))
    .digest('hex');
  expect(hex(hashLeaf('a'))).toBe(expected);
});
