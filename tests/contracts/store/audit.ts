import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, leafHash, MAX_ENTRY_BYTES } from '../../../src/domain/audit-entry.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import { STANDARD_RULES } from '../../../src/domain/entry-rules.ts';
import type { PassId } from '../../../src/domain/identifier.ts';
import {
  entriesOf,
  freshStore,
  type LoggedEntry,
  type OpenStore,
  readLog,
  type StoreUnderTest,
  sha256,
  sharedStore,
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

/** Words that stand for persons, places and secrets: none may be found in an entry, nor a bare digest of it. */
const WORDS = {
  communityName: '东港花园',
  renamed: '新港花园',
  gateName: '东门',
  platformName: '快送',
  riderA: 'rider-a-7701',
  riderB: 'rider-b-7702',
  delivery: 'order-8841',
  otherDelivery: 'order-8842',
  label: '快送 #18',
  building: 'building-93',
  unit: 'unit-94',
  plate: '鲁L·A1234',
  blockReason: '在楼道抽烟',
  postureReason: '消防演练',
  admitReason: '张三送水',
  apiKeyName: '物业王经理',
  sealed: 'sealed-secret-55',
  jwk: 'jwk-x-66',
  uid: '04DE5F1EACC040',
  session: sha256('session of the scenario'),
  link: sha256('link of the scenario'),
  apiKeyHash: sha256('key of the scenario'),
  enrolmentHash: sha256('enrolment of the scenario'),
} as const;

/** Does of everything that the port offers at least one, with words that must not be found again. */
async function richScenario(under: StoreUnderTest): Promise<void> {
  const { store } = under;
  const by = { actor: ACTOR, now: NOON };
  const world = await makeWorld(under);
  const { id: communityId } = world.community;
  const secondPlatform = unique('er');
  await makePlatform(under, secondPlatform);
  await store.addWebhookSecret({
    slug: world.platform,
    sealedSecret: WORDS.sealed,
    oldValidUntil: NOON + DAY_MS,
    ...by,
  });
  await store.updateCommunity({ id: communityId, name: WORDS.renamed, ...by });
  const guardConfirmation = { hours: [], vehicles: ['bicycle' as const], conductPoints: null };
  const rules = { ...STANDARD_RULES, guardConfirmation };
  await store.putRules({
    communityId,
    rules,
    agreedBy: ['residents'],
    effectiveFrom: NOON,
    ifVersion: 1,
    ...by,
  });
  await enrolments(under, world);
  const key = await store.createApiKey({
    name: WORDS.apiKeyName,
    scope: { kind: 'community', communityId },
    hash: WORDS.apiKeyHash,
    ...by,
  });
  await store.revokeApiKey({ id: key.id, ...by });
  await keyChanges(under);
  await ridersAndVisits(under, world, secondPlatform);
  const posture = { reason: WORDS.postureReason, until: NOON + HOUR_MS, ...by };
  await store.setCommunityPosture({ id: communityId, posture: 'lockdown', ...posture });
  await store.setGatePosture({ gateId: world.gate.id, posture: 'closed', ...posture });
  const admission = { communityId, gateId: world.gate.id, reason: WORDS.admitReason };
  const admitted = await store.admit({ ...admission, openForMs: 3_000, ...by });
  if (admitted !== null) {
    const command = { gateId: world.gate.id, commandId: admitted.command.id, now: NOON };
    await store.claimCommand(command);
    await store.reportCommand({ ...command, done: true });
  }
  await tapsOfTag(under, world);
  await store.revokeGate({ gateId: world.gate.id, ...by });
  await store.sweep({ now: NOON + 3 * HOUR_MS, limit: 100 });
}

async function tapsOfTag({ store }: StoreUnderTest, world: World): Promise<void> {
  const by = { actor: ACTOR, now: NOON };
  const [id, requestId] = [newTagId(), randomUUID()];
  const place = { communityId: world.community.id, gateId: world.gate.id };
  const keys = { uid: WORDS.uid, sealedKeys: WORDS.sealed, macParam: 'cmac' };
  await store.createTag({ id, ...place, ...keys, counter: 'new', ...by });
  const courierId = await world.courier('r-tap');
  const tap = { kind: 'authentic', counter: 1, requestId } as const;
  await store.redeemTap({ tagId: id, courierId, tap, openForMs: 3_000, now: NOON });
  await store.revokeTag({ tagId: id, ...by });
}

async function enrolments({ store }: StoreUnderTest, world: World): Promise<void> {
  const gateId = world.gate.id;
  for (const [index, thumbprint] of ['thumb-1', 'thumb-2'].entries()) {
    const now = NOON + index;
    const enrolmentHash = `${WORDS.enrolmentHash}${index}`;
    await store.renewEnrolment({
      gateId,
      enrolmentHash,
      enrolmentExpiresAt: now + HOUR_MS,
      actor: ACTOR,
      now,
    });
    await store.enrolGate({ enrolmentHash, publicJwk: WORDS.jwk, thumbprint, now });
    await store.acceptGateAssertion({
      gateId,
      thumbprint,
      jti: unique('jti'),
      expiresAt: now + MINUTE_MS,
      now,
    });
  }
}

async function keyChanges({ store }: StoreUnderTest): Promise<void> {
  const key = {
    publicJwk: WORDS.jwk,
    sealedPrivate: WORDS.sealed,
    createdAt: NOON,
    stateSince: NOON,
  };
  const insert = [
    { ...key, purpose: 'courier-code' as const, kid: '17', state: 'active' as const },
  ];
  await store.changeKeys({ insert, move: [], actor: ACTOR, now: NOON });
  const move = [
    {
      purpose: 'courier-code' as const,
      kid: '17',
      from: 'active' as const,
      to: 'retired' as const,
    },
  ];
  await store.changeKeys({ insert: [], move, actor: ACTOR, now: NOON });
}

/** Two riders of two platforms, inside and out, refused, confirmed, blocked, and joined into one. */
async function ridersAndVisits(
  under: StoreUnderTest,
  world: World,
  secondPlatform: string,
): Promise<void> {
  const { store } = under;
  const { id: communityId } = world.community;
  const dropoff = { communityId, building: WORDS.building, unit: WORDS.unit, floor: 93 };
  const members = { dropoff, label: WORDS.label, plate: WORDS.plate, deadlineAt: NOON + HOUR_MS };
  await store.createRiderLink({
    platform: world.platform,
    riderId: WORDS.riderA,
    tokenHash: WORDS.link,
    expiresAt: NOON + MINUTE_MS,
    now: NOON,
  });
  const session = {
    sessionHash: WORDS.session,
    sessionExpiresAt: NOON + 30 * DAY_MS,
    join: null,
    now: NOON,
  };
  await store.openRiderSession({ linkHash: WORDS.link, ...session });
  await store.slideRiderSession({
    sessionHash: WORDS.session,
    extendTo: NOON + 31 * DAY_MS,
    now: NOON + 2 * HOUR_MS,
  });
  await world.deliver({
    delivery: WORDS.delivery,
    riderId: WORDS.riderA,
    ...members,
    vehicle: 'bicycle',
  });
  await world.deliver({
    delivery: WORDS.otherDelivery,
    riderId: WORDS.riderB,
    ...members,
    platform: secondPlatform,
  });
  const yard = await makeWorld(under);
  const elsewhere = { dropoff: { communityId: yard.community.id }, platform: secondPlatform };
  await world.deliver({ delivery: 'order-8843', riderId: WORDS.riderB, ...elsewhere });
  const a = (await world.findPass(WORDS.riderA))?.id as PassId;
  const b = (
    await store.findRiderPass({
      platform: secondPlatform,
      riderId: WORDS.riderB,
      communityId,
      now: NOON,
    })
  )?.id as PassId;
  const attempt = world.attempt({ pass: a, at: NOON });
  const waits = await store.redeem({
    ...attempt,
    lane: '1',
    scannedAt: NOON - 5,
    speedKmh: 12.5,
    accuracyKmh: 0.5,
  });
  if (waits.kind === 'decided')
    await store.confirmDecision({
      auditId: waits.record.auditId,
      scope: { kind: 'all' },
      openForMs: 3_000,
      actor: ACTOR,
      now: NOON + 1,
    });
  await world.scan({ pass: b, at: NOON });
  await world.scan({ pass: b, at: NOON + 1 });
  await world.scan({ at: NOON });
  await world.scan({ at: NOON, direction: 'out' });
  const courierId = await world.courier(WORDS.riderA);
  const block = { communityId, courierId, actor: ACTOR, now: NOON };
  await store.putBlock({ ...block, reason: WORDS.blockReason, until: NOON + HOUR_MS });
  await store.deleteBlock(block);
  await openSession(under, { platform: secondPlatform, riderId: WORDS.riderB, join: courierId });
  await world.scan({ pass: a, at: NOON + MINUTE_MS, direction: 'out' });
  await world.scan({ pass: a, at: NOON + MINUTE_MS });
  await world.deliver({
    delivery: WORDS.delivery,
    riderId: WORDS.riderA,
    status: 'delivered',
    now: NOON + 2 * MINUTE_MS,
  });
  const other = { platform: secondPlatform, riderId: WORDS.riderB, status: 'failed' as const };
  await world.deliver({ delivery: WORDS.otherDelivery, ...other, now: NOON + 2 * MINUTE_MS });
  const station = await makeWorld(under, { kind: 'station' });
  const ask = {
    courierId,
    communityId: station.community.id,
    vouchedSince: NOON,
    expiresAt: NOON + HOUR_MS,
  };
  await store.requestStationPass({ ...ask, now: NOON });
  await store.requestStationPass({ ...ask, expiresAt: NOON + 2 * HOUR_MS, now: NOON + 1 });
  await store.endRiderSession({ sessionHash: WORDS.session, now: NOON });
}

export function describeAudit(open: OpenStore): void {
  describe('after a rich day', () => {
    const under = sharedStore(open);
    let log: LoggedEntry[] = [];
    beforeAll(async () => {
      await richScenario(under);
      log = await readLog(under.store);
    });

    it('holds entries of every type', () => {
      const types = [...new Set(log.map(({ members }) => String(members['type'])))].toSorted();
      expect(types).toEqual([
        'alert.raised',
        'api_key.created',
        'api_key.revoked',
        'command.claimed',
        'command.created',
        'command.not_delivered',
        'command.reported',
        'community.changed',
        'community.created',
        'community.posture',
        'courier.blocked',
        'courier.unblocked',
        'decision',
        'gate.created',
        'gate.enrolled',
        'gate.enrolment_renewed',
        'gate.key_dropped',
        'gate.posture',
        'gate.revoked',
        'gate.signed_in',
        'key.created',
        'key.moved',
        'pass.created',
        'pass.ended',
        'pass.holder_changed',
        'pass.leaving',
        'pass.prolonged',
        'platform.created',
        'platform.secret_added',
        'rider.signed_in',
        'rider.signed_out',
        'rider_link.created',
        'rules.changed',
        'tag.created',
        'tag.revoked',
        'visit.closed',
      ]);
    });

    it('numbers its entries from 1 without a gap', () => {
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
    });

    it('names each entry by the SHA-256 of 0x00 and the entry, base64url', () => {
      for (const { auditId, text } of log) {
        expect(auditId).toBe(sha256(`\0${text}`));
        expect(auditId).toBe(leafHash(text));
      }
      expect(new Set(log.map(({ auditId }) => auditId)).size).toBe(log.length);
    });

    it('writes canonical JSON of at most 8 KiB, with a time, a version and a salt of 128 bits that no other entry has', () => {
      for (const { text, members } of log) {
        expect(canonicalJson(members)).toBe(text);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
        expect(members).toMatchObject({
          v: 1,
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        });
        expect(Buffer.from(String(members['salt']), 'base64url')).toHaveLength(16);
      }
      expect(new Set(log.map(({ members }) => members['salt'])).size).toBe(log.length);
    });

    it('holds no person, place, secret or free text', async () => {
      const text = log.map((entry) => entry.text).join('\n');
      for (const word of Object.values(WORDS)) expect(text).not.toContain(word);
      expect(text).not.toMatch(/cou_/);
      // Of the same words no digest that a dictionary could undo.
      const { jwk: _publicKey, ...guessable } = WORDS;
      for (const word of Object.values(guessable))
        expect(text).not.toContain(sha256(word).slice(0, 16));
      const couriers = await under.sql('SELECT id FROM couriers');
      expect(couriers.length).toBeGreaterThanOrEqual(2);
      for (const { id } of couriers) expect(text).not.toContain(sha256(String(id)));
    });

    it('commits to the holder of every pass: the erasable salt proves it, and without the salt nothing does', async () => {
      const passes = await under.sql('SELECT p.id, p.commitment_salt, p.courier_no FROM passes p');
      const couriers = await under.sql('SELECT no, id, joined_into FROM couriers');
      expect(passes.length).toBeGreaterThanOrEqual(3);
      for (const { id, commitment_salt: salt, courier_no: holder } of passes) {
        const named = log.filter(
          ({ members }) => members['pass'] === id && members['holder'] !== undefined,
        );
        const commitment = named.at(-1)?.members['holder'];
        // A pass that had ended when its holder was joined into an elder goes on naming who held it.
        const held = couriers.filter(
          (courier) => courier['no'] === holder || courier['joined_into'] === holder,
        );
        const proofs = held.map((courier) => sha256(`${salt}${courier['id']}`));
        expect(proofs).toContain(commitment);
        expect(named.map(({ text }) => text).join()).not.toContain(String(salt));
      }
    });

    it('has an entry for every decision that was answered, under the answer’s auditId', async () => {
      const attempts = await under.sql('SELECT seq, audit_id FROM attempts ORDER BY seq');
      const decisions = log.filter(({ members }) => members['type'] === 'decision');
      expect(attempts.map((row) => [row['seq'], row['audit_id']])).toEqual(
        decisions.map(({ seq, auditId }) => [seq, auditId]),
      );
      expect(decisions.length).toBeGreaterThan(8);
    });

    it.each([
      ["UPDATE audit_entries SET entry = '{}' WHERE seq = 1"],
      ['UPDATE audit_entries SET seq = seq + 1000000'],
      ['DELETE FROM audit_entries WHERE seq = 1'],
      ['DELETE FROM audit_entries'],
    ])('refuses: %s', async (sql) => {
      await expect(under.sql(sql)).rejects.toThrow(/audit entries are never/);
      expect(await readLog(under.store)).toEqual(log);
    });

    it('pages from any place, and goes on without a gap after it was opened again', async () => {
      const last = log.length;
      const page = await under.store.listAuditEntries({ afterSeq: 10, limit: 3 });
      expect(page.map(({ seq }) => seq)).toEqual([11, 12, 13]);
      expect(await under.store.listAuditEntries({ afterSeq: last, limit: 3 })).toEqual([]);
      await under.reopen();
      await under.store.createApiKey({
        name: 'x',
        scope: { kind: 'all' },
        hash: sha256(unique('k')),
        actor: ACTOR,
        now: NOON,
      });
      expect(
        (await under.store.listAuditEntries({ afterSeq: last, limit: 3 })).map(({ seq }) => seq),
      ).toEqual([last + 1]);
    });
  });

  describe('as it grows', () => {
    const under = freshStore(open);
    const types = async (action: () => Promise<unknown>) =>
      (await entriesOf(under.store, action)).map(({ members }) => members['type']);

    it('has an entry of each change, made with it', async () => {
      const world = await makeWorld(under);
      const { store } = under;
      const by = { actor: ACTOR, now: NOON };
      const { id: communityId } = world.community;
      const gateId = world.gate.id;
      const until = NOON + HOUR_MS;
      const place = {
        name: 'x',
        kind: 'standard' as const,
        timezone: 'UTC',
        district: null,
        rules: STANDARD_RULES,
      };
      expect(await types(() => store.createCommunity({ ...place, ...by }))).toEqual([
        'community.created',
      ]);
      expect(
        await types(() => store.updateCommunity({ id: communityId, name: 'y', ...by })),
      ).toEqual(['community.changed']);
      const posture = { posture: 'open' as const, until, reason: 'x', ...by };
      expect(await types(() => store.setCommunityPosture({ id: communityId, ...posture }))).toEqual(
        ['community.posture'],
      );
      expect(await types(() => store.setGatePosture({ gateId, ...posture }))).toEqual([
        'gate.posture',
      ]);
      const rules = { rules: STANDARD_RULES, agreedBy: [], effectiveFrom: NOON, ifVersion: null };
      expect(await types(() => store.putRules({ communityId, ...rules, ...by }))).toEqual([
        'rules.changed',
      ]);
      expect(await types(() => world.addGate())).toEqual(['gate.created']);
      expect(await types(() => makePlatform(under, unique('kuai')))).toEqual([
        'platform.created',
        'api_key.created',
      ]);
      expect(await types(() => world.deliver({ delivery: '1', riderId: 'r-1' }))).toEqual([
        'pass.created',
      ]);
      expect(
        await types(() => world.deliver({ delivery: '1', riderId: 'r-2', now: NOON + 1 })),
      ).toEqual(['pass.created', 'pass.ended']);
      const pass = (await world.findPass('r-2'))?.id as PassId;
      expect(await types(() => world.scan({ pass, at: NOON }))).toEqual(['decision']);
      expect(
        await types(() => world.deliver({ delivery: '1', status: 'failed', now: NOON + 2 })),
      ).toEqual(['pass.leaving']);
      expect(await types(() => world.scan({ pass, at: NOON, direction: 'out' }))).toEqual([
        'pass.ended',
        'decision',
      ]);
      const courierId = await world.courier('r-1');
      const block = { communityId, courierId, ...by };
      expect(await types(() => store.putBlock({ ...block, reason: 'x', until }))).toEqual([
        'courier.blocked',
      ]);
      expect(await types(() => store.deleteBlock(block))).toEqual(['courier.unblocked']);
      const admission = { communityId, gateId, reason: 'x', openForMs: 3_000, ...by };
      expect(await types(() => store.admit(admission))).toEqual(['decision', 'command.created']);
      const order = { gateId, reason: 'x', openForMs: 3_000, ...by };
      const ordered = async () => {
        const command = await store.createCommand(order);
        if (command === null) throw new Error('the gate exists');
        return { gateId, commandId: command.id, now: NOON };
      };
      expect(await types(ordered)).toEqual(['command.created']);
      const claimed = await ordered();
      expect(await types(() => store.claimCommand(claimed))).toEqual(['command.claimed']);
      expect(await types(() => store.reportCommand({ ...claimed, done: true }))).toEqual([
        'command.reported',
      ]);
      const late = { now: NOON + 5_000, limit: 100 };
      expect(await types(() => store.sweep(late))).toEqual(
        Array.from({ length: 2 }, () => 'command.not_delivered'),
      );
      const tagId = newTagId();
      const tag = { id: tagId, communityId, gateId, uid: WORDS.uid, sealedKeys: 's', macParam: '' };
      expect(await types(() => store.createTag({ ...tag, counter: 'new', ...by }))).toEqual([
        'tag.created',
      ]);
      const read = { kind: 'authentic', counter: 1, requestId: randomUUID() } as const;
      const tap = { tagId, courierId, tap: read, openForMs: 3_000, now: NOON };
      expect(await types(() => store.redeemTap(tap))).toEqual(['decision', 'command.created']);
      expect(await types(() => store.redeemTap(tap))).toEqual([]);
      expect(await types(() => store.revokeTag({ tagId, ...by }))).toEqual(['tag.revoked']);
      expect(await types(() => store.revokeGate({ gateId, ...by }))).toEqual(['gate.revoked']);
    });

    it('has no entry of what was refused, repeated, or only looked at', async () => {
      const world = await makeWorld(under);
      await world.deliver({ delivery: '1', riderId: 'r-1', webhookId: 'msg' });
      const pass = (await world.findPass('r-1'))?.id as PassId;
      const attempt = world.attempt({ pass, at: NOON });
      await under.store.redeem(attempt);
      const courier = await world.courier('r-1');
      const nothing = await types(async () => {
        await under.store.redeem(attempt);
        await under.store.redeem({ ...attempt, medium: 'nfc' });
        await world.deliver({
          delivery: '1',
          riderId: 'r-1',
          webhookId: 'msg',
          status: 'delivered',
        });
        await under.store.sweep({ now: NOON, limit: 10 });
        await under.store.listCourierPasses(courier, NOON);
      });
      expect(nothing).toEqual([]);
    });

    it('keeps its sequence without a gap through operations that fail in the midst of others', async () => {
      const hash = sha256(unique('taken'));
      const create = (of: string) =>
        under.store.createApiKey({
          name: 'x',
          scope: { kind: 'all' },
          hash: of,
          actor: ACTOR,
          now: NOON,
        });
      await create(hash);
      const mixed = Array.from({ length: 60 }, (_, index) =>
        create(index % 3 === 0 ? hash : sha256(unique('k'))),
      );
      const settled = await Promise.allSettled(mixed);
      expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(20);
      const seqs = (await readLog(under.store)).map(({ seq }) => seq);
      expect(seqs).toEqual(Array.from({ length: 41 }, (_, index) => index + 1));
    });
  });
}
