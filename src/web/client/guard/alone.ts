/**
 * What this phone judges without the network: the same judge as in a gate's firmware, with the bundle that the
 * service gave, and the used codes on the phone's disk before anything turns green.
 */
import {
  acceptedUntil,
  createGateMemory,
  type GateMemory,
  isForgettable,
  judgeOffline,
  loadBundle,
  type MemoryEvent,
  type OfflineCache,
  type OfflineOutcome,
  obstacle,
  parseBundle,
  parseCourierCode,
} from '../../../gate/index.ts';
import type { Decision } from '../../guard/wire.ts';
import { isSynchronised, serverNow } from './clock.ts';
import { askAsDevice } from './device.ts';
import { amend, type Device, keep, recall } from './memory.ts';
import type { VerifyRequest } from './server.ts';

const MINUTE_MS = 60_000;

let cache: OfflineCache | null = null;
let latestKnown = 0;
let memory: Promise<GateMemory> | null = null;

/** One page judges, so that a code is not taken in two windows. Held for as long as the page lives. */
let isOnly = false;
function becomeOnly(): Promise<void> {
  return new Promise((resolve) => {
    if (!('locks' in navigator)) return resolve();
    const hold = (lock: Lock | null) => {
      isOnly = lock !== null;
      resolve();
      return isOnly ? new Promise<void>(() => {}) : undefined;
    };
    void navigator.locks.request('courier-pass-guard', { ifAvailable: true }, hold);
  });
}

/** Takes up what was kept before the page was opened. */
export async function resume(): Promise<void> {
  await becomeOnly();
  const kept = await recall('bundle');
  if (kept === null) return;
  latestKnown = Math.max(latestKnown, kept.latestKnown);
  await take(kept.text, kept.statusVersion);
}

/** Fetches what to judge by, and keeps it. What is refused does not take the place of what is there. */
export async function refresh(device: Device): Promise<void> {
  const asked = await askAsDevice<unknown>(device, '/v1/gate/bundle');
  if (asked.kind !== 'ok') return;
  const kept = await recall('bundle');
  const text = JSON.stringify(asked.value);
  if (!(await take(text, kept?.statusVersion ?? 0))) return;
  latestKnown = Math.max(latestKnown, serverNow());
  const statusVersion = cache?.statusList.version ?? 0;
  await keep('bundle', { text, statusVersion, latestKnown });
}

async function take(text: string, minVersion: number): Promise<boolean> {
  try {
    const bundle = parseBundle(text);
    const loaded = await loadBundle(bundle, { minVersion, now: serverNow() });
    if (loaded.kind !== 'loaded') return false;
    cache = loaded.cache;
    return true;
  } catch {
    return false;
  }
}

/** Another gate, or none: nothing of this one's is judged by. */
export async function forgetBundle(): Promise<void> {
  cache = null;
  await keep('bundle', null);
}

const clock = () => ({ now: serverNow(), synchronised: isSynchronised(), latestKnown });

/** Until when entries can be judged here without the network; null: they cannot. */
export function aloneUntil(): number | null {
  if (!isOnly || cache === null || obstacle(cache, clock()) !== null) return null;
  const { bundle, statusList } = cache;
  const stale = bundle.maxStaleMinutes * MINUTE_MS;
  return Math.min(bundle.serverTime + stale, statusList.issuedAt + stale, statusList.expiresAt);
}

/** Judges an attempt here. A grant at entry is remembered on the disk before this resolves. */
export async function judgeAlone({ code, direction }: VerifyRequest): Promise<OfflineOutcome> {
  memory ??= openMemory();
  return judgeOffline({ code, direction }, isOnly ? cache : null, await memory, clock());
}

/** Version of what it was judged by. */
export const bundleVersion = (): number | string | null => cache?.bundle.version ?? null;

/** Remembers what the service decided for this phone, so that a code is not taken again once the network is gone. */
export async function remember({ code }: VerifyRequest, decision: Decision): Promise<void> {
  const event = eventOf(code, decision);
  if (event === null) return;
  memory ??= openMemory();
  await (await memory).remember(event);
}

function eventOf(text: string, { reason, serverTime }: Decision): MemoryEvent | null {
  const code = parseCourierCode(text);
  if (code === null) return null;
  const { passId, notBefore } = code;
  const at = Date.parse(serverTime);
  switch (reason) {
    case 'granted':
    case 'granted_rider':
      return { kind: 'entry', passId, notBefore, usableUntil: acceptedUntil(code), at };
    case 'granted_rescan':
      return { kind: 'rescan', passId, at };
    case 'granted_exit':
      return { kind: 'exit', passId, at };
    default:
      return null;
  }
}

async function openMemory(): Promise<GateMemory> {
  const past = (await recall('used')) ?? [];
  return createGateMemory(journal, past);
}

/** Appends in one transaction, and drops what matters no more. */
function journal(event: MemoryEvent): Promise<void> {
  return amend('used', (before) => [
    ...(before ?? []).filter((each) => !isForgettable(each, serverNow())),
    event,
  ]);
}
