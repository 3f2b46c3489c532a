import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt, TapFreshness } from '../../src/domain/attempt.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/clock.ts';
import type { Posture } from '../../src/domain/community.ts';
import {
  confirmEntry,
  type Decision,
  decide,
  type Facts,
  type PassFacts,
  passAuthorised,
  staticRefusal,
} from '../../src/domain/decision.ts';
import { STANDARD_RULES } from '../../src/domain/entry-rules.ts';
import { DENIED_REASONS, type DeniedReason } from '../../src/domain/reason.ts';
import {
  attempt,
  authentic,
  delivery,
  facts,
  GATE,
  insidePass,
  lastEntry,
  NOW,
  OTHER_COMMUNITY,
  OTHER_GATE,
  pass,
  VISIT,
} from './support.ts';

const reasonOf = (decision: Decision) => decision.reason;
const atEntry = (changes: Parameters<typeof facts>[0] = {}) => decide(attempt(), facts(changes));
const withPass = (changes: Partial<PassFacts>) => atEntry({ pass: pass(changes) });
const posture = (value: Posture, until: number | null = null) => ({ posture: value, until });
const stationCommunity: Partial<Facts> = {
  community: { ...facts().community, kind: 'station' },
};
const stationPass = (changes: Partial<PassFacts> = {}) =>
  pass({ expiresAt: NOW + 1, deliveries: [], deliveriesCounted: 0, ...changes });

describe('an entry that nothing objects to', () => {
  it('is granted, consumes the code, opens a visit and names the building', () => {
    expect(atEntry()).toEqual({
      decision: 'granted',
      reason: 'granted',
      consumesCode: true,
      visit: { kind: 'open' },
      building: '12',
      flags: [],
    });
  });

  it('is judged the same whenever it is judged again: facts and attempt are left as they were', () => {
    const frozen = JSON.stringify(facts({ pass: insidePass() }));
    const given = JSON.parse(frozen) as Facts;
    expect(decide(attempt(), given)).toEqual(decide(attempt(), given));
    expect(JSON.stringify(given)).toBe(frozen);
  });
});

describe('the code at entry', () => {
  it.each([
    ['absent', { kind: 'absent' }, 'malformed_code'],
    ['malformed', { kind: 'malformed' }, 'malformed_code'],
    ['of an unknown key', { kind: 'unknown_key' }, 'unknown_key'],
    ['with a bad signature', { kind: 'bad_signature' }, 'bad_signature'],
    ['of another community', authentic({ communityId: OTHER_COMMUNITY }), 'wrong_community'],
    ['without the entry direction', authentic({ directions: 2 }), 'wrong_gate'],
    ['with the entry direction only', authentic({ directions: 1 }), 'granted'],
  ] as const)('%s is answered %s', (_, code, reason) => {
    expect(reasonOf(decide(attempt({ code }), facts()))).toBe(reason);
  });

  it.each([
    [-5_001, 'code_not_yet_valid'],
    [-5_000, 'granted'],
    [44_999, 'granted'],
    [45_000, 'code_expired'],
  ])('%d ms from notBefore is answered %s', (offset, reason) => {
    expect(reasonOf(decide(attempt({ receivedAt: NOW + offset }), facts()))).toBe(reason);
  });
});

describe('the gate', () => {
  it('is the wrong one unless the rules name it among those that riders use', () => {
    expect(reasonOf(atEntry({ rules: { gates: [{ gateId: OTHER_GATE }] } }))).toBe('wrong_gate');
    expect(reasonOf(atEntry({ rules: { gates: [] } }))).toBe('wrong_gate');
    expect(reasonOf(atEntry({ rules: { gates: [{ gateId: GATE }] } }))).toBe('granted');
  });
});

