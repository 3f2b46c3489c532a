import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/domain/clock.ts';
import type { DecisionRecord } from '../../../src/domain/decision-record.ts';
import type { EntryRules } from '../../../src/domain/entry-rules.ts';
import type { CommunityId, GateId } from '../../../src/domain/identifier.ts';
import type { Scope } from '../../../src/store/store.ts';
import { entriesOf, type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import {
  ACTOR,
  makeWorld,
  NOON,
  unique,
  type World,
  type WorldOptions,
} from '../../support/store-world.ts';

const EVERYBODY: EntryRules['guardConfirmation'] = {
  hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
  vehicles: [],
  conductPoints: null,
};
const ALL: Scope = { kind: 'all' };

export function describeGuard(open: OpenStore): void {
  const under = sharedStore(open);

  const guarded = (options: WorldOptions = {}) =>
    makeWorld(under, { ...options, rules: { guardConfirmation: EVERYBODY, ...options.rules } });
  const confirm = (auditId: string, now: number, scope = ALL) =>
    under.store.confirmDecision({
      auditId,
      scope,
      openForMs: 3_000,
      actor: 'key:key_0000000000guard',
      now,
    });

  /** A rider who waits for the guard. */
  async function waiting(world: World, riderId = 'r-1') {
    const pass = await world.rider(riderId);
    const refused = await world.scan({ pass, at: NOON });
    expect(refused).toMatchObject({ decision: 'denied', reason: 'guard_confirmation_required' });
    return { pass, refused };
  }

  describe('confirming', () => {
    it('lets the rider in, opens the visit and consumes the code', async () => {
      const world = await guarded();
      const second = await world.addGate();
      const { pass, refused } = await waiting(world);
      const outcome = await confirm(refused.auditId, NOON + 10_000);
      const record = outcome.kind === 'decided' ? outcome.record : null;
      expect(record).toMatchObject({
        decision: 'granted',
        reason: 'granted_by_guard',
        source: 'guard',
        at: NOON + 10_000,
      });
      expect(record).toMatchObject({
        gateId: world.gate.id,
        direction: 'in',
        medium: 'qr',
        passId: pass.id,
        building: '12',
        speedLimitKmh: 15,
      });
      expect(record?.auditId).not.toBe(refused.auditId);
      expect(record?.requestId).not.toBe(refused.requestId);
      expect(outcome).toMatchObject({ courierId: await world.courier('r-1') });
      const visits = await under.store.listVisits({
        communityId: world.community.id,
        open: true,
        page: { limit: 5, after: null },
      });
      expect(visits.items).toMatchObject([
        { id: record?.visitId, passId: pass.id, openedAt: NOON + 10_000 },
      ]);
      expect(await world.reason({ pass, at: NOON + 11_000, gate: second.id })).toBe('code_used');
    });

    it('is an entry like any other: the same code opens the gate once more within the grace', async () => {
      const world = await guarded();
      const { pass, refused } = await waiting(world);
      await confirm(refused.auditId, NOON + 10_000);
      expect(await world.reason({ pass, at: NOON + 15_000 })).toBe('granted_rescan');
      expect(await world.reason({ pass, at: NOON + 16_000 })).toBe('code_used');
    });

    it('is possible for two minutes and not a millisecond longer', async () => {
      const world = await guarded();
      const [early, late] = [await waiting(world, 'r-1'), await waiting(world, 'r-2')];
      expect(await confirm(early.refused.auditId, NOON + 2 * MINUTE_MS - 1)).toMatchObject({
        kind: 'decided',
        record: { reason: 'granted_by_guard' },
      });
      expect(await confirm(late.refused.auditId, NOON + 2 * MINUTE_MS)).toEqual({
        kind: 'not_confirmable',
      });
    });

    it('happens once, of twenty guards at the same time', async () => {
      const world = await guarded();
      const { refused } = await waiting(world);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => confirm(refused.auditId, NOON + 1)),
      );
      expect(outcomes.filter(({ kind }) => kind === 'decided')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'not_confirmable')).toHaveLength(19);
      await under.reopen();
      expect(await confirm(refused.auditId, NOON + 1)).toEqual({ kind: 'not_confirmable' });
    });

    it('opens no second visit for a code that waited twice', async () => {
      const world = await guarded();
      const { pass, refused } = await waiting(world);
      const again = await world.scan({ pass, at: NOON + 1 });
      expect(await confirm(refused.auditId, NOON + 2)).toMatchObject({
        record: { reason: 'granted_by_guard' },
      });
      expect(await confirm(again.auditId, NOON + 3)).toMatchObject({
        kind: 'decided',
        record: { reason: 'code_used', visitId: null },
      });
    });

    it('is judged by what is true now: a rider who was blocked meanwhile stays out, and that settles it', async () => {
      const world = await guarded();
      const { refused } = await waiting(world);
      const block = {
        communityId: world.community.id,
        courierId: await world.courier('r-1'),
        actor: ACTOR,
        now: NOON,
      };
      await under.store.putBlock({ ...block, reason: 'x', until: NOON + MINUTE_MS });
      expect(await confirm(refused.auditId, NOON + 1)).toMatchObject({
        kind: 'decided',
        record: { decision: 'denied', reason: 'rider_blocked' },
      });
      await under.store.deleteBlock(block);
      expect(await confirm(refused.auditId, NOON + 2)).toEqual({ kind: 'not_confirmable' });
    });

    it('keeps to the capacity', async () => {
      const world = await guarded({ rules: { capacity: 3 } });
      const riders = Array.from({ length: 10 }, (_, index) => `r-${index}`);
      const refusals = await Promise.all(riders.map((riderId) => waiting(world, riderId)));
      const outcomes = await Promise.all(
        refusals.map(({ refused }) => confirm(refused.auditId, NOON + 1)),
      );
      const reasons = outcomes.map((outcome) =>
        outcome.kind === 'decided' ? outcome.record.reason : outcome.kind,
      );
      expect(reasons.filter((reason) => reason === 'granted_by_guard')).toHaveLength(3);
      expect(reasons.filter((reason) => reason === 'capacity_reached')).toHaveLength(7);
    });

    it('reaches what the guard’s scope reaches', async () => {
      const district = unique('district');
      const [world, other] = [
        await guarded({ district }),
        await guarded({ district: unique('district') }),
      ];
      const { refused } = await waiting(world);
      const strangers: Scope[] = [
        { kind: 'community', communityId: other.community.id },
        { kind: 'district', district: unique('district') },
        { kind: 'platform', slug: world.platform },
      ];
      for (const scope of strangers)
        expect(await confirm(refused.auditId, NOON + 1, scope)).toEqual({ kind: 'not_found' });
      expect(
        await confirm(refused.auditId, NOON + 1, { kind: 'district', district }),
      ).toMatchObject({ kind: 'decided' });
      const second = await waiting(world, 'r-2');
      const own: Scope = { kind: 'community', communityId: world.community.id };
      expect(await confirm(second.refused.auditId, NOON + 1, own)).toMatchObject({
        kind: 'decided',
      });
    });

    it('is of nothing else: neither a grant, nor another refusal, nor what does not exist', async () => {
      const [world, free] = [await guarded(), await makeWorld(under)];
      const { refused } = await waiting(world);
      const confirmed = await confirm(refused.auditId, NOON + 1);
      const granted = await free.scan({ pass: await free.rider('r-1'), at: NOON });
      const malformed = await free.scan({ at: NOON });
      const ids = [granted.auditId, malformed.auditId, 'A'.repeat(43)];
      if (confirmed.kind === 'decided') ids.push(confirmed.record.auditId);
      for (const auditId of ids) expect((await confirm(auditId, NOON + 1)).kind).toMatch(/^not_/);
    });

    it('is over when the gate was revoked', async () => {
      const world = await guarded();
      const { refused } = await waiting(world);
      await under.store.revokeGate({ gateId: world.gate.id, actor: ACTOR, now: NOON });
      expect(await confirm(refused.auditId, NOON + 1)).toEqual({ kind: 'not_confirmable' });
    });
  });

  describe('admitting by hand', () => {
    it('keeps the guard’s words beside the decision, and never on the log', async () => {
      const world = await makeWorld(under);
      let admitted: DecisionRecord | undefined;
      const entries = await entriesOf(under.store, async () => {
        admitted = (await admit(world.community.id, world.gate.id))?.record;
      });
      expect(admitted?.guardReason).toBe('送水');
      expect(entries).toHaveLength(2);
      expect(JSON.stringify(entries)).not.toContain('送水');
      await under.reopen();
      const page = { limit: 5, after: null };
      const { items } = await under.store.listDecisions(world.community.id, page);
      expect(items).toEqual([admitted]);
    });

    it.each([
      { directions: ['out'], direction: 'out' },
      { directions: ['in'], direction: 'in' },
      { directions: ['in', 'out'], direction: 'in' },
    ] as const)('is recorded the way that the gate faces: $directions', async (gate) => {
      const world = await makeWorld(under);
      const { id } = await world.addGate({ directions: gate.directions });
      expect((await admit(world.community.id, id))?.record).toMatchObject({
        direction: gate.direction,
        reason: 'granted_by_guard',
      });
    });

    const admit = (communityId: CommunityId, gateId: GateId) =>
      under.store.admit({
        communityId,
        gateId,
        reason: '送水',
        openForMs: 3_000,
        actor: ACTOR,
        now: NOON,
      });

    it('is a decision of the guard on record, and a command to the gate; no visit is made of it', async () => {
      const world = await makeWorld(under);
      const admissions = [
        await admit(world.community.id, world.gate.id),
        await admit(world.community.id, world.gate.id),
      ];
      const [first, second] = admissions.map((admission) => admission?.record);
      expect(admissions[0]?.command).toMatchObject({
        gateId: world.gate.id,
        cause: 'admission',
        openForMs: 3_000,
        auditId: first?.auditId,
        createdAt: NOON,
        expiresAt: NOON + 5_000,
        claimedAt: null,
        outcome: null,
      });
      expect(first).toMatchObject({
        decision: 'granted',
        reason: 'granted_by_guard',
        source: 'guard',
        direction: 'in',
        medium: null,
      });
      expect(first).toMatchObject({
        passId: null,
        visitId: null,
        at: NOON,
        rulesVersion: 1,
        speedLimitKmh: 15,
      });
      expect(first?.auditId).not.toBe(second?.auditId);
      const page = { limit: 5, after: null };
      expect((await under.store.listDecisions(world.community.id, page)).items).toEqual([
        second,
        first,
      ]);
      expect(
        (await under.store.listVisits({ communityId: world.community.id, open: null, page })).items,
      ).toEqual([]);
    });

    it('is for a gate of that community that has not been revoked', async () => {
      const [world, other] = [await makeWorld(under), await makeWorld(under)];
      await under.store.revokeGate({ gateId: other.gate.id, actor: ACTOR, now: NOON });
      const entries = await entriesOf(under.store, async () => {
        expect(await admit('com_0000000000000' as CommunityId, world.gate.id)).toBeNull();
        expect(await admit(world.community.id, 'gat_0000000000000' as GateId)).toBeNull();
        expect(await admit(world.community.id, other.gate.id)).toBeNull();
        expect(await admit(other.community.id, other.gate.id)).toBeNull();
      });
      expect(entries).toEqual([]);
    });
  });
}
