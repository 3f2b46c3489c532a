import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/clock.ts';
import { DELIVERY_STATUSES, type DeliveryStatus } from '../../../src/domain/delivery.ts';
import { type EntryRules, STANDARD_RULES } from '../../../src/domain/entry-rules.ts';
import type {
  CommunityId,
  CourierId,
  GateId,
  PassId,
  TagId,
} from '../../../src/domain/identifier.ts';
import { checkProperty } from '../../support/property.ts';
import {
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
  newTagId,
  openSession,
  unique,
  type World,
} from '../../support/store-world.ts';

export function describeInvariants(open: OpenStore): void {
  it('holds together whatever is done in whatever order', async () => {
    const sequences = fc.array(anyStep, { minLength: 30, maxLength: 80, size: 'max' });
    // Each case has a store of its own: its clock starts at noon, and a sweep tells the time to all that is in a store.
    const property = fc.asyncProperty(sequences, async (steps) => {
      const under = await open();
      try {
        const town = await makeTown(under);
        for (const step of steps) await town.take(step);
        await town.sweepAll();
        await expectInvariants(under, town);
      } finally {
        await under.dispose();
      }
    });
    await checkProperty('whatever is done', property, 40);
  }, 60_000);
}

// ── what can be done ──────────────────────────────────────────────────────────────────────────────────────

const RIDERS = [
  { platform: 0, riderId: 'r-1' },
  { platform: 0, riderId: 'r-2' },
  { platform: 1, riderId: 'r-1' },
  { platform: 1, riderId: 'r-3' },
] as const;

const RULES: readonly Partial<EntryRules>[] = [
  {},
  { authorisingStatuses: { dropoff: ['arriving'], pickup: [] } },
  { maxDwellMinutes: 5, antiPassback: 'off' },
  { antiPassback: 'hard', capacity: 1, maxEntriesPerDelivery: 1 },
  {
    guardConfirmation: {
      hours: [],
      vehicles: ['e-bike'],
      conductPoints: null,
    },
  },
];

type Step =
  | { do: 'wait'; ms: number }
  | { do: 'deliver'; rider: number; order: number; status: DeliveryStatus; to: number; leg: number }
  | { do: 'scan'; pass: number; astray: boolean; out: boolean; gate: number; again: boolean }
  | { do: 'tap'; rider: number; to: number; gate: number; stale: boolean }
  | { do: 'confirm' | 'sweep' }
  | { do: 'join'; rider: number; into: number }
  | { do: 'block' | 'unblock'; rider: number; to: number }
  | { do: 'rules'; to: number; rules: number; in: number }
  | { do: 'posture'; to: number; posture: 'normal' | 'open' | 'lockdown' }
  | { do: 'station'; rider: number };

const one = (count: number) => fc.nat({ max: count - 1 });
const rider = one(RIDERS.length);
const to = one(3);
const SHORT_MS = [1, SECOND_MS, 20 * SECOND_MS, 61 * SECOND_MS, 5 * MINUTE_MS];
const LONG_MS = [HOUR_MS, 2 * HOUR_MS, DAY_MS];

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(...SHORT_MS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(...LONG_MS) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      rider,
      order: one(4),
      status: fc.constantFrom(...DELIVERY_STATUSES, 'picked_up', 'picked_up', 'arriving'),
      to,
      leg: one(2),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('scan' as const),
      pass: one(4),
      astray: fc.nat({ max: 9 }).map((chance) => chance === 0),
      out: fc.nat({ max: 2 }).map((chance) => chance === 0),
      gate: one(2),
      again: fc.nat({ max: 3 }).map((chance) => chance === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('tap' as const),
      rider,
      to,
      gate: one(2),
      stale: fc.nat({ max: 3 }).map((chance) => chance === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('confirm' as const, 'sweep' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const), rider, into: rider }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'unblock' as const), rider, to }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rules' as const),
      to,
      rules: one(RULES.length),
      in: fc.constantFrom(0, HOUR_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('posture' as const),
      to,
      posture: fc.constantFrom('normal' as const, 'open' as const, 'lockdown' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('station' as const), rider }) },
);

interface Town {
  readonly places: readonly World[];
  now(): number;
  take(step: Step): Promise<void>;
  sweepAll(): Promise<void>;
}

