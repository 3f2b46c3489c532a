import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/domain/clock.ts';
import {
  APPEAL_WINDOW_MS,
  mayTellPlatform,
  PLATFORM_WAIT_MS,
  refuseAppeal,
  refuseDecision,
} from '../../src/domain/conduct/appeal.ts';
import {
  type ConductAlert,
  type ConductEvent,
  type EndedVisit,
  foldConduct,
  REPEAT_MS,
  worthOfVisit,
} from '../../src/domain/conduct/conduct.ts';
import { STANDARD_RULES } from '../../src/domain/entry-rules.ts';
import type { AlertId, VisitId } from '../../src/domain/identifier.ts';
import { checkProperty } from '../support/property.ts';

const NOON = Date.UTC(2026, 10, 21, 4);
const RULES = STANDARD_RULES.speedConsequences;

let made = 0;
function alert(members: Partial<ConductAlert> = {}): ConductAlert {
  made += 1;
  return {
    kind: 'alert',
    id: `alr_${made}` as AlertId,
    visitId: `vis_${made}` as VisitId,
    at: NOON + made,
    happenedAt: NOON + made,
    source: 'radar',
    baseLevel: 'warning',
    level: null,
    consequences: RULES,
    takenBack: false,
    ...members,
  };
}
function visit(members: Partial<EndedVisit> = {}): EndedVisit {
  made += 1;
  return { kind: 'visit', id: `vis_${made}` as VisitId, at: NOON + made, worth: 1, ...members };
}
const far = (index: number) => NOON + index * REPEAT_MS;
const apart = (count: number, members: Partial<ConductAlert> = {}) =>
  Array.from({ length: count }, (_, index) =>
    alert({ at: far(index), happenedAt: far(index), ...members }),
  );

describe('what alerts cost', () => {
  it('costs what the rules say for its level', () => {
    const points = (members: Partial<ConductAlert>) => foldConduct([alert(members)]).balance;
    expect(points({ baseLevel: 'notice' })).toBe(0);
    expect(points({ baseLevel: 'warning' })).toBe(-2);
    expect(points({ baseLevel: 'serious' })).toBe(-6);
  });

  it('a phone costs nothing and binds nobody, whatever it says', () => {
    const seen = foldConduct([
      alert({ source: 'phone', baseLevel: 'serious' }),
      alert({ source: 'phone', baseLevel: 'serious' }),
      alert({ source: 'phone', baseLevel: 'serious' }),
    ]);
    expect(seen.balance).toBe(0);
    expect(seen.sanctions).toEqual([]);
    expect([...seen.alerts.values()].map(({ level }) => level)).toEqual(Array(3).fill('notice'));
  });

  it('the third warning within seven days is serious, one a millisecond later is not', () => {
    const three = (last: number) => {
      const events = [NOON, NOON + DAY_MS, last].map((at) => alert({ at, happenedAt: at }));
      return [...foldConduct(events).alerts.values()].map(({ level }) => level);
    };
    expect(three(NOON + REPEAT_MS - 1)).toEqual(['warning', 'warning', 'serious']);
    expect(three(NOON + REPEAT_MS)).toEqual(['warning', 'warning', 'warning']);
  });

  it('notices are no warnings', () => {
    const events = [alert({ baseLevel: 'notice' }), alert({ baseLevel: 'notice' }), alert()];
    expect([...foldConduct(events).alerts.values()].at(-1)?.level).toBe('warning');
  });
});

describe('what follows from points', () => {
  it('a serious alert makes a guard confirm for 24 hours, where the rules say so', () => {
    const serious = alert({ baseLevel: 'serious' });
    expect(foldConduct([serious]).sanctions).toEqual([
      {
        alertId: serious.id,
        kind: 'confirmation',
        because: 'serious',
        threshold: 0,
        from: serious.at,
        until: serious.at + 24 * HOUR_MS,
      },
    ]);
    const { seriousConfirmationHours: _, ...silent } = RULES;
    expect(foldConduct([{ ...serious, consequences: silent }]).sanctions).toEqual([]);
    const none = { ...RULES, seriousConfirmationHours: null };
    expect(foldConduct([{ ...serious, consequences: none }]).sanctions).toEqual([]);
  });

  it('a threshold binds when it is reached, and not again while it stays reached', () => {
    const events = apart(8);
    const { sanctions } = foldConduct(events);
    expect(sanctions.map(({ alertId, threshold }) => [alertId, threshold])).toEqual([
      [events[5]?.id, 12],
    ]);
  });

  it('suspends at the threshold for a suspension, always with an end', () => {
    const { sanctions } = foldConduct(apart(12));
    const suspension = sanctions.find(({ kind }) => kind === 'suspension');
    expect(suspension).toMatchObject({
      threshold: 24,
      from: far(11),
      until: far(11) + 72 * HOUR_MS,
    });
  });
});

