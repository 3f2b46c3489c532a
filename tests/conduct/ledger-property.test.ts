/** Whatever is done in whatever order: an account is the sum of its movements, and nothing binds without its cause. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Millis } from '../../src/domain/clock.ts';
import type { AlertId, CourierId } from '../../src/domain/identifier.ts';
import { type OpenDatabase, openTestDatabase } from '../support/database.ts';
import { checkProperty } from '../support/property.ts';
import { speedAlerts } from '../support/speed-alerts.ts';
import { makeWorld, NOON, openSession, unique } from '../support/store-world.ts';

const rider = fc.integer({ min: 0, max: 2 });
const pick = fc.nat({ max: 1_000 });
const level = fc.constantFrom('notice' as const, 'warning' as const, 'serious' as const);
const source = fc.constantFrom('radar' as const, 'section' as const, 'phone' as const);
const anyStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('raise' as const), rider, level, source }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ride' as const), rider }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revise' as const), pick, level }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('appeal' as const), pick, upheld: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bind' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lift' as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('contribute' as const), rider, points: pick }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const), rider, other: rider }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      hours: fc.integer({ min: 1, max: 60 }),
    }),
  },
);
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

async function makeTown(open: OpenDatabase) {
  const world = await makeWorld(open);
  const alerts = speedAlerts(open, world);
  const names = [unique('rider'), unique('rider'), unique('rider')] as const;
  const owners = new Map<AlertId, string>();
  const contributed = new Map<string, number>();
  let now: Millis = NOON;
  const passOf = (name: string) => world.rider(name, now);
  const courierOf = (name: string) => world.courier(name, now);
  const nameAt = (index: number) => names[index] ?? names[0];
  const alertAt = (index: number) => [...owners.keys()][index % Math.max(1, owners.size)];
  const { id: communityId } = world.community;

  async function take(step: Step): Promise<void> {
    now += MINUTE_MS;
    switch (step.kind) {
      case 'wait':
        now += step.hours * HOUR_MS;
        return;
      case 'raise': {
        const name = nameAt(step.rider);
        const pass = await passOf(name);
        const { alert } = alerts.raise(pass, now, { baseLevel: step.level, source: step.source });
        owners.set(alert.id, name);
        return;
      }
      case 'ride': {
        const pass = await passOf(nameAt(step.rider));
        const { visitId } = await world.scan({ pass, at: now });
        if (visitId !== null) await world.scan({ pass, at: now + MINUTE_MS, direction: 'out' });
        now += 25 * MINUTE_MS;
        await open.store.sweep({ now, limit: 100 });
        return;
      }
      case 'revise': {
        const alertId = alertAt(step.pick);
        if (alertId === undefined) return;
        const { speed } = await alerts.find(alertId);
        const pass = await passOf(owners.get(alertId) ?? '');
        const at = now - MINUTE_MS;
        const own = speed === null ? {} : { source: speed.source };
        alerts.update(alertId, pass, now, { baseLevel: step.level, startAt: at, ...own });
        return;
      }
      case 'withdraw': {
        const alertId = alertAt(step.pick);
        if (alertId !== undefined) alerts.withdraw(alertId, now);
        return;
      }
      case 'appeal': {
        const alertId = alertAt(step.pick);
        if (alertId === undefined) return;
        const courierId = await courierOf(owners.get(alertId) ?? '');
        const filing = { courierId, alertId, communityId, text: '不是我', now };
        const filed = await open.store.fileAppeal(filing);
        if (filed.kind !== 'filed') return;
        const before = await balance(courierId);
        const decision = step.upheld ? 'upheld' : 'rejected';
        const decided = { communityId, alertId, appealId: filed.appeal.id, decision } as const;
        const outcome = await open.store.decideAppeal({ ...decided, reason: '', actor: 'b', now });
        expect(outcome.kind).toBe('decided');
        const after = await balance(courierId);
        if (step.upheld) expect(after).toBeGreaterThanOrEqual(before);
        else expect(after).toBe(before);
        return;
      }
      case 'bind': {
        const alertId = alertAt(step.pick);
        if (alertId === undefined) return;
        const until = now + DAY_MS;
        const sanction = { communityId, alertId, kind: 'suspension' as const, until };
        await open.store.setSanction({ ...sanction, actor: 'a', now });
        return;
      }
      case 'lift': {
        const alertId = alertAt(step.pick);
        const [sanction] = alertId === undefined ? [] : (await alerts.find(alertId)).sanctions;
        if (sanction === undefined) return;
        await open.store.liftSanction({ communityId, sanctionId: sanction.id, actor: 'a', now });
        return;
      }
      case 'contribute': {
        const name = nameAt(step.rider);
        const deed = { communityId, points: step.points, reference: unique('deed'), actor: 'a' };
        await open.store.contribute({ ...deed, courierId: await courierOf(name), now });
        contributed.set(name, (contributed.get(name) ?? 0) + step.points);
        return;
      }
      case 'join': {
        const elder = await courierOf(nameAt(step.rider));
        const { platform } = world;
        await openSession(open, { platform, riderId: nameAt(step.other), join: elder, now });
      }
    }
  }

  const balance = async (courierId: CourierId) =>
    (await open.store.listConduct(courierId, now))[0]?.conduct ?? 0;

  const rows = (sql: string) => open.context.sqlite.prepare<[], Row>(sql).all();

  async function check(): Promise<void> {
    const holders = new Map<CourierId, string[]>();
    for (const name of names) {
      const courierId = await courierOf(name);
      holders.set(courierId, [...(holders.get(courierId) ?? []), name]);
    }
    for (const [courierId, own] of holders) {
      const record = (await open.store.listConduct(courierId, now))[0];
      const cases = await allCases(courierId);
      const cost = cases.reduce((sum, { points }) => sum + points, 0);
      const given = own.reduce((sum, name) => sum + (contributed.get(name) ?? 0), 0);
      expect(record?.contribution ?? 0).toBe(given);
      expect(record?.conduct ?? 0).toBeLessThanOrEqual(0);
      expect(record?.conduct ?? 0).toBeGreaterThanOrEqual(-cost);
      const [credits] = rows('SELECT count(*) AS n FROM visit_credits');
      if (credits?.n === 0) expect(record?.conduct ?? 0).toBe(0 - cost);
      for (const { appeal, sanctions, points, withdrawnAt } of cases) {
        if (appeal?.state !== 'upheld' && withdrawnAt === null) continue;
        expect(points).toBe(0);
        const binding = sanctions.filter(({ until, liftedAt }) => liftedAt === null && until > now);
        expect(binding).toEqual([]);
      }
    }
    checkTables();
  }

  async function allCases(courierId: CourierId) {
    const page = { limit: 200, after: null };
    return (await open.store.listRiderAlerts({ courierId, page, now })).items;
  }

  /** The sums kept and the restrictions in force are what the ledger and the sanctions say. */
  function checkTables(): void {
    const wrong = rows(
      `SELECT courier_no AS n FROM conduct_accounts a WHERE lost <> -(SELECT coalesce(sum(points), 0)
         FROM point_movements m WHERE m.courier_no = a.courier_no AND m.community_no = a.community_no
           AND account = 'conduct')`,
    );
    expect(wrong).toEqual([]);
    const bound = (table: string, more: string) =>
      rows(
        `SELECT courier_no AS n, kind, max(until) AS until FROM ${table} WHERE until > ${now} ${more}
         GROUP BY courier_no, kind ORDER BY courier_no, kind`,
      );
    expect(bound('restrictions', "AND kind <> 'block'")).toEqual(
      bound('sanctions', 'AND lifted_at IS NULL'),
    );
  }

  return { take, check };
}

interface Row {
  readonly n: number;
}

it('holds together under any interleaving of alerts, visits, appeals, sanctions and joins', async () => {
  const sequences = fc.array(anyStep, { minLength: 5, maxLength: 40, size: 'max' });
  const property = fc.asyncProperty(sequences, async (steps) => {
    const open = openTestDatabase();
    try {
      const town = await makeTown(open);
      for (const step of steps) {
        await town.take(step);
        await town.check();
      }
    } finally {
      open.close();
    }
  });
  await checkProperty('ledger', property, 30);
}, 120_000);