/** Two platforms; a community that sees exits, one that does not, and a station; and a clock of their own. */
async function makeTown(under: StoreUnderTest): Promise<Town> {
  const { store } = under;
  const seen = await makeWorld(under);
  const places = [
    seen,
    await makeWorld(under, { directions: ['in'] }),
    await makeWorld(under, { kind: 'station' }),
  ];
  const gates = await Promise.all(
    places.map(async ({ gate, addGate }) => {
      const second = await addGate({ directions: gate.directions, passageSensor: true });
      return [gate.id, second.id];
    }),
  );
  const tags = await Promise.all(
    places.map(({ community }, at) =>
      Promise.all((gates[at] ?? []).map((gateId) => makeTag(under, community.id, gateId))),
    ),
  );
  let counter = 0;
  const platforms = [seen.platform, unique('er')];
  await makePlatform(under, platforms[1] as string);
  let now = NOON;
  let window = NOON / 1000;
  let waiting: string | null = null;
  /** Every pass that was ever made, of any community. */
  const passes = async () => {
    const ids = places.map(({ community }) => `'${community.id}'`).join();
    const rows = await under.sql(
      `SELECT p.id, c.id AS community FROM passes p JOIN communities c ON c.no = p.community_no WHERE c.id IN (${ids}) ORDER BY p.no`,
    );
    return rows.map(({ id, community }) => ({
      id: id as PassId,
      place: places.findIndex((world) => world.community.id === community),
    }));
  };
  const place = (index: number) => places[index] as World;
  const identify = (index: number) => {
    const { platform, riderId } = RIDERS[index] as (typeof RIDERS)[number];
    return { platform: platforms[platform] as string, riderId };
  };
  const courier = (index: number, join: CourierId | null = null) =>
    openSession(under, { ...identify(index), join, now });

  async function scan(step: Extract<Step, { do: 'scan' }>): Promise<void> {
    const made = await passes();
    const chosen = made.at(-1 - (step.pass % Math.max(1, made.length)));
    const at = step.astray || chosen === undefined ? 0 : chosen.place;
    const gate = gates[at]?.[step.gate] as GateId;
    if (!step.again) window = Math.floor(now / 30_000) * 30;
    const outcome = await store.redeem(
      place(at).attempt({
        ...(chosen === undefined ? {} : { pass: chosen.id }),
        at: now,
        gate,
        window,
        direction: step.out ? 'out' : 'in',
      }),
    );
    if (outcome.kind !== 'decided') return;
    if (outcome.record.reason === 'guard_confirmation_required') waiting = outcome.record.auditId;
  }

  async function tap(step: Extract<Step, { do: 'tap' }>): Promise<void> {
    const tagId = tags[step.to]?.[step.gate] as TagId;
    if (!step.stale) counter += 1;
    const courierId = await courier(step.rider);
    const read = { kind: 'authentic', counter, requestId: randomUUID() } as const;
    const outcome = await store.redeemTap({ tagId, courierId, tap: read, openForMs: 3_000, now });
    if (outcome.kind !== 'decided') return;
    if (outcome.record.reason === 'guard_confirmation_required') waiting = outcome.record.auditId;
  }

  async function deliver(step: Extract<Step, { do: 'deliver' }>): Promise<void> {
    const { platform, riderId } = identify(step.rider);
    const { id: communityId } = place(step.to).community;
    const leg =
      step.leg === 0 ? { dropoff: { communityId } } : { pickup: { communityId }, dropoff: {} };
    const { status, order } = step;
    await seen.deliver({ platform, riderId, delivery: `order-${order}`, status, now, ...leg });
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        now += step.ms;
        return;
      case 'deliver':
        return deliver(step);
      case 'scan':
        return scan(step);
      case 'tap':
        return tap(step);
      case 'confirm':
        if (waiting !== null)
          await store.confirmDecision({
            auditId: waiting,
            scope: { kind: 'all' },
            openForMs: 3_000,
            actor: ACTOR,
            now,
          });
        return;
      case 'sweep':
        await store.sweep({ now, limit: 3 });
        return;
      case 'join':
        await courier(step.rider, await courier(step.into));
        return;
      case 'block':
      case 'unblock': {
        const { id: communityId } = place(step.to).community;
        const block = { communityId, courierId: await courier(step.rider), actor: ACTOR, now };
        if (step.do === 'unblock') await store.deleteBlock(block);
        else await store.putBlock({ ...block, reason: 'x', until: now + HOUR_MS });
        return;
      }
      case 'rules': {
        const { id: communityId } = place(step.to).community;
        const rules = { ...STANDARD_RULES, ...RULES[step.rules] };
        const from = { effectiveFrom: now + step.in, ifVersion: null, actor: ACTOR, now };
        await store.putRules({ communityId, rules, agreedBy: [], ...from });
        return;
      }
      case 'posture': {
        const { id } = place(step.to).community;
        const { posture } = step;
        await store.setCommunityPosture({
          id,
          posture,
          until: null,
          reason: 'x',
          actor: ACTOR,
          now,
        });
        return;
      }
      case 'station': {
        const { id: communityId } = place(2).community;
        const ask = { communityId, vouchedSince: now - DAY_MS, expiresAt: now + 2 * HOUR_MS, now };
        await store.requestStationPass({ courierId: await courier(step.rider), ...ask });
        return;
      }
    }
  }

  async function sweepAll(): Promise<void> {
    for (;;) {
      const { passesEnded, visitsClosed } = await store.sweep({ now, limit: 1_000 });
      if (passesEnded + visitsClosed === 0) return;
    }
  }

  return { places, now: () => now, take, sweepAll };
}

