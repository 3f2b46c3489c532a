import { describe, expect, it } from 'vitest';
import { COMMUNITY_KINDS } from '../../src/domain/community.ts';
import {
  checkRules,
  completeStored,
  type EntryRules,
  STANDARD_RULES,
  templateFor,
} from '../../src/domain/entry-rules.ts';
import { GATE, OTHER_GATE } from './support.ts';

const paths = (changes: Partial<EntryRules>, hasExitReader = true) =>
  checkRules({ ...STANDARD_RULES, ...changes }, { hasExitReader }).map(({ path }) => path);
const hours = (from: string, to: string) => [{ days: ['mon'] as const, from, to }];

describe('templates', () => {
  it('standard is the documented defaults', () => {
    expect(templateFor('standard')).toEqual({
      hours: [],
      platforms: { mode: 'any', slugs: [] },
      vehicles: ['foot', 'bicycle', 'e-bike'],
      gates: 'all',
      authorisingStatuses: {
        dropoff: ['picked_up', 'arriving'],
        pickup: ['assigned', 'at_pickup'],
      },
      speedLimitKmh: 15,
      speedMargin: { accuracyFactor: 1, absoluteKmh: 3, percent: 10 },
      zoneSpeedLimits: [],
      maxDwellMinutes: 30,
      maxEntriesPerDelivery: 3,
      rescanGraceSeconds: 20,
      antiPassback: 'soft',
      capacity: null,
      guardConfirmation: null,
      offline: { allow: true, maxStaleMinutes: 30 },
      speedConsequences: {
        points: { notice: 0, warning: 2, serious: 6 },
        thresholds: [
          { points: 12, consequence: 'guard_confirmation', forHours: 24 },
          { points: 24, consequence: 'suspension', forHours: 72 },
        ],
        seriousConfirmationHours: 24,
        pointsPerCleanVisit: 1,
      },
    });
  });

  it.each(COMMUNITY_KINDS)(
    '%s is complete and free of problems even without an exit reader',
    (kind) => {
      const rules = templateFor(kind);
      expect(Object.keys(rules).sort()).toEqual(Object.keys(STANDARD_RULES).sort());
      expect(checkRules(rules, { hasExitReader: false })).toEqual([]);
    },
  );

  it.each(COMMUNITY_KINDS)('%s lets in the vehicle that is assumed where none is named', (kind) => {
    expect(templateFor(kind).vehicles).toContain('e-bike');
  });

  it('differ from each other', () => {
    const written = COMMUNITY_KINDS.map((kind) => JSON.stringify(templateFor(kind)));
    expect(new Set(written).size).toBe(COMMUNITY_KINDS.length);
  });
});

it('stored before there were margins and zones, rules are complete again, with what they had', () => {
  const { speedMargin: _margin, zoneSpeedLimits: _zones, ...older } = templateFor('strict');
  const completed = completeStored(older as EntryRules);
  expect(completed).toEqual(templateFor('strict'));
  expect(completed.speedLimitKmh).toBe(10);
});