describe('posture', () => {
  it.each<[Posture, Posture, string]>([
    ['normal', 'normal', 'granted'],
    ['lockdown', 'normal', 'community_lockdown'],
    ['normal', 'lockdown', 'community_lockdown'],
    ['lockdown', 'closed', 'community_lockdown'],
    ['lockdown', 'open', 'community_lockdown'],
    ['open', 'lockdown', 'community_lockdown'],
    ['open', 'closed', 'gate_closed'],
    ['normal', 'closed', 'gate_closed'],
    ['open', 'normal', 'granted_open'],
    ['normal', 'open', 'granted_open'],
  ])('%s of the community with %s of the gate is answered %s', (ofCommunity, ofGate, reason) => {
    const decision = atEntry({
      communityPosture: posture(ofCommunity),
      gatePosture: posture(ofGate),
    });
    expect(reasonOf(decision)).toBe(reason);
  });

  it('ends at its instant, which is excluded', () => {
    const until = (at: number) => reasonOf(atEntry({ communityPosture: posture('lockdown', at) }));
    expect(until(NOW + 1)).toBe('community_lockdown');
    expect(until(NOW)).toBe('granted');
  });

  it('open consumes nothing and opens a visit when the pass is known, whatever became of it', () => {
    const open = { communityPosture: posture('open') };
    expect(atEntry({ ...open, pass: pass({ status: 'ended', codeUsed: true }) })).toEqual({
      decision: 'granted',
      reason: 'granted_open',
      consumesCode: false,
      visit: { kind: 'open' },
      building: '12',
      flags: [],
    });
    expect(atEntry({ ...open, pass: insidePass() })).toMatchObject({
      visit: { kind: 'keep', id: VISIT },
    });
    expect(atEntry({ ...open, pass: null })).toMatchObject({
      decision: 'granted',
      visit: { kind: 'none' },
      building: null,
    });
  });

  it('open still asks for an authentic code, in time, of this community', () => {
    const open = facts({ communityPosture: posture('open') });
    const reason = (changes: Partial<Attempt>) => reasonOf(decide(attempt(changes), open));
    expect(reason({ code: { kind: 'bad_signature' } })).toBe('bad_signature');
    expect(reason({ receivedAt: NOW + 45_000 })).toBe('code_expired');
    expect(reason({ code: authentic({ directions: 2 }) })).toBe('wrong_gate');
  });
});

describe('the pass', () => {
  it('must be known', () => {
    expect(reasonOf(atEntry({ pass: null }))).toBe('unknown_pass');
  });

  it.each([
    ['blockedUntil', 'rider_blocked'],
    ['suspendedUntil', 'rider_suspended'],
    ['confirmationUntil', 'guard_confirmation_required'],
  ] as const)('is refused until %s, which is excluded', (member, reason) => {
    expect(reasonOf(withPass({ [member]: NOW + 1 }))).toBe(reason);
    expect(reasonOf(withPass({ [member]: NOW }))).toBe('granted');
    expect(reasonOf(withPass({ [member]: Number.POSITIVE_INFINITY }))).toBe(reason);
  });

  it.each(['leaving', 'ended'] as const)('that is %s does not enter again', (status) => {
    expect(reasonOf(withPass({ status }))).toBe('delivery_not_active');
    expect(reasonOf(withPass({ status, expiresAt: NOW + 1 }))).toBe('delivery_not_active');
  });
});

describe('a delivery', () => {
  it.each([
    ['dropoff', 'assigned', false],
    ['dropoff', 'at_pickup', false],
    ['dropoff', 'picked_up', true],
    ['dropoff', 'arriving', true],
    ['dropoff', 'delivered', false],
    ['pickup', 'assigned', true],
    ['pickup', 'at_pickup', true],
    ['pickup', 'picked_up', false],
    ['pickup', 'cancelled', false],
    ['pickup', 'failed', false],
  ] as const)('whose %s is here, in %s, authorises: %s', (leg, status, authorises) => {
    const decision = withPass({ deliveries: [delivery({ leg, status })] });
    expect(reasonOf(decision)).toBe(authorises ? 'granted' : 'delivery_not_active');
  });

  it('authorises by the statuses that the rules name', () => {
    const authorisingStatuses = { dropoff: ['arriving'], pickup: [] } as const;
    expect(reasonOf(atEntry({ rules: { authorisingStatuses } }))).toBe('delivery_not_active');
  });

  it('authorises until 2 h after its newest callback, which is excluded, whatever its deadline', () => {
    const aged = (age: number) =>
      reasonOf(
        withPass({ deliveries: [delivery({ newestAt: NOW - age, deadlineAt: NOW - age })] }),
      );
    expect(aged(2 * HOUR_MS - 1)).toBe('granted');
    expect(aged(2 * HOUR_MS)).toBe('delivery_not_active');
  });

  it('suffices when it is one of several, and the furthest of several gives the reason', () => {
    const over = delivery({ status: 'delivered' });
    const foreign = delivery({ platform: 'man' });
    const heavy = delivery({ vehicle: 'van' });
    const reason = (...deliveries: (typeof over)[]) =>
      reasonOf(
        atEntry({
          pass: pass({ deliveries }),
          rules: { platforms: { mode: 'only', slugs: ['kuai'] } },
        }),
      );
    expect(reason(over)).toBe('delivery_not_active');
    expect(reason(over, foreign)).toBe('platform_not_allowed');
    expect(reason(foreign, over, heavy)).toBe('vehicle_not_allowed');
    expect(reason(heavy, foreign, over, delivery())).toBe('granted');
  });

  it('must pass alone: its platform and another one’s vehicle do not add up', () => {
    const decision = atEntry({
      pass: pass({
        deliveries: [delivery({ vehicle: 'van' }), delivery({ platform: 'man', vehicle: 'foot' })],
      }),
      rules: { platforms: { mode: 'except', slugs: ['man'] } },
    });
    expect(reasonOf(decision)).toBe('vehicle_not_allowed');
  });

  it('gives the building: of the drop-off with the nearest deadline, those without one last', () => {
    const building = (...deliveries: ReturnType<typeof delivery>[]) =>
      (withPass({ deliveries }) as { building?: string | null }).building;
    const far = delivery({ building: 'far', deadlineAt: NOW + 2 });
    const near = delivery({ building: 'near', deadlineAt: NOW + 1 });
    const never = delivery({ building: 'never', deadlineAt: null });
    const shop = delivery({ leg: 'pickup', status: 'assigned', building: null, deadlineAt: NOW });
    const van = delivery({ building: 'van', vehicle: 'van', deadlineAt: NOW });
    expect(building(never, far, near)).toBe('near');
    expect(building(never)).toBe('never');
    expect(building(shop, far)).toBe('far');
    expect(building(van, far)).toBe('far');
    expect(building(shop)).toBeNull();
    expect(building(delivery({ building: null, deadlineAt: NOW }), far)).toBeNull();
  });
});

