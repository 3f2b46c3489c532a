import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SeqRange } from '../../../src/domain/gate-event.ts';
import type { PassRecord, VisitRecord } from '../../../src/store/store.ts';
import {
  alone,
  type LoggedEvent,
  numbered,
  passage,
  told,
  upload,
} from '../../support/gate-log.ts';
import { checkProperty } from '../../support/property.ts';
import { type OpenStore, readLog, sharedStore } from '../../support/store-under-test.ts';
import { makeWorld, NOON, type World } from '../../support/store-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function describeEvents(open: OpenStore): void {
  const under = sharedStore(open);

  const visitsOf = async (world: World): Promise<readonly VisitRecord[]> => {
    const page = { limit: 100, after: null };
    const { items } = await under.store.listVisits({
      communityId: world.community.id,
      open: null,
      page,
    });
    return items.toReversed();
  };
  const decisionsOf = async (world: World) => {
    const { items } = await under.store.listDecisions(world.community.id, {
      limit: 200,
      after: null,
    });
    return items.toReversed();
  };
  const alertsOf = async (world: World, open: boolean | null = null) => {
    const page = { limit: 100, after: null };
    const { items } = await under.store.listAlerts({ communityId: world.community.id, open, page });
    return items.toReversed();
  };
  const kindsOf = async (world: World) => (await alertsOf(world)).map(({ kind }) => kind);
  const send = (world: World, events: readonly LoggedEvent[], now: number, from = 1) =>
    upload(under.store, { gateId: world.gate.id, events: numbered(events, from), now });
  /** A report of what was overwritten. */
  const queue = (lost: readonly SeqRange[]) => {
    const fill = { depth: 9, capacity: 9, lost };
    const none = { bundleVersion: null, statusVersion: null, lostUnnumbered: 0 };
    return told(NOON, { type: 'queue', ...fill, ...none }, fill);
  };
  /** Without identifiers, which are drawn by chance. */
  const shapes = async (world: World) =>
    (await visitsOf(world)).map(({ id: _id, ...visit }) => visit);

  it('opens and closes visits by the time at which it was, not at which it came', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-1');
    const entry = alone(world, { pass, at: NOON + MINUTE });
    const exit = alone(world, { pass, at: NOON + 10 * MINUTE, direction: 'out' });
    await send(world, [entry, exit], NOON + 3 * HOUR);
    expect(await visitsOf(world)).toMatchObject([
      { openedAt: NOON + MINUTE, closedAt: NOON + 10 * MINUTE, closedBy: 'exit', passId: pass.id },
    ]);
    const [granted, left] = await decisionsOf(world);
    expect(granted).toMatchObject({
      source: 'offline',
      at: NOON + MINUTE,
      reason: 'granted',
      flags: [],
    });
    expect(left).toMatchObject({ source: 'offline', reason: 'granted_exit', flags: [] });
    expect(left?.visitId).toBe(granted?.visitId);
    expect(await alertsOf(world)).toEqual([]);
    const entries = (await readLog(under.store)).filter(
      ({ auditId }) => auditId === granted?.auditId,
    );
    expect(entries[0]?.members).toMatchObject({
      source: 'offline',
      deviceTime: new Date(NOON + MINUTE).toISOString(),
      receivedAt: new Date(NOON + 3 * HOUR).toISOString(),
      clockOffsetMs: 0,
    });
  });

  it('leaves a visit open whose rider may still be inside, and the exit closes it online', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-2');
    await send(world, [alone(world, { pass, at: NOON + MINUTE })], NOON + 5 * MINUTE);
    expect(await visitsOf(world)).toMatchObject([{ openedAt: NOON + MINUTE, closedAt: null }]);
    expect(await world.reason({ pass, at: NOON + 6 * MINUTE, direction: 'out' })).toBe(
      'granted_exit',
    );
    expect(await visitsOf(world)).toMatchObject([
      { closedAt: NOON + 6 * MINUTE, closedBy: 'exit' },
    ]);
  });

  it('takes the same batch again, also in parallel, and nothing is there twice', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-3');
    const events = numbered([alone(world, { pass, at: NOON + MINUTE })]);
    const batch = { gateId: world.gate.id, events, now: NOON + HOUR };
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => upload(under.store, batch)));
    for (const { acknowledged } of outcomes)
      expect(acknowledged).toEqual({ ackedThrough: 1, gaps: [] });
    expect(await decisionsOf(world)).toHaveLength(1);
    expect(await visitsOf(world)).toHaveLength(1);
  });

  it('keeps another event under a known number beside the first, and raises an alert', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-4');
    await send(world, [alone(world, { pass, at: NOON + MINUTE })], NOON + HOUR);
    await send(world, [alone(world, { pass, at: NOON + 2 * HOUR })], NOON + 3 * HOUR);
    await send(world, [alone(world, { pass, at: NOON + 2 * HOUR })], NOON + 3 * HOUR);
    expect(await decisionsOf(world)).toHaveLength(1);
    expect(await kindsOf(world)).toEqual(['gate_event_conflict', 'gate_event_conflict']);
    const rows = await under.sql(
      `SELECT variant FROM gate_events e JOIN gate_logs l ON l.no = e.log_no JOIN gates g ON g.no = l.gate_no
       WHERE g.id = '${world.gate.id}' ORDER BY variant`,
    );
    expect(rows).toEqual([{ variant: 0 }, { variant: 1 }, { variant: 2 }]);
  });

  it('begins at 1 again on a replaced disk', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-5');
    const gateId = world.gate.id;
    const now = NOON + HOUR;
    const first = numbered([alone(world, { pass, at: NOON + MINUTE })]);
    const second = numbered([alone(world, { pass, at: NOON + 20 * MINUTE, direction: 'out' })]);
    await upload(under.store, { gateId, logId: 'disk-one', events: first, now });
    const { acknowledged } = await upload(under.store, {
      gateId,
      logId: 'disk-two',
      events: second,
      now,
    });
    expect(acknowledged).toEqual({ ackedThrough: 1, gaps: [] });
    expect(await visitsOf(world)).toMatchObject([{ closedBy: 'exit' }]);
    expect(await alertsOf(world)).toEqual([]);
  });

  it('waits for what is missing before a batch, and gives it up when the gate comes with the same again', async () => {
    const world = await makeWorld(under);
    const beat = (at: number) => told(at, { type: 'boot' });
    const late = numbered([beat(NOON), beat(NOON)], 4);
    const send = (events: ReturnType<typeof numbered>, now: number) =>
      upload(under.store, { gateId: world.gate.id, events, now });
    await send(numbered([beat(NOON)]), NOON);
    const waiting = await send(late, NOON + 1_000);
    expect(waiting.acknowledged).toEqual({ ackedThrough: 1, gaps: [{ from: 2, to: 3 }] });
    expect(await alertsOf(world, true)).toMatchObject([{ kind: 'gate_event_gap' }]);
    const patience = 10 * MINUTE;
    expect((await send(late, NOON + 999 + patience)).acknowledged?.ackedThrough).toBe(1);
    const given = await send(late, NOON + 1_000 + patience);
    expect(given.acknowledged).toEqual({ ackedThrough: 5, gaps: [{ from: 2, to: 3 }] });
    expect(await alertsOf(world, true)).toEqual([]);
    // What comes after all is taken, and the number never goes back.
    const after = await send(numbered([beat(NOON), beat(NOON)], 2), NOON + 11 * MINUTE);
    expect(after.acknowledged).toEqual({ ackedThrough: 5, gaps: [] });
  });

  it('ends the gap when what was missing comes', async () => {
    const world = await makeWorld(under);
    const beat = () => told(NOON, { type: 'boot' });
    const send = (events: ReturnType<typeof numbered>) =>
      upload(under.store, { gateId: world.gate.id, events, now: NOON });
    const second = numbered([beat(), beat()], 3);
    expect((await send(second)).acknowledged).toEqual({
      ackedThrough: 0,
      gaps: [{ from: 1, to: 2 }],
    });
    expect((await send(numbered([beat(), beat()]))).acknowledged).toEqual({
      ackedThrough: 4,
      gaps: [],
    });
    expect(await alertsOf(world)).toMatchObject([{ kind: 'gate_event_gap', endedAt: NOON }]);
  });

  it('takes what is missing within a batch, or said to be lost, for lost', async () => {
    const world = await makeWorld(under);
    const beat = () => told(NOON, { type: 'boot' });
    const [one, two] = [numbered([beat()], 2), numbered([queue([{ from: 1, to: 1 }])], 5)];
    const upTo = { gateId: world.gate.id, now: NOON };
    const { acknowledged } = await upload(under.store, { ...upTo, events: [...one, ...two] });
    expect(acknowledged).toEqual({
      ackedThrough: 5,
      gaps: [
        { from: 1, to: 1 },
        { from: 3, to: 4 },
      ],
    });
    const alerts = (await alertsOf(world)).filter(({ kind }) => kind === 'gate_event_gap');
    expect(alerts).toMatchObject([{ endedAt: NOON, details: { lost: true } }]);
  });

  it('waits for what the gate still has, whatever of it comes first and however late', async () => {
    const world = await makeWorld(under);
    const beat = () => told(NOON, { type: 'boot' });
    const send = (events: ReturnType<typeof numbered>, now: number) =>
      upload(under.store, { gateId: world.gate.id, events, now, oldest: 3 });
    // 1 and 2 were overwritten; the report of it overtakes what was written before it.
    const report = numbered([queue([{ from: 1, to: 2 }])], 9);
    for (const now of [NOON, NOON + 6_000, NOON + 24 * HOUR]) {
      expect((await send(report, now)).acknowledged?.ackedThrough).toBe(0);
    }
    const second = numbered([beat(), beat(), beat()], 6);
    expect((await send(second, NOON + 25 * HOUR)).acknowledged?.ackedThrough).toBe(0);
    const first = numbered([beat(), beat(), beat()], 3);
    expect((await send(first, NOON + 25 * HOUR)).acknowledged).toEqual({
      ackedThrough: 9,
      gaps: [{ from: 1, to: 2 }],
    });
  });

  it('gives up at once what the gate says that it has no more', async () => {
    const world = await makeWorld(under);
    const beat = () => told(NOON, { type: 'boot' });
    const events = numbered([beat(), beat()], 4);
    const sent = await upload(under.store, { gateId: world.gate.id, events, now: NOON, oldest: 4 });
    expect(sent.acknowledged).toEqual({ ackedThrough: 5, gaps: [{ from: 1, to: 3 }] });
    expect(await alertsOf(world)).toMatchObject([{ kind: 'gate_event_gap', endedAt: NOON }]);
  });

  it('knows what was told to be lost in an earlier batch', async () => {
    const world = await makeWorld(under);
    const beat = () => told(NOON, { type: 'boot' });
    const send = (events: ReturnType<typeof numbered>) =>
      upload(under.store, { gateId: world.gate.id, events, now: NOON });
    await send(numbered([queue([{ from: 1, to: 2 }])], 9));
    expect((await send(numbered([beat()], 3))).acknowledged?.ackedThrough).toBe(3);
    expect((await send(numbered([beat()], 5))).acknowledged?.ackedThrough).toBe(3);
  });

  it('merges an attempt that was answered online: nothing twice', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-6');
    const asked = { pass, at: NOON + MINUTE, requestId: randomUUID() };
    const first = await world.scan(asked);
    await send(world, [alone(world, asked)], NOON + HOUR);
    expect(await decisionsOf(world)).toEqual([first]);
    expect(await visitsOf(world)).toHaveLength(1);
    expect(await alertsOf(world)).toEqual([]);
  });

  it('answers the request online that was reported first as the gate had decided', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-7');
    const asked = { pass, at: NOON + MINUTE, requestId: randomUUID() };
    await send(world, [alone(world, asked)], NOON + 2 * MINUTE);
    const [reported] = await decisionsOf(world);
    expect(await world.redeem(asked)).toEqual({ kind: 'repeated', record: reported });
  });

  it('tells where the gate decided otherwise, and builds the visit from what the gate did', async () => {
    const world = await makeWorld(under, { rules: { hours: [] } });
    const pass = await world.rider('r-8');
    const used = { pass, at: NOON + MINUTE };
    await world.scan(used);
    await world.scan({ pass, at: NOON + 2 * MINUTE, direction: 'out' });
    const asked = {
      pass,
      at: NOON + 3 * MINUTE,
      window: (NOON + MINUTE) / 1000,
      requestId: randomUUID(),
    };
    expect(await world.reason(asked)).toBe('code_expired');
    await send(world, [alone(world, asked)], NOON + HOUR);
    expect(await kindsOf(world)).toEqual(['offline_conflict']);
    expect(await visitsOf(world)).toMatchObject([
      { openedAt: NOON + MINUTE, closedBy: 'exit' },
      { openedAt: NOON + 3 * MINUTE },
    ]);
  });

  it('records the second use of a code at another gate beside the first, whichever comes first', async () => {
    for (const order of [0, 1]) {
      const world = await makeWorld(under);
      const other = await world.addGate();
      const pass = await world.rider(`twice-${order}`);
      const at = NOON + MINUTE;
      const uses = [
        { gateId: world.gate.id, event: alone(world, { pass, at }) },
        { gateId: other.id, event: alone(world, { pass, at: at + 5_000, gate: other.id }) },
      ];
      if (order === 1) uses.reverse();
      for (const { gateId, event } of uses)
        await upload(under.store, { gateId, events: numbered([event]), now: NOON + HOUR });
      expect(await visitsOf(world)).toMatchObject([{ openedAt: at }]);
      expect(await alertsOf(world)).toMatchObject([
        { kind: 'offline_conflict', details: { service: { reason: 'code_used' } } },
      ]);
      expect((await decisionsOf(world)).map(({ flags }) => flags)).toEqual([
        [],
        ['offline_conflict'],
      ]);
    }
  });

  it('judges by what was true then: deliveries by their timestamps, rules by their time', async () => {
    const world = await makeWorld(under);
    await world.deliver({ delivery: 'd-then', riderId: 'r-9', now: NOON });
    const pass = (await world.findPass('r-9')) as PassRecord;
    const ended = { delivery: 'd-then', riderId: 'r-9', status: 'delivered' as const };
    await world.deliver({ ...ended, at: NOON + 10 * MINUTE, now: NOON + 10 * MINUTE });
    const before = alone(world, { pass, at: NOON + 5 * MINUTE });
    const after = alone(world, { pass, at: NOON + 11 * MINUTE });
    await send(world, [before, after], NOON + 3 * HOUR);
    expect(await alertsOf(world)).toMatchObject([
      { at: NOON + 11 * MINUTE, details: { service: { reason: 'delivery_not_active' } } },
    ]);
    expect((await decisionsOf(world)).map(({ flags }) => flags)).toEqual([
      [],
      ['offline_conflict'],
    ]);
  });

  it('knows a block from when it was put', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-10');
    const courierId = await world.courier('r-10');
    const block = {
      communityId: world.community.id,
      courierId,
      reason: 'x',
      until: NOON + 9 * HOUR,
    };
    await under.store.putBlock({ ...block, actor: 'key:x', now: NOON + 30 * MINUTE });
    const entries = [20, 40].map((minute) => alone(world, { pass, at: NOON + minute * MINUTE }));
    await send(world, entries, NOON + HOUR);
    expect(await alertsOf(world)).toMatchObject([
      { at: NOON + 40 * MINUTE, details: { service: { reason: 'rider_blocked' } } },
    ]);
  });

  it('marks the passage on the visit, or tells that nobody went in, before and after the entry', async () => {
    const world = await makeWorld(under, { passageSensor: true });
    for (const [index, order] of ['after', 'before'].entries()) {
      const pass = await world.rider(`went-${order}`);
      const entry = alone(world, { pass, at: NOON + MINUTE });
      const requestId = entry.attempt?.requestId ?? '';
      const went = passage(NOON + MINUTE + 2_000, requestId, true);
      await send(world, index === 0 ? [entry, went] : [went, entry], NOON + HOUR, 10 * index + 1);
    }
    const rows = await under.sql(
      `SELECT v.passage_at AS at FROM visits v JOIN communities c ON c.no = v.community_no WHERE c.id = '${world.community.id}'`,
    );
    expect(rows).toEqual([{ at: NOON + MINUTE + 2_000 }, { at: NOON + MINUTE + 2_000 }]);
    for (const [index, order] of ['after', 'before'].entries()) {
      const pass = await world.rider(`turned-${order}`);
      const entry = alone(world, { pass, at: NOON + MINUTE });
      const turned = passage(NOON + MINUTE + 2_000, entry.attempt?.requestId ?? '', false);
      await send(
        world,
        index === 0 ? [entry, turned] : [turned, entry],
        NOON + HOUR,
        10 * index + 31,
      );
    }
    expect(await kindsOf(world)).toEqual(
      expect.arrayContaining(['granted_no_entry', 'granted_no_entry']),
    );
  });

  it('closes what timed out, and a late exit before that is what closed it', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-11');
    await world.scan({ pass, at: NOON });
    await under.store.sweep({ now: NOON + 2 * HOUR, limit: 100 });
    expect(await visitsOf(world)).toMatchObject([{ closedBy: 'timeout' }]);
    await send(
      world,
      [alone(world, { pass, at: NOON + 15 * MINUTE, direction: 'out' })],
      NOON + 3 * HOUR,
    );
    expect(await visitsOf(world)).toMatchObject([
      { closedBy: 'exit', closedAt: NOON + 15 * MINUTE },
    ]);
  });

  it('finds the entry to an exit that came online before it', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-12');
    await world.scan({ pass, at: NOON + 10 * MINUTE, direction: 'out' });
    expect(await kindsOf(world)).toEqual(['exit_without_visit']);
    await send(world, [alone(world, { pass, at: NOON + MINUTE })], NOON + HOUR);
    expect(await visitsOf(world)).toMatchObject([
      { openedAt: NOON + MINUTE, closedAt: NOON + 10 * MINUTE, closedBy: 'exit' },
    ]);
  });

  it('splits a visit by an exit that lies between two entries, and both keep what was told', async () => {
    const world = await makeWorld(under);
    const pass = await world.rider('r-13');
    const first = await world.scan({ pass, at: NOON });
    const again = await world.scan({ pass, at: NOON + 20 * MINUTE });
    expect(again.visitId).toBe(first.visitId);
    await send(
      world,
      [alone(world, { pass, at: NOON + 10 * MINUTE, direction: 'out' })],
      NOON + 25 * MINUTE,
    );
    const visits = await visitsOf(world);
    expect(visits).toMatchObject([
      { id: first.visitId, openedAt: NOON, closedAt: NOON + 10 * MINUTE },
      { openedAt: NOON + 20 * MINUTE, closedAt: null },
    ]);
    const left = await world.scan({ pass, at: NOON + 30 * MINUTE, direction: 'out' });
    expect(left.visitId).toBe(visits[1]?.id);
  });

  it('an earlier pass of the rider, whose entry comes late, leads to the same open visit', async () => {
    const world = await makeWorld(under);
    await world.deliver({ delivery: 'd-a', riderId: 'r-14', now: NOON });
    const first = (await world.findPass('r-14')) as PassRecord;
    await world.deliver({
      delivery: 'd-a',
      riderId: 'r-14',
      status: 'delivered',
      now: NOON + 10 * MINUTE,
    });
    const second = await world.rider('r-14', NOON + 12 * MINUTE);
    expect(second.id).not.toBe(first.id);
    await send(world, [alone(world, { pass: first, at: NOON + 5 * MINUTE })], NOON + 15 * MINUTE);
    const visits = await visitsOf(world);
    expect(visits).toMatchObject([{ openedAt: NOON + 5 * MINUTE, closedAt: null }]);
    const left = await world.scan({ pass: second, at: NOON + 16 * MINUTE, direction: 'out' });
    expect(left).toMatchObject({ visitId: visits[0]?.id, flags: [] });
  });

  it('raises what gates tell of, once while it lasts', async () => {
    const world = await makeWorld(under);
    const full = { bundleVersion: null, statusVersion: null, lost: [], lostUnnumbered: 0 };
    const queue = (depth: number) => told(NOON, { type: 'queue', depth, capacity: 100, ...full });
    await send(world, [queue(89), queue(90)], NOON);
    await send(world, [queue(95), told(NOON, { type: 'door_forced', lane: '1' })], NOON, 3);
    expect(await alertsOf(world)).toMatchObject([
      { kind: 'gate_queue_high', endedAt: null, details: { depth: 90, capacity: 100 } },
      { kind: 'door_forced', endedAt: NOON, details: { lane: '1' } },
    ]);
    await send(world, [queue(20)], NOON + MINUTE, 5);
    expect(await alertsOf(world, true)).toEqual([]);
  });

  it('tells that a gate’s clock is wrong by 2 s or more, until it is right', async () => {
    const world = await makeWorld(under);
    const tick = (clockOffsetMs: number, seq: number) =>
      upload(under.store, {
        gateId: world.gate.id,
        events: numbered([told(NOON, { type: 'boot' })], seq),
        now: NOON,
        clockOffsetMs,
      });
    await tick(1_999, 1);
    expect(await alertsOf(world)).toEqual([]);
    await tick(-2_000, 2);
    expect(await alertsOf(world, true)).toMatchObject([
      { kind: 'gate_clock_skew', details: { offsetMs: -2_000 } },
    ]);
    await tick(5, 3);
    expect(await alertsOf(world, true)).toEqual([]);
    expect(await under.store.findGateHealth(world.gate.id)).toMatchObject({ clockOffsetMs: 5 });
  });

  it('finds a gate offline that has not spoken, until it speaks', async () => {
    const world = await makeWorld(under);
    const sweep = (now: number) => under.store.sweep({ now, limit: 100, gateSilentMs: 5 * MINUTE });
    await send(world, [told(NOON, { type: 'boot' })], NOON);
    await sweep(NOON + 5 * MINUTE - 1);
    expect(await alertsOf(world)).toEqual([]);
    await sweep(NOON + 5 * MINUTE);
    await sweep(NOON + 6 * MINUTE);
    expect(await alertsOf(world)).toMatchObject([{ kind: 'gate_offline', endedAt: null }]);
    await send(world, [told(NOON, { type: 'boot' })], NOON + 7 * MINUTE, 2);
    expect(await alertsOf(world)).toMatchObject([
      { kind: 'gate_offline', endedAt: NOON + 7 * MINUTE },
    ]);
  });

  it('a gate that asks is not offline', async () => {
    const world = await makeWorld(under);
    const sweep = (now: number) => under.store.sweep({ now, limit: 100, gateSilentMs: 5 * MINUTE });
    await send(world, [told(NOON, { type: 'boot' })], NOON);
    await world.redeem({ at: NOON + 3 * MINUTE, code: { kind: 'malformed' } });
    await sweep(NOON + 6 * MINUTE);
    expect(await kindsOf(world)).toEqual([]);
    await sweep(NOON + 8 * MINUTE);
    expect(await alertsOf(world, true)).toMatchObject([{ kind: 'gate_offline' }]);
    await world.redeem({ at: NOON + 9 * MINUTE, code: { kind: 'malformed' } });
    await sweep(NOON + 9 * MINUTE + 1_000);
    expect(await alertsOf(world, true)).toEqual([]);
  });

  it('raises a burst of forged codes once, and a replayed code once a minute', async () => {
    const world = await makeWorld(under);
    for (let n = 0; n < 7; n++)
      await world.redeem({ at: NOON + n * 1_000, code: { kind: 'bad_signature' } });
    expect(await kindsOf(world)).toEqual(['forged_code']);
    const pass = await world.rider('r-15');
    const other = await world.addGate();
    await world.scan({ pass, at: NOON });
    for (let n = 1; n < 4; n++) await world.scan({ pass, at: NOON + n * 1_000, gate: other.id });
    expect(await kindsOf(world)).toEqual(['forged_code', 'code_replayed']);
  });

  it('rejects an event alone and keeps its number', async () => {
    const world = await makeWorld(under);
    const wrong = {
      ...told(NOON, { type: 'boot' }),
      content: null,
      type: 'song',
      rejected: 'unknown_type' as const,
    };
    const { acknowledged } = await send(world, [wrong, told(NOON, { type: 'boot' })], NOON);
    expect(acknowledged).toEqual({ ackedThrough: 2, gaps: [] });
  });

  it('gives a revoked gate nothing', async () => {
    const world = await makeWorld(under);
    await under.store.revokeGate({ gateId: world.gate.id, actor: 'key:x', now: NOON });
    const empty = {
      gateId: world.gate.id,
      logId: 'log-00000001',
      events: [],
      end: null,
      clockOffsetMs: null,
    };
    expect(await under.store.recordGateEvents({ ...empty, now: NOON })).toEqual({
      kind: 'gate_revoked',
    });
  });

  it('any order and batching of the same events, with decisions online between them, ends in the same visits', async () => {
    const step = fc.record({
      rider: fc.nat(1),
      gate: fc.nat(1),
      out: fc.boolean(),
      minute: fc.nat(180),
      second: fc.nat(59),
      online: fc.oneof(
        { weight: 1, arbitrary: fc.constant(true) },
        { weight: 4, arbitrary: fc.constant(false) },
      ),
    });
    const cases = fc.tuple(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.infiniteStream(fc.nat(1_000)),
      fc.infiniteStream(fc.nat(4)),
      fc.boolean(),
    );
    const property = fc.asyncProperty(cases, async ([steps, order, sizes, exitReader]) => {
      const directions = exitReader ? (['in', 'out'] as const) : (['in'] as const);
      const outcomes: unknown[] = [];
      for (const shuffled of [false, true]) {
        const world = await makeWorld(under, { directions });
        const other = await world.addGate({ directions });
        const passes: PassRecord[] = [];
        for (const rider of [0, 1]) {
          await world.deliver({ delivery: `d-${rider}`, riderId: `p-${rider}`, now: NOON });
          passes.push((await world.findPass(`p-${rider}`)) as PassRecord);
        }
        const gates = [world.gate, other];
        const timed = steps.map((each, index) => ({
          ...each,
          at: NOON + each.minute * MINUTE + each.second * 1_000 + index,
        }));
        const presented = ({ rider, gate, out, at }: (typeof timed)[number]) => ({
          pass: passes[rider] as PassRecord,
          at,
          gate: gates[gate]?.id as never,
          direction: out ? ('out' as const) : ('in' as const),
        });
        for (const each of timed.filter(({ online }) => online).sort((a, b) => a.at - b.at))
          if (exitReader || !each.out) await world.redeem(presented(each));
        const events = timed
          .filter(({ online }) => !online)
          .map((each) => ({ gate: each.gate, event: alone(world, presented(each)) }));
        const sorted = shuffled
          ? events
              .map((event) => ({ event, by: order.next().value as number }))
              .sort((a, b) => a.by - b.by)
              .map(({ event }) => event)
          : events;
        const seqs = [0, 0];
        while (sorted.length > 0) {
          const size = shuffled ? 1 + (sizes.next().value as number) : sorted.length;
          const batch = sorted.splice(0, size);
          for (const gate of [0, 1]) {
            const own = batch.filter((each) => each.gate === gate).map(({ event }) => event);
            const from = (seqs[gate] ?? 0) + 1;
            seqs[gate] = from + own.length - 1;
            if (own.length === 0) continue;
            const gateId = gates[gate]?.id as never;
            await upload(under.store, {
              gateId,
              events: numbered(own, from),
              now: NOON + 12 * HOUR,
            });
          }
        }
        await under.store.sweep({ now: NOON + 12 * HOUR, limit: 1_000 });
        const views = await under.store.checkViews({ limit: 10_000, now: NOON + 12 * HOUR });
        expect(views.alerts).toEqual([]);
        const rank = (id: unknown) => passes.findIndex((pass) => pass.id === id);
        const at = (id: unknown) => gates.findIndex((gate) => gate.id === id);
        outcomes.push(
          (await shapes(world))
            .map(({ passId, entryGateId, exitGateId, openedAt, closedAt, closedBy }) => [
              rank(passId),
              openedAt,
              at(entryGateId),
              closedAt,
              closedBy,
              at(exitGateId),
            ])
            .sort(),
        );
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
    });
    await checkProperty('order of gate events', property as never, 40);
  });

  it('reports in time, in the middle or late, while orders end and sweeps run: the same visits, and the same is told', async () => {
    // Entries in even minutes, exits and what platforms tell in odd ones: no exit lies between entries of one minute.
    // Close together more often than not.
    const minute = fc.oneof(
      { weight: 3, arbitrary: fc.nat(3) },
      { weight: 1, arbitrary: fc.nat(59) },
    );
    const moment = fc.record({ rider: fc.nat(1), minute });
    const entry = fc.tuple(moment, fc.record({ gate: fc.nat(1), third: fc.nat(2) }));
    const exit = fc.tuple(
      moment,
      fc.record({ gate: fc.nat(1), second: fc.integer({ min: 1, max: 28 }) }),
    );
    const cases = fc.tuple(
      fc.array(entry, { minLength: 1, maxLength: 10 }),
      fc.array(exit, { maxLength: 5 }),
      fc.array(moment, { maxLength: 5 }),
      fc.array(fc.nat(120), { maxLength: 3 }),
      fc.infiniteStream(fc.nat(1_000)),
    );
    type Step = { readonly at: number; readonly rider: number } & (
      | { readonly kind: 'in' | 'out'; readonly gate: number }
      | { readonly kind: 'order' }
    );
    const property = fc.asyncProperty(cases, async ([entries, exits, orders, uploads, order]) => {
      const base = NOON + MINUTE;
      const steps: Step[] = [
        ...entries.map(([{ rider, minute }, { gate, third }], n) => ({
          ...{ kind: 'in' as const, rider, gate },
          at: base + 2 * minute * MINUTE + third * 20_000 + n,
        })),
        ...exits.map(([{ rider, minute }, { gate, second }], n) => ({
          ...{ kind: 'out' as const, rider, gate },
          at: base + (2 * minute + 1) * MINUTE + second * 1_000 + n,
        })),
        ...orders.map(({ rider, minute }, n) => ({
          ...{ kind: 'order' as const, rider },
          at: base + (2 * minute + 1) * MINUTE + 30_000 + n,
        })),
      ].sort((a, b) => a.at - b.at);
      const middle = uploads.map((minute) => base + minute * MINUTE + 15_500);
      const end = NOON + 12 * HOUR;
      const everyStep = steps.map(({ at }) => at);

      /** @param times when all that waits at the gates is sent */
      async function run(times: readonly number[], shuffled: 'as it was' | 'shuffled') {
        const world = await makeWorld(under, { rules: { maxEntriesPerDelivery: 100 } });
        const gates = [world.gate.id, (await world.addGate()).id];
        const waiting: { gate: number; event: LoggedEvent }[] = [];
        const passes: PassRecord[][] = [[], []];
        const live = [0, 1].map((rider) => `${rider}-0`);
        const seqs = [0, 0];
        const present = (rider: number) => passes[rider]?.at(-1) as PassRecord;
        const notePass = async (rider: number, now: number) => {
          const pass = await world.findPass(`q-${rider}`, now);
          if (pass !== null && pass.id !== present(rider)?.id) passes[rider]?.push(pass);
        };
        const flush = async (now: number) => {
          const order_ = shuffled === 'shuffled' && (order.next().value as number) % 2 === 1;
          for (const gate of order_ ? [1, 0] : [0, 1]) {
            const own = waiting.filter((each) => each.gate === gate).map(({ event }) => event);
            const from = (seqs[gate] ?? 0) + 1;
            seqs[gate] = from + own.length - 1;
            const gateId = gates[gate] as never;
            if (own.length > 0)
              await upload(under.store, { gateId, events: numbered(own, from), now });
          }
          waiting.length = 0;
        };
        for (const rider of [0, 1]) {
          await world.deliver({ delivery: `${rider}-0`, riderId: `q-${rider}`, now: NOON });
          await notePass(rider, NOON);
        }
        const flushes = [...times, end].sort((a, b) => a - b);
        let swept = NOON;
        for (const [n, step] of [...steps, null].entries()) {
          const at = step?.at ?? end + 1;
          while ((flushes[0] ?? at) < at) await flush(flushes.shift() as number);
          while (step !== null && swept + 10 * MINUTE < at) {
            swept += 10 * MINUTE;
            await under.store.sweep({ now: swept, limit: 1_000 });
          }
          if (step === null) continue;
          if (step.kind !== 'order') {
            const direction = step.kind;
            const gate = gates[step.gate] as never;
            const event = alone(world, { pass: present(step.rider), at, gate, direction });
            waiting.push({ gate: step.gate, event });
          } else {
            // The order ends; the next such instant brings another.
            const riderId = `q-${step.rider}`;
            const delivery = live[step.rider] ?? '';
            if (delivery !== '')
              await world.deliver({ delivery, riderId, status: 'delivered', now: at });
            else await world.deliver({ delivery: `${step.rider}-${n}`, riderId, now: at });
            live[step.rider] = delivery === '' ? `${step.rider}-${n}` : '';
            await notePass(step.rider, at);
          }
        }
        await under.store.sweep({ now: end, limit: 1_000 });
        // Which of a rider's passes it is depends on whether the service knew that somebody was inside.
        const rank = (id: unknown) => passes.findIndex((own) => own.some((pass) => pass.id === id));
        const gateOf = (id: unknown) => gates.indexOf(id as never);
        const seen = (await visitsOf(world))
          .map((visit) => [
            ...[rank(visit.passId), visit.openedAt, gateOf(visit.entryGateId)],
            ...[visit.closedAt, visit.closedBy, gateOf(visit.exitGateId)],
          ])
          .sort();
        const conflicts = (await alertsOf(world))
          .filter(({ kind }) => kind === 'offline_conflict')
          .map(({ at, passId }) => `${rank(passId)} ${Math.floor((at - base) / (2 * MINUTE))}`);
        return { visits: seen, told: [...new Set(conflicts)].sort() };
      }

      const inTime = await run(
        everyStep.map((at) => at + 500),
        'as it was',
      );
      expect(await run(middle, 'shuffled')).toEqual(inTime);
      expect(await run([], 'shuffled')).toEqual(inTime);
    });
    await checkProperty('reports early and late', property as never, 20);
  }, 180_000);
}
