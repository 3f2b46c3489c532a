import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addWindows,
  CODES_AHEAD,
  CODES_ENOUGH,
  type HeldPass,
  mergePasses,
  missingAfter,
  orderedStops,
  shownPasses,
  windowsAt,
  worksUntil,
} from '../../src/web/rider/passes.ts';
import type { Pass } from '../../src/web/rider/wire.ts';
import { checkProperty } from '../support/property.ts';

const LIFETIME = 30_000;
const NOON = Date.UTC(2026, 10, 21, 4);
const iso = (instant: number) => new Date(instant).toISOString();

/** Windows of the grid, counted from noon; a code says its window and its issue. */
function codes(from: number, count: number, issue = 'a') {
  return Array.from({ length: count }, (_, index) => {
    const notBefore = NOON + (from + index) * LIFETIME;
    return {
      code: `${from + index}${issue}`,
      notBefore: iso(notBefore),
      notAfter: iso(notBefore + LIFETIME),
    };
  });
}

function pass(members: Partial<Pass> = {}): Pass {
  const community = { id: 'com_0', name: '阳光小区', kind: 'standard' };
  const rest = { inside: false, speedLimitKmh: 15, stops: [], codes: codes(0, 8) };
  return { id: 'pas_0', community, status: 'active', ...rest, ...members };
}
const held = (members: Partial<Pass> = {}, now = NOON): HeldPass =>
  mergePasses([], [pass(members)], now)[0]!;
const names = ({ windows }: HeldPass) => windows.map(({ code }) => code);

