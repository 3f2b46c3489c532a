import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/domain/clock.ts';
import type { CourierId, GateId, TagId } from '../../../src/domain/identifier.ts';
import type { DecisionRecord, TapDecision } from '../../../src/store/store.ts';
import { entriesOf, type OpenStore, readLog, sharedStore } from '../../support/store-under-test.ts';
import {
  ACTOR,
  makeWorld,
  NOON,
  newTagId,
  unique,
  type World,
  type WorldOptions,
} from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

const UID = '04DE5F1EACC040';
const LATE = 2 ** 24 - 1;

export function describeTaps(open: OpenStore): void {
  const under = sharedStore(open);

  interface TagOptions {
    readonly gate?: GateId;
    readonly uid?: string;
    readonly counter?: 'new' | 'continued';
  }
  const create = (world: World, { gate, uid, counter }: TagOptions = {}) =>
    under.store.createTag({
      id: newTagId(),
      communityId: world.community.id,
      gateId: gate ?? world.gate.id,
      uid: uid ?? UID,
      sealedKeys: 'sealed',
      macParam: 'cmac',
      counter: counter ?? 'new',
      actor: ACTOR,
      now: NOON,
    });
  async function addTag(world: World, options: TagOptions = {}): Promise<TagId> {
    const created = await create(world, options);
    if (created.kind !== 'ok') throw new Error(`expected a tag, got ${created.kind}`);
    return created.value.id;
  }
  const revoke = (tagId: TagId) => under.store.revokeTag({ tagId, actor: ACTOR, now: NOON });

  /** A community with a tag at its gate and riders with live deliveries. */
  async function tagged(options: WorldOptions = {}) {
    const world = await makeWorld(under, options);
    const tagId = await addTag(world);
    const rider = async (riderId: string, now = NOON): Promise<CourierId> => {
      await world.rider(riderId, now);
      return world.courier(riderId, now);
    };
    return { world, tagId, rider };
  }

  interface Tapped {
    readonly tagId: TagId;
    readonly courierId: CourierId;
    readonly counter: number;
    readonly at?: number;
    readonly requestId?: string;
  }
  const redeem = ({ tagId, courierId, counter, at = NOON, requestId }: Tapped) =>
    under.store.redeemTap({
      tagId,
      courierId,
      tap: { kind: 'authentic', counter, requestId: requestId ?? randomUUID() },
      openForMs: 3_000,
      now: at,
    });
  const recordOf = (outcome: TapDecision): DecisionRecord => {
    if (outcome.kind === 'no_such_tag') throw new Error('expected a decision');
    return outcome.record;
  };
  const reason = async (tapped: Tapped) => recordOf(await redeem(tapped)).reason;
  const commands = async (gateId: GateId) =>
    (await under.store.listCommands(gateId, { limit: 200, after: null })).items;
  const openVisits = async (world: World) => {
    const page = { limit: 200, after: null };
    const communityId = world.community.id;
    return (await under.store.listVisits({ communityId, open: true, page })).items;
  };
  const lastCounter = async (tagId: TagId) => (await under.store.findTag(tagId))?.lastCounter;

  describe('one tap', () => {
    it('opens one visit and sends one order, of 100 riders at the same time', async () => {
      const { world, tagId, rider } = await tagged();
      const riders: CourierId[] = [];
      for (let index = 0; index < 100; index++) riders.push(await rider(`r-${index}`));
      const outcomes = await Promise.all(
        riders.map((courierId) => redeem({ tagId, courierId, counter: 7 })),
      );
      const reasons = outcomes.map((outcome) => recordOf(outcome).reason).toSorted();
      expect(reasons).toEqual([...Array(99).fill('code_used'), 'granted']);
      expect(await openVisits(world)).toHaveLength(1);
      expect(await commands(world.gate.id)).toHaveLength(1);
    });

    it('gets its first answer again under its requestId, at once and after a restart', async () => {
      const { world, tagId, rider } = await tagged();
      const tapped = { tagId, courierId: await rider('r-1'), counter: 1, requestId: randomUUID() };
      const first = await redeem(tapped);
      expect(first.kind).toBe('decided');
      const again = { kind: 'repeated', record: recordOf(first) };
      const before = await readLog(under.store);
      expect(await redeem({ ...tapped, at: NOON + MINUTE_MS })).toEqual(again);
      await under.reopen();
      expect(await redeem({ ...tapped, at: NOON + MINUTE_MS })).toEqual(again);
      expect(await readLog(under.store)).toEqual(before);
      expect(await commands(world.gate.id)).toHaveLength(1);
    });

    describe('whose gate', () => {
      const opening = (record: DecisionRecord, courierId: CourierId, now: number) =>
        under.store.findTapOpening({ auditId: record.auditId, courierId, now });
      const settle = (now: number) => under.store.sweep({ now, limit: 100 });

      it('claims the order is told to be open, to its own rider', async () => {
        const { world, tagId, rider } = await tagged();
        const courierId = await rider('r-1');
        const record = recordOf(await redeem({ tagId, courierId, counter: 1 }));
        expect(await opening(record, courierId, NOON + 4_999)).toBe('waiting');
        const [order] = await commands(world.gate.id);
        if (order === undefined) throw new Error('a granted tap orders the gate to open');
        const claim = { gateId: world.gate.id, commandId: order.id };
        await under.store.claimCommand({ ...claim, now: NOON + 4_999 });
        expect(await opening(record, courierId, NOON + 5_000)).toBe('opened');
        expect(await opening(record, await rider('r-2'), NOON)).toBeNull();
        await settle(NOON + MINUTE_MS);
        expect(await openVisits(world)).toHaveLength(1);
        await under.store.reportCommand({ ...claim, done: false, now: NOON + MINUTE_MS });
        expect(await opening(record, courierId, NOON + MINUTE_MS)).toBe('not_opened');
      });

      it('claims nothing has let nobody in: the entry is taken back', async () => {
        const { world, tagId, rider } = await tagged({ rules: { antiPassback: 'soft' } });
        const courierId = await rider('r-1');
        const record = recordOf(await redeem({ tagId, courierId, counter: 1 }));
        expect(await openVisits(world)).toHaveLength(1);
        expect(await opening(record, courierId, NOON + 5_000)).toBe('not_opened');
        await settle(NOON + 4_999);
        expect(await openVisits(world)).toHaveLength(1);
        const entries = await entriesOf(under.store, () => settle(NOON + 5_000));
        expect(entries.map(({ members }) => members['type'])).toEqual([
          'command.not_delivered',
          'attempt.not_entered',
          'visit.corrected',
        ]);
        expect(await openVisits(world)).toEqual([]);
        expect(await opening(record, courierId, NOON + MINUTE_MS)).toBe('not_opened');
        const later = NOON + 25_000; // beyond the rescan grace, within the minute of `already_inside`
        expect(await reason({ tagId, courierId, counter: 2, at: later })).toBe('granted');
      });

      it('opens for a second tap in time keeps the entry', async () => {
        const { world, tagId, rider } = await tagged();
        const courierId = await rider('r-1');
        await redeem({ tagId, courierId, counter: 1 });
        expect(await reason({ tagId, courierId, counter: 2, at: NOON + 6_000 })).toBe(
          'granted_rescan',
        );
        await settle(NOON + 7_000);
        expect(await openVisits(world)).toHaveLength(1);
      });

      it('says nothing of it to anybody where the tap was refused', async () => {
        const { tagId, rider } = await tagged();
        const [one, other] = [await rider('r-1'), await rider('r-2')];
        await redeem({ tagId, courierId: one, counter: 1 });
        const refused = recordOf(await redeem({ tagId, courierId: other, counter: 1 }));
        expect(await opening(refused, other, NOON)).toBeNull();
      });
    });

    it('stays used over a restart, and so do those before it', async () => {
      const { tagId, rider } = await tagged();
      expect(await reason({ tagId, courierId: await rider('r-1'), counter: 8 })).toBe('granted');
      await under.reopen();
      const courierId = await rider('r-2');
      for (const counter of [8, 7, 0])
        expect(await reason({ tagId, courierId, counter })).toBe('code_used');
      expect(await reason({ tagId, courierId, counter: 9 })).toBe('granted');
      expect(await lastCounter(tagId)).toBe(9);
    });

    it('that is not authentic moves no counter and opens nothing', async () => {
      const { world, tagId, rider } = await tagged();
      const courierId = await rider('r-1');
      for (const kind of ['bad_signature', 'malformed'] as const) {
        const attempt = { tagId, courierId, tap: { kind }, openForMs: 3_000, now: NOON };
        const outcome = await under.store.redeemTap(attempt);
        expect(outcome).toMatchObject({ kind: 'decided', courierId: null, command: null });
        expect(recordOf(outcome)).toMatchObject({
          reason: kind === 'malformed' ? 'malformed_code' : kind,
          passId: null,
        });
      }
      expect(await lastCounter(tagId)).toBeNull();
      expect(await commands(world.gate.id)).toEqual([]);
    });

    it('is an entry of the pass like that of a code, under a key that no code has', async () => {
      const { world, tagId, rider } = await tagged({ rules: { rescanGraceSeconds: 0 } });
      const courierId = await rider('r-1');
      const pass = (await world.findPass('r-1'))?.id;
      if (pass === undefined) throw new Error('the rider has a pass');
      await world.scan({ pass, at: NOON });
      expect(await reason({ tagId, courierId, counter: 0, at: NOON + MINUTE_MS })).toBe('granted');
      const last = { tagId, courierId, counter: LATE, at: NOON + 2 * MINUTE_MS };
      expect(await reason(last)).toBe('granted');
      const [rows] = [await under.sql(`SELECT entry_key FROM attempts WHERE pass_id = '${pass}'`)];
      const keys = rows.map((row) => Number(row['entry_key']));
      expect(keys.filter((key) => key > 2 ** 32 && Number.isSafeInteger(key))).toHaveLength(2);
      expect(new Set(keys).size).toBe(3);
      expect(await openVisits(world)).toHaveLength(1);
      expect(
        await reason({
          ...last,
          tagId: await addTag(world, { uid: '04DE5F1EACC041' }),
          at: NOON + 3 * MINUTE_MS,
        }),
      ).toBe('entries_exhausted');
    });

    it('of two tags with the same counter is two taps', async () => {
      const { world, tagId, rider } = await tagged({ rules: { rescanGraceSeconds: 0 } });
      const second = await world.addGate();
      const other = await addTag(world, { gate: second.id, uid: '04DE5F1EACC041' });
      const courierId = await rider('r-1');
      expect(await reason({ tagId, courierId, counter: 5 })).toBe('granted');
      const later = { courierId, counter: 5, at: NOON + MINUTE_MS };
      expect(await reason({ tagId: other, ...later })).toBe('granted');
    });
  });

  describe('whose pass', () => {
    it('is the rider’s live one; without any it is unknown, after the last it is not active', async () => {
      const { world, tagId } = await tagged();
      const stranger = await world.courier('r-0');
      expect(await reason({ tagId, courierId: stranger, counter: 1 })).toBe('unknown_pass');
      await world.deliver({ delivery: 'x', riderId: 'r-1' });
      await world.deliver({ delivery: 'x', status: 'delivered', now: NOON + 1 });
      const courierId = await world.courier('r-1');
      expect(await reason({ tagId, courierId, counter: 2, at: NOON + 2 })).toBe(
        'delivery_not_active',
      );
      await world.deliver({ delivery: 'y', riderId: 'r-1', now: NOON + 3 });
      const outcome = await redeem({ tagId, courierId, counter: 3, at: NOON + 4 });
      const live = await world.findPass('r-1', NOON + 4);
      expect(outcome).toMatchObject({
        kind: 'decided',
        courierId,
        record: { reason: 'granted', passId: live?.id, source: 'tap', medium: 'nfc' },
        command: { cause: 'tap', gateId: world.gate.id, openForMs: 3_000, claimedAt: null },
      });
    });

    it('of a courier that was joined into an elder is the elder’s', async () => {
      const { world, tagId, rider } = await tagged();
      const elder = await world.courier('r-1');
      const younger = await rider('r-2');
      const hash = unique('link');
      const link = { platform: world.platform, riderId: 'r-2', tokenHash: hash };
      await under.store.createRiderLink({ ...link, expiresAt: NOON + MINUTE_MS, now: NOON });
      await under.store.openRiderSession({
        linkHash: hash,
        sessionHash: unique('session'),
        sessionExpiresAt: NOON + MINUTE_MS,
        join: elder,
        now: NOON,
      });
      expect(await reason({ tagId, courierId: younger, counter: 1 })).toBe('granted');
      expect((await openVisits(world))[0]?.courierId).toBe(elder);
    });
  });

  describe('a tag', () => {
    it('is found with its keys, is listed page by page, and is gone when it is revoked', async () => {
      const world = await makeWorld(under);
      const second = await world.addGate();
      const ids = [await addTag(world)];
      for (let index = 1; index < 4; index++)
        ids.push(await addTag(world, { gate: second.id, uid: `04DE5F1EACC04${index}` }));
      const [first, ...others] = ids as [TagId, ...TagId[]];
      expect(await under.store.findTag(first)).toEqual({
        id: first,
        gateId: world.gate.id,
        communityId: world.community.id,
        uid: UID,
        macParam: 'cmac',
        lastCounter: null,
        createdAt: NOON,
        sealedKeys: 'sealed',
      });
      const list = () =>
        expectPaged((page) => under.store.listTags(world.community.id, page)).then((items) =>
          items.map(({ id }) => id),
        );
      expect(await list()).toEqual(ids);
      const entries = await entriesOf(under.store, async () => {
        expect(await revoke(first)).toBe(true);
        expect(await revoke(first)).toBe(false);
      });
      expect(entries.map(({ members }) => [members['type'], members['tag']])).toEqual([
        ['tag.revoked', first],
      ]);
      expect(await list()).toEqual(others);
      const gateId = second.id;
      await under.store.revokeGate({ gateId, actor: ACTOR, now: NOON });
      expect(await list()).toEqual([]);
      expect(await under.store.findTag(others[0] as TagId)).toBeNull();
      expect(await revoke(others[0] as TagId)).toBe(false);
    });

    it('that was revoked is an unknown key, on record at its gate; its counter rests', async () => {
      const { world, tagId, rider } = await tagged();
      await revoke(tagId);
      const outcome = await redeem({ tagId, courierId: await rider('r-1'), counter: 9 });
      expect(recordOf(outcome)).toMatchObject({ reason: 'unknown_key', gateId: world.gate.id });
      expect(await lastCounter(tagId)).toBeNull();
    });

    it('that never was, or whose gate was revoked, decides nothing and leaves no entry', async () => {
      const { world, tagId, rider } = await tagged();
      const courierId = await rider('r-1');
      await under.store.revokeGate({ gateId: world.gate.id, actor: ACTOR, now: NOON });
      const entries = await entriesOf(under.store, async () => {
        for (const id of [tagId, newTagId()])
          expect(await redeem({ tagId: id, courierId, counter: 1 })).toEqual({
            kind: 'no_such_tag',
          });
      });
      expect(entries).toEqual([]);
    });

    it('is at an entry of a gate of its community', async () => {
      const [world, other] = [await makeWorld(under), await makeWorld(under)];
      const exit = await world.addGate({ directions: ['out'] });
      const entries = await entriesOf(under.store, async () => {
        expect(await create(world, { gate: exit.id })).toEqual({ kind: 'no_entry' });
        expect(await create(world, { gate: other.gate.id })).toEqual({ kind: 'not_found' });
        const nowhere = 'gat_0000000000000' as GateId;
        expect(await create(world, { gate: nowhere })).toEqual({ kind: 'not_found' });
      });
      expect(entries).toEqual([]);
    });

    it('of one UID is one in a community, of several that are made at the same time', async () => {
      const [world, other] = [await makeWorld(under), await makeWorld(under)];
      const made = await Promise.all(Array.from({ length: 5 }, () => create(world)));
      expect(made.map(({ kind }) => kind).toSorted()).toEqual([...Array(4).fill('conflict'), 'ok']);
      expect((await create(other)).kind).toBe('ok');
    });

    it('with keys of its own begins anew; with keys that were in use it goes on counting', async () => {
      const { world, tagId, rider } = await tagged({ rules: { rescanGraceSeconds: 0 } });
      const courierId = await rider('r-1');
      expect(await reason({ tagId, courierId, counter: 40 })).toBe('granted');
      await revoke(tagId);
      const fresh = await addTag(world);
      expect(await lastCounter(fresh)).toBeNull();
      await revoke(fresh);
      const continued = await addTag(world, { counter: 'continued' });
      expect(await lastCounter(continued)).toBe(40);
      const later = { tagId: continued, courierId, at: NOON + MINUTE_MS };
      expect(await reason({ ...later, counter: 40 })).toBe('code_used');
      expect(await reason({ ...later, counter: 41 })).toBe('granted');
    });
  });
}
