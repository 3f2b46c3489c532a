import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/domain/clock.ts';
import type { AccountId, CommunityId, InvitationId } from '../../../src/domain/identifier.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { entriesOf, type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique } from '../../support/store-world.ts';

const NOWHERE = 'com_0000000000000' as CommunityId;
const ACCOUNT = 'acc_0000000000001' as AccountId;
const INVITATION = 'inv_0000000000001' as InvitationId;

export function describeManager(open: OpenStore): void {
  const under = sharedStore(open);

  describe('figures', () => {
    it('count attempts by part, direction and reason, of one community and since an instant', async () => {
      const world = await makeWorld(under);
      const other = await makeWorld(under);
      const at = NOON + 10 * HOUR_MS;
      await world.scan({ at: at - HOUR_MS, code: { kind: 'malformed' } });
      await world.scan({ at, code: { kind: 'malformed' } });
      await world.scan({ at: at + HOUR_MS, code: { kind: 'malformed' } });
      await world.scan({
        at: at + HOUR_MS,
        pass: await world.rider(unique('r'), at),
        direction: 'in',
      });
      await world.scan({ at: at + HOUR_MS + 1, direction: 'out' });
      await other.scan({ at, code: { kind: 'malformed' } });
      const { id: communityId } = world.community;
      const { rows, inside } = await under.store.readFigures({
        communityId,
        since: at,
        partMs: HOUR_MS,
      });
      const sorted = rows
        .map(({ part, direction, reason, count }) => `${part} ${direction} ${reason} ${count}`)
        .sort();
      expect(sorted).toEqual([
        '0 in malformed_code 1',
        '1 in granted 1',
        '1 in malformed_code 1',
        '1 out granted_exit 1',
      ]);
      expect(inside).toBe(1);
      const none = { communityId: NOWHERE, since: at, partMs: HOUR_MS };
      expect(await under.store.readFigures(none)).toEqual({ rows: [], inside: 0 });
    });
  });

  describe('couriers of a community', () => {
    it('are found by their number, their pass and the beginning of a rider’s, and where they came', async () => {
      const world = await makeWorld(under);
      const other = await makeWorld(under);
      const [first, second] = [unique('anna-'), unique('bert-')];
      const pass = await world.rider(first);
      await world.rider(second);
      await other.rider(unique('anna-'));
      await world.scan({ at: NOON, pass });
      const courierId = await world.courier(first);
      const { id: communityId } = world.community;
      const find = async (text: string) =>
        under.store.findCouriers({ communityId, text, limit: 10, now: NOON });
      const anna = {
        courierId,
        riders: [{ platform: world.platform, riderId: first }],
        lastEntryAt: NOON,
        entries: 1,
        block: null,
      };
      expect(await find(courierId)).toEqual([anna]);
      expect(await find(pass.id)).toEqual([anna]);
      expect(await find('anna-')).toEqual([anna]);
      expect(await find('')).toEqual([anna]);
      expect(await find(second)).toMatchObject([{ entries: 0, lastEntryAt: null }]);
      expect(await find('nna-')).toEqual([]);
      expect(await find('%')).toEqual([]);
      const block = { courierId, reason: '试', until: NOON + HOUR_MS };
      await under.store.putBlock({ communityId, ...block, actor: ACTOR, now: NOON });
      expect((await find(courierId))[0]?.block).toEqual({ reason: '试', until: NOON + HOUR_MS });
      const later = { communityId, text: courierId, limit: 10, now: NOON + HOUR_MS };
      expect((await under.store.findCouriers(later))[0]?.block).toBeNull();
    });
  });

  describe('the plan', () => {
    const plan = (name: string): Plan => ({
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          geometry: { type: 'Point', coordinates: [114.3, 30.5] },
          properties: { kind: 'gate', name },
        },
      ],
    });

    it('is replaced whole, counted, kept over a restart, and on the log by its digest', async () => {
      const { community } = await makeWorld(under);
      const communityId = community.id;
      expect(await under.store.readPlan(communityId)).toBeNull();
      await under.store.putPlan({ communityId, plan: plan('北门'), actor: ACTOR, now: NOON });
      const entries = await entriesOf(under.store, () =>
        under.store.putPlan({ communityId, plan: plan('南门'), actor: ACTOR, now: NOON + 1 }),
      );
      expect(entries).toHaveLength(1);
      expect(entries[0]?.members).toMatchObject({
        type: 'plan.changed',
        community: communityId,
        version: 2,
      });
      expect(entries[0]?.text).not.toContain('南门');
      await under.reopen();
      expect(await under.store.readPlan(communityId)).toEqual({
        plan: plan('南门'),
        version: 2,
        author: ACTOR,
        updatedAt: NOON + 1,
      });
      const nowhere = { communityId: NOWHERE, plan: plan('x'), actor: ACTOR, now: NOON };
      expect(await under.store.putPlan(nowhere)).toBeNull();
    });
  });

  describe('what happens to accounts', () => {
    it('is appended in order, all or none, by random numbers alone', async () => {
      const { community } = await makeWorld(under);
      const standing = {
        role: 'guard',
        scope: { kind: 'community', communityId: community.id },
      } as const;
      const created = {
        type: 'account.created',
        account: ACCOUNT,
        invitation: INVITATION,
        standing,
      } as const;
      const signedIn = { type: 'account.signed_in', account: ACCOUNT, method: 'passkey' } as const;
      const entries = await entriesOf(under.store, () =>
        under.store.recordAccountEvents({ events: [created, signedIn], now: NOON }),
      );
      expect(entries.map(({ members }) => members)).toMatchObject([
        { type: 'account.created', account: ACCOUNT, community: community.id },
        { type: 'account.signed_in', account: ACCOUNT, method: 'passkey' },
      ]);
      const long = { ...signedIn, method: 'x'.repeat(9_000) } as unknown as typeof signedIn;
      const none = await entriesOf(under.store, () =>
        under.store.recordAccountEvents({ events: [signedIn, long], now: NOON }).catch(() => null),
      );
      expect(none).toEqual([]);
    });
  });
}
