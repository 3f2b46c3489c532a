import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/attempt.ts';
import { type PassRecord, type Store, StoreUnavailable } from '../../src/store/store.ts';
import { expectNothingHalfWritten, expectWholeLog } from '../support/log-checks.ts';
import { smallDisks } from '../support/small-disk.ts';
import { openStoreChild } from '../support/store-child.ts';
import { sha256 } from '../support/store-under-test.ts';
import { makeWorld, NOON, openSession, type World } from '../support/store-world.ts';

const FILE = 'store.sqlite';
const DISKS = smallDisks({ mebibytes: 4, database: FILE });

/** Attempts until one fails: what space the log has already is used up first. */
async function redeemUntilFull(store: Store, world: World, pass: PassRecord): Promise<Attempt> {
  for (let index = 0; index < 200; index++) {
    const attempt = world.attempt({ pass, at: NOON + index * 60_000 });
    try {
      await store.redeem(attempt);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailable);
      return attempt;
    }
  }
  throw new Error('the disk was not full');
}

describe.runIf(DISKS.length > 0)('a full disk', () => {
  it.each(DISKS)(
    'answers no write, keeps answering reads, and works again when there is space: %s',
    async (_name, make) => {
      const disk = make();
      const path = join(disk.folder, FILE);
      const child = await openStoreChild({ path });
      const { store } = child;
      const world = await makeWorld({ store });
      const sessionHash = sha256('a session');
      await openSession({ store }, { platform: world.platform, riderId: 'r-full', sessionHash });
      const before = await world.scan({ pass: await world.rider('r-0'), at: NOON });

      const spare = await world.rider('r-spare');
      const passes = await Promise.all(['a', 'b', 'c'].map((rider) => world.rider(rider)));
      const full = await world.rider('r-full');
      disk.fill(child);
      const failed = await redeemUntilFull(store, world, full);
      const attempts = passes.map((pass) => world.attempt({ pass, at: NOON }));

      // Writes fail, one by one and in a group; reads are answered, also in the midst of such a group.
      for (let again = 0; again < 5; again++) {
        await expect(store.redeem(failed)).rejects.toBeInstanceOf(StoreUnavailable);
      }
      const page = { limit: 200, after: null };
      const mixed = await Promise.allSettled([
        ...attempts.map((attempt) => store.redeem(attempt)),
        store.listDecisions(world.community.id, page),
        world.deliver({ delivery: 'new', riderId: 'r-new' }),
        store.findCommunity(world.community.id),
      ]);
      expect(mixed.map(({ status }) => status)).toEqual([
        ...attempts.map(() => 'rejected'),
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      const { items } = await store.listDecisions(world.community.id, page);
      expect(items).toContainEqual(before);
      expect(await world.findPass('r-0')).toMatchObject({ status: 'active', visitOpen: true });
      const session = { sessionHash, now: NOON };
      expect(await store.findRiderSession(session)).not.toBeNull();
      const requests = new Set(items.map(({ requestId }) => requestId));
      for (const { requestId } of attempts) expect(requests).not.toContain(requestId);
      await expectWholeLog(store);

      // The same open store goes on: the failed requests are judged now, each once.
      disk.free(child);
      const outcomes = await Promise.all(attempts.map((attempt) => store.redeem(attempt)));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['decided', 'decided', 'decided']);
      const resolved = await store.redeem(failed);
      expect(resolved.kind).toMatch(/^(decided|repeated)$/);
      expect(await store.redeem(failed)).toMatchObject({ kind: 'repeated' });
      expect(await world.reason({ pass: spare, at: NOON })).toBe('granted');
      expect(await world.deliver({ delivery: 'new', riderId: 'r-new' })).toMatchObject({
        duplicate: false,
      });
      const log = await expectWholeLog(store);
      await child.end();
      expectNothingHalfWritten(path);

      const reopened = await openStoreChild({ path });
      expect(await expectWholeLog(reopened.store)).toEqual(log);
      expect(await reopened.store.redeem(failed)).toMatchObject({ kind: 'repeated' });
      await reopened.end();
    },
  );
});
