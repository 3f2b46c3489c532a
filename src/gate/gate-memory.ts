/** What a gate remembers of its own entries, so that alone it opens once for each code. */
import { MINUTE_MS, type Millis } from '../domain/clock.ts';
import { RULE_LIMITS } from '../domain/entry-rules.ts';
import { type LastEntry, PASSBACK_MS } from '../domain/entry-steps.ts';
import type { PassId } from '../domain/identifier.ts';

/** Something that happened at this gate, by the server's time as the gate knows it. */
export type MemoryEvent =
  | {
      /** A code was used up: by `granted` or `granted_rider`, decided here or by the server. */
      readonly kind: 'entry';
      readonly passId: PassId;
      /** Start of the code's window, Unix seconds: with the pass it is the code's identity. */
      readonly notBefore: number;
      /** End of the time in which the code would be accepted, excluded. */
      readonly usableUntil: Millis;
      readonly at: Millis;
    }
  /** The gate opened once more, an exit was recognised, or the lane saw somebody pass after an entry. */
  | {
      readonly kind: 'rescan' | 'exit' | 'passage';
      readonly passId: PassId;
      readonly at: Millis;
    };

/** What is remembered of a pass and a code; the gate is this one. */
export interface Remembered {
  /** Whether the code was used up here. */
  readonly codeUsed: boolean;
  readonly lastEntry: Omit<LastEntry, 'gateId'> | null;
}

/** The memory port. One memory serves all lanes of a gate. */
export interface GateMemory {
  /** @param notBefore start of the code's window, Unix seconds */
  recall(passId: PassId, notBefore: number): Remembered;
  /**
   * Remembers. {@link recall} knows it before this returns, so two lanes cannot both use one code. Resolves, or
   * returns, when it is on disk. When it throws or rejects, it is not remembered and the gate must not open.
   */
  remember(event: MemoryEvent): void | Promise<void>;
}

/** Appends to what survives a loss of power; resolves, or returns, when it does. */
export type Journal = (event: MemoryEvent) => void | Promise<void>;

/** Everything but the use of a code matters this long: the longest rescan grace, or the time of a passback. */
const REMEMBERED_MS = Math.max(RULE_LIMITS.rescanGraceSeconds.most * 1000, PASSBACK_MS) + MINUTE_MS;
/** How often, in events, what can be forgotten is. */
const FORGET_EVERY = 256;

/** Whether an event changes no judgement any more; a journal that is rewritten leaves such events out. */
export function isForgettable(event: MemoryEvent, now: Millis): boolean {
  const usableUntil = event.kind === 'entry' ? event.usableUntil + MINUTE_MS : 0;
  return now >= Math.max(event.at + REMEMBERED_MS, usableUntil);
}

/**
 * A memory over a journal. Holds what the last minutes need, and each used code until it has expired.
 * @param past what the journal holds since before, in its order
 */
export function createGateMemory(journal: Journal, past: Iterable<MemoryEvent> = []): GateMemory {
  const byPass = new Map<PassId, MemoryEvent[]>();
  let added = 0;
  for (const event of past) add(byPass, event);
  return {
    recall(passId, notBefore) {
      const events = byPass.get(passId) ?? [];
      return { codeUsed: isUsed(events, notBefore), lastEntry: lastEntryOf(events) };
    },
    async remember(event) {
      if (++added % FORGET_EVERY === 0) forget(byPass, event.at);
      add(byPass, event);
      try {
        await journal(event);
      } catch (error) {
        remove(byPass, event);
        throw error;
      }
    },
  };
}

function add(byPass: Map<PassId, MemoryEvent[]>, event: MemoryEvent): void {
  const events = byPass.get(event.passId);
  if (events === undefined) byPass.set(event.passId, [event]);
  else events.push(event);
}

function remove(byPass: Map<PassId, MemoryEvent[]>, event: MemoryEvent): void {
  const events = byPass.get(event.passId) ?? [];
  byPass.set(
    event.passId,
    events.filter((each) => each !== event),
  );
}

function forget(byPass: Map<PassId, MemoryEvent[]>, now: Millis): void {
  for (const [passId, events] of byPass) {
    const kept = events.filter((event) => !isForgettable(event, now));
    if (kept.length === 0) byPass.delete(passId);
    else byPass.set(passId, kept);
  }
}

function isUsed(events: readonly MemoryEvent[], notBefore: number): boolean {
  return events.some((event) => event.kind === 'entry' && event.notBefore === notBefore);
}

function lastEntryOf(events: readonly MemoryEvent[]): Remembered['lastEntry'] {
  const start = events.findLastIndex((event) => event.kind === 'entry');
  const entry = events[start];
  if (entry === undefined) return null;
  const since = events.slice(start + 1).map(({ kind }) => kind);
  return {
    at: entry.at,
    passageReported: since.includes('passage'),
    rescans: since.filter((kind) => kind === 'rescan').length,
    exited: since.includes('exit'),
  };
}