describe('platform and vehicle', () => {
  it.each([
    ['any', [], 'granted'],
    ['only', ['kuai'], 'granted'],
    ['only', ['man'], 'platform_not_allowed'],
    ['except', ['man'], 'granted'],
    ['except', ['kuai'], 'platform_not_allowed'],
  ] as const)('mode %s of %j is answered %s', (mode, slugs, reason) => {
    expect(reasonOf(atEntry({ rules: { platforms: { mode, slugs } } }))).toBe(reason);
  });

  it('refuses a platform that is not admitted to the district, whatever the rules', () => {
    const decision = withPass({ deliveries: [delivery({ platformAdmitted: false })] });
    expect(reasonOf(decision)).toBe('platform_not_allowed');
  });

  it('takes an e-bike for granted where the platform names no vehicle', () => {
    const unnamed = pass({ deliveries: [delivery({ vehicle: null })] });
    expect(reasonOf(atEntry({ pass: unnamed, rules: { vehicles: ['e-bike'] } }))).toBe('granted');
    expect(reasonOf(atEntry({ pass: unnamed, rules: { vehicles: ['foot'] } }))).toBe(
      'vehicle_not_allowed',
    );
  });

  it('judges by the gate’s own vehicles where it names some, else by the community’s', () => {
    const own = atEntry({ rules: { gates: [{ gateId: GATE, vehicles: ['foot'] }] } });
    expect(reasonOf(own)).toBe('vehicle_not_allowed');
    const wider = {
      vehicles: ['foot'] as const,
      gates: [{ gateId: GATE, vehicles: ['e-bike'] as const }],
    };
    expect(reasonOf(atEntry({ rules: wider }))).toBe('granted');
  });
});

describe('hours', () => {
  it('are those of the community’s own time zone', () => {
    const hours = [{ days: ['sat'], from: '12:00', to: '13:00' }] as const;
    expect(reasonOf(atEntry({ rules: { hours } }))).toBe('granted');
    const elsewhere = { ...facts().community, timezone: 'Europe/Berlin' };
    expect(reasonOf(atEntry({ rules: { hours }, community: elsewhere }))).toBe('outside_hours');
  });

  it('come before the platform', () => {
    const decision = atEntry({
      rules: {
        hours: [{ days: ['sun'], from: '12:00', to: '13:00' }],
        platforms: { mode: 'only', slugs: [] },
      },
    });
    expect(reasonOf(decision)).toBe('outside_hours');
  });
});