describe('what comes back', () => {
  it('a visit without an alert gives a point back, never more than was lost', () => {
    const first = alert();
    expect(foldConduct([first, visit()]).balance).toBe(-1);
    expect(foldConduct([first, visit(), visit(), visit()]).balance).toBe(0);
    expect(worthOfVisit({ ...RULES, pointsPerCleanVisit: 5 }, 3)).toBe(3);
    expect(worthOfVisit(RULES, 0)).toBe(0);
  });

  it('a visit with an alert gives nothing back, until that alert is taken back', () => {
    const first = alert();
    const second = alert();
    const own = visit({ id: second.visitId as VisitId });
    expect(foldConduct([first, second, own]).balance).toBe(-4);
    expect(foldConduct([first, { ...second, takenBack: true }, own]).balance).toBe(-1);
  });

  it('an alert that is taken back takes with it what it led to: points, a level, a sanction', () => {
    const [one, two, three] = [alert(), alert(), alert()] as const;
    const before = foldConduct([one, two, three]);
    expect(before.balance).toBe(-10);
    expect(before.sanctions).toHaveLength(1);
    const stored = { ...three, level: 'serious' as const };
    const after = foldConduct([{ ...one, takenBack: true }, two, stored]);
    expect(after.balance).toBe(-4);
    expect(after.alerts.get(three.id)?.level).toBe('warning');
    expect(after.sanctions).toEqual([]);
  });

  it('a level once given is never raised afterwards', () => {
    const [one, two] = [alert(), alert()] as const;
    const joined = alert({ level: 'warning' });
    expect(foldConduct([one, two, joined]).alerts.get(joined.id)?.level).toBe('warning');
  });
});

const anyAlert = fc
  .record({
    source: fc.constantFrom('radar' as const, 'section' as const, 'phone' as const),
    baseLevel: fc.constantFrom('notice' as const, 'warning' as const, 'serious' as const),
    happenedAt: fc.integer({ min: 0, max: 20 }).map((days) => NOON + days * DAY_MS),
    takenBack: fc.boolean(),
  })
  .map((members) => alert({ ...members, at: members.happenedAt }));
const anyEvent: fc.Arbitrary<ConductEvent> = fc.oneof(
  { weight: 2, arbitrary: anyAlert },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5 }).map((worth) => visit({ worth })) },
);

describe('whatever happens', () => {
  it('nobody has more than nothing lost, and taking an alert back never costs anybody a point', async () => {
    const property = fc.asyncProperty(
      fc.array(anyEvent, { maxLength: 40 }),
      fc.nat(),
      async (events, pick) => {
        const before = foldConduct(events);
        expect(before.balance).toBeLessThanOrEqual(0);
        const chosen = events[pick % Math.max(1, events.length)];
        const after = foldConduct(
          events.map((event) =>
            event === chosen && event.kind === 'alert' ? { ...event, takenBack: true } : event,
          ),
        );
        expect(after.balance).toBeGreaterThanOrEqual(before.balance);
        const none = foldConduct(
          events.map((event) => (event.kind === 'alert' ? { ...event, takenBack: true } : event)),
        );
        expect(none.balance).toBe(0);
        expect(none.sanctions).toEqual([]);
        for (const { from, until } of before.sanctions) expect(until).toBeGreaterThan(from);
      },
    );
    await checkProperty('conduct fold', property, 300);
  });
});

describe('appeals', () => {
  it('is filed once, before it was shown or within 30 days after', () => {
    const shownAt = NOON;
    expect(refuseAppeal({ appeal: null, shownAt: null }, NOON + 999 * DAY_MS)).toBeNull();
    expect(refuseAppeal({ appeal: null, shownAt }, NOON + APPEAL_WINDOW_MS - 1)).toBeNull();
    expect(refuseAppeal({ appeal: null, shownAt }, NOON + APPEAL_WINDOW_MS)).toBe('too_late');
    for (const appeal of ['open', 'upheld', 'rejected'] as const)
      expect(refuseAppeal({ appeal, shownAt }, NOON)).toBe('appealed_before');
  });

  it('is decided once, by somebody else than who set the sanction', () => {
    expect(refuseDecision({ state: 'open', setBy: ['key:a'] }, 'key:b')).toBeNull();
    expect(refuseDecision({ state: 'open', setBy: ['key:a'] }, 'key:a')).toBe('own_sanction');
    expect(refuseDecision({ state: 'open', setBy: [] }, 'key:a')).toBeNull();
    expect(refuseDecision({ state: 'upheld', setBy: [] }, 'key:a')).toBe('decided_before');
  });

  it('a platform hears of a serious alert alone, shown 72 hours ago without an appeal, or after a rejected one', () => {
    const serious = { level: 'serious' as const, shownAt: NOON, appeal: null };
    expect(mayTellPlatform(serious, NOON + PLATFORM_WAIT_MS - 1)).toBe(false);
    expect(mayTellPlatform(serious, NOON + PLATFORM_WAIT_MS)).toBe(true);
    const late = NOON + 10 * PLATFORM_WAIT_MS;
    expect(mayTellPlatform({ ...serious, shownAt: null }, late)).toBe(false);
    expect(mayTellPlatform({ ...serious, level: 'warning' }, late)).toBe(false);
    expect(mayTellPlatform({ ...serious, appeal: 'open' }, late)).toBe(false);
    expect(mayTellPlatform({ ...serious, appeal: 'upheld' }, late)).toBe(false);
    expect(mayTellPlatform({ ...serious, appeal: 'rejected' }, NOON)).toBe(true);
  });
});
