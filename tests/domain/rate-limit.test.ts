import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateLimit, spend } from '../../src/domain/rate-limit.ts';

const LIMIT: RateLimit = { burst: 5, intervalMs: 200 };

/** Spends one unit at each instant and tells which were allowed. */
function run(limit: RateLimit, instants: readonly number[]): boolean[] {
  let arrival: number | null = null;
  return instants.map((now) => {
    const spending = spend(limit, arrival, now);
    arrival = spending.arrival;
    return spending.kind === 'spent';
  });
}

describe('a rate limit', () => {
  it('allows a burst after a rest, and nothing more', () => {
    expect(run(LIMIT, [0, 0, 0, 0, 0, 0])).toEqual([true, true, true, true, true, false]);
  });

  it('gives a unit back with each interval, not one millisecond sooner', () => {
    expect(run(LIMIT, [0, 0, 0, 0, 0, 199, 200, 200, 399, 400])).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  it('says what remains, and when the same cost can be spent', () => {
    expect(spend(LIMIT, null, 1_000, 4)).toEqual({ kind: 'spent', arrival: 1_800, remaining: 1 });
    expect(spend(LIMIT, 1_800, 1_000, 2)).toEqual({
      kind: 'exceeded',
      arrival: 1_800,
      remaining: 1,
      retryInMs: 200,
    });
    expect(spend(LIMIT, 1_800, 1_199, 2).kind).toBe('exceeded');
    expect(spend(LIMIT, 1_800, 1_200, 2).kind).toBe('spent');
  });

  it('is full again once the arrival time has passed, however long ago', () => {
    expect(spend(LIMIT, 1_000, 1_000, 5).kind).toBe('spent');
    expect(spend(LIMIT, 1_001, 1_000, 5).kind).toBe('exceeded');
    expect(spend(LIMIT, 0, 1e12, 5)).toEqual(spend(LIMIT, null, 1e12, 5));
  });

  it('looks without changing anything at a cost of 0', () => {
    expect(spend(LIMIT, 1_800, 1_000, 0)).toEqual({ kind: 'spent', arrival: 1_800, remaining: 1 });
  });

  it('costs nothing when it refuses', () => {
    const refused = spend(LIMIT, 2_000, 1_000, 1);
    expect(refused).toMatchObject({ kind: 'exceeded', arrival: 2_000 });
  });

  it('stays refused, with nothing left, when the clock steps back', () => {
    expect(spend(LIMIT, 10_000, 1_000)).toMatchObject({
      kind: 'exceeded',
      remaining: 0,
      retryInMs: 8_200,
    });
  });

  it.each([-1, 0.5, 6, Number.NaN])(
    'throws on a cost of %d, which could never be spent',
    (cost) => {
      expect(() => spend(LIMIT, null, 0, cost)).toThrow(RangeError);
    },
  );

  it('never allows more than the burst and what came back, in any span of time', () => {
    const limits = fc.record({
      burst: fc.integer({ min: 1, max: 6 }),
      intervalMs: fc.integer({ min: 1, max: 50 }),
    });
    const steps = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(limits, steps, (limit, given) => {
        let now = 1_700_000_000_000;
        const instants = given.map((step) => (now += step));
        const allowed = run(limit, instants);
        const times = instants.filter((_, index) => allowed[index]);
        for (const [first, from] of times.entries())
          for (const [last, to] of times.entries())
            if (last >= first)
              expect(last - first + 1).toBeLessThanOrEqual(
                limit.burst + Math.floor((to - from) / limit.intervalMs),
              );
      }),
    );
  });
});