describe('a rescan', () => {
  const used = { codeUsed: true };
  const sensor = { gate: { ...facts().gate, passageSensor: true } };

  it('is granted once more without consuming the code, into the same visit', () => {
    expect(atEntry({ pass: insidePass({}, used) })).toEqual({
      decision: 'granted',
      reason: 'granted_rescan',
      consumesCode: false,
      visit: { kind: 'keep', id: VISIT },
      building: '12',
      flags: [],
    });
  });

  it('ends with the grace, which is excluded', () => {
    const later = (age: number) => reasonOf(atEntry({ pass: insidePass({ at: NOW - age }, used) }));
    expect(later(19_999)).toBe('granted_rescan');
    expect(later(20_000)).toBe('code_used');
    const never = atEntry({
      pass: insidePass({ at: NOW }, used),
      rules: { rescanGraceSeconds: 0 },
    });
    expect(reasonOf(never)).toBe('code_used');
  });

  it.each([
    ['another gate', { gateId: OTHER_GATE }],
    ['an exit after the entry', { exited: true }],
    ['a passage reported', { passageReported: true }],
    ['a second time without a passage sensor', { rescans: 1 }],
  ] as const)('is refused: %s', (_, entry) => {
    expect(reasonOf(atEntry({ pass: insidePass(entry, used) }))).toBe('code_used');
  });

  it('needs the visit to be open', () => {
    expect(reasonOf(atEntry({ pass: insidePass({}, { ...used, openVisit: null }) }))).toBe(
      'code_used',
    );
  });

  it('may be repeated at a gate with a passage sensor until somebody passed', () => {
    const repeated = { pass: insidePass({ rescans: 5 }, used) };
    expect(reasonOf(atEntry({ ...sensor, ...repeated }))).toBe('granted_rescan');
    const passed = { pass: insidePass({ rescans: 5, passageReported: true }, used) };
    expect(reasonOf(atEntry({ ...sensor, ...passed }))).toBe('code_used');
  });

  it('comes after block and delivery, before hours', () => {
    const blocked = insidePass({}, { blockedUntil: NOW + 1 });
    expect(reasonOf(atEntry({ pass: blocked }))).toBe('rider_blocked');
    expect(reasonOf(atEntry({ pass: insidePass({}, { deliveries: [] }) }))).toBe(
      'delivery_not_active',
    );
    const hours = [{ days: ['sun'], from: '00:00', to: '01:00' }] as const;
    expect(reasonOf(atEntry({ pass: insidePass(), rules: { hours } }))).toBe('granted_rescan');
  });
});

describe('single use', () => {
  it('refuses a used code and flags the replay', () => {
    expect(withPass({ codeUsed: true })).toEqual({
      decision: 'denied',
      reason: 'code_used',
      flags: ['code_replayed'],
    });
  });
});

describe('anti-passback', () => {
  const modes = ['off', 'soft', 'hard'] as const;

  it.each(modes)(
    '%s: another entry within 60 s (end excluded) is already_inside',
    (antiPassback) => {
      const later = (age: number) =>
        reasonOf(
          atEntry({
            pass: insidePass({ at: NOW - age, gateId: OTHER_GATE }),
            rules: { antiPassback },
          }),
        );
      expect(later(0)).toBe('already_inside');
      expect(later(59_999)).toBe('already_inside');
      expect(later(60_000)).toBe(antiPassback === 'hard' ? 'already_inside' : 'granted');
    },
  );

  it.each(modes)(
    '%s: an exit between the two entries makes the second an ordinary one',
    (antiPassback) => {
      const decision = atEntry({
        pass: insidePass({ exited: true, at: NOW - 1 }, { openVisit: null }),
        rules: { antiPassback },
      });
      expect(decision).toMatchObject({ reason: 'granted', visit: { kind: 'open' }, flags: [] });
    },
  );

  it('also holds where the visit was closed without an exit', () => {
    const decision = atEntry({
      pass: insidePass({ at: NOW - 59_999, passageReported: true }, { openVisit: null }),
    });
    expect(reasonOf(decision)).toBe('already_inside');
  });

  it('soft grants a later entry, flags it and keeps the open visit', () => {
    expect(atEntry({ pass: insidePass({ at: NOW - MINUTE_MS }) })).toEqual({
      decision: 'granted',
      reason: 'granted',
      consumesCode: true,
      visit: { kind: 'keep', id: VISIT },
      building: '12',
      flags: ['anti_passback'],
    });
  });

  it('off keeps the open visit without a flag', () => {
    const inside = insidePass({ at: NOW - MINUTE_MS });
    expect(atEntry({ pass: inside, rules: { antiPassback: 'off' } })).toMatchObject({
      reason: 'granted',
      visit: { kind: 'keep', id: VISIT },
      flags: [],
    });
  });

  it('hard refuses while a visit is open, however old', () => {
    const inside = insidePass({ at: NOW - HOUR_MS });
    const rules = { antiPassback: 'hard' } as const;
    expect(reasonOf(atEntry({ pass: inside, rules }))).toBe('already_inside');
    expect(reasonOf(atEntry({ pass: pass({ entries: 1 }), rules }))).toBe('granted');
  });
});

describe('entries left', () => {
  it.each([
    [1, 2, 'granted'],
    [1, 3, 'entries_exhausted'],
    [2, 5, 'granted'],
    [2, 6, 'entries_exhausted'],
    [0, 2, 'granted'],
    [0, 3, 'entries_exhausted'],
  ])('with %d deliveries counted and %d entries: %s', (deliveriesCounted, entries, reason) => {
    expect(reasonOf(withPass({ deliveriesCounted, entries }))).toBe(reason);
  });
});

