/** Nothing changes without an entry: every operation that writes, one by one. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import { STANDARD_RULES } from '../../../src/domain/entry-rules.ts';
import {
  OPERATION_KINDS,
  type Operations,
} from '../../../src/store/sqlite/operations/operation.ts';
import type { Store } from '../../../src/store/store.ts';
import { numbered, told } from '../../support/gate-log.ts';
import { entriesOf, freshStore, type OpenStore, sha256 } from '../../support/store-under-test.ts';
import {
  ACTOR,
  makeWorld,
  NOON,
  newTagId,
  openSession,
  unique,
} from '../../support/store-world.ts';
import {
  type Given,
  RIDER_SCENES,
  RIDERS_WITHOUT_ENTRY,
  type Scene,
  type Silent,
} from './coverage-riders.ts';

const GROWTH =
  'gives entries their places: an entry of it would need a place in turn; tree and checkpoint tell';

/** Operations that write and append nothing, each with the reason why nothing is missing. */
const WITHOUT_ENTRY: Readonly<Record<string, Silent>> = {
  noteGateContact: {
    reason: 'that a gate spoke is no decision; the alerts that begin or end with it are entries',
    run: async ({ store, world }) => {
      const contact = { gateId: world.gate.id, bundleVersion: '1', now: NOON };
      return () => store.noteGateContact(contact);
    },
  },
  checkViews: {
    reason:
      'compares tables with the log and notes how far it came; what it finds is an alert, with its entry',
    run: async ({ store, world }) => {
      await world.scan({ at: NOON });
      return () => store.checkViews({ limit: 1_000, now: NOON });
    },
  },
  openLog: { reason: GROWTH },
  growLog: { reason: GROWTH },
  putCheckpoint: { reason: GROWTH },
  slideRiderSession: {
    reason: 'using a session moves its end; that it was opened and closed are entries',
    run: async ({ store, world, under }) => {
      const sessionHash = sha256(unique('session'));
      await openSession(under, { platform: world.platform, riderId: 'r-1', sessionHash });
      const use = { sessionHash, extendTo: NOON + 31 * DAY_MS, now: NOON + 2 * HOUR_MS };
      return () => store.slideRiderSession(use);
    },
  },
  ...RIDERS_WITHOUT_ENTRY,
};

const by = { actor: ACTOR, now: NOON };
const place = {
  name: 'x',
  kind: 'standard',
  timezone: 'UTC',
  district: null,
  rules: STANDARD_RULES,
} as const;
const posture = { posture: 'lockdown', until: NOON + HOUR_MS, reason: 'x', ...by } as const;
const gateMembers = {
  name: 'x',
  kind: 'gate',
  directions: ['in'],
  media: ['qr'],
  passageSensor: false,
} as const;
const EVERYBODY = {
  hours: [
    {
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const,
      from: '00:00',
      to: '24:00',
    },
  ],
  vehicles: [],
  conductPoints: null,
};

const platformOf = (slug: string) => ({
  slug,
  name: 'x',
  adapter: 'standard',
  districts: null,
  sealedSecret: 's',
  apiKeyName: 'x',
  apiKeyHash: sha256(unique('k')),
});
const apiKey = () => ({ name: 'x', scope: { kind: 'all' } as const, hash: sha256(unique('k')) });
const enrolment = () => ({
  enrolmentHash: sha256(unique('enrolment')),
  enrolmentExpiresAt: NOON + MINUTE_MS,
});

async function enrolled({ store, world }: Given, thumbprint: string): Promise<void> {
  const { enrolmentHash, enrolmentExpiresAt } = enrolment();
  const gateId = world.gate.id;
  await store.renewEnrolment({ gateId, enrolmentHash, enrolmentExpiresAt, ...by });
  await store.enrolGate({ enrolmentHash, publicJwk: '{}', thumbprint, now: NOON });
}

async function command({ store, world }: Given) {
  const made = await store.createCommand({
    gateId: world.gate.id,
    openForMs: 3_000,
    reason: null,
    ...by,
  });
  if (made === null) throw new Error('the gate exists');
  return { gateId: world.gate.id, commandId: made.id, now: NOON };
}

