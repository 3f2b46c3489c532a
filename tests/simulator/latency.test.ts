import { describe, expect, it } from 'vitest';
import { Latencies } from '../../gate-simulator/src/swarm/latency.ts';

function latenciesOf(durationsMs: Iterable<number>): Latencies {
  const latencies = new Latencies();
  for (const each of durationsMs) latencies.add(each);
  return latencies;
}

describe('Latencies', () => {
  it('has nothing to say about nothing', () => {
    expect([latenciesOf([]).percentileMs(99), latenciesOf([]).maxMs]).toEqual([0, 0]);
  });

  it('takes the nearest rank: of ten, p50 is the fifth, p90 the ninth, p91 the tenth', () => {
    const ten = latenciesOf([0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1]);
    expect([50, 90, 91, 100].map((percent) => ten.percentileMs(percent))).toEqual([
      0.05, 0.09, 0.1, 0.1,
    ]);
  });

  it('is never below the exact percentile and at most 0.8 % above, from 1 µs to a minute', () => {
    const sorted = Array.from({ length: 5_000 }, (_, at) => 0.001 * 1.0036 ** at);
    const latencies = latenciesOf(sorted);
    for (const percent of [0.1, 1, 10, 50, 90, 99, 99.9, 100]) {
      const exactUs = Math.round(
        (sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0) * 1_000,
      );
      const reportedUs = latencies.percentileMs(percent) * 1_000;
      expect(reportedUs).toBeGreaterThanOrEqual(exactUs - 1e-6);
      expect(reportedUs).toBeLessThanOrEqual(exactUs * (1 + 1 / 128) + 1e-6);
    }
  });

  it('knows the maximum exactly, and no percentile is above it', () => {
    const latencies = latenciesOf([1, 2, 1_234.567]);
    expect(latencies.maxMs).toBe(1_234.567);
    expect(latencies.percentileMs(100)).toBe(1_234.567);
  });

  it('holds durations past its last bucket', () => {
    const latencies = latenciesOf([1e12]);
    expect(latencies.count).toBe(1);
    expect(latencies.maxMs).toBe(1e12);
  });
});
