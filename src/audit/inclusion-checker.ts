/** Proofs of many entries under one root, in the order of their places: what two share is hashed once. */
import { type Hash, hashNode, parseHash, sameHash } from './tree.ts';

/** A node on the path that was verified last, at one height. */
interface Step {
  readonly position: number;
  readonly hash: Hash;
  /** Hashes of the proof that were used up to here. */
  readonly used: number;
}

/**
 * Verifies inclusion proofs as RFC 9162 §2.1.3.2 does. A path that reaches a node of the path before with the same
 * hash, and goes on with the same proof, is as right as that was.
 */
export class InclusionChecker {
  readonly #size: number;
  readonly #root: Hash;
  #path: Step[] = [];
  #proof: readonly string[] = [];

  constructor({ size, root }: { readonly size: number; readonly root: Hash }) {
    this.#size = size;
    this.#root = root;
  }

  /** Whether the path leads from the leaf to the root. @param proof hashes in base64, the leaf's sibling first */
  holds(leaf: number, leafHash: Hash, proof: readonly string[]): boolean {
    if (!Number.isSafeInteger(leaf) || leaf < 0 || leaf >= this.#size) return false;
    const path: Step[] = [];
    let [position, last, height, hash] = [leaf, this.#size - 1, 0, leafHash];
    for (const [index, text] of proof.entries()) {
      const sibling = parseHash(text);
      if (sibling === null || last === 0) return false;
      // The last node of a row without a partner moves up as it is.
      while (position === last && position % 2 === 0)
        [position, last, height] = [position / 2, Math.floor(last / 2), height + 1];
      hash = position % 2 === 1 ? hashNode(sibling, hash) : hashNode(hash, sibling);
      [position, last, height] = [Math.floor(position / 2), Math.floor(last / 2), height + 1];
      const used = index + 1;
      const known = this.#path[height];
      if (known?.position === position)
        return (
          sameHash(known.hash, hash) &&
          this.#sameRest(proof, used, known.used) &&
          this.#keep(path, height, proof, used)
        );
      path[height] = { position, hash, used };
    }
    if (last !== 0 || !sameHash(hash, this.#root)) return false;
    this.#path = path;
    this.#proof = proof;
    return true;
  }

  #sameRest(proof: readonly string[], used: number, knownUsed: number): boolean {
    const rest = proof.length - used;
    if (rest !== this.#proof.length - knownUsed) return false;
    for (let index = 0; index < rest; index++)
      if (proof[used + index] !== this.#proof[knownUsed + index]) return false;
    return true;
  }

  /** The new path, and above its junction what is known of the one before. */
  #keep(path: Step[], height: number, proof: readonly string[], used: number): true {
    const shift = used - (this.#path[height]?.used ?? 0);
    for (let above = height; above < this.#path.length; above++) {
      const step = this.#path[above];
      if (step !== undefined) path[above] = { ...step, used: step.used + shift };
    }
    this.#path = path;
    this.#proof = proof;
    return true;
  }
}