describe('capacity', () => {
  const rules = { capacity: 10 };
  it.each([
    [9, 'granted'],
    [10, 'capacity_reached'],
    [11, 'capacity_reached'],
    [null, 'granted'],
  ])('of 10 with %d inside: %s', (occupancy, reason) => {
    expect(reasonOf(atEntry({ rules, occupancy }))).toBe(reason);
  });

  it('does not matter to a rider who is inside already', () => {
    const inside = insidePass({ at: NOW - MINUTE_MS });
    expect(reasonOf(atEntry({ rules, occupancy: 10, pass: inside }))).toBe('granted');
  });

  it('does not matter where none is set', () => {
    expect(reasonOf(atEntry({ occupancy: 1_000_000 }))).toBe('granted');
  });
});

describe('a guard’s confirmation', () => {
  const rule = { hours: [], vehicles: [], conductPoints: null };
  const asks = (change: object, ofPass: Partial<PassFacts> = {}) =>
    reasonOf(atEntry({ rules: { guardConfirmation: { ...rule, ...change } }, pass: pass(ofPass) }));

  it('is not asked for by an empty rule: no hours here means never', () => {
    expect(asks({})).toBe('granted');
  });

  it('is asked for within its hours', () => {
    expect(asks({ hours: [{ days: ['sat'], from: '12:00', to: '12:01' }] })).toBe(
      'guard_confirmation_required',
    );
    expect(asks({ hours: [{ days: ['sat'], from: '12:01', to: '12:02' }] })).toBe('granted');
  });

  it('is asked for by vehicle, unless another passing delivery comes with another', () => {
    const vehicles = ['e-bike'];
    expect(asks({ vehicles })).toBe('guard_confirmation_required');
    expect(asks({ vehicles }, { deliveries: [delivery({ vehicle: null })] })).toBe(
      'guard_confirmation_required',
    );
    const both = [delivery(), delivery({ vehicle: 'foot' })];
    expect(asks({ vehicles }, { deliveries: both })).toBe('granted');
  });

  it('is asked for from so many conduct points on', () => {
    expect(asks({ conductPoints: 12 }, { conductPoints: 11 })).toBe('granted');
    expect(asks({ conductPoints: 12 }, { conductPoints: 12 })).toBe('guard_confirmation_required');
  });

  it('is the last thing judged', () => {
    expect(asks({ vehicles: ['e-bike'] }, { entries: 3 })).toBe('entries_exhausted');
  });
});

describe('a station', () => {
  it('lets in a rider without a delivery, as granted_rider', () => {
    expect(atEntry({ ...stationCommunity, pass: stationPass() })).toEqual({
      decision: 'granted',
      reason: 'granted_rider',
      consumesCode: true,
      visit: { kind: 'open' },
      building: null,
      flags: [],
    });
  });

  it('ends with the term, which is excluded', () => {
    const until = (expiresAt: number) =>
      reasonOf(atEntry({ ...stationCommunity, pass: stationPass({ expiresAt }) }));
    expect(until(NOW + 1)).toBe('granted_rider');
    expect(until(NOW)).toBe('delivery_not_active');
  });

  it('asks for no platform, vehicle or number of entries, but for everything else', () => {
    const decision = (changes: Partial<PassFacts>) =>
      reasonOf(
        atEntry({
          ...stationCommunity,
          pass: stationPass(changes),
          rules: { platforms: { mode: 'only', slugs: [] }, vehicles: [] },
        }),
      );
    expect(decision({ entries: 1000 })).toBe('granted_rider');
    expect(decision({ codeUsed: true })).toBe('code_used');
    expect(decision({ blockedUntil: NOW + 1 })).toBe('rider_blocked');
  });

  it('lets in by a live delivery as well, after the term', () => {
    const both = stationPass({ expiresAt: NOW, deliveries: [delivery()] });
    expect(reasonOf(atEntry({ ...stationCommunity, pass: both }))).toBe('granted_rider');
  });
});

