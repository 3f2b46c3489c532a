import { beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../gate-simulator/src/firmware/event-log.ts';
import type { EventBody } from '../../gate-simulator/src/firmware/recorder.ts';
import type { EventDraft, GateEvent } from '../../gate-simulator/src/wire/gate-events.ts';
import type { Direction } from '../../gate-simulator/src/wire/verify.ts';
import { MemoryDisk } from './support/memory-disk.ts';

const STAMP = { deviceTime: '2026-11-21T04:00:00.000Z', uptimeMs: 5, bootId: 'b' };
let disk: MemoryDisk;

beforeEach(() => {
  disk = new MemoryDisk();
});

function open(capacity = 10): Promise<EventLog> {
  return EventLog.open({ disk, path: 'events.log', capacity, stamp: () => STAMP });
}

function draft(body: EventBody): EventDraft {
  return { ...body, ...STAMP };
}

function scan(direction: Direction, requestId: string): EventDraft {
  const request = { requestId, medium: 'qr', direction } as const;
  const reason = direction === 'in' ? 'granted' : 'granted_exit';
  return draft({ type: 'verification', data: { request, decision: 'granted', reason } });
}

const entry = (id: string) => scan('in', id);
const exit = (id: string) => scan('out', id);
const speed = (speedKmh: number) => draft({ type: 'speed', data: { speedKmh } });
const forced = () => draft({ type: 'door_forced', data: {} });

/** Letters for what waits: e entry, x exit, s speed, q queue, f forced. */
function shape(events: readonly GateEvent[]): string {
  return events
    .map((event) => {
      if (event.type !== 'verification') return event.type === 'door_forced' ? 'f' : event.type[0];
      return event.data.request.direction === 'in' ? 'e' : 'x';
    })
    .join('');
}

const all = (log: EventLog) => log.oldest(1_000);

describe('a log', () => {
  it('numbers its events from 1, under an identifier that is on disk before the first', async () => {
    const log = await open();
    expect(disk.done).toEqual(['replace events.log']);
    await log.append(entry('a'));
    await log.append(exit('b'));
    expect(all(log).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(log.logId).toMatch(/^[\w-]{22}$/);
  });

  it('is the same after a restart: identifier, numbers, order, what was acknowledged', async () => {
    const log = await open();
    for (const id of ['a', 'b', 'c']) await log.append(entry(id));
    await log.acknowledge(2);
    const again = await open();
    expect(again.logId).toBe(log.logId);
    expect(all(again)).toEqual(all(log));
    expect([again.acknowledgedThrough, again.lastSeq, again.depth]).toEqual([2, 3, 1]);
  });

  it('gives no number twice, also when all before were acknowledged', async () => {
    const log = await open();
    await log.append(entry('a'));
    await log.acknowledge(1);
    const again = await open();
    await again.append(entry('b'));
    expect(all(again).map(({ seq }) => seq)).toEqual([2]);
  });

  it('drops a torn last line and gives its number to the next event', async () => {
    const log = await open();
    await log.append(entry('a'));
    await log.append(entry('b'));
    const text = disk.files.get('events.log') ?? '';
    disk.files.set('events.log', text.slice(0, -20));
    const again = await open();
    expect(again.damagedLines).toBe(1);
    await again.append(entry('c'));
    expect(all(again).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(all(await open())).toEqual(all(again));
  });

  it('begins anew under another identifier when its head is damaged, and keeps what it can', async () => {
    const log = await open();
    for (const id of ['a', 'b']) await log.append(entry(id));
    await log.acknowledge(1);
    const text = disk.files.get('events.log') ?? '';
    disk.files.set('events.log', text.replace('logId', 'xogId'));
    const again = await open();
    expect(again.logId).not.toBe(log.logId);
    expect(shape(all(again))).toBe('e');
    expect(all(again).map(({ seq }) => seq)).toEqual([1]);
  });

  it('writes together what comes together, in its order', async () => {
    const log = await open(1_000);
    await Promise.all(Array.from({ length: 300 }, (_, n) => log.append(entry(String(n)))));
    expect(all(log).map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    expect(disk.done.length).toBeLessThan(10);
  });

  it('rejects what could not be written, and nothing of it is found later', async () => {
    const log = await open();
    await log.append(entry('a'));
    disk.failures = [{ path: /events/, written: 1_000 }];
    await expect(log.append(entry('lost'))).rejects.toThrow('ENOSPC');
    await log.append(entry('b'));
    const again = await open();
    expect(JSON.stringify(all(again))).not.toContain('lost');
    expect(all(again).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(all(again)).toEqual(all(log));
  });

  it('takes no acknowledgement of what it never had', async () => {
    const log = await open();
    await log.append(entry('a'));
    for (const through of [2, 1e9, -1, 0, Number.NaN]) await log.acknowledge(through);
    expect(log.depth).toBe(1);
  });

  it('does not grow for ever: acknowledged lines go', async () => {
    const log = await open(100);
    for (let seq = 1; seq <= 3_000; seq += 1) {
      await log.append(speed(seq));
      await log.acknowledge(seq);
    }
    expect((disk.files.get('events.log') ?? '').split('\n').length).toBeLessThan(1_300);
    expect(log.lastSeq).toBe(3_000);
  });
});

describe('a full buffer', () => {
  it('warns once when it is 90 % full, and again only after it was emptied', async () => {
    const log = await open(10);
    for (let n = 1; n <= 8; n += 1) await log.append(entry(String(n)));
    expect(shape(all(log))).toBe('eeeeeeee');
    await log.append(entry('9'));
    await log.settled();
    expect(shape(all(log))).toBe('eeeeeeeeeq');
    expect(all(log).at(-1)).toMatchObject({ type: 'queue', data: { depth: 9, capacity: 10 } });
    await log.acknowledge(9);
    for (let n = 1; n <= 9; n += 1) await log.append(entry(String(n)));
    await log.settled();
    expect(shape(all(log)).match(/q/g)).toHaveLength(2);
  });

  it('refuses entries and overwrites none of them', async () => {
    const log = await open(4);
    for (let n = 1; n <= 4; n += 1) await log.append(entry(String(n)));
    await log.settled();
    expect(await log.append(entry('5'))).toBe('full');
    expect(log.isFull).toBe(true);
    expect(await log.append(exit('x'))).toBe('lost');
    expect(await log.append(speed(1))).toBe('lost');
    expect(shape(all(log)).match(/e/g)).toHaveLength(4);
  });

  it('an exit takes the place of telemetry, then of an older exit; telemetry only of telemetry', async () => {
    const log = await open(5);
    for (const event of [entry('1'), speed(1), exit('2'), speed(2)]) await log.append(event);
    await log.settled();
    while (!log.isFull) await log.append(entry('fill'));
    await log.settled();
    expect(shape(all(log))).toBe('esxseq');
    expect(await log.append(exit('a'))).toBe('overwrote');
    expect(await log.append(exit('b'))).toBe('overwrote');
    expect(shape(all(log))).not.toContain('s');
    expect(await log.append(speed(3))).toBe('lost');
    expect(await log.append(exit('c'))).toBe('overwrote');
    const exits = all(log).filter(({ type }) => type === 'verification');
    expect(JSON.stringify(exits)).not.toContain('"2"');
  });

  it('force and commands find a place as long as anything can go', async () => {
    const log = await open(5);
    for (const event of [entry('1'), exit('2'), speed(1), entry('3')]) await log.append(event);
    await log.settled();
    while (!log.isFull) await log.append(entry('fill'));
    expect(await log.append(forced())).toBe('overwrote');
    expect(await log.append(forced())).toBe('overwrote');
    expect(await log.append(forced())).toBe('lost');
    expect(shape(all(log))).toContain('ff');
  });

  it('tells which numbers were overwritten and how many never had one, also after a restart', async () => {
    const log = await open(5);
    for (const event of [speed(1), speed(2), speed(3), entry('1')]) await log.append(event);
    await log.settled();
    while (!log.isFull) await log.append(entry('fill'));
    for (let n = 0; n < 3; n += 1) await log.append(exit(`x${n}`));
    for (let n = 0; n < 2; n += 1) await log.append(speed(n));
    const again = await open(5);
    const report = await again.gapReport();
    expect(report).toMatchObject({
      type: 'queue',
      data: { lost: [{ from: 1, to: 3 }], lostUnnumbered: 2 },
    });
    expect(await again.gapReport()).toEqual(report);
    expect(await (await open(5)).gapReport()).toEqual(report);
  });

  it('says nothing of losses that it has told and the server has', async () => {
    const log = await open(3);
    for (const event of [speed(1), speed(2), speed(3), speed(4)]) await log.append(event);
    const report = await log.gapReport();
    await log.acknowledge(report?.seq ?? 0);
    expect(await log.gapReport()).toBeUndefined();
    expect(await (await open(3)).gapReport()).toBeUndefined();
  });

  it('has room again as soon as the server has acknowledged', async () => {
    const log = await open(3);
    for (let n = 0; n < 3; n += 1) await log.append(entry(String(n)));
    expect(await log.append(entry('no'))).toBe('full');
    await log.acknowledge(1);
    expect(await log.append(entry('yes'))).not.toBe('lost');
  });
});
