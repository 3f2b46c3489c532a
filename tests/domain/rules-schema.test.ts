import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import { COMMUNITY_KINDS } from '../../src/domain/community.ts';
import { STANDARD_RULES, templateFor, WEEKDAYS } from '../../src/domain/entry-rules.ts';
import { completeRules, rulesSchema } from '../../src/http/schemas/rules.ts';
import { GATE, OTHER_GATE } from './support.ts';

const read = (document: unknown) => completeRules(rulesSchema.parse(document));
const refused = (document: unknown) => {
  const parsed = rulesSchema.safeParse(document);
  return parsed.success ? null : parsed.error.issues.map(({ path }) => path.join('.'));
};

describe('a rule document as sent', () => {
  it('may leave out everything: the standard rules, or a template’s, are taken', () => {
    expect(read({})).toEqual(STANDARD_RULES);
    const strict = templateFor('strict');
    expect(completeRules(rulesSchema.parse({}), strict)).toEqual(strict);
    expect(completeRules(rulesSchema.parse({ maxDwellMinutes: 5 }), strict)).toEqual({
      ...strict,
      maxDwellMinutes: 5,
    });
  });

  it.each(COMMUNITY_KINDS)('may be the complete rules of %s, which stay as they are', (kind) => {
    const rules = {
      ...templateFor(kind),
      gates: [{ gateId: GATE, vehicles: ['van'] }, { gateId: OTHER_GATE }],
    };
    expect(read(JSON.parse(JSON.stringify(rules)))).toEqual(rules);
  });

  it('may set back to none what a template has', () => {
    const hospital = templateFor('hospital');
    expect(hospital.guardConfirmation).not.toBeNull();
    const rules = completeRules(
      rulesSchema.parse({ guardConfirmation: null, capacity: null, hours: [] }),
      { ...hospital, capacity: 5 },
    );
    expect(rules).toMatchObject({ guardConfirmation: null, capacity: null, hours: [] });
  });

  it('may leave out members of members', () => {
    expect(
      read({
        platforms: { mode: 'any' },
        authorisingStatuses: { dropoff: ['arriving'] },
        offline: { allow: false },
        speedMargin: { percent: 0 },
        guardConfirmation: {},
        speedConsequences: { points: { serious: 9 } },
      }),
    ).toEqual({
      ...STANDARD_RULES,
      authorisingStatuses: { dropoff: ['arriving'], pickup: ['assigned', 'at_pickup'] },
      offline: { allow: false, maxStaleMinutes: 30 },
      speedMargin: { accuracyFactor: 1, absoluteKmh: 3, percent: 0 },
      guardConfirmation: { hours: [], vehicles: [], conductPoints: null },
      speedConsequences: {
        ...STANDARD_RULES.speedConsequences,
        points: { notice: 0, warning: 2, serious: 9 },
      },
    });
  });

  it.each([
    [undefined, [...WEEKDAYS]],
    [
      ['sun', 'mon'],
      ['mon', 'sun'],
    ],
    [
      [7, 1],
      ['mon', 'sun'],
    ],
    [['mon', 1, 'mon'], ['mon']],
    [[1, 2, 3, 4, 5, 6, 7], [...WEEKDAYS]],
  ])('may name days as %j', (days, expected) => {
    expect(read({ hours: [{ days, from: '06:00', to: '24:00' }] }).hours).toEqual([
      { days: expected, from: '06:00', to: '24:00' },
    ]);
  });

  it('may name gates by their ids', () => {
    expect(read({ gates: 'all' }).gates).toBe('all');
    expect(read({ gates: [GATE, { gateId: OTHER_GATE, vehicles: ['van'] }] }).gates).toEqual([
      { gateId: GATE },
      { gateId: OTHER_GATE, vehicles: ['van'] },
    ]);
  });

  it.each<[unknown, string]>([
    [{ hour: [] }, ''],
    [{ offline: { permitted: true } }, 'offline'],
    [{ hours: [{ from: '06:00', to: '07:00', day: 1 }] }, 'hours.0'],
    [{ hours: [{ from: '24:00', to: '07:00' }] }, 'hours.0.from'],
    [{ hours: [{ from: '06:00', to: '24:01' }] }, 'hours.0.to'],
    [{ hours: [{ from: '6:00', to: '07:00' }] }, 'hours.0.from'],
    [{ hours: [{ days: [], from: '06:00', to: '07:00' }] }, 'hours.0.days'],
    [{ hours: [{ days: [0], from: '06:00', to: '07:00' }] }, 'hours.0.days.0'],
    [{ hours: [{ days: ['Mon'], from: '06:00', to: '07:00' }] }, 'hours.0.days.0'],
    [{ platforms: { slugs: ['a'] } }, 'platforms.mode'],
    [{ vehicles: ['tank'] }, 'vehicles.0'],
    [{ gates: 'some' }, 'gates'],
    [{ gates: [{ gateId: GATE, vehicle: 'van' }] }, 'gates.0'],
    [{ gates: ['com_0000000000000'] }, 'gates'],
    [{ authorisingStatuses: { dropoff: ['flying'] } }, 'authorisingStatuses.dropoff.0'],
    [{ antiPassback: 'firm' }, 'antiPassback'],
    [{ speedLimitKmh: 15.5 }, 'speedLimitKmh'],
    [{ speedMargin: { absoluteKmh: '3' } }, 'speedMargin.absoluteKmh'],
    [{ zoneSpeedLimits: [{ zoneId: 'The Park', speedLimitKmh: 8 }] }, 'zoneSpeedLimits.0.zoneId'],
    [{ zoneSpeedLimits: [{ zoneId: 'park' }] }, 'zoneSpeedLimits.0.speedLimitKmh'],
    [{ speedLimitKmh: '15' }, 'speedLimitKmh'],
    [{ speedLimitKmh: null }, 'speedLimitKmh'],
    [null, ''],
    [[], ''],
  ])('is refused, naming the place: %j', (document, path) => {
    expect(refused(document)).toEqual([path]);
  });

  it.each([
    ['speedLimitKmh', 1, 120],
    ['maxDwellMinutes', 1, 1440],
    ['maxEntriesPerDelivery', 1, 100],
    ['rescanGraceSeconds', 0, 300],
    ['capacity', 1, 100_000],
  ])('is refused when %s is outside %d–%d', (member, least, most) => {
    const seen = [least - 1, least, most, most + 1].map((value) => refused({ [member]: value }));
    expect(seen).toEqual([[member], null, null, [member]]);
  });

  it('can be described in OpenAPI 3.1', () => {
    const app = new OpenAPIHono();
    const body = { content: { 'application/json': { schema: rulesSchema } } };
    const route = createRoute({
      method: 'put',
      path: '/rules',
      request: { body },
      responses: { 204: { description: 'done' } },
    });
    app.openapi(route, (c) => c.body(null, 204));
    const document = app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
    });
    const written = JSON.stringify(document);
    expect(written).toContain('"additionalProperties":false');
    expect(written).toContain(
      '"maxEntriesPerDelivery":{"type":"integer","minimum":1,"maximum":100}',
    );
  });
});
