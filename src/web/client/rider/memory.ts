/** What the phone keeps, so that the page works without signal. */
import { clear, get, set } from 'idb-keyval';
import type { HeldPass } from '../../rider/passes.ts';
import type { Decision, Guide, HeldPlan } from '../../rider/wire.ts';

export interface Memory {
  readonly passes: readonly HeldPass[];
  /** By community. */
  readonly guides: Readonly<Record<string, Guide>>;
  readonly plans: Readonly<Record<string, HeldPlan>>;
  /** What gates have said, newest first. */
  readonly decisions: readonly Decision[];
  /** How far the server's clock is ahead of the phone's. */
  readonly offsetMs: number;
}

/** Changes with the shape: what another version of the page kept is not read. */
const KEY = 'rider-3';

/** Null: nothing is kept, or the browser keeps nothing. */
export async function recall(): Promise<Memory | null> {
  try {
    return (await get<Memory>(KEY)) ?? null;
  } catch {
    return null;
  }
}

export async function keep(memory: Memory): Promise<void> {
  try {
    await set(KEY, memory);
  } catch {
    // a browser that keeps nothing still shows what it has
  }
}

export async function forget(): Promise<void> {
  try {
    await clear();
  } catch {
    // nothing was kept
  }
}

/** Whether somebody is signed in, as far as the page remembers: asked where opening the memory would take too long. */
const SIGNED_IN = 'rider-signed-in';

export function rememberSignedIn(state: 'in' | 'out'): void {
  try {
    if (state === 'in') localStorage.setItem(SIGNED_IN, '1');
    else localStorage.removeItem(SIGNED_IN);
  } catch {
    // then each link is taken for the first
  }
}

export function wasSignedIn(): boolean {
  try {
    return localStorage.getItem(SIGNED_IN) !== null;
  } catch {
    return false;
  }
}