describe('windows that are held', () => {
  test('change at their end, to the millisecond', () => {
    const one = held();
    expect(windowsAt(one, NOON).current?.code).toBe('0a');
    expect(windowsAt(one, NOON + LIFETIME - 1).current?.code).toBe('0a');
    expect(windowsAt(one, NOON + LIFETIME).current?.code).toBe('1a');
    expect(windowsAt(one, NOON + 8 * LIFETIME).current).toBeNull();
    expect(windowsAt(one, NOON - 1).current).toBeNull();
    expect(windowsAt(one, NOON).next?.code).toBe('1a');
  });

  test('stay when the pass is told again, and a window told again replaces the one held', () => {
    const first = mergePasses([], [pass({ codes: codes(0, 4) })], NOON);
    const [again] = mergePasses(first, [pass({ codes: codes(1, 2, 'b') })], NOON);
    expect(names(again!)).toEqual(['0a', '1b', '2b', '3a']);
  });

  test('go when they have ended', () => {
    const first = mergePasses([], [pass({ codes: codes(0, 4) })], NOON);
    const [later] = mergePasses(first, [pass({ codes: codes(2, 1, 'b') })], NOON + 2 * LIFETIME);
    expect(names(later!)).toEqual(['2b', '3a']);
  });

  test.each<[string, Partial<Pass>, Partial<Pass>]>([
    ['leaving', {}, { status: 'leaving' }],
    ['refused', {}, { refusal: { reason: 'rider_blocked', message: { zh: '', en: '' } } }],
    [
      'refused and outside again',
      { inside: true, refusal: { reason: 'rider_blocked', message: { zh: '', en: '' } } },
      { inside: false, refusal: { reason: 'rider_blocked', message: { zh: '', en: '' } } },
    ],
  ])('of a right that was another go when the pass is %s', (_, before, after) => {
    const first = mergePasses([], [pass({ ...before, codes: codes(0, 9) })], NOON);
    const [now] = mergePasses(first, [pass({ ...after, codes: codes(0, 2, 'b') })], NOON);
    expect(names(now!)).toEqual(['0b', '1b']);
    // Those that were asked for before the change, and came after it, are of the old right too.
    const [late] = addWindows([now!], [pass({ ...before, codes: codes(2, 9) })], NOON);
    expect(names(late!)).toEqual(['0b', '1b']);
  });

  test('stay when the rider has gone in: the codes are the same', () => {
    const first = mergePasses([], [pass({ codes: codes(0, 9) })], NOON);
    const [inside] = mergePasses(first, [pass({ inside: true, codes: codes(0, 1) })], NOON);
    expect(names(inside!)).toHaveLength(9);
  });

  test('of an ended pass are none', () => {
    const first = mergePasses([], [pass()], NOON);
    const [ended] = mergePasses(first, [pass({ status: 'ended', codes: [] })], NOON);
    expect(names(ended!)).toEqual([]);
  });

  test('say how long they last without a gap', () => {
    const two = mergePasses([], [pass({ codes: [...codes(0, 3), ...codes(5, 3)] })], NOON);
    expect(worksUntil(two[0]!, NOON)).toBe(NOON + 3 * LIFETIME);
    expect(worksUntil(two[0]!, NOON + 6 * LIFETIME)).toBe(NOON + 8 * LIFETIME);
    expect(worksUntil(two[0]!, NOON + 8 * LIFETIME)).toBeNull();
    expect(worksUntil(two[0]!, NOON + 4 * LIFETIME)).toBeNull();
  });

  test('are fetched below 200 and not from there', () => {
    const enough = held({ codes: codes(0, CODES_ENOUGH) });
    expect(missingAfter([enough], NOON)).toBeNull();
    expect(missingAfter([enough], NOON + LIFETIME)).toBe(NOON + (CODES_ENOUGH - 1) * LIFETIME);
    expect(missingAfter([held({ codes: [] })], NOON)).toBeNull();
    expect(missingAfter([], NOON)).toBeNull();
  });

  test('whatever is fetched when, are in order, once each, and none that has ended', async () => {
    const fetches = fc.array(
      fc.record({ from: fc.nat(60), count: fc.integer({ min: 0, max: 40 }), wait: fc.nat(20) }),
      { maxLength: 12 },
    );
    const sound = fc.asyncProperty(fetches, async (steps) => {
      let now = NOON;
      let passes: readonly HeldPass[] = mergePasses([], [pass({ codes: codes(0, 2) })], now);
      for (const { from, count, wait } of steps) {
        now += wait * 7_000;
        passes = addWindows(passes, [pass({ codes: codes(from, count, 'c') })], now);
        const starts = passes[0]!.windows.map((window) => window.from);
        expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
        expect(passes[0]!.windows.every(({ to }) => to > now)).toBe(true);
        const { current } = windowsAt(passes[0]!, now);
        if (current !== null) expect(current.from <= now && now < current.to).toBe(true);
        expect(worksUntil(passes[0]!, now) === null).toBe(current === null);
      }
    });
    await checkProperty('windows fetched ahead', sound, 200);
  });

  test('two hours of them are what is kept', () => {
    expect((CODES_AHEAD * LIFETIME) / 3_600_000).toBe(2);
  });
});

describe('passes', () => {
  const due = (id: string, minutes: number | null, status: Pass['status'] = 'active') =>
    held({
      id,
      status,
      stops: [
        {
          leg: 'dropoff',
          status: 'picked_up',
          ...(minutes !== null && { deadlineAt: iso(NOON + minutes * 60_000) }),
        },
      ],
    });

  test('stand with the nearest deadline first, those without one after, those of leaving last', () => {
    const shown = shownPasses([
      due('leaving', 1, 'leaving'),
      due('none', null),
      due('far', 30),
      due('ended', 2, 'ended'),
      due('late', -5),
      due('near', 5),
    ]);
    expect(shown.map(({ id }) => id)).toEqual(['late', 'near', 'far', 'none', 'leaving']);
  });

  test('show their stops in the same order, and change nothing', () => {
    const stop = (label: string, minutes?: number) => ({
      leg: 'dropoff' as const,
      status: 'picked_up',
      label,
      ...(minutes !== undefined && { deadlineAt: iso(NOON + minutes * 60_000) }),
    });
    const stops = [stop('none'), stop('far', 9), stop('near', 3), stop('also none')];
    const before = structuredClone(stops);
    const labels = orderedStops(stops).map(({ label }) => label);
    expect(labels).toEqual(['near', 'far', 'none', 'also none']);
    expect(stops).toEqual(before);
  });
});