describe('rules are refused', () => {
  it('when hard anti-passback or a capacity stands without an exit reader', () => {
    expect(paths({ antiPassback: 'hard' }, false)).toEqual(['antiPassback']);
    expect(paths({ capacity: 5 }, false)).toEqual(['capacity']);
    expect(paths({ antiPassback: 'hard', capacity: 5 }, true)).toEqual([]);
    expect(paths({ antiPassback: 'soft' }, false)).toEqual([]);
  });

  it.each([
    ['08:00', '08:00', ['hours[0].to']],
    ['00:00', '00:00', ['hours[0].to']],
    ['00:00', '24:00', []],
    ['22:00', '06:00', []],
    ['23:59', '24:00', []],
    ['24:00', '06:00', ['hours[0].from']],
    ['8:00', '09:00', ['hours[0].from']],
    ['08:00', '24:01', ['hours[0].to']],
    ['08:60', '25:00', ['hours[0].from', 'hours[0].to']],
  ])('from %s to %s: %j', (from, to, expected) => {
    expect(paths({ hours: hours(from, to) })).toEqual(expected);
    const rule = { hours: hours(from, to), vehicles: [], conductPoints: null };
    expect(paths({ guardConfirmation: rule })).toEqual(
      expected.map((path) => `guardConfirmation.${path}`),
    );
  });

  it.each<[string, Partial<EntryRules>]>([
    [
      'zoneSpeedLimits[1].zoneId',
      {
        zoneSpeedLimits: [
          { zoneId: 'park', speedLimitKmh: 8 },
          { zoneId: 'park', speedLimitKmh: 9 },
        ],
      },
    ],
    [
      'zoneSpeedLimits[0].speedLimitKmh',
      { zoneSpeedLimits: [{ zoneId: 'park', speedLimitKmh: 0 }] },
    ],
    [
      'speedMargin.accuracyFactor',
      { speedMargin: { accuracyFactor: Number.NaN, absoluteKmh: 3, percent: 10 } },
    ],
    [
      'speedMargin.absoluteKmh',
      { speedMargin: { accuracyFactor: 1, absoluteKmh: 31, percent: 10 } },
    ],
    ['speedMargin.percent', { speedMargin: { accuracyFactor: 1, absoluteKmh: 3, percent: -1 } }],
    ['hours[0].days', { hours: [{ days: [], from: '08:00', to: '09:00' }] }],
    ['hours[0].days[1]', { hours: [{ days: ['mon', 'mon'], from: '08:00', to: '09:00' }] }],
    ['platforms.slugs[2]', { platforms: { mode: 'except', slugs: ['a', 'b', 'a'] } }],
    ['platforms.slugs', { platforms: { mode: 'only', slugs: [] } }],
    ['vehicles', { vehicles: [] }],
    ['vehicles[1]', { vehicles: ['foot', 'foot'] }],
    ['gates', { gates: [] }],
    ['gates[1].gateId', { gates: [{ gateId: GATE }, { gateId: GATE, vehicles: ['van'] }] }],
    ['gates[0].vehicles', { gates: [{ gateId: GATE, vehicles: [] }] }],
    [
      'gates[1].vehicles[1]',
      { gates: [{ gateId: OTHER_GATE }, { gateId: GATE, vehicles: ['van', 'van'] }] },
    ],
    [
      'authorisingStatuses.dropoff[1]',
      { authorisingStatuses: { dropoff: ['arriving', 'delivered'], pickup: [] } },
    ],
    [
      'authorisingStatuses.pickup[1]',
      { authorisingStatuses: { dropoff: [], pickup: ['assigned', 'assigned'] } },
    ],
    [
      'speedConsequences.thresholds[1].points',
      {
        speedConsequences: {
          points: { notice: 0, warning: 2, serious: 6 },
          thresholds: [
            { points: 12, consequence: 'guard_confirmation', forHours: 1 },
            { points: 12, consequence: 'suspension', forHours: 1 },
          ],
        },
      },
    ],
  ])('at %s', (path, changes) => {
    expect(paths(changes)).toEqual([path]);
  });

  it.each<[keyof EntryRules, number, number]>([
    ['speedLimitKmh', 1, 120],
    ['maxDwellMinutes', 1, 1440],
    ['maxEntriesPerDelivery', 1, 100],
    ['rescanGraceSeconds', 0, 300],
    ['capacity', 1, 100_000],
  ])('when %s is outside %d–%d', (member, least, most) => {
    const seen = [least - 1, least, most, most + 1].map((value) => paths({ [member]: value }));
    expect(seen).toEqual([[member], [], [], [member]]);
    expect(paths({ [member]: Number.NaN })).toEqual([member]);
  });

  it('when an offline bundle may be older than 720 minutes', () => {
    const stale = (maxStaleMinutes: number) => paths({ offline: { allow: true, maxStaleMinutes } });
    expect([0, 1, 720, 721].map(stale)).toEqual([
      ['offline.maxStaleMinutes'],
      [],
      [],
      ['offline.maxStaleMinutes'],
    ]);
  });

  it('for everything that is wrong, at once', () => {
    const wrong = paths({ vehicles: [], gates: [], capacity: 0, hours: hours('1', '2') }, false);
    expect(wrong).toEqual([
      'hours[0].from',
      'hours[0].to',
      'vehicles',
      'gates',
      'capacity',
      'capacity',
    ]);
  });
});