async function tag({ store, world }: Given) {
  const id = newTagId();
  const where = { communityId: world.community.id, gateId: world.gate.id };
  const keys = { uid: '04DE5F1EACC040', sealedKeys: 's', macParam: '' };
  await store.createTag({ id, ...where, ...keys, counter: 'new', ...by });
  return id;
}

async function link({ store, world }: Given) {
  const tokenHash = sha256(unique('link'));
  const rider = { platform: world.platform, riderId: 'r-1' };
  await store.createRiderLink({ ...rider, tokenHash, expiresAt: NOON + MINUTE_MS, now: NOON });
  return tokenHash;
}

/** Gives all entries, and so many more, their places in a tree of no particular shape. */
async function sequenced(store: Store, more: number): Promise<void> {
  await Promise.all(Array.from({ length: more }, () => store.createApiKey({ ...apiKey(), ...by })));
  await store.openLog({ origin: 'log', emptyRoot: '', now: NOON });
  const { leafHashes, runs } = await store.readUnsequenced(1_000);
  const to = Buffer.from(leafHashes, 'base64').length / 32;
  await store.growLog({ from: 0, to, root: 'root', runs, tiles: [], now: NOON });
  await store.putCheckpoint({ size: to, note: 'note', at: NOON });
}

const SCENES: Readonly<Record<string, Scene>> = {
  createCommunity:
    async ({ store }) =>
    () =>
      store.createCommunity({ ...place, ...by }),
  updateCommunity:
    async ({ store, world }) =>
    () =>
      store.updateCommunity({ id: world.community.id, name: 'y', ...by }),
  setCommunityPosture:
    async ({ store, world }) =>
    () =>
      store.setCommunityPosture({ id: world.community.id, ...posture }),
  putRules: async ({ store, world }) => {
    const rules = { rules: STANDARD_RULES, agreedBy: [], effectiveFrom: NOON, ifVersion: null };
    return () => store.putRules({ communityId: world.community.id, ...rules, ...by });
  },
  createGate:
    async ({ store, world }) =>
    () =>
      store.createGate({ communityId: world.community.id, ...gateMembers, ...enrolment(), ...by }),
  renewEnrolment:
    async ({ store, world }) =>
    () =>
      store.renewEnrolment({ gateId: world.gate.id, ...enrolment(), ...by }),
  enrolGate: async ({ store, world }) => {
    const { enrolmentHash, enrolmentExpiresAt } = enrolment();
    await store.renewEnrolment({ gateId: world.gate.id, enrolmentHash, enrolmentExpiresAt, ...by });
    return () => store.enrolGate({ enrolmentHash, publicJwk: '{}', thumbprint: 't', now: NOON });
  },
  acceptGateAssertion: async (given) => {
    await enrolled(given, 't');
    const assertion = { thumbprint: 't', jti: unique('jti'), expiresAt: NOON + MINUTE_MS };
    const { store, world } = given;
    return () => store.acceptGateAssertion({ gateId: world.gate.id, ...assertion, now: NOON });
  },
  revokeGate:
    async ({ store, world }) =>
    () =>
      store.revokeGate({ gateId: world.gate.id, ...by }),
  setGatePosture:
    async ({ store, world }) =>
    () =>
      store.setGatePosture({ gateId: world.gate.id, ...posture }),
  recordGateEvents: async ({ store, world }) => {
    const events = numbered([told(NOON, { type: 'door_forced', lane: null } as never)]);
    const batch = { logId: 'log-00000001', events, end: null, clockOffsetMs: null, now: NOON };
    return () => store.recordGateEvents({ gateId: world.gate.id, ...batch });
  },
  createCommand:
    async ({ store, world }) =>
    () =>
      store.createCommand({ gateId: world.gate.id, openForMs: 3_000, reason: null, ...by }),
  claimCommand: async (given) => {
    const made = await command(given);
    return () => given.store.claimCommand(made);
  },
  reportCommand: async (given) => {
    const made = await command(given);
    await given.store.claimCommand(made);
    return () => given.store.reportCommand({ ...made, done: true });
  },
  createPlatform:
    async ({ store }) =>
    () =>
      store.createPlatform({ ...platformOf(unique('kuai')), ...by }),
  addWebhookSecret:
    async ({ store, world }) =>
    () =>
      store.addWebhookSecret({
        slug: world.platform,
        sealedSecret: 't',
        oldValidUntil: NOON,
        ...by,
      }),
  createApiKey:
    async ({ store }) =>
    () =>
      store.createApiKey({ ...apiKey(), ...by }),
  revokeApiKey: async ({ store }) => {
    await store.createApiKey({ ...apiKey(), ...by });
    const { id } = await store.createApiKey({ ...apiKey(), ...by });
    return () => store.revokeApiKey({ id, ...by });
  },
  recordDelivery:
    async ({ world }) =>
    () =>
      world.deliver({ delivery: '1', riderId: 'r-1' }),
  createRiderLink: async (given) => () => link(given),
  openRiderSession: async (given) => {
    const linkHash = await link(given);
    const session = { sessionHash: sha256(unique('s')), sessionExpiresAt: NOON + DAY_MS };
    return () => given.store.openRiderSession({ linkHash, ...session, join: null, now: NOON });
  },
  endRiderSession: async ({ store, world, under }) => {
    const sessionHash = sha256(unique('session'));
    await openSession(under, { platform: world.platform, riderId: 'r-1', sessionHash });
    return () => store.endRiderSession({ sessionHash, now: NOON });
  },
  requestStationPass: async ({ store, under }) => {
    const station = await makeWorld(under, { kind: 'station' });
    const courierId = await station.courier('r-1');
    const ask = { courierId, communityId: station.community.id, vouchedSince: NOON };
    return () => store.requestStationPass({ ...ask, expiresAt: NOON + HOUR_MS, now: NOON });
  },
  redeem: async ({ world }) => {
    const pass = await world.rider('r-1');
    return () => world.redeem({ pass, at: NOON });
  },
  confirmDecision: async ({ store, under }) => {
    const guarded = await makeWorld(under, { rules: { guardConfirmation: EVERYBODY as never } });
    const { auditId } = await guarded.scan({ pass: await guarded.rider('r-1'), at: NOON });
    const confirmation = {
      auditId,
      scope: { kind: 'all' } as const,
      openForMs: 3_000,
      reason: null,
      ...by,
    };
    return async () =>
      expect(await store.confirmDecision(confirmation)).toMatchObject({ kind: 'decided' });
  },
  admit: async ({ store, world }) => {
    const where = { communityId: world.community.id, gateId: world.gate.id };
    return () => store.admit({ ...where, reason: 'x', openForMs: 3_000, ...by });
  },
  createTag: async (given) => () => tag(given),
  revokeTag: async (given) => {
    const tagId = await tag(given);
    return () => given.store.revokeTag({ tagId, ...by });
  },
  redeemTap: async (given) => {
    const tagId = await tag(given);
    const courierId = await given.world.courier('r-1');
    const tap = { kind: 'authentic', counter: 1, requestId: randomUUID() } as const;
    return () => given.store.redeemTap({ tagId, courierId, tap, openForMs: 3_000, now: NOON });
  },
  putBlock: async ({ store, world }) => {
    const courierId = await world.courier('r-1');
    const block = { communityId: world.community.id, courierId, reason: 'x' };
    return () => store.putBlock({ ...block, until: NOON + HOUR_MS, ...by });
  },
  deleteBlock: async ({ store, world }) => {
    const courierId = await world.courier('r-1');
    const block = { communityId: world.community.id, courierId, ...by };
    await store.putBlock({ ...block, reason: 'x', until: NOON + HOUR_MS });
    return () => store.deleteBlock(block);
  },
  changeKeys: async ({ store }) => {
    const key = { publicJwk: '{}', sealedPrivate: 's', createdAt: NOON, stateSince: NOON };
    const insert = [
      { ...key, purpose: 'courier-code' as const, kid: '17', state: 'active' as const },
    ];
    return () => store.changeKeys({ insert, move: [], ...by });
  },
  eraseCourier: async ({ store, world }) => {
    const courierId = await world.courier('r-1');
    return () => store.eraseCourier({ courierId, blocks: 'keep', ...by });
  },
  forgetPersonal: async ({ store, world }) => {
    await world.deliver({ delivery: '1', riderId: 'r-1', status: 'delivered' });
    const now = NOON + 100 * DAY_MS;
    return () => store.forgetPersonal({ before: NOON + DAY_MS, limit: 10, now });
  },
  pruneLog: async ({ store }) => {
    await sequenced(store, 300);
    const now = NOON + 400 * DAY_MS;
    return () => store.pruneLog({ before: now, limit: 10, now });
  },
  renameLog: async ({ store }) => {
    await sequenced(store, 1);
    return () => store.renameLog({ origin: 'log/2', ...by });
  },
  lockDownRestored:
    async ({ store }) =>
    () =>
      store.lockDownRestored({ why: 'x', erased: [], now: NOON }),
  confirmRestore: async ({ store }) => {
    await store.lockDownRestored({ why: 'x', erased: [], now: NOON });
    return () => store.confirmRestore(by);
  },
  sweep: async ({ store, world }) => {
    await world.rider('r-1');
    return () => store.sweep({ now: NOON + 3 * HOUR_MS, limit: 10 });
  },
};

