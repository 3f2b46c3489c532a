import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { CourierId } from '../../../src/domain/identifier.ts';
import {
  entriesOf,
  freshStore,
  type OpenStore,
  readLog,
  type StoreUnderTest,
  sha256,
} from '../../support/store-under-test.ts';
import {
  ACTOR,
  makePlatform,
  makeWorld,
  NOON,
  openSession,
  unique,
  type World,
} from '../../support/store-world.ts';

/** What stands for a person: nothing of it may be left anywhere. */
const PERSON = {
  rider: 'rider-a-7701',
  otherRider: 'rider-a-at-the-other-platform',
  delivery: 'order-8841',
  label: '快送 #18',
  unit: 'unit-94',
  plate: '鲁L·A1234',
  blockReason: '在楼道抽烟',
} as const;

const erase = (
  { store }: StoreUnderTest,
  courierId: CourierId,
  now = NOON + HOUR_MS,
  blocks: 'keep' | 'lift' = 'keep',
) => store.eraseCourier({ courierId, blocks, actor: ACTOR, now });

/** Every row of every table as one text. */
async function everything(under: StoreUnderTest): Promise<string> {
  const tables = await under.sql("SELECT name FROM sqlite_master WHERE type = 'table'");
  const rows = [];
  for (const { name } of tables) rows.push(await under.sql(`SELECT * FROM "${name}"`));
  return JSON.stringify(rows);
}

/** A rider with accounts at two platforms, a visit, a delivery that another finished, and a block that is over. */
async function livedLife(under: StoreUnderTest, world: World): Promise<CourierId> {
  const { store } = under;
  const dropoff = { communityId: world.community.id, building: '12', unit: PERSON.unit, floor: 3 };
  const order = { riderId: PERSON.rider, dropoff, label: PERSON.label, plate: PERSON.plate };
  await world.deliver({ delivery: PERSON.delivery, ...order });
  await world.deliver({ delivery: 'handed-over', riderId: PERSON.rider, plate: PERSON.plate });
  await world.deliver({ delivery: 'handed-over', riderId: 'rider-b', plate: '' });
  const pass = await world.findPass(PERSON.rider);
  if (pass === null) throw new Error('a live delivery makes a pass');
  await world.scan({ pass, at: NOON });
  await world.scan({ pass, at: NOON + MINUTE_MS, direction: 'out' });
  const other = unique('er');
  await makePlatform(under, other);
  const courierId = await world.courier(PERSON.rider);
  await openSession(under, { platform: other, riderId: PERSON.otherRider, join: courierId });
  const block = { communityId: world.community.id, courierId, reason: PERSON.blockReason };
  await store.putBlock({ ...block, until: NOON + 2 * MINUTE_MS, actor: ACTOR, now: NOON });
  await world.deliver({
    delivery: PERSON.delivery,
    status: 'delivered',
    now: NOON + 2 * MINUTE_MS,
  });
  return courierId;
}

