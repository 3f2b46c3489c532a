/**
 * RFC 6962 §2.1 word by word over the list of all leaves, with nothing of the product: what its tree is compared with.
 */
import { createHash } from 'node:crypto';

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

/** The largest power of two smaller than n. */
function k(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}

export class SlowTree {
  readonly #leaves: readonly Uint8Array[];
  readonly #known = new Map<string, Buffer>();

  constructor(leaves: readonly Uint8Array[]) {
    this.#leaves = leaves;
  }

  /** MTH(D[from:to]) */
  mth(from: number, to: number): Buffer {
    const name = `${from}:${to}`;
    const known = this.#known.get(name) ?? this.#hash(from, to);
    this.#known.set(name, known);
    return known;
  }

  #hash(from: number, to: number): Buffer {
    if (from === to) return sha256();
    if (to - from === 1) return sha256(Uint8Array.of(0), this.#leaves[from] ?? new Uint8Array());
    const middle = from + k(to - from);
    return sha256(Uint8Array.of(1), this.mth(from, middle), this.mth(middle, to));
  }

  /** PATH(m, D[from:to]), m counted from `from`. */
  path(m: number, from: number, to: number): Buffer[] {
    if (to - from === 1) return [];
    const cut = k(to - from);
    return m < cut
      ? [...this.path(m, from, from + cut), this.mth(from + cut, to)]
      : [...this.path(m - cut, from + cut, to), this.mth(from, from + cut)];
  }

  /** PROOF(m, D[0:n]) */
  proof(m: number, n: number): Buffer[] {
    return this.#subproof(m, 0, n, true);
  }

  #subproof(m: number, from: number, to: number, b: boolean): Buffer[] {
    if (m === to - from) return b ? [] : [this.mth(from, to)];
    const cut = k(to - from);
    return m <= cut
      ? [...this.#subproof(m, from, from + cut, b), this.mth(from + cut, to)]
      : [...this.#subproof(m - cut, from + cut, to, false), this.mth(from, from + cut)];
  }
}
