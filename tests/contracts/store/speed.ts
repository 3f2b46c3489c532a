import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryRules } from '../../../src/domain/entry-rules.ts';
import type { GateEventContent } from '../../../src/domain/gate-event.ts';
import type { CourierId, PassId } from '../../../src/domain/identifier.ts';
import type { Checkpoint } from '../../../src/domain/speed/section.ts';
import type { RiderPosition } from '../../../src/store/speed-store.ts';
import type { AlertRecord, PassRecord } from '../../../src/store/store.ts';
import { alone, numbered, told, upload } from '../../support/gate-log.ts';
import { checkProperty } from '../../support/property.ts';
import { entriesOf, type OpenStore, readLog, sharedStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, openSession, type World } from '../../support/store-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = NOON + MINUTE;
/** Long enough for everything to have been waited for. */
const LATER = START + 30 * MINUTE;

export function describeSpeed(open: OpenStore): void {
  const under = sharedStore(open);

  interface Rider {
    readonly world: World;
    readonly pass: PassRecord;
    readonly courierId: CourierId;
  }

  /** A rider who entered at {@link START} and lets the phone send positions. */
  async function inside(rules: Partial<EntryRules> = {}): Promise<Rider> {
    const world = await makeWorld(under, { rules });
    const pass = await world.rider('r-1');
    const courierId = await world.courier('r-1');
    await world.scan({ pass, at: START });
    await under.store.givePositionConsent({ courierId, now: START });
    return { world, pass, courierId };
  }

  const position = (second: number, speedKmh: number, members: object = {}): RiderPosition => ({
    at: START + second * SECOND,
    lon: 119.46,
    lat: 35.42,
    accuracyM: 5,
    speedKmh,
    accuracyKmh: 1,
    ...members,
  });
  const run = (from: number, speeds: readonly number[]) =>
    speeds.map((kmh, n) => position(from + n, kmh));
  const record = (
    { courierId, pass }: { courierId: CourierId; pass: { id: PassId } },
    positions: readonly RiderPosition[],
    now = START + 10 * MINUTE,
    sentAt: number | null = null,
  ) => under.store.recordPositions({ courierId, passId: pass.id, sentAt, positions, now });
  const judge = (now: number) => under.store.judgeSpeeds({ now, limit: 100 });
  const speeding = async (world: World): Promise<readonly AlertRecord[]> => {
    const page = { limit: 100, after: null };
    const communityId = world.community.id;
    const { items } = await under.store.listAlerts({ communityId, open: null, page });
    return items.filter(({ kind }) => kind === 'speeding').toSorted((a, b) => a.at - b.at);
  };
  const standing = async (world: World) =>
    (await speeding(world)).filter(({ details }) => details['withdrawn'] !== true);
  /** An alert as it is, without what is drawn by chance and without whether it rang. */
  const shapes = async (world: World) =>
    (await standing(world)).map(({ at, endedAt, level, details }) => {
      const { late: _late, ...rest } = details;
      return { at, endedAt, level, details: rest };
    });
  const kept = async (world: World) =>
    under.sql(
      `SELECT r.* FROM phone_readings r JOIN speed_rides s ON r.key / 262144 = s.no
       JOIN communities c ON c.no = s.community_no WHERE c.id = '${world.community.id}' ORDER BY r.key`,
    );

  describe('places', () => {
    const zones = [{ id: 'park', name: '公园', polygons: [] }];

    it('are documents with versions, each in the log by its digest', async () => {
      const { community } = await makeWorld(under);
      const before = await under.store.readPlaces(community.id);
      expect(before?.zones).toEqual({ version: 0, document: [] });
      const put = {
        communityId: community.id,
        kind: 'zones',
        document: zones,
        actor: ACTOR,
        now: NOON,
      } as const;
      const [entry] = await entriesOf(under.store, () =>
        under.store.putPlaces({ ...put, ifVersion: 0 }),
      );
      expect(entry?.members).toMatchObject({ type: 'zones.changed', version: 1, actor: ACTOR });
      expect(entry?.text).not.toContain('公园');
      await under.reopen();
      const after = await under.store.readPlaces(community.id);
      expect(after?.zones).toEqual({ version: 1, document: zones });
      expect(after?.checkpoints.version).toBe(0);
      expect(await under.store.putPlaces({ ...put, ifVersion: 0 })).toMatchObject({
        kind: 'conflict',
      });
      expect(await under.store.putPlaces({ ...put, ifVersion: null })).toMatchObject({
        kind: 'ok',
      });
    });

    it('are those of a community that exists', async () => {
      expect(await under.store.readPlaces('com_0000000000000' as never)).toBeNull();
    });
  });

  describe('positions of a phone', () => {
    it('are taken with consent only, of one’s own pass, while it has a visit', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const courierId = await world.courier('r-1');
      const stranger = await world.courier('r-2');
      const one = [position(1, 10)];
      expect(await record({ courierId: stranger, pass }, one)).toEqual({ kind: 'not_found' });
      expect(await record({ courierId, pass: { id: 'pas_0000000000000' as never } }, one)).toEqual({
        kind: 'not_found',
      });
      expect(await record({ courierId, pass }, one)).toEqual({ kind: 'no_consent' });
      await under.store.givePositionConsent({ courierId, now: START });
      expect(await record({ courierId, pass }, one)).toEqual({ kind: 'no_visit' });
      const { visitId } = await world.scan({ pass, at: START });
      expect(await record({ courierId, pass }, one)).toEqual({
        kind: 'recorded',
        visitId,
        accepted: 1,
        future: 0,
        outsideVisit: 0,
      });
    });

    it('are taken for an hour after the visit, of the visit', async () => {
      const rider = await inside();
      const { world, pass } = rider;
      await world.scan({ pass, at: START + MINUTE, direction: 'out' });
      const both = [position(59, 10), position(61, 10), position(-1, 10)];
      const taken = { kind: 'recorded', accepted: 1, outsideVisit: 2 };
      expect(await record(rider, both, START + MINUTE + HOUR)).toMatchObject(taken);
      expect(await record(rider, both, START + MINUTE + HOUR + 1)).toEqual({ kind: 'no_visit' });
    });

    it('belong to the visit during which they were made, also when the next one is open', async () => {
      const rider = await inside();
      const { world, pass } = rider;
      await world.scan({ pass, at: START + MINUTE, direction: 'out' });
      const { visitId: second } = await world.scan({ pass, at: START + 5 * MINUTE });
      const first = run(10, [30, 30, 30, 30]);
      const now = START + 6 * MINUTE;
      expect(await record(rider, [...first, ...run(310, [30, 30, 30, 30])], now)).toMatchObject({
        visitId: second,
        accepted: 8,
      });
      await judge(LATER);
      const alerts = await speeding(world);
      expect(alerts.map(({ at }) => at)).toEqual([START + 10 * SECOND, START + 310 * SECOND]);
      expect(alerts[1]?.visitId).toBe(second);
      expect(alerts[0]?.visitId).not.toBe(second);
    });

    it('from the future are left out', async () => {
      const rider = await inside();
      const now = START + 10 * SECOND;
      const answer = await record(rider, [position(12, 50), position(12.001, 50)], now);
      expect(answer).toMatchObject({ accepted: 1, future: 1 });
    });

    it('are one a second: the earliest, of two at one instant the slower, in whatever order', async () => {
      const rider = await inside();
      const here = [position(3.4, 20), position(3.2, 30), position(3.2, 12), position(4.1, 9)];
      await record(rider, here);
      await record(rider, here.toReversed());
      expect(await kept(rider.world)).toMatchObject([
        { at: START + 3_200, speed_kmh: 12 },
        { at: START + 4_100, speed_kmh: 9 },
      ]);
    });

    it('keep nothing of where they were made', async () => {
      const rider = await inside();
      await record(rider, [position(1, 10)]);
      const [row] = await kept(rider.world);
      expect(JSON.stringify(row)).not.toContain('119.4');
      expect(Object.keys(row ?? {})).not.toContain('lat');
    });

    it('are forgotten after a day, and what an alert rests on stays with it', async () => {
      const rider = await inside();
      const { world } = rider;
      await record(rider, run(0, [30, 30, 30, 30, 30, 10]));
      await judge(LATER);
      const forget = (now: number) => under.store.forgetPositions({ now, limit: 1_000 });
      await forget(START + DAY - 1);
      expect(await kept(world)).toHaveLength(6);
      await forget(START + DAY + 2 * SECOND);
      expect(await kept(world)).toHaveLength(3);
      await forget(START + 2 * DAY);
      expect(await kept(world)).toEqual([]);
      const [alert] = await speeding(world);
      const found =
        alert &&
        (await under.store.findAlert({ communityId: world.community.id, alertId: alert.id }));
      expect(found?.speed?.readings).toHaveLength(6);
      await judge(START + 2 * DAY);
      expect(await standing(world)).toHaveLength(1);
    });

    it('are forgotten with the consent, which is on the log without the rider', async () => {
      const rider = await inside();
      const { world, courierId, pass } = rider;
      await record(rider, run(0, [30, 30, 30, 30, 30, 10]));
      await judge(LATER);
      expect(await under.store.findPositionConsent(courierId)).toBe(START);
      const [entry] = await entriesOf(under.store, () =>
        under.store.withdrawPositionConsent({ courierId, now: LATER }),
      );
      expect(entry?.members).toMatchObject({ type: 'consent.withdrawn', passes: [pass.id] });
      expect(entry?.text).not.toContain(courierId);
      expect(await under.store.findPositionConsent(courierId)).toBeNull();
      expect(await kept(world)).toEqual([]);
      expect(await record(rider, run(0, [30]))).toEqual({ kind: 'no_consent' });
      await judge(LATER + MINUTE);
      expect(await standing(world)).toHaveLength(1);
    });

    it('need a consent anew when two riders turn out to be one', async () => {
      const world = await makeWorld(under);
      const { platform } = world;
      const elder = await world.courier('r-0');
      const younger = await world.courier('r-1');
      await under.store.givePositionConsent({ courierId: younger, now: START });
      const joined = await openSession(under, { platform, riderId: 'r-1', join: elder });
      expect(joined).toBe(elder);
      for (const courierId of [elder, younger])
        expect(await under.store.findPositionConsent(courierId)).toBeNull();
      const kept = `SELECT p.given_at FROM position_consents p JOIN couriers c ON c.no = p.courier_no
        WHERE c.id IN ('${elder}', '${younger}')`;
      expect(await under.sql(kept)).toEqual([]);
    });

    it('of a clock that is wrong are put right by when they were sent', async () => {
      const rider = await inside();
      const wrong = 7 * MINUTE;
      const fast = run(10, [30, 30, 30, 30, 30]).map((each) => ({ ...each, at: each.at + wrong }));
      const now = START + 20 * SECOND;
      expect(await record(rider, fast, now, now + wrong)).toMatchObject({ accepted: 5, future: 0 });
      await judge(LATER);
      expect(await speeding(rider.world)).toMatchObject([
        { at: START + 10 * SECOND, endedAt: START + 14 * SECOND },
      ]);
    });

    it('a million in a row take the room of one a second of the visit', async () => {
      const rider = await inside();
      for (let batch = 0; batch < 100; batch += 1) {
        const many = Array.from({ length: 10_000 }, (_, n) =>
          position((((batch * 10_000 + n) * 7_919) % 600_000) / 1_000, 30),
        );
        await record(rider, many);
      }
      expect(await kept(rider.world)).toHaveLength(600);
      await judge(LATER);
      expect(await speeding(rider.world)).toMatchObject([{ at: START, level: 'notice' }]);
    }, 60_000);
  });

  describe('an episode by a phone', () => {
    it('is a notice that begins while it goes on, and ends with its last fast reading', async () => {
      const rider = await inside();
      const { world, pass, courierId } = rider;
      const now = START + 6 * SECOND;
      await record(rider, run(0, [30, 32, 31, 30, 30, 30]), now);
      expect(await judge(START + 8 * SECOND - 1)).toMatchObject({ changes: [] });
      expect(await speeding(world)).toEqual([]);
      const { changes } = await judge(START + 8 * SECOND);
      expect(changes).toMatchObject([
        {
          courierId,
          bell: 'rings',
          alert: {
            kind: 'speeding',
            level: 'notice',
            at: START,
            endedAt: null,
            passId: pass.id,
            details: { source: 'phone', limitKmh: 15, marginKmh: 3, peakKmh: 32 },
          },
        },
      ]);
      await judge(START + 11 * SECOND);
      expect(await judge(START + 12 * SECOND)).toEqual({
        changes: [],
        failed: [],
        more: false,
      });
      await record(rider, run(6, [10, 10, 10, 10, 10, 10, 10]), now + 10 * SECOND);
      expect(await judge(now + 20 * SECOND)).toMatchObject({
        changes: [{ alert: { at: START, endedAt: START + 5 * SECOND } }],
      });
      expect(await speeding(world)).toHaveLength(1);
    });

    it('ends by silence, and by the end of the visit', async () => {
      const [silent, leaving] = [await inside(), await inside()];
      for (const rider of [silent, leaving])
        await record(rider, run(0, [30, 30, 30, 30]), START + 5 * SECOND);
      await judge(START + 10 * SECOND);
      expect(await speeding(silent.world)).toMatchObject([{ endedAt: null }]);
      await leaving.world.scan({ pass: leaving.pass, at: START + 12 * SECOND, direction: 'out' });
      await judge(START + 75 * SECOND);
      for (const { world } of [silent, leaving])
        expect(await speeding(world)).toMatchObject([{ endedAt: START + 3 * SECOND }]);
    });

    it('goes on after a restart in its middle as if there had been none', async () => {
      const [through, restarted] = [await inside(), await inside()];
      const second = run(4, [33, 30, 10, 10, 10, 10, 10, 10]);
      for (const rider of [through, restarted]) {
        await record(rider, run(0, [30, 30, 30, 30]), START + 5 * SECOND);
        await judge(START + 9 * SECOND);
        if (rider === restarted) await under.reopen();
        await record(rider, second, START + 13 * SECOND);
        if (rider === restarted) await under.reopen();
        await judge(START + 30 * SECOND);
      }
      expect(await shapes(restarted.world)).toEqual(await shapes(through.world));
      expect(await shapes(restarted.world)).toMatchObject([
        { at: START, endedAt: START + 5 * SECOND, details: { peakKmh: 33 } },
      ]);
    });

    it('known more than two minutes late is recorded and rings no bell', async () => {
      const [soon, late] = [await inside(), await inside()];
      const fast = run(0, [30, 30, 30, 30]);
      await record(soon, fast, START + 2 * MINUTE);
      const rung = await judge(START + 3 * SECOND + 2 * MINUTE);
      expect(rung.changes).toMatchObject([{ bell: 'rings' }]);
      await record(late, fast, START + 2 * MINUTE);
      const silent = await judge(START + 3 * SECOND + 2 * MINUTE + 1);
      expect(silent.changes).toMatchObject([
        { bell: 'silent', alert: { details: { late: true } } },
      ]);
      expect(await speeding(late.world)).toHaveLength(1);
    });

    it('is taken back when a late reading shows that there was none', async () => {
      const rider = await inside();
      const { world } = rider;
      await record(rider, run(0.5, [30, 30, 30, 30]));
      await judge(LATER);
      expect(await standing(world)).toHaveLength(1);
      const [entry] = await entriesOf(under.store, async () => {
        await record(rider, [position(1.2, 8)], LATER);
        await judge(LATER + MINUTE);
      });
      expect(entry?.members).toMatchObject({ type: 'alert.withdrawn' });
      expect(await standing(world)).toEqual([]);
      expect(await speeding(world)).toHaveLength(1);
    });

    it('that cannot be read keeps nobody else waiting, and is judged when it can', async () => {
      const [broken, sound] = [await inside(), await inside()];
      for (const rider of [broken, sound])
        await record(rider, run(0, [30, 30, 30, 30]), START + 5 * SECOND);
      const own = `community_no = (SELECT no FROM communities WHERE id = '${broken.world.community.id}')`;
      const [row] = await under.sql(`SELECT visit_id FROM speed_rides WHERE ${own}`);
      await under.sql(`UPDATE speed_rides SET phone_state = '{' WHERE ${own}`);
      const judged = await judge(LATER);
      expect(judged.failed).toEqual([row?.['visit_id']]);
      expect(await speeding(sound.world)).toHaveLength(1);
      expect(await speeding(broken.world)).toEqual([]);
      expect((await judge(LATER + MINUTE - 1)).failed).toEqual([]);
      await under.sql(`UPDATE speed_rides SET phone_state = NULL WHERE ${own}`);
      await judge(LATER + MINUTE);
      expect(await speeding(broken.world)).toHaveLength(1);
    });

    it('has the limit that was in force at its start, and another one from the change on', async () => {
      const rider = await inside({ speedLimitKmh: 20 });
      const { community, rules } = rider.world;
      await under.store.putRules({
        communityId: community.id,
        rules: { ...rules, speedLimitKmh: 10 },
        agreedBy: [],
        effectiveFrom: START + 100 * SECOND,
        ifVersion: null,
        actor: ACTOR,
        now: START + 50 * SECOND,
      });
      await record(rider, run(40, [30, 30, 30, 30, 30]));
      await record(
        rider,
        run(
          90,
          Array.from({ length: 20 }, () => 19),
        ),
      );
      await judge(LATER);
      expect(await speeding(rider.world)).toMatchObject([
        { at: START + 40 * SECOND, details: { limitKmh: 20, rulesVersion: 1 } },
        { at: START + 100 * SECOND, details: { limitKmh: 10, rulesVersion: 2 } },
      ]);
    });

    it('has the zone of its start', async () => {
      const rider = await inside({
        zoneSpeedLimits: [{ zoneId: 'park', speedLimitKmh: 5 }],
      });
      const { community } = rider.world;
      const ring = [
        [119, 35],
        [120, 35],
        [120, 36],
        [119, 36],
        [119, 35],
      ] as [number, number][];
      await under.store.putPlaces({
        communityId: community.id,
        kind: 'zones',
        document: [{ id: 'park', name: '公园', polygons: [[ring]] }],
        ifVersion: null,
        actor: ACTOR,
        now: START,
      });
      await record(rider, run(0, [12, 12, 12, 12, 12]));
      await judge(LATER);
      expect(await speeding(rider.world)).toMatchObject([
        { details: { limitKmh: 5, zone: 'park', zoneName: '公园' } },
      ]);
    });
  });

  describe('the same readings', () => {
    it('lead to the same alerts in any order, any batches and with restarts between', async () => {
      const speeds = fc.array(fc.constantFrom(8, 12, 16.8, 19.5, 24, 31), {
        minLength: 10,
        maxLength: 60,
      });
      await checkProperty(
        'alerts of a set',
        fc.asyncProperty(
          speeds,
          fc.array(fc.nat(1_000), { minLength: 60, maxLength: 60 }),
          fc.integer({ min: 1, max: 20 }),
          async (kmh, order, size) => {
            const all = run(0, kmh);
            const [straight, shuffled] = [await inside(), await inside()];
            await record(straight, all);
            await judge(LATER);
            const mixed = all
              .map((each, n) => ({ each, rank: order[n] ?? 0 }))
              .toSorted((a, b) => a.rank - b.rank)
              .map(({ each }) => each);
            let now = START + MINUTE;
            for (let from = 0; from < mixed.length; from += size) {
              await record(shuffled, mixed.slice(from, from + size), now);
              await judge(now);
              now += 2 * SECOND;
            }
            await judge(LATER);
            expect(await shapes(shuffled.world)).toEqual(await shapes(straight.world));
          },
        ),
        25,
      );
    }, 60_000);
  });

  describe('a radar', () => {
    let nextSeq = 1;
    const measured = (
      content: Partial<Extract<GateEventContent, { type: 'speed' }>>,
    ): GateEventContent => ({
      type: 'speed',
      speedKmh: 25,
      accuracyKmh: 1,
      lane: null,
      requestId: null,
      plate: null,
      checkpointId: null,
      ...content,
    });
    const report = (
      world: World,
      at: number,
      content: Parameters<typeof measured>[0],
      now = at + SECOND,
    ) =>
      upload(under.store, {
        gateId: world.gate.id,
        events: numbered([told(at, measured(content))], nextSeq++),
        now,
      });

    /** A rider who asks at a gate whose lane has a radar. */
    async function asked(scan: { speedKmh?: number; accuracyKmh?: number; lane?: string }) {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const attempt = { ...world.attempt({ pass, at: START }), ...scan };
      await under.store.redeem(attempt);
      return { world, pass, requestId: attempt.requestId };
    }

    it('that measured at the scan is believed: a warning, serious from one and a half times the limit on', async () => {
      const { world, pass } = await asked({ speedKmh: 23.4, accuracyKmh: 1 });
      await judge(START + 4 * SECOND);
      expect(await speeding(world)).toEqual([]);
      await judge(START + 5 * SECOND);
      const gateId = world.gate.id;
      expect(await speeding(world)).toMatchObject([
        { at: START, endedAt: START, level: 'warning', passId: pass.id, gateId },
      ]);
      const fast = await asked({ speedKmh: 23.5, accuracyKmh: 1 });
      await judge(START + 5 * SECOND);
      expect(await speeding(fast.world)).toMatchObject([{ level: 'serious' }]);
    });

    it.each([
      ['at the limit and its margin, its accuracy counted', { speedKmh: 19, accuracyKmh: 1 }],
      ['that shows what nobody rides', { speedKmh: 400, accuracyKmh: 1 }],
      ['that says nothing of its accuracy, within that of any radar', { speedKmh: 20.9 }],
    ])('%s is no alert', async (_, scan) => {
      const { world } = await asked(scan);
      await judge(LATER);
      expect(await speeding(world)).toEqual([]);
    });

    it('that measured somebody who was not let in is nobody’s', async () => {
      const world = await makeWorld(under, { rules: { antiPassback: 'hard' } });
      const pass = await world.rider('r-1');
      await world.scan({ pass, at: START });
      const again = world.attempt({ pass, at: START + 10 * MINUTE });
      const outcome = await under.store.redeem({ ...again, speedKmh: 40, accuracyKmh: 1 });
      expect(outcome).toMatchObject({ record: { decision: 'denied', passId: pass.id } });
      await judge(LATER);
      await judge(LATER + MINUTE);
      expect(await speeding(world)).toEqual([]);
    });

    it('that measured at an exit waits for the entry that comes late', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const exit = world.attempt({ pass, at: START + MINUTE, direction: 'out' });
      await under.store.redeem({ ...exit, speedKmh: 40, accuracyKmh: 1 });
      await judge(START + 2 * MINUTE);
      expect(await speeding(world)).toEqual([]);
      const events = numbered([alone(world, { pass, at: START })], 1);
      await upload(under.store, { gateId: world.gate.id, events, now: START + 3 * MINUTE });
      await judge(START + 4 * MINUTE);
      await judge(LATER + HOUR);
      expect(await speeding(world)).toMatchObject([{ passId: pass.id, at: START + MINUTE }]);
    });

    it('is tied to the scan that it names', async () => {
      const { world, requestId } = await asked({});
      await report(world, START + MINUTE, { requestId });
      await judge(LATER);
      expect(await speeding(world)).toMatchObject([{ at: START + MINUTE }]);
    });

    it('is tied to the scan of the same lane within five seconds', async () => {
      const { world, pass } = await asked({ lane: '1' });
      await report(world, START + 5 * SECOND, { lane: '1' });
      const other = await asked({ lane: '1' });
      await report(other.world, START + 5_001, { lane: '1' });
      const elsewhere = await asked({ lane: '1' });
      await report(elsewhere.world, START, { lane: '2' });
      await judge(START + 11 * SECOND);
      await judge(LATER);
      expect(await speeding(world)).toMatchObject([{ passId: pass.id }]);
      expect(await speeding(other.world)).toEqual([]);
      expect(await speeding(elsewhere.world)).toEqual([]);
    });

    it('belongs to the nearest scan of its lane, also when that one comes after it', async () => {
      const { world } = await asked({ lane: '1' });
      const next = await world.rider('r-2');
      await report(world, START + 4_500, { lane: '1' }, START + 4_600);
      await judge(START + 5 * SECOND);
      const scan = world.attempt({ pass: next, at: START + 6 * SECOND });
      await under.store.redeem({ ...scan, lane: '1' });
      await judge(START + 20 * SECOND);
      await judge(LATER);
      expect(await speeding(world)).toMatchObject([{ passId: next.id }]);
    });

    it('of a plate that two who are inside have is nobody’s', async () => {
      const world = await makeWorld(under);
      for (const riderId of ['r-1', 'r-2']) {
        const plated = { riderId, vehicle: 'e-bike', plate: '鲁L·D12345' } as const;
        await world.deliver({ delivery: riderId, ...plated });
        const pass = await world.findPass(riderId);
        if (pass === null) throw new Error('the delivery makes a pass');
        await world.scan({ pass, at: START });
      }
      await report(world, START + MINUTE, { plate: '鲁LD12345' });
      for (let hours = 1; hours < 60; hours += 1) await judge(START + hours * HOUR);
      expect(await speeding(world)).toEqual([]);
    });

    it('at a checkpoint that nobody knows is held to the most generous limit', async () => {
      const zoneSpeedLimits = [
        { zoneId: 'park', speedLimitKmh: 10 },
        { zoneId: 'ring', speedLimitKmh: 25 },
      ];
      const world = await makeWorld(under, { rules: { zoneSpeedLimits } });
      const pass = await world.rider('r-1');
      const { requestId } = await world.scan({ pass, at: START });
      await report(world, START + MINUTE, { requestId, checkpointId: 'renamed' });
      await judge(LATER);
      expect(await speeding(world)).toEqual([]);
      await report(world, START + 2 * MINUTE, { requestId, checkpointId: 'renamed', speedKmh: 40 });
      await judge(LATER + MINUTE);
      expect(await speeding(world)).toMatchObject([{ details: { limitKmh: 25 } }]);
    });

    it('is tied to a plate, in any writing, and forgets it then', async () => {
      const world = await makeWorld(under);
      await world.deliver({
        delivery: 'plated',
        riderId: 'r-1',
        vehicle: 'e-bike',
        plate: '鲁L·D12345',
      });
      const pass = await world.findPass('r-1');
      if (pass === null) throw new Error('the delivery makes a pass');
      await world.scan({ pass, at: START });
      await report(world, START + MINUTE, { plate: '鲁l d12345' });
      await report(world, START + MINUTE, { plate: '鲁L99999' });
      await judge(START + MINUTE + 10 * SECOND);
      expect(await speeding(world)).toMatchObject([{ passId: pass.id }]);
      const plates = () => under.sql('SELECT plate FROM speed_sightings WHERE plate IS NOT NULL');
      expect(await plates()).toHaveLength(1);
      for (let hours = 1; hours < 60; hours += 1) await judge(START + hours * HOUR);
      expect(await plates()).toEqual([]);
    });

    it('waits for the scan that it belongs to', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      const attempt = world.attempt({ pass, at: START });
      await report(world, START + SECOND, { requestId: attempt.requestId });
      await judge(START + 10 * SECOND);
      await under.reopen();
      await under.store.redeem(attempt);
      await judge(START + 20 * SECOND);
      expect(await speeding(world)).toMatchObject([{ at: START + SECOND }]);
    });

    it('of nobody known is nobody’s', async () => {
      const world = await makeWorld(under);
      await report(world, START, {});
      for (let hours = 0; hours < 60; hours += 1) await judge(START + hours * HOUR);
      expect(await speeding(world)).toEqual([]);
      expect(await under.sql('SELECT no FROM speed_sightings WHERE tie_at IS NOT NULL')).toEqual(
        [],
      );
    });

    describe('and the clocks of checkpoints', () => {
      const point = (id: string, members: Partial<Checkpoint> = {}): Checkpoint => ({
        id,
        name: id,
        zoneId: null,
        position: null,
        gateId: null,
        clockUncertaintyMs: 500,
        ...members,
      });

      async function surveyed(metres: number | null) {
        const world = await makeWorld(under);
        const pass = await world.rider('r-1');
        const put = { communityId: world.community.id, ifVersion: null, actor: ACTOR, now: NOON };
        const gate = point('gate', { gateId: world.gate.id });
        const document = [gate, point('fountain'), point('tower-9')];
        await under.store.putPlaces({ ...put, kind: 'checkpoints', document });
        if (metres !== null) {
          const ways = [
            { from: 'gate', to: 'fountain', metres },
            { from: 'fountain', to: 'tower-9', metres },
            { from: 'fountain', to: 'gate', metres },
          ];
          await under.store.putPlaces({ ...put, kind: 'distances', document: ways });
        }
        const attempt = world.attempt({ pass, at: START });
        await under.store.redeem(attempt);
        const seen = (second: number, checkpointId: string) =>
          report(world, START + second * SECOND, {
            speedKmh: null,
            accuracyKmh: null,
            requestId: attempt.requestId,
            checkpointId,
          });
        return { world, pass, seen };
      }

      it('make one alert of one act over two sections', async () => {
        const { world, seen } = await surveyed(100);
        await seen(12, 'fountain');
        await seen(24, 'tower-9');
        await judge(LATER);
        expect(await speeding(world)).toMatchObject([
          {
            at: START,
            endedAt: START + 24 * SECOND,
            level: 'serious',
            details: { source: 'section', peakKmh: 30 },
          },
        ]);
      });

      it('see a rider who hurries to the exit', async () => {
        const { world, pass, seen } = await surveyed(100);
        await seen(60, 'fountain');
        await judge(START + 70 * SECOND);
        await world.scan({ pass, at: START + 72 * SECOND, direction: 'out' });
        await judge(START + 90 * SECOND);
        expect(await speeding(world)).toMatchObject([
          { at: START + 60 * SECOND, endedAt: START + 72 * SECOND },
        ]);
      });

      it('say nothing of an exit of which a gate tells that was alone', async () => {
        const { world, pass, seen } = await surveyed(100);
        await seen(60, 'fountain');
        const exit = alone(world, { pass, at: START + 72 * SECOND, direction: 'out' });
        const events = numbered([exit], nextSeq++);
        await upload(under.store, { gateId: world.gate.id, events, now: START + 80 * SECOND });
        await judge(LATER);
        expect(
          await under.sql(`SELECT closed_at FROM visits WHERE pass_no =
          (SELECT no FROM passes WHERE id = '${pass.id}')`),
        ).toEqual([{ closed_at: START + 72 * SECOND }]);
        expect(await speeding(world)).toEqual([]);
      });

      it('without a distance say nothing', async () => {
        const { world, seen } = await surveyed(null);
        await seen(3, 'fountain');
        await seen(6, 'tower-9');
        await judge(LATER);
        expect(await speeding(world)).toEqual([]);
      });

      it('say nothing that their own errors could explain', async () => {
        const { world, seen } = await surveyed(100);
        await seen(19, 'fountain'); // 18.9 km/h; a second more makes it exactly 18
        await judge(LATER);
        expect(await speeding(world)).toEqual([]);
      });

      it('lead to the same alerts in whatever order they report', async () => {
        const [inTime, mixed] = [await surveyed(100), await surveyed(100)];
        await inTime.seen(12, 'fountain');
        await judge(START + MINUTE);
        await inTime.seen(24, 'tower-9');
        await judge(LATER);
        await mixed.seen(24, 'tower-9');
        await judge(START + MINUTE);
        await mixed.seen(12, 'fountain');
        await judge(LATER);
        expect(await shapes(mixed.world)).toEqual(await shapes(inTime.world));
      });
    });
  });

  it('leaves no person and no place on the audit log', async () => {
    const rider = await inside();
    await record(rider, run(0, [30, 30, 30, 30, 30]));
    await judge(LATER);
    const log = await readLog(under.store);
    expect(log.some(({ members }) => members['kind'] === 'speeding')).toBe(true);
    expect(log.some(({ text }) => text.includes(rider.courierId) || text.includes('119.4'))).toBe(
      false,
    );
  });
}
