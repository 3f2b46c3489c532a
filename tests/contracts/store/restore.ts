/** A database that is a restored backup: what it does at once, and what the operator gives back. */
import { expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import { alone, numbered, upload } from '../../support/gate-log.ts';
import { entriesOf, freshStore, type OpenStore, sha256 } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, type World } from '../../support/store-world.ts';

export function describeRestore(open: OpenStore): void {
  const under = freshStore(open);
  const lock = (now: number, erased: readonly string[] = []) =>
    under.store.lockDownRestored({ why: 'x', erased, now });
  const confirm = (now: number) => under.store.confirmRestore({ actor: ACTOR, now });
  const posture = async ({ community }: World) =>
    (await under.store.findCommunity(community.id))?.posture;

  it('gives every community back the posture that it had, and only once', async () => {
    const world = await makeWorld(under);
    const order = { posture: 'open', until: NOON + HOUR_MS, reason: 'x', actor: ACTOR } as const;
    await under.store.setCommunityPosture({ id: world.community.id, ...order, now: NOON });
    await lock(NOON + MINUTE_MS);
    expect(await posture(world)).toMatchObject({ posture: 'lockdown', until: null });
    await confirm(NOON + 2 * MINUTE_MS);
    expect(await posture(world)).toMatchObject({ posture: 'open', until: NOON + HOUR_MS });
    expect(await confirm(NOON)).toEqual({ kind: 'nothing' });
  });

  it('that was made while another one waited ends what is live in it, and erases again', async () => {
    const world = await makeWorld(under);
    expect(await lock(NOON)).toEqual({ passesEnded: 0 });
    const waiting = await under.store.readRestore();
    const pass = await world.rider('r-1');
    const courierId = await world.courier('r-2');
    const later = NOON + HOUR_MS;
    const entries = await entriesOf(under.store, () =>
      lock(later, [sha256(`erased ${courierId}`)]),
    );
    const types = entries.map(({ members }) => members['type']);
    expect(types).toEqual(
      expect.arrayContaining(['store.restored', 'pass.ended', 'courier.erased']),
    );
    expect(types).not.toContain('community.posture');
    const rows = await under.sql(`SELECT status FROM passes WHERE id = '${pass.id}'`);
    expect(rows).toEqual([{ status: 'ended' }]);
    expect(await under.sql(`SELECT no FROM couriers WHERE id = '${courierId}'`)).toEqual([]);
    expect(await under.store.readRestore()).toEqual(waiting);
    await confirm(later);
    expect(await posture(world)).toMatchObject({ posture: 'normal' });
  });

  it('has been in lockdown for what gates did alone meanwhile', async () => {
    const world = await makeWorld(under);
    await lock(NOON + MINUTE_MS);
    await confirm(NOON + 3 * MINUTE_MS);
    const conflicts: number[] = [];
    for (const [index, at] of [1, 3].entries()) {
      const event = alone(world, {
        pass: await world.rider(`r-${at}`),
        at: NOON + at * MINUTE_MS,
        requestId: `00000000-0000-4000-8000-00000000000${at}`,
      });
      const events = numbered([event], index + 1);
      await upload(under.store, { gateId: world.gate.id, events, now: NOON + HOUR_MS });
      const page = { limit: 20, after: null };
      const of = { communityId: world.community.id, open: null, page };
      const { items } = await under.store.listAlerts(of);
      conflicts.push(items.filter(({ kind }) => kind === 'offline_conflict').length);
    }
    expect(conflicts).toEqual([1, 1]);
  });
}
