import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { windowStart } from '../../../src/domain/courier-code.ts';
import type { CourierId, GateId } from '../../../src/domain/identifier.ts';
import type { PassRecord } from '../../../src/store/store.ts';
import {
  alone,
  type LoggedEvent,
  numbered,
  passage,
  told,
  upload,
} from '../../support/gate-log.ts';
import { type OpenStore, readLog, sharedStore } from '../../support/store-under-test.ts';
import {
  ACTOR,
  makePlatform,
  makeWorld,
  NOON,
  openSession,
  unique,
  type World,
} from '../../support/store-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PAGE = { limit: 100, after: null };

/** What a gate reports against what the service knows, or cannot carry out. */
export function describeContradictions(open: OpenStore): void {
  const under = sharedStore(open);

  const visitsOf = async ({ community }: World) =>
    (await under.store.listVisits({ communityId: community.id, open: null, page: PAGE })).items;
  const decisionsOf = async ({ community }: World) =>
    (await under.store.listDecisions(community.id, PAGE)).items.toReversed();
  const alertsOf = async ({ community }: World) => {
    const asked = { communityId: community.id, open: null, page: PAGE };
    return (await under.store.listAlerts(asked)).items.map(({ kind }) => kind).toReversed();
  };
  const send = (gateId: GateId, events: readonly LoggedEvent[], from = 1) =>
    upload(under.store, { gateId, events: numbered(events, from), now: NOON + HOUR });

  describe('what the service granted and the gate did not open for', () => {
    const DENIED = { decision: 'denied', reason: 'gate_closed' } as const;

    it('is no visit, and the code is unused', async () => {
      const world = await makeWorld(under, { rules: { antiPassback: 'hard' } });
      const pass = await world.rider('r-1');
      const asked = { pass, at: NOON + MINUTE, requestId: randomUUID() };
      const { auditId } = await world.scan(asked);
      expect(await visitsOf(world)).toHaveLength(1);
      await send(world.gate.id, [alone(world, { ...asked, ...DENIED })]);
      expect(await visitsOf(world)).toEqual([]);
      expect(await alertsOf(world)).toEqual(['offline_conflict']);
      expect((await world.findPass('r-1'))?.visitOpen).toBe(false);
      const log = (await readLog(under.store)).map(({ members }) => members);
      expect(log).toContainEqual(
        expect.objectContaining({ type: 'attempt.not_entered', decision: auditId }),
      );
      // The first answer stays what it was, and the same code lets the rider in.
      expect(await world.redeem(asked)).toMatchObject({ kind: 'repeated', record: { auditId } });
      expect(await world.reason({ pass, at: NOON + MINUTE + 5_000 })).toBe('granted');
    });

    it('is none either where the gate could not judge', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const asked = { pass, at: NOON + MINUTE, requestId: randomUUID() };
      await world.scan(asked);
      const event = alone(world, { ...asked, ...DENIED });
      const { attempt } = event;
      if (attempt === null) throw new Error('it is an attempt');
      await send(world.gate.id, [{ ...event, attempt: { ...attempt, reason: null } }]);
      expect(await visitsOf(world)).toEqual([]);
    });

    it.each(['a passage', 'a rescan'])('stays one where %s followed', async (what) => {
      const world = await makeWorld(under, { passageSensor: true });
      const pass = await world.rider('r-1');
      const asked = { pass, at: NOON + MINUTE, requestId: randomUUID() };
      await world.scan(asked);
      const events = [alone(world, { ...asked, ...DENIED })];
      if (what === 'a passage') events.unshift(passage(NOON + MINUTE, asked.requestId, true));
      else expect(await world.reason({ pass, at: asked.at + 5_000 })).toBe('granted_rescan');
      await send(world.gate.id, events);
      expect(await visitsOf(world)).toHaveLength(1);
    });
  });

  describe('an entry alone while another posture was in force', () => {
    const posture = (world: World, posture: 'normal' | 'lockdown', now: number) =>
      under.store.setCommunityPosture({
        id: world.community.id,
        posture,
        until: null,
        reason: '演习',
        actor: ACTOR,
        now,
      });
    const conflictsOf = async (world: World) =>
      (await alertsOf(world)).filter((kind) => kind === 'offline_conflict');

    it('is told, also when the lockdown is long over', async () => {
      const world = await makeWorld(under);
      await posture(world, 'lockdown', NOON + MINUTE);
      await posture(world, 'normal', NOON + 3 * MINUTE);
      const rider = async (name: string, at: number) => {
        const pass = await world.rider(name);
        await send(
          world.gate.id,
          [alone(world, { pass, at, requestId: randomUUID() })],
          at / MINUTE,
        );
      };
      await rider('r-1', NOON + MINUTE - 1);
      await rider('r-2', NOON + 3 * MINUTE);
      expect(await conflictsOf(world)).toEqual([]);
      await rider('r-3', NOON + MINUTE);
      expect(await conflictsOf(world)).toHaveLength(1);
      await rider('r-4', NOON + 3 * MINUTE - 1);
      expect(await conflictsOf(world)).toHaveLength(2);
    });

    it('of one gate counts for that gate', async () => {
      const world = await makeWorld(under);
      const order = { until: NOON + 2 * MINUTE, reason: '维修', actor: ACTOR, now: NOON };
      await under.store.setGatePosture({ gateId: world.gate.id, posture: 'closed', ...order });
      const pass = await world.rider('r-1');
      const at = NOON + 2 * MINUTE;
      await send(world.gate.id, [alone(world, { pass, at, requestId: randomUUID() })], 1);
      expect(await conflictsOf(world)).toEqual([]);
      const other = await world.rider('r-2');
      const early = { pass: other, at: at - 1, requestId: randomUUID() };
      await send(world.gate.id, [alone(world, early)], 2);
      expect(await conflictsOf(world)).toHaveLength(1);
    });
  });

  describe('an entry alone while its rider was blocked', () => {
    const ROOMY = { rules: { maxEntriesPerDelivery: 9 } };
    const put = (world: World, courierId: CourierId, now: number, until: number) =>
      under.store.putBlock({
        ...{ communityId: world.community.id, courierId, reason: '逆行', until },
        ...{ actor: ACTOR, now },
      });
    const lift = (world: World, courierId: CourierId, now: number) =>
      under.store.deleteBlock({ communityId: world.community.id, courierId, actor: ACTOR, now });
    /** Instants of entries that were found to be conflicts, minutes after noon. */
    const blockedAt = async (world: World, pass: PassRecord, minutes: readonly number[]) => {
      await send(
        world.gate.id,
        minutes.map((minute) => alone(world, { pass, at: NOON + minute * MINUTE })),
      );
      const asked = { communityId: world.community.id, open: null, page: PAGE };
      const { items } = await under.store.listAlerts(asked);
      for (const { kind, details } of items)
        expect([kind, details]).toMatchObject([
          'offline_conflict',
          { service: { reason: 'rider_blocked' } },
        ]);
      return items.map(({ at }) => (at - NOON) / MINUTE).toReversed();
    };

    it('is told, also when the block was lifted before the report came', async () => {
      const world = await makeWorld(under, ROOMY);
      const pass = await world.rider('r-1');
      const courier = await world.courier('r-1');
      await put(world, courier, NOON + 10 * MINUTE, NOON + 9 * HOUR);
      await lift(world, courier, NOON + 20 * MINUTE);
      expect(await blockedAt(world, pass, [8, 10, 18, 20])).toEqual([10, 18]);
    });

    it('is told, also when the block was replaced by another or was over by itself', async () => {
      const world = await makeWorld(under, ROOMY);
      const pass = await world.rider('r-1');
      const courier = await world.courier('r-1');
      await put(world, courier, NOON + 10 * MINUTE, NOON + 15 * MINUTE);
      await put(world, courier, NOON + 20 * MINUTE, NOON + 9 * HOUR);
      await put(world, courier, NOON + 25 * MINUTE, NOON + 9 * HOUR);
      await lift(world, courier, NOON + 30 * MINUTE);
      expect(await blockedAt(world, pass, [12, 16, 22, 27, 32])).toEqual([12, 22, 27]);
    });

    it('is told, also when the rider’s accounts were joined since', async () => {
      const world = await makeWorld(under, ROOMY);
      const elder = await world.courier('r-2');
      const pass = await world.rider('r-1');
      const courier = await world.courier('r-1');
      await put(world, courier, NOON + 10 * MINUTE, NOON + 9 * HOUR);
      await lift(world, courier, NOON + 15 * MINUTE);
      await put(world, courier, NOON + 20 * MINUTE, NOON + 9 * HOUR);
      const { platform } = world;
      const now = NOON + 30 * MINUTE;
      await openSession(under, { platform, riderId: 'r-1', join: elder, now });
      await lift(world, elder, NOON + 40 * MINUTE);
      expect(await blockedAt(world, pass, [12, 17, 22, 42])).toEqual([12, 22]);
    });
  });

  it('an entry is judged by what was before it, not by what came after', async () => {
    const world = await makeWorld(under, { rules: { antiPassback: 'hard' } });
    const [first, second] = [await world.rider('r-1'), await world.rider('r-2')];
    // Inside since ten past: at five past he was not.
    await world.scan({ pass: first, at: NOON + 10 * MINUTE });
    await send(world.gate.id, [alone(world, { pass: first, at: NOON + 5 * MINUTE })]);
    expect(await alertsOf(world)).toEqual([]);
    // Outside since ten past: at five past he was inside.
    await world.scan({ pass: second, at: NOON + MINUTE });
    await world.scan({ pass: second, at: NOON + 10 * MINUTE, direction: 'out' });
    await send(world.gate.id, [alone(world, { pass: second, at: NOON + 5 * MINUTE })], 2);
    expect(await alertsOf(world)).toEqual(['offline_conflict']);
  });

  it('of many events under one number eight are kept beside the first', async () => {
    const world = await makeWorld(under);
    for (let n = 0; n < 12; n++)
      await send(world.gate.id, [told(NOON + n, { type: 'door_forced', lane: null })]);
    const rows = await under.sql(
      `SELECT variant FROM gate_events e JOIN gate_logs l ON l.no = e.log_no JOIN gates g ON g.no = l.gate_no
       WHERE g.id = '${world.gate.id}' ORDER BY variant`,
    );
    expect(rows).toEqual(Array.from({ length: 9 }, (_, variant) => ({ variant })));
    const alerts = await alertsOf(world);
    expect(alerts.filter((kind) => kind === 'gate_event_conflict')).toHaveLength(8);
    expect(alerts.filter((kind) => kind === 'door_forced')).toHaveLength(1);
  });

  it('a passage belongs to its own entry, not to a later one of the same visit', async () => {
    const world = await makeWorld(under, { passageSensor: true });
    const pass = await world.rider('r-1');
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    const at = NOON + 20 * MINUTE;
    await world.scan({ pass, at: NOON + MINUTE, requestId: first });
    await world.scan({ pass, at, requestId: second });
    await send(world.gate.id, [passage(NOON + MINUTE + 2_000, first, true)]);
    // Nobody has gone in by the second opening as far as is known: it may be asked for once more.
    expect(await world.reason({ pass, at: at + 5_000 })).toBe('granted_rescan');
    const other = await world.rider('r-2');
    await world.scan({ pass: other, at, requestId: third });
    await send(world.gate.id, [passage(at + 2_000, third, true)], 2);
    expect(await world.reason({ pass: other, at: at + 5_000 })).toBe('code_used');
  });

  it('another code under a number that was used is an attempt of its own, and somebody is told', async () => {
    const world = await makeWorld(under);
    const [one, two] = [await world.rider('r-1'), await world.rider('r-2')];
    for (const reason of ['granted', 'code_expired']) {
      const requestId = randomUUID();
      const at = NOON + (reason === 'granted' ? 1 : 10) * MINUTE;
      const window = reason === 'granted' ? {} : { window: NOON / 1_000 };
      expect(await world.reason({ pass: one, at, requestId, ...window })).toBe(reason);
      const event = alone(world, { pass: two, at, requestId });
      await send(world.gate.id, [event], at / MINUTE);
      await send(world.gate.id, [event], at / MINUTE);
      const mine = (await decisionsOf(world)).filter(({ passId }) => passId === two.id);
      expect(mine.at(-1)).toMatchObject({ at, reason: 'granted', source: 'offline' });
      const theirs = (await decisionsOf(world)).filter((each) => each.requestId === requestId);
      expect(theirs).toMatchObject([{ passId: one.id, reason }]);
    }
    const recorded = (await decisionsOf(world)).filter(({ passId }) => passId === two.id);
    expect(recorded).toHaveLength(2);
    const kinds = (await alertsOf(world)).filter((kind) => kind === 'gate_event_conflict');
    expect(kinds).toHaveLength(2);
  });

  it('a code whose key another pass has taken over in a join is recorded all the same', async () => {
    const world = await makeWorld(under);
    const other = await world.addGate();
    const second = unique('er');
    await makePlatform(under, second);
    const a = await world.rider('a');
    const elder = await world.courier('a');
    await world.deliver({ delivery: unique('order'), riderId: 'b', platform: second });
    const younger = await openSession(under, { platform: second, riderId: 'b' });
    const [b] = await under.store.listCourierPasses(younger, NOON);
    if (b === undefined) throw new Error('an order makes a pass');
    await world.scan({ pass: a, at: NOON + 30_000 });
    const [at, later] = [NOON + 5 * MINUTE, NOON + 5 * MINUTE + 9_000];
    await world.scan({ pass: b, at });
    await openSession(under, {
      platform: second,
      riderId: 'b',
      join: elder,
      now: NOON + 10 * MINUTE,
    });
    const window = windowStart(at / 1_000, 30);
    const report = (pass: typeof a, seq: number) =>
      send(other.id, [alone(world, { pass, at: later, window, gate: other.id })], seq);
    expect((await report(a, 1)).acknowledged?.ackedThrough).toBe(1);
    expect((await report(b, 2)).acknowledged?.ackedThrough).toBe(2);
    const offline = (await decisionsOf(world)).filter(({ source }) => source === 'offline');
    expect(offline).toMatchObject([{ passId: a.id }, { passId: b.id }]);
  });

  it('what a rider did before two accounts were joined is judged by what was true then', async () => {
    const world = await makeWorld(under);
    const second = unique('er');
    await makePlatform(under, second);
    await world.rider('a');
    const elder = await world.courier('a');
    await world.deliver({ delivery: unique('order'), riderId: 'b', platform: second });
    const younger = await openSession(under, { platform: second, riderId: 'b' });
    const [b] = await under.store.listCourierPasses(younger, NOON);
    if (b === undefined) throw new Error('an order makes a pass');
    const join = { platform: second, riderId: 'b', join: elder, now: NOON + 10 * MINUTE };
    await openSession(under, join);
    await send(world.gate.id, [alone(world, { pass: b, at: NOON + MINUTE })]);
    expect(await alertsOf(world)).toEqual([]);
    expect(await decisionsOf(world)).toMatchObject([{ passId: b.id, flags: [] }]);
  });

  it.each([
    ['in the order of time', [0, 1]],
    ['the later one first', [1, 0]],
  ])('two entries within a minute at two gates are a conflict, %s', async (_, order) => {
    const world = await makeWorld(under);
    const other = await world.addGate();
    const pass = await world.rider('r-1');
    const entries = [
      { gate: world.gate.id, at: NOON + MINUTE },
      { gate: other.id, at: NOON + MINUTE + 40_000 },
    ].map(({ gate, at }) => ({ gate, event: alone(world, { pass, at, gate }) }));
    for (const index of order) {
      const entry = entries[index];
      if (entry !== undefined) await send(entry.gate, [entry.event]);
    }
    const asked = { communityId: world.community.id, open: null, page: PAGE };
    expect((await under.store.listAlerts(asked)).items).toMatchObject([
      {
        kind: 'offline_conflict',
        gateId: other.id,
        at: NOON + MINUTE + 40_000,
        details: { service: { reason: 'already_inside' } },
      },
    ]);
  });

  it('an event that cannot be carried out keeps back none behind it', async () => {
    const world = await makeWorld(under);
    const [one, two] = [await world.rider('r-1'), await world.rider('r-2')];
    const broken = randomUUID();
    await under.sql(
      `CREATE TRIGGER unforeseen BEFORE INSERT ON visits WHEN EXISTS
         (SELECT 1 FROM attempts WHERE request_id = '${broken}') BEGIN SELECT RAISE(ABORT, 'unforeseen'); END`,
    );
    const at = NOON + MINUTE;
    const events = [
      alone(world, { pass: one, at, requestId: broken }),
      alone(world, { pass: two, at }),
      told(at, { type: 'tamper', lane: null }),
    ];
    const { acknowledged } = await send(world.gate.id, events);
    await under.sql('DROP TRIGGER unforeseen');
    expect(acknowledged).toEqual({ ackedThrough: 3, gaps: [] });
    expect(await decisionsOf(world)).toMatchObject([{ passId: two.id }]);
    expect(await visitsOf(world)).toMatchObject([{ passId: two.id }]);
    expect(await alertsOf(world)).toEqual(['gate_event_conflict', 'tamper']);
    const stored = await under.sql(`SELECT data FROM gate_events WHERE request_id = '${broken}'`);
    expect(stored).toHaveLength(1);
    const log = await readLog(under.store);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => (log[0]?.seq ?? 0) + index));
  });
}
