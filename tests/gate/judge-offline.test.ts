/** What the vectors cannot say: what the judge does to the memory, and when it answers. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CANNOT_JUDGE_MESSAGE,
  type CryptoKey,
  createGateMemory,
  type GateMemory,
  judgeOffline,
  type MemoryEvent,
  messageFor,
  type OfflineCache,
} from '../../src/gate/index.ts';
import { NOW, PASS } from '../domain/support.ts';
import { clockAt, loaded, signedCode, slowDisk } from './support.ts';

let cache: OfflineCache;
beforeAll(async () => {
  cache = await loaded();
});

const CODE = signedCode();
const IN = { direction: 'in', code: CODE } as const;
const OUT = { direction: 'out', code: CODE } as const;
const plainMemory = () => createGateMemory(() => {});
const judge = (memory: GateMemory, at = NOW, attempt: typeof IN | typeof OUT = IN) =>
  judgeOffline(attempt, cache, memory, clockAt(at));

/** A disk that fails, each in its way. */
const BROKEN: readonly [string, () => void | Promise<void>][] = [
  ['rejects', () => Promise.reject(new Error('disk full'))],
  [
    'throws',
    () => {
      throw new Error('disk full');
    },
  ],
];

describe('a grant at entry', () => {
  it('says what the gate shows and reports', async () => {
    expect(await judge(plainMemory())).toEqual({
      outcome: 'granted',
      reason: 'granted',
      message: messageFor('granted'),
      passId: PASS,
      consumesCode: true,
      speedLimitKmh: 15,
      rulesVersion: 1,
    });
  });

  it('is given only when its entry is on the disk', async () => {
    const disk = slowDisk();
    const memory = createGateMemory(disk.journal);
    let answered = false;
    const judged = judge(memory).then((outcome) => {
      answered = true;
      return outcome;
    });
    while (!memory.recall(PASS, NOW / 1000).codeUsed) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    disk.finish();
    expect(await judged).toMatchObject({ outcome: 'granted' });
  });

  it.each(BROKEN)(
    'is none when the disk %s: the gate stays shut and the code is unused',
    async (_, journal) => {
      const memory = createGateMemory(journal);
      const expected = {
        outcome: 'cannot_judge',
        why: 'not_recorded',
        message: CANNOT_JUDGE_MESSAGE,
      };
      expect(await judge(memory)).toEqual(expected);
      expect(await judge(memory)).toEqual(expected);
    },
  );

  it('is one, of any number of lanes that read one code at the same time; the others re-open once', async () => {
    const memory = plainMemory();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => judge(memory)));
    const reasons = outcomes.map((outcome) => outcome.outcome !== 'cannot_judge' && outcome.reason);
    expect(reasons.sort()).toEqual([
      ...Array.from({ length: 18 }, () => 'code_used'),
      'granted',
      'granted_rescan',
    ]);
  });

  it('leads through a whole visit: rescan, replay, passback, exit, and in again', async () => {
    const memory = plainMemory();
    const at = async (offset: number, attempt: typeof IN | typeof OUT = IN) => {
      const outcome = await judge(memory, NOW + offset, attempt);
      return outcome.outcome === 'cannot_judge' ? outcome.why : outcome.reason;
    };
    const next = { ...IN, code: signedCode({ notBefore: NOW / 1000 + 30 }) } as typeof IN;
    expect(await at(0)).toBe('granted');
    expect(await at(5_000)).toBe('granted_rescan');
    expect(await at(6_000)).toBe('code_used');
    expect(await at(30_000, next)).toBe('already_inside');
    expect(await at(31_000, OUT)).toBe('granted_exit');
    expect(await at(32_000)).toBe('code_used');
    expect(await at(33_000, next)).toBe('granted');
    expect(await at(34_000, next)).toBe('granted_rescan');
  });

  it('survives a restart: a used code stays used', async () => {
    const journal: MemoryEvent[] = [];
    await judge(createGateMemory((event) => void journal.push(event)));
    const memory = createGateMemory(() => {}, journal);
    expect(await judge(memory, NOW + 25_000)).toMatchObject({ reason: 'code_used' });
  });
});

describe('a refusal', () => {
  it('says why and what to do, and is remembered nowhere', async () => {
    const journal: MemoryEvent[] = [];
    const memory = createGateMemory((event) => void journal.push(event));
    expect(await judge(memory, NOW + 45_000)).toEqual({
      outcome: 'denied',
      reason: 'code_expired',
      message: messageFor('code_expired'),
      passId: PASS,
      rulesVersion: 1,
    });
    expect(journal).toEqual([]);
  });

  it('names no pass of another community, nor of a code that is not authentic', async () => {
    const elsewhere = { ...IN, code: signedCode({ communityId: 'com_f000000000002' as never }) };
    const other = await judgeOffline(elsewhere, cache, plainMemory(), clockAt(NOW));
    expect(other).toMatchObject({ outcome: 'denied', passId: null });
    const forged = await judgeOffline({ ...IN, code: 'CP1:' }, cache, plainMemory(), clockAt(NOW));
    expect(forged).toMatchObject({ outcome: 'denied', reason: 'malformed_code', passId: null });
  });
});

describe('an exit', () => {
  it('says what the gate reports', async () => {
    expect(await judge(plainMemory(), NOW, OUT)).toEqual({
      outcome: 'granted',
      reason: 'granted_exit',
      message: messageFor('granted_exit'),
      passId: PASS,
      consumesCode: false,
      speedLimitKmh: null,
      rulesVersion: 1,
    });
  });

  it.each(BROKEN)('opens when the disk %s', async (_, journal) => {
    expect(await judge(createGateMemory(journal), NOW, OUT)).toMatchObject({ outcome: 'granted' });
  });

  it('opens when a memory of another make throws', async () => {
    const memory: GateMemory = {
      recall: () => ({ codeUsed: false, lastEntry: null }),
      remember() {
        throw new Error('no memory');
      },
    };
    expect(await judge(memory, NOW, OUT)).toMatchObject({ outcome: 'granted' });
  });

  it('waits for no disk', async () => {
    const memory = createGateMemory(() => new Promise(() => {}));
    expect(await judge(memory, NOW, OUT)).toMatchObject({ outcome: 'granted' });
  });

  it('opens when a key cannot be used; an entry does not', async () => {
    const unusable = { ...cache, codeKeys: new Map([[17, {} as CryptoKey]]) };
    const out = await judgeOffline(OUT, unusable, plainMemory(), clockAt(NOW));
    expect(out).toMatchObject({ outcome: 'granted', passId: null });
    await expect(judgeOffline(IN, unusable, plainMemory(), clockAt(NOW))).rejects.toThrow();
  });
});
