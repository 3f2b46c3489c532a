/** Buckets for each doubling: a reported value is at most 1/128 above the measured one. */
const BUCKETS_PER_OCTAVE = 128;
const OCTAVES = 28;

/**
 * Durations in bounded memory, however many. Microseconds in, milliseconds out; a percentile is the upper
 * end of the bucket that holds it, at most 0.8 % or 1 µs above; the maximum is exact.
 */
export class Latencies {
  readonly #counts = new Float64Array(OCTAVES * BUCKETS_PER_OCTAVE);
  #count = 0;
  #maxUs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxUs / 1_000;
  }

  add(durationMs: number): void {
    const us = Math.max(0, Math.round(durationMs * 1_000));
    const bucket = Math.min(bucketOf(us), this.#counts.length - 1);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#maxUs = Math.max(this.#maxUs, us);
  }

  /**
   * The smallest value that at least `percent` of all are not above (nearest rank); 0 when there are none.
   *
   * @param percent above 0, up to 100
   */
  percentileMs(percent: number): number {
    const rank = Math.ceil((percent / 100) * this.#count);
    let below = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      below += count;
      if (count > 0 && below >= rank) return Math.min(upperEndUs(bucket), this.#maxUs) / 1_000;
    }
    return 0;
  }
}

/** Values below two octaves' worth have a bucket each; above, the width doubles with each octave. */
function bucketOf(us: number): number {
  const octave = Math.max(0, Math.floor(Math.log2(us / BUCKETS_PER_OCTAVE || 1)));
  return octave * BUCKETS_PER_OCTAVE + Math.floor(us / 2 ** octave);
}

function upperEndUs(bucket: number): number {
  if (bucket < 2 * BUCKETS_PER_OCTAVE) return bucket;
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE) - 1;
  return (bucket - octave * BUCKETS_PER_OCTAVE + 1) * 2 ** octave - 1;
}
