import { describe, expect, it, test } from 'vitest';
import { summarise } from '../../src/domain/figures.ts';
import type { CommunityId } from '../../src/domain/identifier.ts';
import { passwordFault } from '../../src/domain/password-rule.ts';
import { drawPlan, type Plan, type PlanFeature } from '../../src/domain/plan.ts';
import { mayInvite, RIGHTS, ROLES } from '../../src/domain/role.ts';
import { parseSignInName, type SignInName } from '../../src/domain/sign-in-name.ts';
import { instantAt } from '../../src/http/manager/local-time.ts';

describe('a name to sign in with', () => {
  test.each([
    ['13800138000', '+8613800138000'],
    ['138 0013-8000', '+8613800138000'],
    ['１３８００１３８０００', '+8613800138000'],
    ['+86 138 0013 8000', '+8613800138000'],
    ['0086 138 0013 8000', '+8613800138000'],
    ['+1 (415) 555-0100', '+14155550100'],
    [' Wang@Example.CN ', 'wang@example.cn'],
  ])('%s is %s', (typed, name) => expect(parseSignInName(typed)).toBe(name));

  test.each([
    '',
    'nobody',
    '12345',
    '+0123456789',
    '@x.cn',
    'a@b@c.cn',
    'a b@c.cn',
    'a..b@c.cn',
    `${'a'.repeat(250)}@x.cn`,
    '"a"@x.cn',
  ])('%s is none', (typed) => expect(parseSignInName(typed)).toBeNull());
});

describe('a password', () => {
  const name = '+8613800138000' as SignInName;
  test.each([
    ['five gates seven', null],
    ['门前大桥下游过一群鸭', null],
    ['123456789', 'too_short'],
    ['1234567890', 'too_simple'],
    ['0987654321', 'too_simple'],
    ['abcdefghijkl', 'too_simple'],
    ['aabbaabbaabb', 'too_simple'],
    ['x'.repeat(129), 'too_long'],
    ['my 00138000 gate', 'holds_name'],
  ])('%s: %s', (password, fault) => expect(passwordFault(password, name)).toBe(fault));
});

describe('roles', () => {
  const communityId = 'com_0123456789abc' as CommunityId;
  const here = { kind: 'community', communityId } as const;

  it('nobody invites somebody who may do more', () => {
    for (const by of ROLES)
      for (const role of ROLES)
        for (const scope of [
          { kind: 'all' } as const,
          { kind: 'district', district: 'x' } as const,
          here,
        ])
          if (mayInvite(by, { role, scope }))
            for (const right of RIGHTS[role].filter((each) => each !== 'audit'))
              expect([by === 'district' || RIGHTS[by].includes(right), by, role, right]).toEqual([
                true,
                by,
                role,
                right,
              ]);
  });

  it('an operator is of everything, a manager and a guard of one community', () => {
    expect(mayInvite('operator', { role: 'operator', scope: here })).toBe(false);
    expect(mayInvite('operator', { role: 'manager', scope: { kind: 'all' } })).toBe(false);
    expect(mayInvite('operator', { role: 'guard', scope: here })).toBe(true);
    expect(mayInvite('guard', { role: 'guard', scope: here })).toBe(false);
  });
});

describe('figures', () => {
  it('count who was let in once, and save time only where nobody wrote anything down', () => {
    const row = (reason: string, count: number, part = 0, direction = 'in') =>
      ({ reason, count, part, direction }) as Parameters<typeof summarise>[0][number];
    const figures = summarise(
      [
        row('granted', 10),
        row('granted_rescan', 3),
        row('granted_by_guard', 2, 1),
        row('code_used', 1, 1),
        row('outside_hours', 4),
        row('granted_exit', 9, 1, 'out'),
      ],
      2,
    );
    expect(figures).toMatchObject({ entries: 12, refusals: 5, exits: 9, minutesSaved: 20 });
    expect(figures.denied).toEqual([
      { reason: 'outside_hours', count: 4 },
      { reason: 'code_used', count: 1 },
    ]);
    expect(figures.parts).toEqual([
      { entries: 10, refusals: 4 },
      { entries: 2, refusals: 1 },
    ]);
  });
});

describe('a drawing of a plan', () => {
  const point = (longitude: number, latitude: number): PlanFeature => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [longitude, latitude] },
    properties: { kind: 'gate', name: '门' },
  });
  const planOf = (...features: PlanFeature[]): Plan => ({ type: 'FeatureCollection', features });

  it('has distances as they are, north above and areas below points', () => {
    const ring = [
      [120, 30],
      [120.001, 30],
      [120.001, 30.001],
      [120, 30],
    ] as const;
    const area: PlanFeature = {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [ring] },
      properties: { kind: 'zone', name: '区' },
    };
    const drawing = drawPlan(planOf(point(120, 30.001), area))!;
    expect(drawing.features.map(({ shape }) => shape)).toEqual(['area', 'point']);
    const [line = []] = drawing.features[0]!.lines;
    expect(line[1]!.x - line[0]!.x).toBeCloseTo(96.4, 0);
    expect(line[1]!.y - line[2]!.y).toBeCloseTo(111.3, 0);
    expect(drawing.features[1]!.centre.y).toBeLessThan(line[0]!.y);
  });

  it('of one point has room around it, and of nothing is none', () => {
    const drawing = drawPlan(planOf(point(120, 30)))!;
    expect(drawing.width).toBeGreaterThan(0);
    expect(drawPlan(planOf())).toBeNull();
  });
});

describe('a time of day in a zone', () => {
  test.each([
    ['2026-11-21T08:30', 'Asia/Shanghai', '2026-11-21T00:30:00.000Z'],
    ['2026-07-01T12:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
    ['2026-01-01T12:00', 'Europe/Berlin', '2026-01-01T11:00:00.000Z'],
  ])('%s %s', (text, zone, instant) =>
    expect(new Date(instantAt(text, zone)!).toISOString()).toBe(instant),
  );
  test('that the clocks leapt over is none', () => {
    expect(instantAt('2026-03-29T02:30', 'Europe/Berlin')).toBeNull();
    expect(instantAt('tomorrow', 'Asia/Shanghai')).toBeNull();
  });
});