describe('the order of judgement', () => {
  type Breaker = readonly [DeniedReason, (given: { attempt: Attempt; facts: Facts }) => void];
  interface Given {
    attempt: { -readonly [M in keyof Attempt]: Attempt[M] };
    facts: { -readonly [M in keyof Facts]: Facts[M] };
  }
  const change = (edit: (given: Given) => void) => edit as Breaker[1];
  const onPass = (changes: Partial<PassFacts>) =>
    change(({ facts: given }) => {
      if (given.pass !== null) given.pass = { ...given.pass, ...changes };
    });
  const onRules = (changes: Partial<Facts['rules']>) =>
    change(({ facts: given }) => {
      given.rules = { ...given.rules, ...changes };
    });
  const onCode = (changes: Parameters<typeof authentic>[0]) =>
    change(({ attempt: given }) => {
      if (given.code.kind === 'authentic')
        given.code = { kind: 'authentic', payload: { ...given.code.payload, ...changes } };
    });
  const codeKind = (kind: 'malformed' | 'unknown_key' | 'bad_signature') =>
    change(({ attempt: given }) => {
      given.code = { kind };
    });

  /** One way of failing each step, alone. */
  const BREAKERS: readonly Breaker[] = [
    ['malformed_code', codeKind('malformed')],
    ['unknown_key', codeKind('unknown_key')],
    ['bad_signature', codeKind('bad_signature')],
    ['wrong_community', onCode({ communityId: OTHER_COMMUNITY })],
    ['code_expired', onCode({ notBefore: NOW / 1000 - 300 })],
    ['wrong_gate', onCode({ directions: 2 })],
    [
      'community_lockdown',
      change((given) => {
        given.facts.communityPosture = posture('lockdown');
      }),
    ],
    [
      'gate_closed',
      change((given) => {
        given.facts.gatePosture = posture('closed');
      }),
    ],
    [
      'unknown_pass',
      change((given) => {
        given.facts.pass = null;
      }),
    ],
    ['rider_blocked', onPass({ blockedUntil: NOW + 1 })],
    ['rider_suspended', onPass({ suspendedUntil: NOW + 1 })],
    ['delivery_not_active', onPass({ status: 'leaving' })],
    ['outside_hours', onRules({ hours: [{ days: ['mon'], from: '00:00', to: '00:01' }] })],
    ['platform_not_allowed', onRules({ platforms: { mode: 'only', slugs: ['none'] } })],
    ['vehicle_not_allowed', onRules({ vehicles: ['van'] })],
    ['code_used', onPass({ codeUsed: true })],
    ['already_inside', onPass({ lastEntry: lastEntry({ gateId: OTHER_GATE }) })],
    ['entries_exhausted', onPass({ entries: 3 })],
    [
      'capacity_reached',
      change((given) => {
        given.facts.rules = { ...given.facts.rules, capacity: 1 };
        given.facts.occupancy = 1;
      }),
    ],
    ['guard_confirmation_required', onPass({ confirmationUntil: NOW + 1 })],
  ];

  it('is the closed list’s own order', () => {
    const judged = BREAKERS.map(([reason]) => reason);
    expect(judged).toEqual(DENIED_REASONS.filter((reason) => reason !== 'code_not_yet_valid'));
  });

  it.each(BREAKERS)('%s alone is the reason', (reason, breakIt) => {
    const given = { attempt: attempt(), facts: facts() };
    breakIt(given);
    expect(reasonOf(decide(given.attempt, given.facts))).toBe(reason);
  });

  it('gives the first that fails, whatever else fails after it', () => {
    const anySet = fc.uniqueArray(fc.nat(BREAKERS.length - 1), { minLength: 1 });
    fc.assert(
      fc.property(anySet, (chosen) => {
        const given = { attempt: attempt(), facts: facts() };
        // Later failures first, so that an earlier one may take away what a later one looks at.
        const indexes = chosen.toSorted((a, b) => b - a);
        for (const index of indexes) BREAKERS[index]?.[1](given);
        const first = BREAKERS[indexes.at(-1) ?? 0]?.[0];
        expect(reasonOf(decide(given.attempt, given.facts))).toBe(first);
      }),
      { numRuns: 500 },
    );
  });
});

describe('an exit', () => {
  const exit = (code: Attempt['code'], changes: Parameters<typeof facts>[0] = {}) =>
    decide(attempt({ direction: 'out', code }), facts(changes));
  const granted = {
    decision: 'granted',
    reason: 'granted_exit',
    consumesCode: false,
    building: null,
  };

  it('closes the open visit, whatever became of window, direction, use, delivery, block or posture', () => {
    const spent = insidePass(
      {},
      { status: 'ended', codeUsed: true, blockedUntil: NOW + 1, deliveries: [] },
    );
    const old = authentic({ notBefore: 0, directions: 1 });
    expect(
      exit(old, { pass: spent, communityPosture: posture('lockdown'), rules: { gates: [] } }),
    ).toEqual({
      ...granted,
      visit: { kind: 'close', id: VISIT },
      flags: [],
    });
  });

  it('without an open visit is granted and flagged', () => {
    expect(exit(authentic())).toEqual({
      ...granted,
      visit: { kind: 'none' },
      flags: ['exit_without_visit'],
    });
  });

  it.each<[string, Attempt['code'], Parameters<typeof facts>[0]]>([
    ['no code', { kind: 'absent' }, {}],
    ['a malformed code', { kind: 'malformed' }, {}],
    ['a code of an unknown key', { kind: 'unknown_key' }, {}],
    ['a bad signature', { kind: 'bad_signature' }, {}],
    [
      'a code of another community',
      authentic({ communityId: OTHER_COMMUNITY }),
      { pass: insidePass() },
    ],
    ['an unknown pass', authentic(), { pass: null }],
  ])('with %s is granted and flagged as unrecognised', (_, code, changes) => {
    expect(exit(code, changes)).toEqual({
      ...granted,
      visit: { kind: 'none' },
      flags: ['unrecognised_code_at_exit'],
    });
  });

  it('is never refused, whatever the facts', () => {
    const codes = fc.constantFrom<Attempt['code']>(
      { kind: 'absent' },
      { kind: 'malformed' },
      { kind: 'unknown_key' },
      { kind: 'bad_signature' },
      authentic(),
      authentic({ communityId: OTHER_COMMUNITY }),
    );
    const passes = fc.constantFrom(null, pass(), insidePass(), pass({ status: 'ended' }));
    const postures = fc.constantFrom<Posture>('normal', 'lockdown', 'open', 'closed');
    fc.assert(
      fc.property(codes, passes, postures, fc.nat(), (code, given, value, receivedAt) => {
        const decision = decide(
          attempt({ direction: 'out', code, receivedAt }),
          facts({ pass: given, communityPosture: posture(value), gatePosture: posture(value) }),
        );
        expect(decision).toMatchObject({ decision: 'granted', reason: 'granted_exit' });
      }),
    );
  });
});

