import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/clock.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';
import { createGateMemory, isForgettable, type MemoryEvent } from '../../src/gate/index.ts';
import { NOW, PASS } from '../domain/support.ts';
import { slowDisk } from './support.ts';

const WINDOW = NOW / 1000;
const entry = (changes: Partial<MemoryEvent & { kind: 'entry' }> = {}): MemoryEvent => ({
  kind: 'entry',
  passId: PASS,
  notBefore: WINDOW,
  usableUntil: NOW + 45_000,
  at: NOW,
  ...changes,
});
const happened = (kind: 'rescan' | 'exit' | 'passage', at = NOW + 1_000): MemoryEvent => ({
  kind,
  passId: PASS,
  at,
});
const later = { at: NOW, passageReported: false, rescans: 0, exited: false };

describe('a gate’s memory', () => {
  it('knows nothing of what it was not told', () => {
    const memory = createGateMemory(() => {});
    expect(memory.recall(PASS, WINDOW)).toEqual({ codeUsed: false, lastEntry: null });
  });

  it('knows a code by its pass and window, and the newest entry whatever its code', async () => {
    const memory = createGateMemory(() => {});
    await memory.remember(entry());
    await memory.remember(entry({ notBefore: WINDOW + 30, at: NOW + 61_000 }));
    const lastEntry = { ...later, at: NOW + 61_000 };
    expect(memory.recall(PASS, WINDOW)).toEqual({ codeUsed: true, lastEntry });
    expect(memory.recall(PASS, WINDOW + 30)).toEqual({ codeUsed: true, lastEntry });
    expect(memory.recall(PASS, WINDOW + 60)).toEqual({ codeUsed: false, lastEntry });
  });

  it.each([
    ['rescan', { ...later, rescans: 1 }],
    ['passage', { ...later, passageReported: true }],
    ['exit', { ...later, exited: true }],
  ] as const)(
    'knows of a %s since the newest entry, and forgets it with the next',
    async (kind, lastEntry) => {
      const memory = createGateMemory(() => {}, [entry(), happened(kind)]);
      expect(memory.recall(PASS, WINDOW).lastEntry).toEqual(lastEntry);
      await memory.remember(entry({ notBefore: WINDOW + 30, at: NOW + 2_000 }));
      expect(memory.recall(PASS, WINDOW).lastEntry).toEqual({ ...later, at: NOW + 2_000 });
    },
  );

  it('has every event on its journal, in order, and is the same again when it is read back', async () => {
    const journal: MemoryEvent[] = [];
    const memory = createGateMemory((event) => void journal.push(event));
    const events = [entry(), happened('rescan'), happened('passage')];
    for (const event of events) await memory.remember(event);
    expect(journal).toEqual(events);
    const again = createGateMemory(() => {}, JSON.parse(JSON.stringify(journal)));
    expect(again.recall(PASS, WINDOW)).toEqual(memory.recall(PASS, WINDOW));
  });

  it('knows an event before the journal has it, and says so only afterwards', async () => {
    const disk = slowDisk();
    const memory = createGateMemory(disk.journal);
    let resolved = false;
    const remembered = Promise.resolve(memory.remember(entry())).then(() => {
      resolved = true;
    });
    expect(memory.recall(PASS, WINDOW).codeUsed).toBe(true);
    await Promise.resolve();
    expect(resolved).toBe(false);
    disk.finish();
    await remembered;
    expect(resolved).toBe(true);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('disk full'))],
    [
      'throws',
      () => {
        throw new Error('disk full');
      },
    ],
  ])('has forgotten an event whose journal %s, and says so', async (_, journal) => {
    const memory = createGateMemory(journal);
    await expect(memory.remember(entry())).rejects.toThrow('disk full');
    expect(memory.recall(PASS, WINDOW)).toEqual({ codeUsed: false, lastEntry: null });
  });

  it('stays bounded over a day of traffic, and forgets nothing that could be asked for', async () => {
    const memory = createGateMemory(() => {});
    for (let count = 0; count < 20_000; count++) {
      const at = NOW + count * 4_000;
      const passId = formatIdentifier(
        'pas',
        Uint8Array.of(0, 0, 0, 0, 0, 0, count >> 8, count & 255),
      );
      const notBefore = Math.floor(at / 30_000) * 30;
      await memory.remember({
        kind: 'entry',
        passId,
        notBefore,
        usableUntil: (notBefore + 45) * 1000,
        at,
      });
      expect(memory.recall(passId, notBefore).codeUsed).toBe(true);
    }
    const first = formatIdentifier('pas', new Uint8Array(8));
    expect(memory.recall(first, WINDOW)).toEqual({ codeUsed: false, lastEntry: null });
  });
});

describe('an event can be forgotten', () => {
  it.each([
    ['an entry', entry(), NOW + 6 * MINUTE_MS],
    ['a rescan', happened('rescan', NOW), NOW + 6 * MINUTE_MS],
    [
      'an entry with a code of hours',
      entry({ usableUntil: NOW + 18 * HOUR_MS }),
      NOW + 18 * HOUR_MS + MINUTE_MS,
    ],
  ])('%s: when neither grace, passback nor its code can ask for it', (_, event, at) => {
    expect(isForgettable(event, at - 1)).toBe(false);
    expect(isForgettable(event, at)).toBe(true);
  });
});