async function makeTag(
  { store }: StoreUnderTest,
  communityId: CommunityId,
  gateId: GateId,
): Promise<TagId> {
  const id = newTagId();
  const keys = { uid: unique('uid'), sealedKeys: 'sealed', macParam: 'cmac' };
  const by = { actor: ACTOR, now: NOON };
  await store.createTag({ id, communityId, gateId, ...keys, counter: 'new', ...by });
  return id;
}

// ── what must be true ─────────────────────────────────────────────────────────────────────────────────────

async function expectInvariants(under: StoreUnderTest, town: Town): Promise<void> {
  await expectPassesAsTheirFacts(under, town);
  await expectVisits(under);
  await expectStatusIndices(under);
  await expectNobodyJoinedHoldsAnything(under);
  await expectLogTellsPasses(under);
  await expectLogTellsViews(under, town);
}

/** After a sweep the stored status of every pass is what its deliveries, its term and its visit make it. */
async function expectPassesAsTheirFacts({ sql, store }: StoreUnderTest, town: Town): Promise<void> {
  const ids = town.places.map(({ community }) => `'${community.id}'`).join();
  const rows = await sql(
    `SELECT p.id, p.status, k.id AS courier FROM passes p JOIN communities c ON c.no = p.community_no
     JOIN couriers k ON k.no = p.courier_no WHERE c.id IN (${ids})`,
  );
  for (const { id, status, courier } of rows) {
    const named = { courierId: courier as CourierId, passId: id as PassId };
    const record = await store.findCourierPass({ ...named, now: town.now() });
    expect(record?.status).toBe(status);
    if (status === 'leaving') expect(record?.visitOpen).toBe(true);
  }
  const twoLive = await sql(
    `SELECT courier_no FROM passes WHERE status <> 'ended' GROUP BY courier_no, community_no HAVING count(*) > 1`,
  );
  expect(twoLive).toEqual([]);
  expect(
    await sql(`SELECT id FROM passes WHERE (status = 'ended') <> (ended_at IS NOT NULL)`),
  ).toEqual([]);
}

/** One open visit for a courier and community; closed ones have an end, a cause, and lie in their time. */
async function expectVisits({ sql }: StoreUnderTest): Promise<void> {
  const twice = `SELECT p.courier_no FROM visits v JOIN passes p ON p.no = v.pass_no
    WHERE v.closed_at IS NULL GROUP BY p.courier_no, v.community_no HAVING count(*) > 1`;
  expect(await sql(twice)).toEqual([]);
  const broken = `SELECT no FROM visits WHERE (closed_at IS NULL) <> (closed_by IS NULL)
    OR (closed_at IS NULL) <> (slot <> no) OR closed_at < opened_at OR last_entry_at < opened_at
    OR (closed_by = 'exit') <> (exit_gate_no IS NOT NULL)`;
  expect(await sql(broken)).toEqual([]);
  const astray = `SELECT v.no FROM visits v JOIN passes p ON p.no = v.pass_no
    WHERE v.community_no <> p.community_no`;
  expect(await sql(astray)).toEqual([]);
}