describe('an entry that a guard confirms', () => {
  const late = NOW + 2 * MINUTE_MS;
  const confirm = (changes: Parameters<typeof facts>[0] = {}, now = late) =>
    confirmEntry(attempt(), facts(changes), now);

  it('is granted_by_guard, consumes the code and opens a visit, after the code’s window too', () => {
    expect(confirm({ pass: pass({ confirmationUntil: NOW + HOUR_MS }) })).toEqual({
      decision: 'granted',
      reason: 'granted_by_guard',
      consumesCode: true,
      visit: { kind: 'open' },
      building: '12',
      flags: [],
    });
  });

  it.each<[DeniedReason, Parameters<typeof facts>[0]]>([
    ['community_lockdown', { communityPosture: posture('lockdown') }],
    ['unknown_pass', { pass: null }],
    ['rider_blocked', { pass: pass({ blockedUntil: late + 1 }) }],
    ['delivery_not_active', { pass: pass({ deliveries: [delivery({ status: 'delivered' })] }) }],
    ['outside_hours', { rules: { hours: [{ days: ['sat'], from: '12:00', to: '12:02' }] } }],
    ['code_used', { pass: pass({ codeUsed: true }) }],
    ['entries_exhausted', { pass: pass({ entries: 3 }) }],
    ['capacity_reached', { rules: { capacity: 1 }, occupancy: 1 }],
  ])('is refused with %s by what is true at the confirmation', (reason, changes) => {
    expect(reasonOf(confirm(changes))).toBe(reason);
  });

  it('opens once: a second confirmation is no rescan', () => {
    const inside = insidePass({ at: late - 1_000 }, { codeUsed: true });
    expect(reasonOf(confirm({ pass: inside }))).toBe('code_used');
  });

  it('is granted_open while posture open is in force, as for anybody', () => {
    expect(reasonOf(confirm({ communityPosture: posture('open') }))).toBe('granted_open');
  });

  it('still needs an authentic code', () => {
    const forged = attempt({ code: { kind: 'bad_signature' } });
    expect(reasonOf(confirmEntry(forged, facts(), NOW))).toBe('bad_signature');
  });
});

