/**
 * The Merkle tree of the audit log: hashes, and how a tree of any size is cut into subtrees.
 * @see RFC 6962 §2.1
 */
import { createHash } from 'node:crypto';

/** SHA-256, 32 bytes. */
export type Hash = Uint8Array;

export const HASH_BYTES = 32;

const NODE_PREFIX = Uint8Array.of(1);

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Hash = createHash('sha256').digest();

/** SHA-256(0x00 ‖ entry). The entry is a text (UTF-8) or its bytes. */
export function hashLeaf(entry: string | Uint8Array): Hash {
  return createHash('sha256').update('\0').update(entry).digest();
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function hashNode(left: Hash, right: Hash): Hash {
  return createHash('sha256').update(NODE_PREFIX).update(left).update(right).digest();
}

/**
 * SHA-256(0x01 ‖ 64 bytes from `at` on): a node whose children stand side by side.
 * @param bytes concatenated hashes
 */
function hashPair(bytes: Uint8Array, at: number): Hash {
  return createHash('sha256')
    .update(NODE_PREFIX)
    .update(bytes.subarray(at, at + 2 * HASH_BYTES))
    .digest();
}

/**
 * The root over the hashes of subtrees that are complete and of one size, and of a last one that may be smaller.
 * @param hashes concatenated, at least one
 */
export function rootOver(hashes: Uint8Array): Hash {
  let level = hashes;
  while (level.length > HASH_BYTES) level = parentsOf(level);
  return level;
}

/** One level up: pairs are hashed, a last one without a partner moves up as it is. */
function parentsOf(level: Uint8Array): Uint8Array {
  const pairs = Math.floor(level.length / (2 * HASH_BYTES));
  const single = level.subarray(pairs * 2 * HASH_BYTES);
  const parents = new Uint8Array(pairs * HASH_BYTES + single.length);
  for (let pair = 0; pair < pairs; pair++)
    parents.set(hashPair(level, pair * 2 * HASH_BYTES), pair * HASH_BYTES);
  parents.set(single, pairs * HASH_BYTES);
  return parents;
}

/** The largest power of two below a number of at least 2: where a tree of so many leaves is cut. */
export function splitOf(leaves: number): number {
  let power = 1;
  while (power * 2 < leaves) power *= 2;
  return power;
}

export function isPowerOfTwo(leaves: number): boolean {
  return leaves === 1 || splitOf(leaves) * 2 === leaves;
}

/** Whether two hashes are the same. They are no secrets: the time that it takes tells nothing. */
export function sameHash(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A hash as checkpoints and proofs write it: standard base64. */
export function hashText(hash: Hash): string {
  return Buffer.from(hash).toString('base64');
}

/** Null: not 32 bytes in the one base64 writing of them. */
export function parseHash(text: string): Hash | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === HASH_BYTES && bytes.toString('base64') === text ? bytes : null;
}
