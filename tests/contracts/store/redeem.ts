import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../../src/domain/clock.ts';
import type { EntryRules, Hours } from '../../../src/domain/entry-rules.ts';
import type { GateId, PassId } from '../../../src/domain/identifier.ts';
import type { DecisionRecord, RedeemOutcome } from '../../../src/store/store.ts';
import { type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import {
  ACTOR,
  makeWorld,
  NOON,
  type Presented,
  unique,
  type World,
} from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

const ALL_DAY: readonly Hours[] = [
  { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' },
];
const NEVER_NOW: readonly Hours[] = [{ days: ['mon'], from: '00:00', to: '00:01' }];
const UNKNOWN_PASS = 'pas_0000000000000' as PassId;

/** How often each outcome occurred, by reason or, where nothing was judged, by kind. */
function tally(outcomes: readonly RedeemOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const name = outcome.kind === 'decided' ? outcome.record.reason : outcome.kind;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export function describeRedeem(open: OpenStore): void {
  const under = sharedStore(open);

  const visits = async (world: World, only: boolean | null = null) =>
    (
      await under.store.listVisits({
        communityId: world.community.id,
        open: only,
        page: { limit: 200, after: null },
      })
    ).items;
  const consumed = async (pass: { id: string }) => {
    const [row] = await under.sql(
      `SELECT count(*) AS n FROM attempts WHERE pass_id = '${pass.id}' AND entry_key > 0`,
    );
    return Number(row?.['n']);
  };
  const putRules = (world: World, rules: EntryRules, now = NOON) =>
    under.store.putRules({
      communityId: world.community.id,
      rules,
      agreedBy: [],
      effectiveFrom: now,
      ifVersion: null,
      actor: ACTOR,
      now,
    });

  describe('one code', () => {
    it('opens one visit and is consumed once, of 200 attempts at two gates at the same time', async () => {
      const world = await makeWorld(under);
      const second = await world.addGate();
      const pass = await world.rider('r-1');
      const gates = [world.gate.id, second.id];
      const attempts = Array.from({ length: 200 }, (_, index) =>
        world.redeem({ pass, at: NOON, gate: gates[index % 2] as GateId }),
      );
      const counts = tally(await Promise.all(attempts));
      // The gate that was first has no passage sensor: it may open once more.
      expect(counts).toEqual({ granted: 1, granted_rescan: 1, code_used: 198 });
      expect(await visits(world)).toHaveLength(1);
      expect(await consumed(pass)).toBe(1);
    });

    it('is granted once and never again where there is no grace', async () => {
      const world = await makeWorld(under, { rules: { rescanGraceSeconds: 0 } });
      const second = await world.addGate();
      const pass = await world.rider('r-1');
      const gates = [world.gate.id, second.id];
      const attempts = Array.from({ length: 200 }, (_, index) =>
        world.redeem({ pass, at: NOON, gate: gates[index % 2] as GateId }),
      );
      expect(tally(await Promise.all(attempts))).toEqual({ granted: 1, code_used: 199 });
      expect(await visits(world)).toHaveLength(1);
    });

    it('is one code however it is signed, shown and numbered: the pass and the window', async () => {
      const world = await makeWorld(under, { rules: { rescanGraceSeconds: 0 } });
      const pass = await world.rider('r-1');
      expect(await world.reason({ pass, at: NOON, bits: 3 })).toBe('granted');
      expect(await world.scan({ pass, at: NOON, bits: 1, medium: 'nfc' })).toMatchObject({
        reason: 'code_used',
        flags: ['code_replayed'],
      });
    });

    it('stays used over a restart', async () => {
      const world = await makeWorld(under, { rules: { rescanGraceSeconds: 0 } });
      const pass = await world.rider('r-1');
      await world.scan({ pass, at: NOON });
      await under.reopen();
      expect(await world.reason({ pass, at: NOON + 1 })).toBe('code_used');
    });
  });

  describe('a retried request', () => {
    it('gets the first answer, all of it, at once and after a restart', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const attempt = {
        ...world.attempt({ pass, at: NOON }),
        lane: '1',
        scannedAt: NOON - 10,
        speedKmh: 12.4,
        accuracyKmh: 1,
      };
      const first = await under.store.redeem(attempt);
      expect(first).toMatchObject({
        kind: 'decided',
        record: { reason: 'granted', building: '12', speedLimitKmh: 15 },
      });
      const repeated = { kind: 'repeated', record: first.kind === 'decided' ? first.record : null };
      expect(await under.store.redeem(attempt)).toEqual(repeated);
      expect(await under.store.redeem({ ...attempt, receivedAt: NOON + 3_600_000 })).toEqual(
        repeated,
      );
      await under.reopen();
      expect(await under.store.redeem(attempt)).toEqual(repeated);
    });

    it('gets the first answer though everything has changed since', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const pass = await world.findPass('r-1');
      const asked: Presented = { pass: pass?.id as PassId, at: NOON, requestId: randomUUID() };
      const record = await world.scan(asked);
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: NOON + 1 });
      await under.store.setGatePosture({
        gateId: world.gate.id,
        posture: 'closed',
        until: null,
        reason: 'x',
        actor: ACTOR,
        now: NOON,
      });
      expect(await world.redeem(asked)).toEqual({ kind: 'repeated', record });
    });

    it('gets a refusal again as a refusal', async () => {
      const world = await makeWorld(under);
      const asked: Presented = { at: NOON, requestId: randomUUID() };
      const record = await world.scan(asked);
      expect(record).toMatchObject({
        decision: 'denied',
        reason: 'malformed_code',
        passId: null,
        visitId: null,
      });
      expect(await world.redeem(asked)).toEqual({ kind: 'repeated', record });
    });

    it('is judged once though it comes twenty times at the same time', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const requestId = randomUUID();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => world.redeem({ pass, at: NOON, requestId })),
      );
      expect(tally(outcomes)).toEqual({ granted: 1, repeated: 19 });
      expect(
        new Set(outcomes.map((outcome) => ('record' in outcome ? outcome.record.auditId : '')))
          .size,
      ).toBe(1);
    });

    it.each<[string, Partial<Presented>]>([
      ['another code', { window: NOON / 1000 + 30 }],
      ['another direction', { direction: 'out' }],
      ['another medium', { medium: 'nfc' }],
    ])('is a conflict with %s, and nothing is recorded', async (_what, change) => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const asked: Presented = { pass, at: NOON, requestId: randomUUID() };
      const record = await world.scan(asked);
      expect(await world.redeem({ ...asked, ...change })).toEqual({ kind: 'conflict' });
      expect(await world.redeem(asked)).toEqual({ kind: 'repeated', record });
      expect(
        (await under.store.listDecisions(world.community.id, { limit: 5, after: null })).items,
      ).toEqual([record]);
    });

    it('is another request at another gate', async () => {
      const world = await makeWorld(under, { rules: { rescanGraceSeconds: 0 } });
      const second = await world.addGate();
      const pass = await world.rider('r-1');
      const requestId = randomUUID();
      expect(await world.reason({ pass, at: NOON, requestId })).toBe('granted');
      expect(await world.reason({ pass, at: NOON, requestId, gate: second.id })).toBe('code_used');
    });
  });

  describe('order of judgement', () => {
    /** Everything is wrong at first. Each step puts one thing right, and the next reason shows. */
    it('gives as the reason the first thing that is wrong, for every reason that can arise online', async () => {
      const world = await makeWorld(under, {
        rules: { antiPassback: 'hard', maxEntriesPerDelivery: 1 },
      });
      const [other, elsewhere] = [await world.addGate(), await makeWorld(under)];
      const { id: communityId } = world.community;
      await world.deliver({ delivery: '1', riderId: 'r-1', vehicle: 'motorcycle' });
      const lax: EntryRules = { ...world.rules, vehicles: ['motorcycle', 'e-bike'] };
      await putRules(world, lax);
      const pass = (await world.findPass('r-1'))?.id as PassId;
      const courierId = await world.courier('r-1');
      expect(await world.reason({ pass, at: NOON })).toBe('granted');

      // Two minutes later: inside, with a code that was used, and all the rest.
      const at = NOON + 120_000;
      const used = NOON / 1000;
      const strict: EntryRules = {
        ...lax,
        hours: NEVER_NOW,
        platforms: { mode: 'only', slugs: ['another'] },
        vehicles: ['foot'],
        gates: [{ gateId: other.id }],
        capacity: 1,
        guardConfirmation: { hours: ALL_DAY, vehicles: [], conductPoints: null },
      };
      let rules = strict;
      const relax = async (change: Partial<EntryRules>) => {
        rules = { ...rules, ...change };
        await putRules(world, rules, at);
      };
      await putRules(world, strict, at);
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: at });
      const block = { communityId, courierId, actor: ACTOR, now: at };
      await under.store.putBlock({ ...block, reason: 'x', until: at + MINUTE_MS });
      const posture = { until: null, reason: 'x', actor: ACTOR, now: at };
      await under.store.setCommunityPosture({ id: communityId, posture: 'lockdown', ...posture });
      await under.store.setGatePosture({ gateId: world.gate.id, posture: 'closed', ...posture });

      const reasons: string[] = [];
      let shown: Presented = { pass: UNKNOWN_PASS, at, window: used, bits: 2 };
      const show = async (change: Partial<Presented> = {}) => {
        reasons.push(await world.reason({ ...shown, ...change }));
      };
      await show({ code: { kind: 'absent' } });
      await show({ code: { kind: 'malformed' } });
      await show({ code: { kind: 'unknown_key' } });
      await show({ code: { kind: 'bad_signature' } });
      await show({ code: elsewhere.attempt({ ...shown, window: used + 600 }).code });
      await show({ window: used + 600 });
      await show();
      // A code lives so long here that one used two minutes ago is still in its window.
      const live = (presented: Presented): Presented => ({
        ...presented,
        code: longLived(world, presented, used),
      });
      await show(live(shown));
      shown = { ...shown, bits: 3 };
      await show(live(shown));
      await relax({ gates: 'all' });
      await show(live(shown));
      await under.store.setCommunityPosture({ id: communityId, posture: 'normal', ...posture });
      await show(live(shown));
      await under.store.setGatePosture({ gateId: world.gate.id, posture: 'normal', ...posture });
      await show(live(shown));
      shown = { ...shown, pass };
      await show(live(shown));
      await under.store.deleteBlock(block);
      await show(live(shown));
      await world.deliver({
        delivery: unique('order'),
        riderId: 'r-1',
        vehicle: 'motorcycle',
        now: at,
      });
      await show(live(shown));
      await relax({ hours: ALL_DAY });
      await show(live(shown));
      await relax({ platforms: { mode: 'any', slugs: [] } });
      await show(live(shown));
      await relax({ vehicles: ['motorcycle', 'e-bike'] });
      await show(live(shown));
      shown = { pass, at };
      await show();
      await world.scan({ pass, at, direction: 'out' });
      const guest = await world.rider('guest', at);
      await relax({ guardConfirmation: null });
      expect(await world.reason({ pass: guest, at })).toBe('granted');
      await relax({ guardConfirmation: strict.guardConfirmation, maxEntriesPerDelivery: 1 });
      // Two deliveries have counted; the second entry is made, so that the third is one too many.
      await relax({ capacity: null, guardConfirmation: null });
      expect(await world.reason({ pass, at: at + 30_000 })).toBe('granted');
      await world.scan({ pass, at: at + 31_000, direction: 'out' });
      await relax({ capacity: 1, guardConfirmation: strict.guardConfirmation });
      shown = { pass, at: at + 60_000 };
      await show();
      await relax({ maxEntriesPerDelivery: 2 });
      await show();
      await world.scan({ pass: guest, at, direction: 'out' });
      await show();
      await relax({ guardConfirmation: null });
      await show();
      expect(reasons).toEqual([
        'malformed_code',
        'malformed_code',
        'unknown_key',
        'bad_signature',
        'wrong_community',
        'code_not_yet_valid',
        'code_expired',
        'wrong_gate',
        'wrong_gate',
        'community_lockdown',
        'gate_closed',
        'unknown_pass',
        'rider_blocked',
        'delivery_not_active',
        'outside_hours',
        'platform_not_allowed',
        'vehicle_not_allowed',
        'code_used',
        'already_inside',
        'entries_exhausted',
        'capacity_reached',
        'guard_confirmation_required',
        'granted',
      ]);
    });

    it('refuses a platform that does not serve the community’s district', async () => {
      const world = await makeWorld(under, {
        district: 'donggang',
        platformDistricts: ['donggang'],
      });
      const pass = await world.rider('r-1');
      await under.store.updateCommunity({
        id: world.community.id,
        district: 'xihu',
        actor: ACTOR,
        now: NOON,
      });
      expect(await world.reason({ pass, at: NOON })).toBe('platform_not_allowed');
    });

    it('knows a pass in its own community only', async () => {
      const [world, elsewhere] = [await makeWorld(under), await makeWorld(under)];
      const pass = await elsewhere.rider('r-1');
      expect(await world.scan({ pass, at: NOON })).toMatchObject({
        reason: 'unknown_pass',
        passId: null,
      });
    });

    it('has no answer for a direction that the gate cannot read', async () => {
      const world = await makeWorld(under, { directions: ['in'] });
      const pass = await world.rider('r-1');
      expect(await world.redeem({ pass, at: NOON, direction: 'out' })).toEqual({
        kind: 'no_such_reader',
      });
      expect(await world.redeem({ pass, at: NOON, gate: 'gat_0000000000000' as GateId })).toEqual({
        kind: 'gate_revoked',
      });
    });
  });

  describe('rescan and passback', () => {
    const GRACE_MS = 20 * SECOND_MS;

    it('opens the same gate once more within the grace, and not a millisecond after', async () => {
      const world = await makeWorld(under);
      const [one, two] = [await world.rider('r-1'), await world.rider('r-2')];
      const { visitId } = await world.scan({ pass: one, at: NOON });
      expect(await world.scan({ pass: one, at: NOON + GRACE_MS - 1 })).toMatchObject({
        reason: 'granted_rescan',
        visitId,
      });
      expect(await world.reason({ pass: one, at: NOON + GRACE_MS - 1 })).toBe('code_used');
      await world.scan({ pass: two, at: NOON });
      expect(await world.reason({ pass: two, at: NOON + GRACE_MS })).toBe('code_used');
      expect(await consumed(one)).toBe(1);
    });

    it('opens a lane with a passage sensor as often as it takes within the grace', async () => {
      const world = await makeWorld(under, { passageSensor: true });
      const pass = await world.rider('r-1');
      await world.scan({ pass, at: NOON });
      for (const ms of [1, 1_000, GRACE_MS - 1])
        expect(await world.reason({ pass, at: NOON + ms })).toBe('granted_rescan');
      expect(await visits(world)).toHaveLength(1);
    });

    it('opens no other gate again, and none after an exit', async () => {
      const world = await makeWorld(under);
      const second = await world.addGate();
      const [one, two] = [await world.rider('r-1'), await world.rider('r-2')];
      await world.scan({ pass: one, at: NOON });
      expect(await world.reason({ pass: one, at: NOON + 1, gate: second.id })).toBe('code_used');
      await world.scan({ pass: two, at: NOON });
      await world.scan({ pass: two, at: NOON + 1, direction: 'out' });
      expect(await world.reason({ pass: two, at: NOON + 2 })).toBe('code_used');
    });

    it.each(['off', 'soft'] as const)(
      'takes another entry within 60 s for a pass handed back, with anti-passback %s',
      async (antiPassback) => {
        const world = await makeWorld(under, { rules: { antiPassback, rescanGraceSeconds: 0 } });
        const [one, two] = [await world.rider('r-1'), await world.rider('r-2')];
        const { visitId } = await world.scan({ pass: one, at: NOON });
        expect(await world.reason({ pass: one, at: NOON + MINUTE_MS - 1 })).toBe('already_inside');
        const flags = antiPassback === 'soft' ? ['anti_passback'] : [];
        expect(await world.scan({ pass: one, at: NOON + MINUTE_MS })).toMatchObject({
          reason: 'granted',
          visitId,
          flags,
        });
        expect(await world.reason({ pass: one, at: NOON + 2 * MINUTE_MS - 1 })).toBe(
          'already_inside',
        );
        await world.scan({ pass: two, at: NOON });
        await world.scan({ pass: two, at: NOON + 30_000, direction: 'out' });
        expect(await world.scan({ pass: two, at: NOON + 30_000 })).toMatchObject({
          reason: 'granted',
          flags: [],
        });
        expect(await visits(world)).toHaveLength(3);
      },
    );

    it('keeps out whoever is inside with hard anti-passback, until the exit', async () => {
      const world = await makeWorld(under, { rules: { antiPassback: 'hard' } });
      const pass = await world.rider('r-1');
      await world.scan({ pass, at: NOON });
      expect(await world.reason({ pass, at: NOON + 20 * MINUTE_MS })).toBe('already_inside');
      await world.scan({ pass, at: NOON + 21 * MINUTE_MS, direction: 'out' });
      expect(await world.reason({ pass, at: NOON + 22 * MINUTE_MS })).toBe('granted');
    });

    it('belongs to the courier: a new pass does not open the door for one who went in a moment ago', async () => {
      const world = await makeWorld(under, { directions: ['in'] });
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const first = await world.findPass('r-1');
      await world.scan({ pass: first?.id as PassId, at: NOON });
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered', now: NOON + 1 });
      await world.deliver({ delivery: '2', riderId: 'r-1', now: NOON + 2 });
      const second = await world.findPass('r-1', NOON + 2);
      expect(await world.reason({ pass: second?.id as PassId, at: NOON + 30_000 })).toBe(
        'already_inside',
      );
    });
  });

  describe('entries and capacity', () => {
    it('gives so many entries for each delivery, ended ones included', async () => {
      const world = await makeWorld(under, { rules: { maxEntriesPerDelivery: 1 } });
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const pass = (await world.findPass('r-1'))?.id as PassId;
      const goIn = async (minute: number) => {
        const at = NOON + minute * MINUTE_MS;
        const reason = await world.reason({ pass, at });
        await world.scan({ pass, at: at + 1, direction: 'out' });
        return reason;
      };
      expect(await goIn(0)).toBe('granted');
      expect(await goIn(1)).toBe('entries_exhausted');
      await world.deliver({ delivery: '2', riderId: 'r-1', now: NOON + 2 * MINUTE_MS });
      await world.deliver({
        delivery: '1',
        riderId: 'r-1',
        status: 'delivered',
        now: NOON + 2 * MINUTE_MS,
      });
      expect(await goIn(3)).toBe('granted');
      expect(await goIn(4)).toBe('entries_exhausted');
    });

    it('counts neither rescans nor refusals nor open gates as entries', async () => {
      const world = await makeWorld(under, { rules: { maxEntriesPerDelivery: 2 } });
      const pass = await world.rider('r-1');
      await world.scan({ pass, at: NOON });
      expect(await world.reason({ pass, at: NOON + 1 })).toBe('granted_rescan');
      expect(await world.reason({ pass, at: NOON + 2 })).toBe('code_used');
      const posture = { id: world.community.id, until: null, reason: 'x', actor: ACTOR, now: NOON };
      await under.store.setCommunityPosture({ ...posture, posture: 'open' });
      expect(await world.reason({ pass, at: NOON + 90_000 })).toBe('granted_open');
      await under.store.setCommunityPosture({ ...posture, posture: 'normal' });
      expect(await world.reason({ pass, at: NOON + 120_000 })).toBe('granted');
      expect(await world.reason({ pass, at: NOON + 240_000 })).toBe('entries_exhausted');
    });

    it('never lets more riders in than fit, of 100 at the same time, and one more for each who leaves', async () => {
      const world = await makeWorld(under, { rules: { capacity: 7 } });
      const second = await world.addGate();
      const riders = Array.from({ length: 100 }, (_, index) => `r-${index}`);
      const passes = await Promise.all(riders.map((riderId) => world.rider(riderId)));
      const gates = [world.gate.id, second.id];
      const outcomes = await Promise.all(
        passes.map((pass, index) =>
          world.redeem({ pass, at: NOON, gate: gates[index % 2] as GateId }),
        ),
      );
      expect(tally(outcomes)).toEqual({ granted: 7, capacity_reached: 93 });
      expect(await visits(world, true)).toHaveLength(7);
      const inside = passes.filter(
        (_, index) => (outcomes[index] as { record: DecisionRecord }).record.decision === 'granted',
      );
      const waiting = passes.filter((pass) => !inside.includes(pass));
      const leave = inside
        .slice(0, 2)
        .map((pass) => world.redeem({ pass, at: NOON + 1, direction: 'out' }));
      const enter = waiting.map((pass) => world.redeem({ pass, at: NOON + 1 }));
      await Promise.all([...leave, ...enter]);
      expect(await visits(world, true)).toHaveLength(7);
      expect(await visits(world, false)).toHaveLength(2);
    });
  });

  describe('without an exit reader nobody is seen to leave', () => {
    /** A gate that only lets in, beside the one exit reader, which may be revoked. */
    async function oneExit(rules: Partial<EntryRules>) {
      const world = await makeWorld(under, { rules });
      const { id: gate } = await world.addGate({ directions: ['in'] });
      const revokeExit = (now: number) =>
        under.store.revokeGate({ gateId: world.gate.id, actor: ACTOR, now });
      return { world, gate, revokeExit };
    }

    it('so hard anti-passback is judged as soft once the last one is revoked', async () => {
      const { world, gate, revokeExit } = await oneExit({ antiPassback: 'hard' });
      const pass = await world.rider('r-1');
      expect(await world.reason({ pass, gate, at: NOON })).toBe('granted');
      expect(await world.reason({ pass, gate, at: NOON + 2 * MINUTE_MS })).toBe('already_inside');
      await revokeExit(NOON + 3 * MINUTE_MS);
      expect(await world.scan({ pass, gate, at: NOON + 4 * MINUTE_MS })).toMatchObject({
        reason: 'granted',
        flags: ['anti_passback'],
      });
      expect(await world.reason({ pass, gate, at: NOON + 4.5 * MINUTE_MS })).toBe('already_inside');
    });

    it('so there is no capacity once the last one is revoked, and there is again with a new one', async () => {
      const { world, gate, revokeExit } = await oneExit({ capacity: 1 });
      const [one, two, three] = [
        await world.rider('r-1'),
        await world.rider('r-2'),
        await world.rider('r-3'),
      ];
      expect(await world.reason({ pass: one, gate, at: NOON })).toBe('granted');
      expect(await world.reason({ pass: two, gate, at: NOON })).toBe('capacity_reached');
      await revokeExit(NOON + 1);
      expect(await world.reason({ pass: two, gate, at: NOON + 1 })).toBe('granted');
      await world.addGate({ directions: ['out'] });
      expect(await world.reason({ pass: three, gate, at: NOON + 2 })).toBe('capacity_reached');
    });

    it('but both hold as long as one of several is left', async () => {
      const { world, gate, revokeExit } = await oneExit({ antiPassback: 'hard', capacity: 1 });
      await world.addGate({ directions: ['out'] });
      const [one, two] = [await world.rider('r-1'), await world.rider('r-2')];
      await world.scan({ pass: one, gate, at: NOON });
      await revokeExit(NOON + 1);
      expect(await world.reason({ pass: one, gate, at: NOON + 2 * MINUTE_MS })).toBe(
        'already_inside',
      );
      expect(await world.reason({ pass: two, gate, at: NOON + 2 * MINUTE_MS })).toBe(
        'capacity_reached',
      );
    });
  });

  describe('open posture', () => {
    it('lets in whoever shows an authentic code, consumes nothing, and opens a visit where the pass is known', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const posture = { id: world.community.id, reason: 'x', actor: ACTOR, now: NOON };
      await under.store.setCommunityPosture({ ...posture, posture: 'open', until: NOON + 10_000 });
      const stranger = await world.scan({ pass: UNKNOWN_PASS, at: NOON });
      expect(stranger).toMatchObject({ reason: 'granted_open', passId: null, visitId: null });
      const known = await world.scan({ pass, at: NOON });
      expect(known).toMatchObject({ reason: 'granted_open', passId: pass.id });
      expect(await visits(world)).toMatchObject([{ id: known.visitId, passId: pass.id }]);
      expect(await consumed(pass)).toBe(0);
      expect(await world.reason({ at: NOON })).toBe('malformed_code');
    });
  });

  describe('exit', () => {
    it('closes the visit, whatever became of delivery, window and use', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1' });
      const pass = (await world.findPass('r-1'))?.id as PassId;
      const window = NOON / 1000;
      const { visitId } = await world.scan({ pass, at: NOON, window });
      await world.deliver({ delivery: '1', riderId: 'r-1', status: 'cancelled', now: NOON + 1 });
      const at = NOON + 10 * MINUTE_MS;
      const exit = await world.scan({ pass, at, window, direction: 'out', bits: 1 });
      expect(exit).toMatchObject({
        decision: 'granted',
        reason: 'granted_exit',
        visitId,
        flags: [],
        speedLimitKmh: null,
      });
      expect(await visits(world)).toMatchObject([
        { id: visitId, closedAt: at, closedBy: 'exit', exitGateId: world.gate.id },
      ]);
      expect(await world.scan({ pass, at: at + 1, direction: 'out' })).toMatchObject({
        reason: 'granted_exit',
        flags: ['exit_without_visit'],
      });
    });

    it('is never refused: unreadable, forged, foreign or unknown codes, lockdown or a closed gate', async () => {
      const [world, elsewhere] = [await makeWorld(under), await makeWorld(under)];
      const foreign = await elsewhere.rider('r-1');
      const posture = { until: null, reason: 'x', actor: ACTOR, now: NOON };
      await under.store.setCommunityPosture({
        id: world.community.id,
        posture: 'lockdown',
        ...posture,
      });
      await under.store.setGatePosture({ gateId: world.gate.id, posture: 'closed', ...posture });
      const codes: Partial<Presented>[] = [
        { code: { kind: 'absent' } },
        { code: { kind: 'malformed' } },
        { code: { kind: 'unknown_key' } },
        { code: { kind: 'bad_signature' } },
        { code: elsewhere.attempt({ pass: foreign, at: NOON }).code },
        { pass: UNKNOWN_PASS },
      ];
      for (const code of codes) {
        const exit = await world.scan({ at: NOON, direction: 'out', ...code });
        expect(exit).toMatchObject({
          decision: 'granted',
          reason: 'granted_exit',
          flags: ['unrecognised_code_at_exit'],
        });
      }
    });

    it('closes a visit once, of twenty exits at the same time', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const { visitId } = await world.scan({ pass, at: NOON });
      const exits = await Promise.all(
        Array.from({ length: 20 }, () => world.scan({ pass, at: NOON + 1, direction: 'out' })),
      );
      expect(exits.filter((exit) => exit.visitId === visitId)).toHaveLength(1);
      expect(exits.filter((exit) => exit.flags.includes('exit_without_visit'))).toHaveLength(19);
    });
  });

  describe('lists', () => {
    it('lists decisions newest first, page by page, as they were answered', async () => {
      const [world, other] = [await makeWorld(under), await makeWorld(under)];
      const records: DecisionRecord[] = [];
      for (let index = 0; index < 5; index++) {
        records.push(await world.scan({ pass: await world.rider(`r-${index}`), at: NOON }));
        await other.scan({ at: NOON });
      }
      const listed = await expectPaged((page) =>
        under.store.listDecisions(world.community.id, page),
      );
      expect(listed).toEqual(records.toReversed());
    });

    it('lists visits newest first, the open and the closed ones apart', async () => {
      const world = await makeWorld(under);
      const passes = await Promise.all(
        Array.from({ length: 4 }, (_, index) => world.rider(`r-${index}`)),
      );
      const ids: (string | null)[] = [];
      for (const pass of passes) ids.push((await world.scan({ pass, at: NOON })).visitId);
      await world.scan({ pass: passes[1] as never, at: NOON + 1, direction: 'out' });
      const list = async (only: boolean | null) => {
        const communityId = world.community.id;
        const found = await expectPaged((page) =>
          under.store.listVisits({ communityId, open: only, page }),
        );
        return found.map(({ id }) => id);
      };
      expect(await list(null)).toEqual(ids.toReversed());
      expect(await list(false)).toEqual([ids[1]]);
      expect(await list(true)).toEqual([ids[3], ids[2], ids[0]]);
      const [first] = (await visits(world, false)) ?? [];
      expect(first).toMatchObject({
        passId: passes[1]?.id,
        courierId: await world.courier('r-1'),
        openedAt: NOON,
        entryGateId: world.gate.id,
      });
    });

    it('lists nothing of a community that does not exist', async () => {
      const page = { limit: 5, after: null };
      expect(await under.store.listDecisions('com_0000000000000' as never, page)).toEqual({
        items: [],
        next: null,
      });
      expect(
        await under.store.listVisits({
          communityId: 'com_0000000000000' as never,
          open: null,
          page,
        }),
      ).toEqual({ items: [], next: null });
    });
  });
}

/** The code of a window that lasts ten minutes. */
function longLived(world: World, presented: Presented, window: number) {
  const { code } = world.attempt({ ...presented, window });
  if (code.kind !== 'authentic') throw new Error('a pass has an authentic code');
  return { kind: 'authentic' as const, payload: { ...code.payload, lifetimeSeconds: 600 } };
}
