/** The tables show what the audit log tells; where somebody has changed them, that is an alert. */
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/clock.ts';
import { alone, numbered, upload } from '../../support/gate-log.ts';
import { entriesOf, freshStore, type OpenStore } from '../../support/store-under-test.ts';
import { makeWorld, NOON, openSession, type World } from '../../support/store-world.ts';

export function describeViews(open: OpenStore): void {
  const under = freshStore(open);
  const check = () => under.store.checkViews({ limit: 1_000, now: NOON });

  /** A visit that ended by an exit, and one that goes on. */
  async function visits(): Promise<World> {
    const world = await makeWorld(under);
    const first = await world.rider('r-1');
    await world.scan({ pass: first, at: NOON });
    await world.scan({ pass: first, at: NOON + 2 * MINUTE_MS });
    await world.scan({ pass: first, at: NOON + 3 * MINUTE_MS, direction: 'out' });
    await world.scan({ pass: await world.rider('r-2'), at: NOON + 4 * MINUTE_MS });
    return world;
  }

  it('finds nothing in tables that are as they were made, and reads each entry once', async () => {
    await visits();
    const first = await check();
    expect(first).toMatchObject({ done: true, alerts: [] });
    expect(first.checked).toBeGreaterThan(5);
    expect(await check()).toEqual({ checked: 0, done: true, alerts: [] });
    await under.reopen();
    expect(await check()).toEqual({ checked: 0, done: true, alerts: [] });
  });

  it('goes through a long log in steps', async () => {
    await visits();
    const steps = [];
    do steps.push(await under.store.checkViews({ limit: 3, now: NOON }));
    while (steps.at(-1)?.done === false);
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.flatMap(({ alerts }) => alerts)).toEqual([]);
  });

  it.each([
    [
      "UPDATE attempts SET reason = 'code_expired' WHERE reason = 'granted'",
      'decision',
      ['reason'],
    ],
    ['UPDATE attempts SET at = at + 60000', 'decision', ['at']],
    ["UPDATE attempts SET pass_id = 'pas_0123456789abc'", 'decision', ['pass']],
    ['DELETE FROM attempts', 'decision', ['requestId']],
    ['UPDATE visits SET opened_at = opened_at - 60000', 'visit', ['openedAt']],
    ['UPDATE visits SET closed_at = closed_at + 60000 WHERE closed_at > 0', 'visit', ['closedAt']],
    ['UPDATE visits SET last_entry_at = opened_at + 1', 'visit', ['lastEntryAt']],
    ['DELETE FROM visits', 'visit', ['id']],
  ])('raises an alert after: %s', async (sql, of, members) => {
    const world = await visits();
    await under.sql(sql);
    const { alerts } = await check();
    expect(alerts.length).toBeGreaterThan(0);
    for (const alert of alerts.filter(({ details }) => details['of'] === of))
      expect(alert).toMatchObject({
        kind: 'audit_mismatch',
        communityId: world.community.id,
        gateId: world.gate.id,
        details: { of, members },
      });
    expect(alerts.some(({ details }) => details['of'] === of)).toBe(true);
    const page = { limit: 20, after: null };
    const listed = await under.store.listAlerts({
      communityId: world.community.id,
      open: null,
      page,
    });
    expect(listed.items.map(({ id }) => id)).toEqual(
      expect.arrayContaining(alerts.map(({ id }) => id)),
    );
  });

  it('says so on the log, and of a table that is all wrong only so much', async () => {
    const world = await makeWorld(under);
    for (let n = 0; n < 30; n++) await world.scan({ at: NOON + n });
    await under.sql('UPDATE attempts SET lane = lane, at = at + 1');
    const entries = await entriesOf(under.store, check);
    expect(entries.map(({ members }) => members['type'])).toEqual(
      Array.from({ length: 20 }, () => 'alert.raised'),
    );
  });

  it('is no false alarm after a time-out, a join, or what a gate reports late', async () => {
    const world = await visits();
    const pass = await world.rider('r-3');
    const late = alone(world, { pass, at: NOON + 5 * MINUTE_MS });
    const events = numbered([late]);
    await upload(under.store, { gateId: world.gate.id, events, now: NOON + HOUR_MS });
    const { courierId } = { courierId: await world.courier('r-1') };
    await openSession(under, { platform: world.platform, riderId: 'r-2', join: courierId });
    await under.store.sweep({ now: NOON + 5 * HOUR_MS, limit: 100 });
    expect(await check()).toMatchObject({ done: true, alerts: [] });
  });

  describe('a check that begins in the midst of a log', () => {
    it('leaves out visits that were opened before', async () => {
      const world = await makeWorld(under);
      const pass = await world.rider('r-1');
      await world.scan({ pass, at: NOON });
      const [row] = await under.sql('SELECT max(seq) + 1 AS next FROM audit_entries');
      await under.sql(`INSERT INTO view_check (one, next_seq) VALUES (1, ${row?.['next']})`);
      await world.scan({ pass, at: NOON + 2 * MINUTE_MS });
      await world.scan({ pass, at: NOON + 3 * MINUTE_MS, direction: 'out' });
      expect(await check()).toMatchObject({ checked: expect.any(Number), done: true, alerts: [] });
    });
  });
}