describe('the static refusal, when codes are issued', () => {
  const refusal = (ofPass: Partial<PassFacts>, rules = {}) =>
    staticRefusal({ pass: pass(ofPass), rules: { ...STANDARD_RULES, ...rules } }, NOW);

  it('is null where entry may be granted, and where nothing authorises the pass', () => {
    expect(refusal({})).toBeNull();
    expect(refusal({ deliveries: [] })).toBeNull();
    expect(refusal({ deliveries: [delivery({ status: 'delivered', vehicle: 'van' })] })).toBeNull();
  });

  it.each([
    ['rider_blocked', { blockedUntil: NOW + 1, suspendedUntil: NOW + 1 }, {}],
    ['rider_suspended', { suspendedUntil: NOW + 1 }, { vehicles: [] }],
    ['platform_not_allowed', {}, { platforms: { mode: 'except', slugs: ['kuai'] }, vehicles: [] }],
    ['vehicle_not_allowed', {}, { vehicles: ['foot'] }],
    [null, { blockedUntil: NOW, suspendedUntil: NOW }, {}],
  ] as const)('is %s', (expected, ofPass, rules) => {
    expect(refusal(ofPass, rules)).toBe(expected);
  });

  it('refuses a vehicle only where no gate that riders use takes it', () => {
    const vehicles = ['foot'] as const;
    const gates = [{ gateId: GATE }, { gateId: OTHER_GATE, vehicles: ['e-bike'] as const }];
    expect(refusal({}, { vehicles, gates })).toBeNull();
    expect(refusal({}, { vehicles, gates: gates.slice(0, 1) })).toBe('vehicle_not_allowed');
  });

  it('asks no platform or vehicle of a station’s pass', () => {
    expect(refusal({ expiresAt: NOW + 1 }, { vehicles: [] })).toBeNull();
    expect(refusal({ expiresAt: NOW }, { vehicles: [] })).toBe('vehicle_not_allowed');
  });

  it('never promises less than the gate: where it refuses, the gate refuses too', () => {
    const changes = fc.record({
      blockedUntil: fc.constantFrom(null, NOW, NOW + 1),
      suspendedUntil: fc.constantFrom(null, NOW + 1),
      expiresAt: fc.constantFrom(null, NOW, NOW + 1),
      deliveries: fc.array(
        fc
          .record({
            platform: fc.constantFrom('kuai', 'man'),
            vehicle: fc.constantFrom('van' as const, 'foot' as const, null),
            status: fc.constantFrom('picked_up' as const, 'delivered' as const),
          })
          .map(delivery),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(changes, (ofPass) => {
        const rules = { ...STANDARD_RULES, platforms: { mode: 'except', slugs: ['man'] } } as const;
        const refused = staticRefusal({ pass: pass(ofPass), rules }, NOW);
        if (refused === null) return;
        expect(reasonOf(atEntry({ pass: pass(ofPass), rules }))).toBe(refused);
      }),
    );
  });
});

describe('a pass is authorised', () => {
  it('by any delivery or by a term, both ends excluded', () => {
    const rules = STANDARD_RULES;
    const lapsing = [
      delivery({ status: 'assigned' }),
      delivery({ newestAt: NOW - 2 * HOUR_MS + 1 }),
    ];
    expect(passAuthorised(lapsing, null, rules, NOW)).toBe(true);
    expect(passAuthorised(lapsing, null, rules, NOW + 1)).toBe(false);
    expect(passAuthorised([], NOW + 1, rules, NOW)).toBe(true);
    expect(passAuthorised([], NOW, rules, NOW)).toBe(false);
    expect(passAuthorised([], null, rules, NOW)).toBe(false);
  });
});

describe('a tap in place of a code', () => {
  const tapped = (freshness: TapFreshness): Attempt =>
    attempt({ medium: 'nfc', code: { kind: 'tap', freshness, key: 2 ** 32 } });
  const judge = (freshness: TapFreshness, changes: Parameters<typeof facts>[0] = {}) =>
    decide(tapped(freshness), facts(changes));

  it('is judged as a code of the rider’s pass in its window, whatever the facts', () => {
    const windows = fc.constantFrom(NOW, NOW + 14_999, NOW + 44_999);
    const many = fc.record({
      communityPosture: fc
        .constantFrom<Posture>('normal', 'open', 'lockdown')
        .map((p) => posture(p)),
      gatePosture: fc.constantFrom<Posture>('normal', 'closed', 'open').map((p) => posture(p)),
      pass: fc.constantFrom(
        null,
        pass(),
        pass({ status: 'leaving' }),
        pass({ blockedUntil: NOW + HOUR_MS }),
        pass({ entries: 3 }),
        pass({ codeUsed: true }),
        insidePass(),
        insidePass({ at: NOW - MINUTE_MS }),
        insidePass({ gateId: OTHER_GATE }),
        pass({ deliveries: [delivery({ vehicle: 'van' })] }),
      ),
    });
    fc.assert(
      fc.property(windows, many, (receivedAt, changes) => {
        const given = facts(changes);
        const byTap = decide({ ...tapped('fresh'), receivedAt }, given);
        expect(byTap).toEqual(decide(attempt({ receivedAt }), given));
        const confirmed = confirmEntry(tapped('fresh'), given, receivedAt);
        expect(confirmed).toEqual(confirmEntry(attempt(), given, receivedAt));
      }),
    );
  });

  it.each([
    ['an open posture', { communityPosture: posture('open') }],
    ['a lockdown', { communityPosture: posture('lockdown') }],
    ['a rescan', { pass: insidePass() }],
    ['nobody’s pass', { pass: null }],
  ])('that is stale is code_used before %s is looked at', (_what, changes) => {
    const denied = { decision: 'denied', reason: 'code_used' };
    expect(judge('used', changes)).toEqual({ ...denied, flags: ['code_replayed'] });
    expect(judge('overtaken', changes)).toEqual({ ...denied, flags: [] });
  });

  it('closes the rider’s visit at an exit, stale or not', () => {
    const out = { ...tapped('used'), direction: 'out' as const };
    expect(decide(out, facts({ pass: insidePass() }))).toMatchObject({
      reason: 'granted_exit',
      visit: { kind: 'close', id: VISIT },
      flags: [],
    });
  });
});
