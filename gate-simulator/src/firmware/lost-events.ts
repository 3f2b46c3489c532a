import type { SeqRange } from '../wire/gate-events.ts';

/** Events that were overwritten before the server had them, until the server has been told. */
export class LostEvents {
  #ranges: SeqRange[] = [];
  #unnumbered = 0;

  get isEmpty(): boolean {
    return this.#ranges.length === 0 && this.#unnumbered === 0;
  }

  /** In the order of their numbers; ranges that touch are one. */
  get ranges(): readonly SeqRange[] {
    return this.#ranges;
  }

  /** Events that found no room and never had a number. */
  get unnumbered(): number {
    return this.#unnumbered;
  }

  add(seqs: readonly number[], unnumbered: number): void {
    const all = [...this.#ranges, ...seqs.map((seq) => ({ from: seq, to: seq }))];
    this.#ranges = merged(all.sort((a, b) => a.from - b.from));
    this.#unnumbered += unnumbered;
  }

  addRanges(ranges: readonly SeqRange[]): void {
    this.#ranges = merged([...this.#ranges, ...ranges].sort((a, b) => a.from - b.from));
  }

  /** All others have been told of. */
  keepOnly(ranges: readonly SeqRange[]): void {
    this.#ranges = [...ranges];
    this.#unnumbered = 0;
  }
}

function merged(sorted: readonly SeqRange[]): SeqRange[] {
  const ranges: SeqRange[] = [];
  for (const { from, to } of sorted) {
    const last = ranges.at(-1);
    if (last === undefined || from > last.to + 1) ranges.push({ from, to });
    else ranges[ranges.length - 1] = { from: last.from, to: Math.max(last.to, to) };
  }
  return ranges;
}