/** Of two passes with one index the later was made when the earlier had rested for a day. */
async function expectStatusIndices({ sql }: StoreUnderTest): Promise<void> {
  const overlapping = `SELECT a.id, b.id FROM passes a JOIN passes b
    ON a.community_no = b.community_no AND a.status_index = b.status_index AND a.no < b.no
    WHERE a.ended_at IS NULL OR b.created_at < a.ended_at + ${DAY_MS}`;
  expect(await sql(overlapping)).toEqual([]);
  const past = `SELECT c.id FROM communities c WHERE c.status_list_length < 2 * c.status_next
    OR EXISTS (SELECT 1 FROM passes p WHERE p.community_no = c.no AND p.status_index >= c.status_next)`;
  expect(await sql(past)).toEqual([]);
}

/** What a courier had before it was joined is the elder's. */
async function expectNobodyJoinedHoldsAnything({ sql }: StoreUnderTest): Promise<void> {
  const joined = 'SELECT no FROM couriers WHERE joined_into IS NOT NULL';
  const tables = ['passes', 'deliveries', 'restrictions'];
  for (const table of [...tables, 'rider_accounts', 'rider_sessions', 'rider_links']) {
    expect(await sql(`SELECT * FROM ${table} WHERE courier_no IN (${joined})`)).toEqual([]);
  }
  expect(await sql(`SELECT no FROM couriers WHERE joined_into IN (${joined})`)).toEqual([]);
}

/** Decisions and visits made anew from the log are those of the tables. */
async function expectLogTellsViews({ store }: StoreUnderTest, town: Town): Promise<void> {
  let checked = 0;
  for (let isDone = false; !isDone; ) {
    const step = await store.checkViews({ limit: 50, now: town.now() });
    expect(step.alerts).toEqual([]);
    checked += step.checked;
    isDone = step.done;
  }
  expect(checked).toBe((await readLog(store)).length);
}

/** The log alone says of every pass what became of it, and who holds it to whoever has the salt. */
async function expectLogTellsPasses({ sql, store }: StoreUnderTest): Promise<void> {
  const log = await readLog(store);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  const told = new Map<string, string>();
  const holders = new Map<string, string>();
  for (const { members } of log) {
    const [type, pass] = [String(members['type']), String(members['pass'])];
    if (!type.startsWith('pass.')) continue;
    if (members['holder'] !== undefined) holders.set(pass, String(members['holder']));
    if (type === 'pass.holder_changed' || type === 'pass.prolonged') continue;
    expect(told.get(pass)).not.toBe('ended');
    told.set(pass, type === 'pass.created' ? 'active' : type.slice('pass.'.length));
  }
  const passes = await sql(
    `SELECT p.id, p.status, p.commitment_salt, p.courier_no FROM passes p ORDER BY p.no`,
  );
  const couriers = await sql('SELECT no, id, joined_into FROM couriers');
  expect(passes.map(({ id, status }) => [id, status])).toEqual(
    passes.map(({ id }) => [id, told.get(String(id))]),
  );
  for (const { id, commitment_salt: salt, courier_no: holder } of passes) {
    const held = couriers.filter((row) => row['no'] === holder || row['joined_into'] === holder);
    const proofs = held.map((row) => sha256(`${salt}${row['id']}`));
    expect(proofs).toContain(holders.get(String(id)));
  }
  const attempts = await sql('SELECT seq FROM attempts ORDER BY seq');
  const decisions = log.filter(({ members }) => members['type'] === 'decision');
  expect(attempts.map(({ seq }) => seq)).toEqual(decisions.map(({ seq }) => seq));
  // A tap counts once over all passes: its key is that of its tag and counter.
  const tappedTwice = `SELECT entry_key FROM attempts WHERE entry_key > ${2 ** 32}
    GROUP BY entry_key HAVING count(*) > 1`;
  expect(await sql(tappedTwice)).toEqual([]);
  const consumedTwice = `SELECT pass_no FROM attempts WHERE entry_key > 0
    GROUP BY pass_no, entry_key HAVING count(*) > 1`;
  expect(await sql(consumedTwice)).toEqual([]);
}
