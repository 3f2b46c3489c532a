import { describe, expect, it } from 'vitest';
import { STANDARD_RULES } from '../../../src/domain/entry-rules.ts';
import { baseLevelOf, isLate } from '../../../src/domain/speed/level.ts';
import {
  isCalm,
  isOver,
  isPlausible,
  leastOf,
  termsOf,
} from '../../../src/domain/speed/reading.ts';
import { normalPlate } from '../../../src/domain/speed/tie.ts';
import { TERMS } from './support.ts';

const rules = {
  ...STANDARD_RULES,
  zoneSpeedLimits: [
    { zoneId: 'park', speedLimitKmh: 10 },
    { zoneId: 'avenue', speedLimitKmh: 40 },
  ],
};

describe('what a reading is held against', () => {
  it('is the limit of its zone, with the greater of the two margins', () => {
    expect(termsOf(rules, 3, [null])).toEqual({
      limitKmh: 15,
      thresholdKmh: 18,
      zoneId: null,
      rulesVersion: 3,
    });
    expect(termsOf(rules, 3, ['park'])).toMatchObject({ limitKmh: 10, thresholdKmh: 13 });
    expect(termsOf(rules, 3, ['avenue'])).toMatchObject({ limitKmh: 40, thresholdKmh: 44 });
  });

  it('is the community’s limit in a zone without one of its own', () => {
    expect(termsOf(rules, 3, ['square'])).toMatchObject({ limitKmh: 15, zoneId: 'square' });
  });

  it('is in doubt the most generous', () => {
    expect(termsOf(rules, 3, ['park', null])).toMatchObject({ limitKmh: 15, zoneId: null });
    expect(termsOf(rules, 3, ['park', 'avenue', null])).toMatchObject({ zoneId: 'avenue' });
    expect(termsOf(rules, 3, ['avenue', 'park'])).toMatchObject({ zoneId: 'avenue' });
  });

  it('takes the accuracy off as many times as the rules say', () => {
    expect(leastOf(rules, 20, 1.5)).toBe(18.5);
    const twice = { ...rules, speedMargin: { ...rules.speedMargin, accuracyFactor: 2 } };
    expect(leastOf(twice, 20, 1.5)).toBe(17);
    expect(leastOf(rules, 1, 5)).toBe(0);
  });

  it('is over above the threshold, and calm below the middle of the margin', () => {
    const reading = (kmh: number) => ({ speedKmh: kmh, leastKmh: kmh, terms: TERMS });
    expect([17.9, 18, 18.1].map((kmh) => isOver(reading(kmh)))).toEqual([false, false, true]);
    expect([16.4, 16.5, 16.6].map((kmh) => isCalm(reading(kmh)))).toEqual([true, false, false]);
  });

  it.each<[number, number, boolean]>([
    [0, 0, true],
    [150, 15, true],
    [150.1, 1, false],
    [400, 1, false],
    [-0.1, 1, false],
    [20, -1, false],
    [20, 15.1, false],
    [Number.NaN, 1, false],
    [20, Number.NaN, false],
    [Number.POSITIVE_INFINITY, 1, false],
  ])('of %d ± %d km/h can be one: %s', (speed, accuracy, can) => {
    expect(isPlausible(speed, accuracy)).toBe(can);
  });
});

describe('the level of an episode', () => {
  const peak = (leastKmh: number) => ({
    peak: {
      ...{ at: 0, source: 'radar' as const, speedKmh: 99, zoneId: null },
      leastKmh,
      limitKmh: 10,
    },
  });

  it('is serious from one and a half times the limit on, by what is proven and not by what is shown', () => {
    expect(baseLevelOf(peak(14.9), 'mounted')).toBe('warning');
    expect(baseLevelOf(peak(15), 'mounted')).toBe('serious');
  });

  it('is a notice and never more by a phone’s word', () => {
    expect(baseLevelOf(peak(99), 'phone')).toBe('notice');
  });

  it('rings for two minutes', () => {
    expect(isLate({ knownAt: 0 }, 120_000)).toBe(false);
    expect(isLate({ knownAt: 0 }, 120_001)).toBe(true);
  });
});

it('knows a number plate in any writing', () => {
  expect(['川A·D12345', '川 a-d12345', '川Ａ Ｄ１２３４５'].map(normalPlate)).toEqual([
    '川AD12345',
    '川AD12345',
    '川AD12345',
  ]);
});