export function describePrivacy(open: OpenStore): void {
  const under = freshStore(open);

  describe('erasing a courier', () => {
    it('leaves no row that says who held a pass, and every entry as it was', async () => {
      const world = await makeWorld(under);
      const courierId = await livedLife(under, world);
      const ids = (await under.sql('SELECT id FROM couriers')).map(({ id }) => String(id));
      const before = await readLog(under.store);
      const salts = (await under.sql('SELECT commitment_salt AS salt FROM passes')).length;
      expect(salts).toBe(2);
      for (const word of Object.values(PERSON)) expect(await everything(under)).toContain(word);

      const outcome = await erase(under, courierId);
      expect(outcome).toMatchObject({
        kind: 'erased',
        forgotten: { deliveries: 1, passes: 1, couriers: 2, restrictions: 1 },
      });
      const left = await everything(under);
      for (const word of Object.values(PERSON)) expect(left).not.toContain(word);
      const gone = ids.filter((id) => !left.includes(id));
      expect(gone).toHaveLength(2);
      const held = await under.sql('SELECT courier_no, commitment_salt FROM passes ORDER BY no');
      expect(held[0]).toEqual({ courier_no: null, commitment_salt: null });
      expect(held[1]?.['courier_no']).not.toBeNull(); // the rider who took over
      expect(await under.sql('SELECT pass_no FROM pass_deliveries')).toEqual([{ pass_no: 2 }]);
      expect((await readLog(under.store)).slice(0, before.length)).toEqual(before);
    });

    it('knows every table that names a courier or a rider', async () => {
      const columns = await under.sql(
        `SELECT m.name AS "table", c.name AS "column" FROM sqlite_master m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND (c.name LIKE '%courier%' OR c.name LIKE '%rider%') ORDER BY 1`,
      );
      expect([...new Set(columns.map((row) => row['table']))]).toEqual([
        'alert_cases',
        'appeals',
        'conduct_accounts',
        'deliveries',
        'erasures',
        'former_riders',
        'passes',
        'past_blocks',
        'point_movements',
        'position_consents',
        'reports',
        'restrictions',
        'rider_accounts',
        'rider_links',
        'rider_sessions',
        'sanctions',
        'visit_credits',
      ]);
    });

    it('keeps passes, visits and decisions under their random numbers', async () => {
      const world = await makeWorld(under);
      const courierId = await livedLife(under, world);
      const page = { limit: 10, after: null };
      const list = () =>
        under.store.listVisits({ communityId: world.community.id, open: null, page });
      const [visit] = (await list()).items;
      expect(visit?.courierId).toBe(courierId);
      const decisions = await under.store.listDecisions(world.community.id, page);
      await erase(under, courierId);
      expect((await list()).items).toEqual([{ ...visit, courierId: null }]);
      expect(await under.store.listDecisions(world.community.id, page)).toEqual(decisions);
    });

    it('is an entry that names nobody to who has not the identifier', async () => {
      const world = await makeWorld(under);
      const courierId = await livedLife(under, world);
      const [entry, ...more] = await entriesOf(under.store, () => erase(under, courierId));
      expect(more).toEqual([]);
      expect(entry?.members).toMatchObject({
        type: 'courier.erased',
        actor: ACTOR,
        passes: 1,
        names: expect.arrayContaining([sha256(`erased ${courierId}`)]),
      });
      expect(entry?.text).not.toContain(courierId);
    });

    it('ends sessions and links, and the rider begins anew as another courier', async () => {
      const world = await makeWorld(under);
      const courierId = await livedLife(under, world);
      const sessionHash = sha256(unique('session'));
      await openSession(under, { platform: world.platform, riderId: PERSON.rider, sessionHash });
      await erase(under, courierId);
      const use = { sessionHash, extendTo: NOON + 31 * DAY_MS, now: NOON + HOUR_MS };
      expect(await under.store.findRiderSession(use)).toBeNull();
      expect(await erase(under, courierId)).toEqual({ kind: 'not_found' });
      expect(await world.courier(PERSON.rider, NOON + HOUR_MS)).not.toBe(courierId);
    });

    it('waits while a pass is live, and is carried out when it has ended', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider(PERSON.rider);
      const courierId = await world.courier(PERSON.rider);
      const waits = { kind: 'pending', waitsFor: ['pass'] };
      const asked = await entriesOf(under.store, async () => {
        expect(await erase(under, courierId, NOON)).toEqual(waits);
        expect(await erase(under, courierId, NOON)).toEqual(waits);
      });
      expect(asked.map(({ members }) => members['type'])).toEqual(['courier.erasure_requested']);
      expect((await world.scan({ pass, at: NOON })).reason).toBe('granted');
      const round = (now: number) =>
        under.store.forgetPersonal({ before: NOON - 60 * DAY_MS, limit: 10, now });
      expect(await round(NOON + MINUTE_MS)).toMatchObject({ erased: 0, done: true });
      await world.scan({ pass, at: NOON + 2 * MINUTE_MS, direction: 'out' });
      // Two hours after the newest callback the pass lapses.
      expect(await round(NOON + 2 * HOUR_MS)).toMatchObject({
        erased: 1,
        done: true,
        couriers: [courierId],
        forgotten: { passes: 1, couriers: 1 },
      });
      expect(await everything(under)).not.toContain(PERSON.rider);
    });

    it('waits for the end of a block, unless it is to be lifted', async () => {
      const world = await makeWorld(under);
      const courierId = await world.courier(PERSON.rider);
      const block = { communityId: world.community.id, courierId, reason: PERSON.blockReason };
      await under.store.putBlock({ ...block, until: NOON + DAY_MS, actor: ACTOR, now: NOON });
      expect(await erase(under, courierId)).toEqual({ kind: 'pending', waitsFor: ['block'] });
      const round = (now: number) =>
        under.store.forgetPersonal({ before: NOON - 60 * DAY_MS, limit: 10, now });
      expect(await round(NOON + DAY_MS - 1)).toMatchObject({ erased: 0 });
      expect(await erase(under, courierId, NOON + HOUR_MS, 'lift')).toMatchObject({
        kind: 'erased',
        communities: [world.community.id],
        forgotten: { restrictions: 1 },
      });
    });

    it('is carried out by itself when the block is over, to the millisecond', async () => {
      const world = await makeWorld(under);
      const courierId = await world.courier(PERSON.rider);
      const block = { communityId: world.community.id, courierId, reason: PERSON.blockReason };
      await under.store.putBlock({ ...block, until: NOON + DAY_MS, actor: ACTOR, now: NOON });
      await erase(under, courierId);
      const round = (now: number) =>
        under.store.forgetPersonal({ before: NOON - 60 * DAY_MS, limit: 10, now });
      expect(await round(NOON + DAY_MS - 1)).toMatchObject({ erased: 0 });
      expect(await round(NOON + DAY_MS)).toMatchObject({ erased: 1 });
    });

    it('goes with a courier that is joined into an elder', async () => {
      const world = await makeWorld(under);
      await world.rider('elder');
      const elder = await world.courier('elder');
      await world.rider(PERSON.rider);
      const younger = await world.courier(PERSON.rider);
      await erase(under, younger, NOON);
      await openSession(under, { platform: world.platform, riderId: PERSON.rider, join: elder });
      const outcome = await under.store.forgetPersonal({
        before: NOON - DAY_MS,
        limit: 10,
        now: NOON + 3 * HOUR_MS,
      });
      expect(outcome).toMatchObject({ erased: 1, forgotten: { couriers: 2 } });
    });
  });

  describe('forgetting what is old', () => {
    const KEPT = 60 * DAY_MS;
    const round = (now: number, limit = 10) =>
      under.store.forgetPersonal({ before: now - KEPT, limit, now });

    it('forgets deliveries, holders and couriers one millisecond after their time, not at it', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: PERSON.rider });
      await world.deliver({ delivery: '1', status: 'delivered', now: NOON });
      const nothing = { deliveries: 0, passes: 0, couriers: 0, restrictions: 0 };
      expect((await round(NOON + KEPT)).forgotten).toEqual(nothing);
      expect(await round(NOON + KEPT + 1)).toMatchObject({
        forgotten: { deliveries: 1, passes: 1, couriers: 1, restrictions: 0 },
        done: true,
      });
      expect(await everything(under)).not.toContain(PERSON.rider);
    });

    it('keeps what is of use: a live pass’s deliveries, a courier seen since, a block in force', async () => {
      const world = await makeWorld(under, { directions: ['in'] });
      const later = NOON + KEPT + DAY_MS;
      await world.deliver({ delivery: '1', riderId: 'seen-since', status: 'delivered' });
      await world.deliver({
        delivery: '2',
        riderId: 'seen-since',
        status: 'assigned',
        now: later,
      });
      const courierId = await world.courier('blocked');
      const block = { communityId: world.community.id, courierId, reason: 'x', actor: ACTOR };
      await under.store.putBlock({ ...block, until: later + DAY_MS, now: NOON });
      expect((await round(later)).forgotten).toEqual({
        deliveries: 1,
        passes: 0,
        couriers: 0,
        restrictions: 0,
      });
      const riders = await under.sql('SELECT rider_id FROM rider_accounts ORDER BY 1');
      expect(riders.map((row) => row['rider_id'])).toEqual(['blocked', 'seen-since']);
    });

    it('says what it did in an entry, and nothing where nothing was to do', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: PERSON.rider, status: 'delivered' });
      const entries = await entriesOf(under.store, () => round(NOON + KEPT + 1));
      expect(entries.map(({ members }) => members)).toMatchObject([
        {
          type: 'personal.forgotten',
          olderThan: new Date(NOON + 1).toISOString(),
          deliveries: 1,
          couriers: 1,
        },
      ]);
      expect(await entriesOf(under.store, () => round(NOON + KEPT + 1))).toEqual([]);
    });

    it('goes on round by round until nothing is left', async () => {
      const world = await makeWorld(under);
      for (let index = 0; index < 25; index++)
        await world.deliver({ delivery: `${index}`, riderId: `r-${index}`, status: 'delivered' });
      const rounds = [];
      do rounds.push(await round(NOON + KEPT + 1, 10));
      while (rounds.at(-1)?.done === false && rounds.length < 20);
      const total = rounds.reduce((sum, { forgotten }) => sum + forgotten.deliveries, 0);
      expect(total).toBe(25);
      for (const { forgotten } of rounds) expect(forgotten.deliveries).toBeLessThanOrEqual(10);
      expect(rounds.length).toBeGreaterThanOrEqual(3);
      expect(await under.sql('SELECT * FROM couriers')).toEqual([]);
      expect(await under.sql('SELECT * FROM callbacks')).toEqual([]);
    });
  });
}
