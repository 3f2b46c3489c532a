import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import type { CommunityId, GateId } from '../../../src/domain/identifier.ts';
import { entriesOf, type OpenStore, sha256, sharedStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique, type World } from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

const NO_GATE = 'gat_0000000000000' as GateId;
const NO_COMMUNITY = 'com_0000000000000' as CommunityId;
const EXPIRES = NOON + 15 * MINUTE_MS;

export function describeGates(open: OpenStore): void {
  const under = sharedStore(open);

  const enrol = (hash: string, key: string, now = NOON) =>
    under.store.enrolGate({
      enrolmentHash: hash,
      publicJwk: `{"kid":"${key}"}`,
      thumbprint: key,
      now,
    });
  const use = (gateId: GateId, key: string, now = NOON, jti = unique('jti')) =>
    under.store.acceptGateAssertion({
      gateId,
      thumbprint: key,
      jti,
      expiresAt: now + 5 * MINUTE_MS,
      now,
    });
  const keysOf = async (gateId: GateId) =>
    (await under.store.findGateCredentials(gateId))?.keys
      .map(({ thumbprint }) => thumbprint)
      .sort();

  /** A gate that waits for its first key. */
  async function waiting(): Promise<{ world: World; gateId: GateId; hash: string }> {
    const world = await makeWorld(under);
    const hash = sha256(unique('code'));
    const gate = await world.addGate({ enrolmentHash: hash, enrolmentExpiresAt: EXPIRES });
    return { world, gateId: gate.id, hash };
  }

  async function renew(gateId: GateId, now = NOON): Promise<string> {
    const hash = sha256(unique('code'));
    const renewal = {
      enrolmentHash: hash,
      enrolmentExpiresAt: now + 15 * MINUTE_MS,
      actor: ACTOR,
      now,
    };
    expect(await under.store.renewEnrolment({ gateId, ...renewal })).toBe(true);
    return hash;
  }

  describe('making and finding', () => {
    it('is found as it was made', async () => {
      const world = await makeWorld(under);
      const gate = await world.addGate({ directions: ['in'], media: ['nfc'], passageSensor: true });
      expect(gate).toMatchObject({
        communityId: world.community.id,
        name: '东门',
        kind: 'gate',
        enrolledAt: null,
      });
      expect(gate).toMatchObject({
        directions: ['in'],
        media: ['nfc'],
        passageSensor: true,
        createdAt: NOON,
      });
      expect(gate.posture).toEqual({ posture: 'normal', until: null, reason: null });
      expect(await under.store.findGate(gate.id)).toEqual(gate);
    });

    it('does not find what does not exist', async () => {
      const { store } = under;
      const none = { gateId: NO_GATE, actor: ACTOR, now: NOON };
      expect(await store.findGate(NO_GATE)).toBeNull();
      expect(await store.findGateCredentials(NO_GATE)).toBeNull();
      expect(
        await store.renewEnrolment({ ...none, enrolmentHash: 'x', enrolmentExpiresAt: EXPIRES }),
      ).toBe(false);
      expect(await store.revokeGate(none)).toBe(false);
      expect(
        await store.setGatePosture({ ...none, posture: 'closed', until: null, reason: 'x' }),
      ).toBe(false);
      expect(await use(NO_GATE, 'key')).toBe(false);
      expect(await store.listGates(NO_COMMUNITY, { limit: 5, after: null })).toEqual({
        items: [],
        next: null,
      });
      const gate = {
        name: 'x',
        kind: 'gate' as const,
        directions: ['in' as const],
        media: ['qr' as const],
        passageSensor: false,
      };
      const orphan = {
        ...gate,
        communityId: NO_COMMUNITY,
        enrolmentHash: 'y',
        enrolmentExpiresAt: EXPIRES,
      };
      expect(await store.createGate({ ...orphan, actor: ACTOR, now: NOON })).toBeNull();
    });

    it('lists the gates of a community page by page, revoked ones no more', async () => {
      const world = await makeWorld(under);
      await makeWorld(under);
      const more = [];
      for (let index = 0; index < 4; index++) more.push(await world.addGate());
      const [, second] = more;
      expect(
        await under.store.revokeGate({ gateId: second?.id ?? NO_GATE, actor: ACTOR, now: NOON }),
      ).toBe(true);
      const listed = await expectPaged((page) => under.store.listGates(world.community.id, page));
      expect(listed).toEqual([world.gate, ...more.filter((gate) => gate !== second)]);
    });
  });

  describe('enrolment', () => {
    it('takes a code until its end and not a millisecond longer', async () => {
      const early = await waiting();
      expect(await enrol(early.hash, 'key-a', EXPIRES - 1)).toEqual({
        gateId: early.gateId,
        communityId: early.world.community.id,
      });
      const late = await waiting();
      expect(await enrol(late.hash, 'key-a', EXPIRES)).toBeNull();
      expect(await keysOf(late.gateId)).toEqual([]);
    });

    it('answers the same code with the same key twice alike, and logs it once', async () => {
      const { gateId, hash } = await waiting();
      const first = await enrol(hash, 'key-a');
      const again = () => enrol(hash, 'key-a', NOON + 60_000);
      const entries = await entriesOf(under.store, async () =>
        expect(await again()).toEqual(first),
      );
      expect(entries).toEqual([]);
      expect(await keysOf(gateId)).toEqual(['key-a']);
      expect((await under.store.findGate(gateId))?.enrolledAt).toBe(NOON);
    });

    it('answers the same code with the same key also after its end, as long as the key is the gate’s', async () => {
      const { gateId, hash } = await waiting();
      const first = await enrol(hash, 'key-a');
      const later = EXPIRES + HOUR_MS;
      expect(await enrol(hash, 'key-a', later)).toEqual(first);
      expect(await enrol(hash, 'key-b', later)).toBeNull();
      await enrol(await renew(gateId, later), 'new', later);
      expect(await enrol(hash, 'key-a', later)).toEqual(first);
      expect(await use(gateId, 'new', later)).toBe(true);
      expect(await enrol(hash, 'key-a', later)).toBeNull();
      expect(await keysOf(gateId)).toEqual(['new']);
    });

    it('refuses a code that was used with another key', async () => {
      const { gateId, hash } = await waiting();
      await enrol(hash, 'key-a');
      expect(await enrol(hash, 'key-b')).toBeNull();
      expect(await keysOf(gateId)).toEqual(['key-a']);
    });

    it('gives one of several keys the code that they race for', async () => {
      const { gateId, hash } = await waiting();
      const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
      const answers = await Promise.all(keys.map((key) => enrol(hash, key)));
      expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
      expect(await keysOf(gateId)).toEqual(keys.filter((_, index) => answers[index] !== null));
    });

    it('refuses a code that nobody was given', async () => {
      expect(await enrol(sha256(unique('code')), 'key-a')).toBeNull();
    });

    it('replaces a code that was not used by the renewed one', async () => {
      const { gateId, hash } = await waiting();
      const renewed = await renew(gateId);
      expect(await enrol(hash, 'key-a')).toBeNull();
      expect(await enrol(renewed, 'key-a')).not.toBeNull();
    });

    // Between two enrolments a clock may stand still, or be set back.
    it.each([
      ['a minute later', MINUTE_MS],
      ['in the same millisecond', 0],
      ['after the clock was set back', -MINUTE_MS],
    ])('keeps the old key until the new one has been used, enrolled %s', async (_when, later) => {
      const { gateId, hash } = await waiting();
      await enrol(hash, 'old');
      expect(await use(gateId, 'old')).toBe(true);
      const now = NOON + later;
      await enrol(await renew(gateId, now), 'new', now);
      expect(await keysOf(gateId)).toEqual(['new', 'old']);
      expect(await use(gateId, 'old', now)).toBe(true);
      expect(await keysOf(gateId)).toEqual(['new', 'old']);
      expect(await use(gateId, 'new', now)).toBe(true);
      expect(await keysOf(gateId)).toEqual(['new']);
      expect(await use(gateId, 'old', now)).toBe(false);
      expect(await use(gateId, 'new', now)).toBe(true);
    });

    it.each([
      ['a minute later', MINUTE_MS],
      ['in the same millisecond', 0],
      ['after the clock was set back', -MINUTE_MS],
    ])(
      'gives up a key that was never used for the next one, enrolled %s, and keeps the one in use',
      async (_when, later) => {
        const { gateId, hash } = await waiting();
        await enrol(hash, 'old');
        expect(await use(gateId, 'old')).toBe(true);
        await enrol(await renew(gateId, NOON + later), 'lost', NOON + later);
        await enrol(await renew(gateId, NOON + 2 * later), 'new', NOON + 2 * later);
        expect(await keysOf(gateId)).toEqual(['new', 'old']);
        expect(await use(gateId, 'lost')).toBe(false);
        expect(await use(gateId, 'old')).toBe(true);
      },
    );

    it('keeps keys and used codes over a restart', async () => {
      const { gateId, hash } = await waiting();
      const answer = await enrol(hash, 'key-a');
      await under.reopen();
      expect(await enrol(hash, 'key-a')).toEqual(answer);
      expect(await enrol(hash, 'key-b')).toBeNull();
      expect(await under.store.findGateCredentials(gateId)).toEqual({
        ...answer,
        keys: [{ thumbprint: 'key-a', jwk: '{"kid":"key-a"}' }],
        epoch: 0,
      });
    });
  });

  describe('assertions', () => {
    async function enrolled(): Promise<GateId> {
      const { gateId, hash } = await waiting();
      await enrol(hash, 'key-a');
      return gateId;
    }

    it('counts a token id once, however many ask at the same time', async () => {
      const gateId = await enrolled();
      const jti = unique('jti');
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => use(gateId, 'key-a', NOON, jti)),
      );
      expect(answers.filter((accepted) => accepted)).toHaveLength(1);
    });

    it('counts a token id once also over a restart', async () => {
      const gateId = await enrolled();
      const jti = unique('jti');
      expect(await use(gateId, 'key-a', NOON, jti)).toBe(true);
      await under.reopen();
      expect(await use(gateId, 'key-a', NOON, jti)).toBe(false);
    });

    it('counts the token ids of each gate for themselves', async () => {
      const [one, other] = [await enrolled(), await enrolled()];
      const jti = unique('jti');
      expect(await use(one, 'key-a', NOON, jti)).toBe(true);
      expect(await use(other, 'key-a', NOON, jti)).toBe(true);
    });

    it('refuses a key that the gate does not have, and does not count the token id', async () => {
      const gateId = await enrolled();
      const jti = unique('jti');
      expect(await use(gateId, 'key-b', NOON, jti)).toBe(false);
      expect(await use(gateId, 'key-a', NOON, jti)).toBe(true);
    });

    it('forgets a token id when it has expired, not a millisecond before', async () => {
      const gateId = await enrolled();
      const jti = unique('jti');
      const expiresAt = NOON + 5 * MINUTE_MS;
      expect(await use(gateId, 'key-a', NOON, jti)).toBe(true);
      await under.store.sweep({ now: expiresAt - 1, limit: 1_000 });
      expect(await use(gateId, 'key-a', NOON, jti)).toBe(false);
      await under.store.sweep({ now: expiresAt, limit: 1_000 });
      expect(await use(gateId, 'key-a', NOON, jti)).toBe(true);
    });
  });

  describe('revocation and posture', () => {
    it('ends with a gate its keys, its codes and its attempts, and keeps what it decided', async () => {
      const { world, gateId, hash } = await waiting();
      await enrol(hash, 'key-a');
      const spare = await renew(gateId);
      const pass = await world.rider('r-1');
      const decided = await world.scan({ pass, gate: gateId, at: NOON });
      expect(await under.store.revokeGate({ gateId, actor: ACTOR, now: NOON })).toBe(true);
      expect(await under.store.revokeGate({ gateId, actor: ACTOR, now: NOON })).toBe(false);
      expect(await under.store.findGate(gateId)).toBeNull();
      expect(await under.store.findGateCredentials(gateId)).toBeNull();
      expect(await use(gateId, 'key-a')).toBe(false);
      expect(await enrol(spare, 'key-b')).toBeNull();
      expect(await enrol(hash, 'key-a')).toBeNull();
      expect(await world.redeem({ pass, gate: gateId, at: NOON + HOUR_MS })).toEqual({
        kind: 'gate_revoked',
      });
      const decisions = await under.store.listDecisions(world.community.id, {
        limit: 5,
        after: null,
      });
      expect(decisions.items).toEqual([decided]);
    });

    it('closes one gate until the end of its posture, the others stay open', async () => {
      const world = await makeWorld(under);
      const other = await world.addGate();
      const [one, two] = [await world.rider('r-1'), await world.rider('r-2')];
      const until = NOON + 20_000;
      const closed = { posture: 'closed' as const, until, reason: '检修', actor: ACTOR, now: NOON };
      const entries = await entriesOf(under.store, async () => {
        expect(await under.store.setGatePosture({ gateId: world.gate.id, ...closed })).toBe(true);
      });
      expect(entries).toHaveLength(1);
      expect(JSON.stringify(entries)).not.toContain('检修');
      expect((await under.store.findGate(world.gate.id))?.posture).toEqual({
        posture: 'closed',
        until,
        reason: '检修',
      });
      expect(await world.reason({ pass: one, at: until - 1 })).toBe('gate_closed');
      expect(await world.reason({ pass: two, at: until - 1, gate: other.id })).toBe('granted');
      expect(await world.reason({ pass: one, at: until })).toBe('granted');
    });
  });
}
