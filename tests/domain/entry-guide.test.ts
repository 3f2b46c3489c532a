import { describe, expect, it } from 'vitest';
import { COMMUNITY_KINDS } from '../../src/domain/community.ts';
import { entryGuide, type GuideTopic } from '../../src/domain/entry-guide.ts';
import { type EntryRules, STANDARD_RULES, templateFor } from '../../src/domain/entry-rules.ts';
import type { Gate } from '../../src/domain/gate.ts';
import { COMMUNITY, facts, GATE, OTHER_GATE } from './support.ts';

const { community, gate } = facts();
const westGate: Gate = {
  ...gate,
  id: OTHER_GATE,
  communityId: COMMUNITY,
  name: '西门',
  directions: ['out'],
};
const gates = [gate, westGate];

const lines = (topic: GuideTopic, changes: Partial<EntryRules> = {}, at = community) =>
  entryGuide({ ...STANDARD_RULES, ...changes }, at, gates).find(
    (section) => section.topic === topic,
  )?.lines;
const english = (...given: Parameters<typeof lines>) => lines(...given)?.map(({ en }) => en);
const chinese = (...given: Parameters<typeof lines>) => lines(...given)?.map(({ zh }) => zh);

describe('the entry guide', () => {
  it.each(COMMUNITY_KINDS)('of %s says everything in both languages, in one order', (kind) => {
    const guide = entryGuide(templateFor(kind), { ...community, kind }, gates);
    expect(guide.map(({ topic }) => topic)).toEqual([
      'hours',
      'gates',
      'vehicles',
      'speed',
      'dwell',
      'notes',
    ]);
    for (const { title, lines: said } of guide) {
      expect(said.length).toBeGreaterThan(0);
      for (const { zh, en } of [title, ...said]) {
        expect(zh).not.toBe('');
        expect(en).not.toBe('');
        expect(zh + en).not.toMatch(/undefined|null|NaN|\[object/);
      }
    }
  });

  it('says the hours by day and local time', () => {
    expect(english('hours')).toEqual(['Any hour, every day']);
    const hours = [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sun'], from: '06:00', to: '23:00' },
      { days: ['sat'], from: '20:00', to: '02:00' },
    ] as const;
    expect(english('hours', { hours })).toEqual([
      'Mon–Fri, Sun 06:00–23:00',
      'Sat 20:00–02:00 the next day',
      'By local time (Asia/Shanghai)',
    ]);
    expect(chinese('hours', { hours })?.slice(0, 2)).toEqual([
      '周一至周五、周日 06:00–23:00',
      '周六 20:00–次日02:00',
    ]);
  });

  it('names the gates that riders use, those with an entry reader only', () => {
    expect(english('gates')).toEqual(['东门']);
    expect(english('gates', { gates: [{ gateId: GATE }] })).toEqual(['东门']);
    expect(english('gates', { gates: [{ gateId: OTHER_GATE }] })).toEqual([
      'Ask the guard which gate riders use',
    ]);
    expect(entryGuide(STANDARD_RULES, community, [])[1]?.lines[0]?.en).toBe('Any entrance');
  });

  it('names the vehicles, a gate’s own ones too, and where the others park', () => {
    expect(english('vehicles', { gates: [{ gateId: GATE, vehicles: ['foot', 'van'] }] })).toEqual([
      'May enter: on foot, bicycle, e-bike',
      '东门: on foot, van',
      'Park anything else outside, clear of the way, and ask the guard to let you walk in',
    ]);
  });

  it('says how fast, how long and how often', () => {
    expect(english('speed')?.[0]).toBe('At most 15 km/h inside');
    expect(english('dwell')).toEqual([
      'At most 30 minutes, and 8 more for each further order',
      'At most 3 entries for each order',
    ]);
  });

  it('notes platforms, capacity and when a guard confirms', () => {
    expect(
      english('notes', {
        platforms: { mode: 'only', slugs: ['kuai', 'man'] },
        capacity: 20,
        guardConfirmation: {
          hours: [{ days: ['sat', 'sun'], from: '22:00', to: '24:00' }],
          vehicles: ['van'],
          conductPoints: 12,
        },
      }),
    ).toEqual([
      'You need a live order to come in',
      'Only these platforms: kuai, man',
      'Sat–Sun 22:00–24:00: the guard confirms each entry',
      'van: the guard confirms each entry',
      'From 12 conduct points lost the guard confirms each entry',
      'At most 20 riders inside at once',
      'You can always leave; please scan at the exit',
    ]);
  });

  it('asks for no order at a station', () => {
    expect(english('notes', {}, { ...community, kind: 'station' })?.[0]).toMatch(/No order needed/);
  });

  it('says how fast in each zone that has a limit of its own, by its name', () => {
    const zoneSpeedLimits = [
      { zoneId: 'park', speedLimitKmh: 8 },
      { zoneId: 'lane-3', speedLimitKmh: 20 },
    ];
    const names = new Map([['park', '儿童活动区']]);
    const guide = entryGuide({ ...STANDARD_RULES, zoneSpeedLimits }, community, gates, names);
    const said = guide.find(({ topic }) => topic === 'speed')?.lines;
    expect(said?.slice(1, 3)).toEqual([
      { zh: '儿童活动区限速 8 公里/小时', en: '儿童活动区: at most 8 km/h' },
      { zh: 'lane-3限速 20 公里/小时', en: 'lane-3: at most 20 km/h' },
    ]);
  });
});