const ALL_SCENES: Readonly<Record<string, Scene>> = { ...SCENES, ...RIDER_SCENES };

const WRITES = Object.entries(OPERATION_KINDS)
  .filter(([, kind]) => kind === 'writes')
  .map(([name]) => name as keyof Operations);

export function describeCoverage(open: OpenStore): void {
  const under = freshStore(open);
  const given = async (): Promise<Given> => ({
    under,
    store: under.store,
    world: await makeWorld(under),
  });

  /** Every row of every table. */
  async function everything(): Promise<string> {
    const tables = await under.sql(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    const rows = [];
    for (const { name } of tables) rows.push([name, await under.sql(`SELECT * FROM "${name}"`)]);
    return JSON.stringify(rows);
  }

  it('knows every operation that writes: it has an entry, or a reason to have none', () => {
    expect([...Object.keys(ALL_SCENES), ...Object.keys(WITHOUT_ENTRY)].toSorted()).toEqual(
      WRITES.toSorted(),
    );
    for (const { reason } of Object.values(WITHOUT_ENTRY))
      expect(reason.length).toBeGreaterThan(20);
  });

  it.each(Object.entries(ALL_SCENES))(
    '%s appends its entry in the transaction of its effect',
    async (_name, scene) => {
      const operation = await scene(await given());
      const before = await everything();
      await under.sql(
        "CREATE TRIGGER no_room BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'no room'); END",
      );
      await expect(operation()).rejects.toThrow(/no room/);
      expect(await everything()).toBe(before);
      await under.sql('DROP TRIGGER no_room');
      expect((await entriesOf(under.store, operation)).length).toBeGreaterThanOrEqual(1);
      expect(await everything()).not.toBe(before);
    },
  );

  const silent = Object.entries(WITHOUT_ENTRY).flatMap(([name, { run }]) =>
    run === undefined ? [] : [[name, run] as const],
  );
  it.each(silent)(
    '%s changes something and appends nothing, as is stated',
    async (_name, scene) => {
      const operation = await scene(await given());
      const before = await everything();
      expect(await entriesOf(under.store, operation)).toEqual([]);
      expect(await everything()).not.toBe(before);
    },
  );

  describe('a callback', () => {
    it('that changes no pass appends nothing: the log names passes, not orders', async () => {
      const { world } = await given();
      const callback = () => world.deliver({ delivery: '1', riderId: 'r-1', status: 'assigned' });
      expect(await entriesOf(under.store, callback)).toEqual([]);
    });
  });
}
