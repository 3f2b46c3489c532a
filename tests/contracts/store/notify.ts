import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/clock.ts';
import { formatIdentifier } from '../../../src/domain/identifier.ts';
import type { NotifyOwner } from '../../../src/store/notify-store.ts';
import { entriesOf, freshStore, type OpenStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, unique, type World } from '../../support/store-world.ts';

const PAGE = { limit: 50, after: null };

export function describeNotify(open: OpenStore): void {
  const under = freshStore(open);
  let world: World;
  let owner: NotifyOwner;

  beforeEach(async () => {
    world = await makeWorld(under);
    owner = { kind: 'community', communityId: world.community.id };
  });

  async function makeEndpoint() {
    const endpoint = await tryEndpoint(5);
    if (typeof endpoint === 'string') throw new Error(endpoint);
    return endpoint;
  }

  const tryEndpoint = (most: number) =>
    under.store.createNotifyEndpoint({
      id: formatIdentifier('ntf', randomBytes(8)),
      owner,
      kind: 'webhook',
      name: '值班室',
      shown: 'https://example.com/hook',
      sealed: 'sealed',
      events: ['alert.raised'],
      leastLevel: 'warning',
      most,
      actor: ACTOR,
      now: NOON,
    });

  /** Raises an alert that a receiver is told of: somebody stays too long. @returns when */
  async function overstay(): Promise<number> {
    const pass = await world.rider(unique('rider'));
    await world.scan({ pass, at: NOON });
    const at = NOON + 30 * MINUTE_MS;
    await under.store.sweep({ now: at, limit: 100 });
    return at;
  }

  const take = (now: number) =>
    under.store.takeNotifications({ now, limit: 10, lentUntil: now + MINUTE_MS });
  const list = async (id: Awaited<ReturnType<typeof makeEndpoint>>['id']) =>
    (await under.store.listNotifications({ owner, id, state: null, page: PAGE }))?.items ?? [];

  it('an alert and its notification are stored together', async () => {
    const { id } = await makeEndpoint();
    const at = await overstay();
    expect(await list(id)).toMatchObject([
      { state: 'waiting', attempts: 0, event: 'alert.raised', content: { kind: 'overstay', at } },
    ]);
  });

  it('what waits is still there after a restart, and so is what was under way when the process died', async () => {
    const { id } = await makeEndpoint();
    const at = await overstay();
    await under.reopen();
    const [first] = await take(at);
    expect(first).toMatchObject({ endpointId: id, sealed: 'sealed', kind: 'webhook' });
    await under.reopen();
    expect(await take(at + MINUTE_MS - 1)).toEqual([]);
    const [again] = await take(at + MINUTE_MS);
    expect(again?.id).toBe(first?.id);
  });

  it('of two who take at once only one gets it', async () => {
    await makeEndpoint();
    const at = await overstay();
    const taken = await Promise.all([take(at), take(at), take(at)]);
    expect(taken.flat()).toHaveLength(1);
  });

  it('a receiver gets one at a time, in order', async () => {
    await makeEndpoint();
    await overstay();
    const at = await overstay();
    const first = await take(at);
    expect(first).toHaveLength(1);
    expect(await take(at)).toEqual([]);
    const settled = { id: first[0]!.id, outcome: { kind: 'sent' }, pauseMs: 0 } as const;
    await under.store.settleNotification({ ...settled, now: at + 1 });
    const second = await take(at + 1);
    expect(second).toHaveLength(1);
    expect(second[0]?.id).not.toBe(first[0]?.id);
  });

  it('those who have waited longest come first, whatever another still has to come', async () => {
    const endpoints = [await makeEndpoint(), await makeEndpoint(), await makeEndpoint()];
    await overstay();
    const at = await overstay();
    const served: string[] = [];
    for (let now = at + 1; now <= at + 3; now += 1) {
      const one = { now, limit: 1, lentUntil: now + MINUTE_MS };
      const [taken] = await under.store.takeNotifications(one);
      served.push(taken!.endpointId);
      const sent = { id: taken!.id, outcome: { kind: 'sent' }, pauseMs: 0, now } as const;
      await under.store.settleNotification(sent);
    }
    expect(served.toSorted()).toEqual(endpoints.map(({ id }) => id).toSorted());
  });

  it('pauses grow from failure to failure, to the second', async () => {
    const { id } = await makeEndpoint();
    const at = await overstay();
    const [taken] = await take(at);
    const outcome = { kind: 'failed', failure: 'timeout' } as const;
    const settle = (now: number) =>
      under.store.settleNotification({ id: taken!.id, outcome, pauseMs: 0, now });
    await settle(at);
    expect(await list(id)).toMatchObject([{ attempts: 1, dueAt: at + 5 * SECOND_MS }]);
    expect(await take(at + 5 * SECOND_MS - 1)).toEqual([]);
    expect(await take(at + 5 * SECOND_MS)).toHaveLength(1);
    await settle(at + 5 * SECOND_MS);
    expect(await list(id)).toMatchObject([
      { attempts: 2, dueAt: at + 5 * SECOND_MS + 5 * MINUTE_MS, failure: 'timeout' },
    ]);
  });

  it('what was refused is dead at once, and waits again when it is replayed', async () => {
    const { id } = await makeEndpoint();
    const at = await overstay();
    const [taken] = await take(at);
    const outcome = { kind: 'refused', failure: 'http_410' } as const;
    await under.store.settleNotification({ id: taken!.id, outcome, pauseMs: 0, now: at });
    expect(await list(id)).toMatchObject([{ state: 'dead', failure: 'http_410' }]);
    const replay = { owner, id, notificationId: null, actor: ACTOR, now: at + 1 };
    const entries = await entriesOf(under.store, async () => {
      expect(await under.store.replayNotifications(replay)).toBe(1);
      expect(await under.store.replayNotifications(replay)).toBe(0);
    });
    expect(entries.map(({ members }) => members['type'])).toEqual(['notifications.replayed']);
    expect(await take(at + 1)).toHaveLength(1);
  });

  it('settled twice, the first time counts', async () => {
    const { id } = await makeEndpoint();
    const at = await overstay();
    const [taken] = await take(at);
    const sent = { id: taken!.id, outcome: { kind: 'sent' }, pauseMs: 0, now: at } as const;
    await under.store.settleNotification(sent);
    const failed = { kind: 'failed', failure: 'timeout' } as const;
    await under.store.settleNotification({ ...sent, outcome: failed });
    expect(await list(id)).toMatchObject([{ state: 'sent', attempts: 0 }]);
  });

  it('a removed receiver keeps nothing secret and gets nothing more', async () => {
    const { id } = await makeEndpoint();
    const at = await overstay();
    const remove = { owner, id, actor: ACTOR, now: at };
    expect(await under.store.removeNotifyEndpoint(remove)).toBe(true);
    expect(await under.store.removeNotifyEndpoint(remove)).toBe(false);
    expect(await take(at)).toEqual([]);
    expect(await under.sql('SELECT sealed FROM notify_endpoints')).toEqual([{ sealed: '' }]);
    expect((await under.store.listNotifyEndpoints(owner, PAGE)).items).toEqual([]);
  });

  it('what was settled is forgotten after 30 days', async () => {
    const { id } = await makeEndpoint();
    const at = await overstay();
    const [taken] = await take(at);
    const sent = { id: taken!.id, outcome: { kind: 'sent' }, pauseMs: 0, now: at } as const;
    await under.store.settleNotification(sent);
    await under.store.sweep({ now: at + 30 * DAY_MS - 1, limit: 100 });
    expect(await list(id)).toHaveLength(1);
    await under.store.sweep({ now: at + 30 * DAY_MS, limit: 100 });
    expect(await list(id)).toEqual([]);
  });

  it('there are as many receivers as there may be, and no more', async () => {
    await makeEndpoint();
    const { id } = await makeEndpoint();
    expect(await tryEndpoint(2)).toBe('too_many');
    await under.store.removeNotifyEndpoint({ owner, id, actor: ACTOR, now: NOON });
    expect(await tryEndpoint(2)).toMatchObject({ name: '值班室' });
  });

  describe('owners', () => {
    it('see their own receivers only', async () => {
      const { id } = await makeEndpoint();
      const { community } = await makeWorld(under);
      const other: NotifyOwner = { kind: 'community', communityId: community.id };
      const remove = { owner: other, id, actor: ACTOR, now: NOON };
      expect(await under.store.removeNotifyEndpoint(remove)).toBe(false);
      const listing = { owner: other, id, state: null, page: PAGE };
      expect(await under.store.listNotifications(listing)).toBeNull();
      expect((await under.store.listNotifyEndpoints(other, PAGE)).items).toEqual([]);
      expect((await under.store.listNotifyEndpoints(owner, PAGE)).items).toHaveLength(1);
    });
  });
}
