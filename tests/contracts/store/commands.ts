import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/domain/clock.ts';
import type { CommandId, GateId } from '../../../src/domain/identifier.ts';
import type { GateCommand } from '../../../src/store/store.ts';
import { entriesOf, type OpenStore, sharedStore } from '../../support/store-under-test.ts';
import { ACTOR, makeWorld, NOON, type World } from '../../support/store-world.ts';
import { expectPaged } from './paging.ts';

const NOBODY = 'cmd_0000000000000' as CommandId;
const CLAIMABLE_MS = 5_000;

export function describeCommands(open: OpenStore): void {
  const under = sharedStore(open);

  async function order(world: World, now = NOON): Promise<GateCommand> {
    const gateId = world.gate.id;
    const input = { gateId, reason: '搬家', openForMs: 4_000, actor: ACTOR, now };
    const command = await under.store.createCommand(input);
    if (command === null) throw new Error('the gate exists');
    return command;
  }
  const claim = (command: GateCommand, now: number, gateId = command.gateId) =>
    under.store.claimCommand({ gateId, commandId: command.id, now });
  const report = (command: GateCommand, done: boolean, gateId = command.gateId) =>
    under.store.reportCommand({ gateId, commandId: command.id, done, now: NOON + HOUR_MS });
  const list = async (gateId: GateId) =>
    (await under.store.listCommands(gateId, { limit: 50, after: null })).items;

  describe('an order to open', () => {
    it('waits for its gate for five seconds, and is on the log', async () => {
      const world = await makeWorld(under);
      let made: GateCommand | null = null;
      const [entry] = await entriesOf(under.store, async () => {
        made = await order(world);
      });
      expect(made).toEqual({
        id: expect.stringMatching(/^cmd_/),
        gateId: world.gate.id,
        cause: 'remote',
        openForMs: 4_000,
        auditId: entry?.auditId,
        reason: '搬家',
        createdAt: NOON,
        expiresAt: NOON + CLAIMABLE_MS,
        claimedAt: null,
        reportedAt: null,
        outcome: null,
      });
      expect(entry?.members).toMatchObject({
        type: 'command.created',
        actor: ACTOR,
        cause: 'remote',
        gate: world.gate.id,
        community: world.community.id,
        openForMs: 4_000,
      });
      expect(JSON.stringify(entry)).not.toContain('搬家');
      expect(await list(world.gate.id)).toEqual([made]);
    });

    it('is for a gate that is there', async () => {
      const world = await makeWorld(under);
      await under.store.revokeGate({ gateId: world.gate.id, actor: ACTOR, now: NOON });
      const by = { reason: 'x', openForMs: 3_000, actor: ACTOR, now: NOON };
      expect(await under.store.createCommand({ gateId: world.gate.id, ...by })).toBeNull();
      const gateId = 'gat_0000000000000' as GateId;
      expect(await under.store.createCommand({ gateId, ...by })).toBeNull();
    });

    it('that was claimed and never reported is called unknown after a day, until the gate tells', async () => {
      const world = await makeWorld(under);
      const command = await order(world);
      await claim(command, NOON);
      const settle = (now: number) => under.store.sweep({ now, limit: 100 });
      await settle(NOON + 24 * HOUR_MS - 1);
      expect((await list(world.gate.id))[0]?.outcome).toBeNull();
      const [entry, ...more] = await entriesOf(under.store, () => settle(NOON + 24 * HOUR_MS));
      expect(entry?.members).toMatchObject({ type: 'command.not_reported', command: command.id });
      expect(more).toEqual([]);
      expect((await list(world.gate.id))[0]?.outcome).toBe('not_reported');
      expect(await report(command, true)).toBe('reported');
      expect((await list(world.gate.id))[0]?.outcome).toBe('done');
      await settle(NOON + 48 * HOUR_MS);
      expect((await list(world.gate.id))[0]?.outcome).toBe('done');
    });

    it('is listed newest first, page by page, at its own gate only', async () => {
      const world = await makeWorld(under);
      const other = await world.addGate();
      const made: GateCommand[] = [];
      for (let index = 0; index < 5; index++) made.unshift(await order(world, NOON + index));
      const pages = await expectPaged((page) => under.store.listCommands(world.gate.id, page));
      expect(pages).toEqual(made);
      expect(await list(other.id)).toEqual([]);
    });
  });

  describe('a claim', () => {
    it('succeeds once, to the millisecond in which the five seconds end', async () => {
      const world = await makeWorld(under);
      const [first, second] = [await order(world), await order(world)];
      const inTime = await claim(first, NOON + CLAIMABLE_MS - 1);
      expect(inTime).toEqual({
        kind: 'claimed',
        command: { ...first, claimedAt: NOON + CLAIMABLE_MS - 1 },
      });
      expect(await claim(second, NOON + CLAIMABLE_MS)).toEqual({ kind: 'expired' });
      expect(await claim(first, NOON + 1)).toEqual({ kind: 'claimed_before' });
      expect(await claim(first, NOON + HOUR_MS)).toEqual({ kind: 'claimed_before' });
    });

    it('succeeds once, of twenty at the same time and after a restart', async () => {
      const world = await makeWorld(under);
      const command = await order(world);
      const claims = await Promise.all(Array.from({ length: 20 }, () => claim(command, NOON + 1)));
      expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
      await under.reopen();
      expect(await claim(command, NOON + 2)).toEqual({ kind: 'claimed_before' });
    });

    it('is the gate’s own, while it is one', async () => {
      const world = await makeWorld(under);
      const other = await world.addGate();
      const command = await order(world);
      expect(await claim(command, NOON, other.id)).toEqual({ kind: 'not_found' });
      expect(await claim({ ...command, id: NOBODY }, NOON)).toEqual({ kind: 'not_found' });
      await under.store.revokeGate({ gateId: world.gate.id, actor: ACTOR, now: NOON });
      expect(await claim(command, NOON)).toEqual({ kind: 'not_found' });
    });

    it('is on the log, a refused one is not', async () => {
      const world = await makeWorld(under);
      const command = await order(world);
      const entries = await entriesOf(under.store, async () => {
        await claim(command, NOON);
        await claim(command, NOON);
      });
      expect(entries.map(({ members }) => members)).toMatchObject([
        { type: 'command.claimed', command: command.id, gate: world.gate.id },
      ]);
    });
  });

  describe('what became of it', () => {
    it.each([
      [true, 'done'],
      [false, 'not_done'],
    ] as const)('is what the gate reports first: done %s', async (done, outcome) => {
      const world = await makeWorld(under);
      const command = await order(world);
      await claim(command, NOON);
      const entries = await entriesOf(under.store, async () => {
        expect(await report(command, done)).toBe('reported');
        expect(await report(command, !done)).toBe('repeated');
      });
      expect(entries.map(({ members }) => members)).toMatchObject([
        { type: 'command.reported', command: command.id, done },
      ]);
      const [settled] = await list(world.gate.id);
      expect(settled).toMatchObject({ outcome, reportedAt: NOON + HOUR_MS });
    });

    it('is nothing that another gate says, or one that never claimed it', async () => {
      const world = await makeWorld(under);
      const other = await world.addGate();
      const command = await order(world);
      const entries = await entriesOf(under.store, async () => {
        expect(await report(command, true, other.id)).toBe('not_found');
        expect(await report({ ...command, id: NOBODY }, true)).toBe('not_found');
        expect(await report(command, true)).toBe('not_claimed');
      });
      expect(entries).toEqual([]);
    });

    it('is that nobody came, once its time is over and upkeep has looked', async () => {
      const world = await makeWorld(under);
      const lost = await order(world);
      const claimed = await order(world);
      await claim(claimed, NOON);
      const sweep = (now: number) => under.store.sweep({ now, limit: 100 });
      await sweep(NOON + CLAIMABLE_MS - 1);
      expect((await list(world.gate.id)).map(({ outcome }) => outcome)).toEqual([null, null]);
      const entries = await entriesOf(under.store, () => sweep(NOON + CLAIMABLE_MS));
      const own = entries.filter(({ members }) => members['gate'] === world.gate.id);
      expect(own.map(({ members }) => members)).toMatchObject([
        { type: 'command.not_delivered', command: lost.id },
      ]);
      expect((await list(world.gate.id)).map(({ outcome }) => outcome)).toEqual([
        null,
        'not_delivered',
      ]);
      // A clock that was set back does not bring it to life again.
      expect(await claim(lost, NOON)).toEqual({ kind: 'expired' });
      expect(await report(lost, true)).toBe('not_claimed');
      const again = await entriesOf(under.store, () => sweep(NOON + HOUR_MS));
      expect(again.filter(({ members }) => members['gate'] === world.gate.id)).toEqual([]);
    });
  });
}
