import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/domain/clock.ts';
import { overstayAt, passStatus, visitTimeoutAt } from '../../src/domain/pass.ts';

describe('the status of a pass', () => {
  it.each([
    [true, true, 'active'],
    [true, false, 'active'],
    [false, true, 'leaving'],
    [false, false, 'ended'],
  ] as const)('authorised %s, visit open %s: %s', (authorised, visitOpen, status) => {
    expect(passStatus({ authorised, visitOpen })).toBe(status);
  });
});

describe('a visit', () => {
  it('times out after twice the dwell allowed', () => {
    expect(visitTimeoutAt(1_000, 30)).toBe(1_000 + 60 * MINUTE_MS);
  });

  it.each([
    [0, 30],
    [1, 30],
    [2, 38],
    [5, 62],
  ])('with %d orders overstays after %d minutes', (orders, minutes) => {
    expect(overstayAt(1_000, 30, orders)).toBe(1_000 + minutes * MINUTE_MS);
  });
});
