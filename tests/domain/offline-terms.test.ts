import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/clock.ts';
import type { Hours } from '../../src/domain/entry-rules.ts';
import { offlineTerms } from '../../src/domain/offline-terms.ts';
import { withinHours, withinIntervals } from '../../src/domain/opening-hours.ts';
import { facts, GATE, NOW, OTHER_GATE } from './support.ts';

const terms = (rules: Parameters<typeof facts>[0] = {}, now = NOW) =>
  offlineTerms(facts(rules), now);
const everyDay: Hours['days'] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

describe('the terms of a gate that judges alone', () => {
  it('are the rules as far as a gate can judge them', () => {
    expect(terms()).toEqual({
      maxStaleMinutes: 30,
      openIntervals: [{ from: Date.UTC(2026, 10, 21, 3), to: Date.UTC(2026, 10, 23, 5) }],
      rules: {
        version: 1,
        communityId: facts().community.id,
        kind: 'standard',
        forRiders: true,
        passageSensor: false,
        rescanGraceSeconds: 20,
        speedLimitKmh: 15,
        offline: { allow: true },
        confirmationIntervals: [],
      },
    });
  });

  it('say whether riders use this gate', () => {
    const at = (gateId: typeof GATE) => terms({ rules: { gates: [{ gateId }] } }).rules.forRiders;
    expect(at(GATE)).toBe(true);
    expect(at(OTHER_GATE)).toBe(false);
  });

  it('have no hours for a guard where the rules name none, and those that they name', () => {
    const guard = (hours: readonly Hours[]) =>
      terms({ rules: { guardConfirmation: { hours, vehicles: ['van'], conductPoints: 3 } } }).rules
        .confirmationIntervals;
    expect(guard([])).toEqual([]);
    expect(guard([{ days: ['sat'], from: '20:00', to: '22:00' }])).toEqual([
      { from: Date.UTC(2026, 10, 21, 12), to: Date.UTC(2026, 10, 21, 14) },
    ]);
  });

  it('are the same all through an hour, so that equal bundles are equal', () => {
    const hour = Date.UTC(2026, 10, 21, 4);
    expect(terms({}, hour)).toEqual(terms({}, hour + HOUR_MS - 1));
    expect(terms({}, hour + HOUR_MS)).not.toEqual(terms({}, hour));
  });

  it('agree with the hours themselves from an hour before until 48 h ahead', () => {
    const time = fc.integer({ min: 0, max: 23 * 60 + 59 }).map((minute) => {
      const part = (value: number) => String(value).padStart(2, '0');
      return `${part(Math.floor(minute / 60))}:${part(minute % 60)}`;
    });
    const zone = fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns');
    /** Beside a Saturday in November, the two days of 2026 on which Berlin's clocks change. */
    const start = fc.constantFrom(NOW, Date.UTC(2026, 9, 24, 12), Date.UTC(2026, 2, 28, 12));
    const minutes = fc.array(fc.integer({ min: -60, max: 48 * 60 - 1 }), { minLength: 50 });
    fc.assert(
      fc.property(zone, start, time, time, minutes, (timezone, now, from, to, offsets) => {
        fc.pre(from !== to);
        const hours = [{ days: everyDay, from, to }];
        const community = { ...facts().community, timezone };
        const { openIntervals } = offlineTerms(facts({ community, rules: { hours } }), now);
        for (const offset of offsets) {
          const at = now + offset * MINUTE_MS;
          expect(withinIntervals(openIntervals, at)).toBe(withinHours(hours, timezone, at));
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('intervals', () => {
  it('include their start and exclude their end', () => {
    const intervals = [
      { from: 10, to: 20 },
      { from: 20, to: 30 },
      { from: 40, to: 50 },
    ];
    const inside = [9, 10, 19, 20, 29, 30, 39, 40, 49, 50].filter((at) =>
      withinIntervals(intervals, at),
    );
    expect(inside).toEqual([10, 19, 20, 29, 40, 49]);
    expect(withinIntervals([], 10)).toBe(false);
  });
});
