/** What happens: what this phone is, what it listens to, losing and finding the network. */
import type { Account, Alert, Gate, SeenDecision } from '../../guard/wire.ts';
import { buzz } from '../rider/buzz.ts';
import { dropWaiting, elsewhere, sendAdmissions, takeOrder } from './acting.ts';
import { serverNow } from './clock.ts';
import { enrol, isSecure } from './device.ts';
import { countUnreported, report } from './event-log.ts';
import { keep, recall } from './memory.ts';
import { showOrders } from './orders.ts';
import { hasPerson, openEvents, openGateStream, server } from './server.ts';
import { change, ownGate, read } from './state.ts';
import { type Listening, listen } from './stream.ts';

const CONFIRMABLE_MS = 120_000;
/** How often it is looked whether the network is back, and what waits is sent. */
const LOOK_MS = 5_000;
/** How often the bundle is fetched, so that it is never old when the network goes. */
const BUNDLE_MS = 120_000;
/** Changes that come together are read together. */
const SETTLE_MS = 400;
const WAITING_BUZZ = [200, 100, 200];

let streams: readonly Listening[] = [];
let bundleAt = Number.NEGATIVE_INFINITY;
let visitsTimer: ReturnType<typeof setTimeout> | undefined;

export async function start(account: Account | null): Promise<void> {
  const enrolCode = takeCode();
  change({ account, enrolCode });
  if (!isSecure()) change({ enrolTrouble: 'insecure' });
  const [device, gates] = await Promise.all([recall('device'), recall('gates')]).catch(
    () => [null, null] as const,
  );
  change({ device, gates: gates ?? [] });
  await begin();
  addEventListener('hashchange', () => {
    const code = takeCode();
    if (code !== null) change({ enrolCode: code });
  });
  addEventListener('online', () => void look());
  addEventListener('offline', () => change({ network: 'offline' }));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void look();
  });
  setInterval(() => void look(), LOOK_MS);
}

/** The code of a link that enrols, which the address shall not keep. Nothing is sent by opening it. */
function takeCode(): string | null {
  const code = decodeURIComponent(location.hash.slice(1));
  if (!code.startsWith('cpe_')) return null;
  history.replaceState(null, '', location.pathname);
  return code;
}

/** Takes up what this phone is now. */
async function begin(): Promise<void> {
  for (const stream of streams) stream.stop();
  streams = [];
  const { device, account } = read();
  const communityId = device?.communityId ?? account?.communityId ?? null;
  change({ communityId, phase: { kind: communityId === null ? 'unknown' : 'ready' } });
  if (communityId === null) return;
  if (device !== null) {
    const { resume } = await import('./alone.ts');
    await resume().catch(() => undefined);
  }
  await load();
  const supervising = listen(openEvents, { event: takeEvent, connected });
  const asGate =
    device === null ? [] : [listen(openGateStream, { event: takeGateEvent, connected })];
  streams = [supervising, ...asGate];
}

export async function enrolAs(code: string): Promise<void> {
  if (!isSecure()) return change({ enrolTrouble: 'insecure' });
  change({ enrolTrouble: null });
  const asked = await enrol(code.trim()).catch(() => ({ kind: 'unreachable' }) as const);
  if (asked.kind === 'unreachable') return change({ enrolTrouble: 'unreachable', enrolCode: code });
  if (asked.kind === 'refused') return change({ enrolTrouble: 'refused' });
  const { forgetBundle } = await import('./alone.ts');
  await forgetBundle();
  bundleAt = Number.NEGATIVE_INFINITY;
  change({ device: asked.value, enrolCode: null, gates: [], waiting: [], answer: null });
  await begin();
}

/** Deletes the key. @returns how many records stand against it */
export async function stopBeingGate(): Promise<number> {
  const waiting = await sendAll();
  if (waiting > 0) return waiting;
  await keep('device', null);
  await keep('log', null);
  await keep('gates', null);
  change({ device: null, gates: [], waiting: [], orders: {} });
  await begin();
  return 0;
}

// ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────

async function load(): Promise<void> {
  const gates = await server.gates();
  if (gates.kind === 'ok') await takeGates(gates.value.items);
  if (gates.kind === 'unreachable') return;
  await Promise.all([loadWaiting(), loadAlerts(), loadVisits()]);
  await sendAll();
  await freshBundle();
}

async function takeGates(gates: readonly Gate[]): Promise<void> {
  change({ gates });
  const directions = ownGate(read())?.directions ?? [];
  const [only] = directions;
  if (directions.length === 1 && only !== undefined) change({ direction: only });
  await keep('gates', gates).catch(() => undefined);
}

/** Riders whose entry was left to a guard in the last two minutes and is not decided yet. */
async function loadWaiting(): Promise<void> {
  const asked = await server.decisions();
  if (asked.kind !== 'ok') return;
  const newestOf = new Map<string, SeenDecision>();
  for (const each of asked.value.items)
    if (each.passId !== undefined && !newestOf.has(each.passId)) newestOf.set(each.passId, each);
  const waiting = [...newestOf.values()].filter(isWaiting);
  change({ waiting });
  await showOrders(waiting.flatMap(({ passId }) => passId ?? []));
}

const isWaiting = ({ decision, reason, at }: SeenDecision): boolean =>
  decision === 'denied' &&
  reason === 'guard_confirmation_required' &&
  serverNow() - Date.parse(at) < CONFIRMABLE_MS;

async function loadAlerts(): Promise<void> {
  const asked = await server.alerts();
  if (asked.kind === 'ok') change({ alerts: asked.value.items });
}

async function loadVisits(): Promise<void> {
  const asked = await server.visits();
  if (asked.kind !== 'ok') return;
  change({ visits: asked.value.items });
  const missing = asked.value.items
    .map(({ passId }) => passId)
    .filter((id) => !(id in read().orders));
  await showOrders(missing);
}

function loadVisitsSoon(): void {
  clearTimeout(visitsTimer);
  visitsTimer = setTimeout(() => void loadVisits(), SETTLE_MS);
}

// ── what is heard ─────────────────────────────────────────────────────────────────────────────────────────

function takeEvent(type: string, data: string): void {
  if (type === 'decision') takeDecision(JSON.parse(data));
  if (type === 'alert') takeAlert(JSON.parse(data));
  if (type === 'decision' || type === 'changed') loadVisitsSoon();
}

function takeDecision(decision: SeenDecision): void {
  const { waiting, answer, asking } = read();
  const others = waiting.filter(({ passId }) => passId !== decision.passId);
  if (!isWaiting(decision)) {
    change({ waiting: others });
    return;
  }
  // Our own question is about to be answered on the screen.
  const isOwn = elsewhere(decision.gateId) === null;
  if (isOwn && (asking === 'yes' || answer?.auditId === decision.auditId)) return;
  change({ waiting: [...others, decision] });
  buzz(WAITING_BUZZ);
  if (decision.passId !== undefined) void showOrders([decision.passId]);
}

function takeAlert(alert: Alert): void {
  const { alerts, newAlerts } = read();
  const isNew = !(alerts ?? []).some(({ id }) => id === alert.id);
  const others = (alerts ?? []).filter(({ id }) => id !== alert.id);
  change({ alerts: [alert, ...others], newAlerts: newAlerts + (isNew ? 1 : 0) });
}

function takeGateEvent(type: string, data: string): void {
  if (type === 'open') void takeOrder(JSON.parse(data).commandId).then(() => sendAll());
  else {
    bundleAt = Number.NEGATIVE_INFINITY;
    void freshBundle();
  }
}

function connected(state: 'open' | 'lost'): void {
  const { network } = read();
  if (state === 'lost' && network === 'online') change({ network: 'unknown' });
  if (state === 'lost' || network !== 'online') void look();
}

// ── the network ───────────────────────────────────────────────────────────────────────────────────────────

let looking = false;

/** Looks whether the network is there, sends what waits, and reads again what was missed. */
async function look(): Promise<void> {
  const { phase, network, device } = read();
  if (looking || phase.kind !== 'ready') return;
  looking = true;
  try {
    for (const each of read().waiting) if (!isWaiting(each)) dropWaiting(each.auditId);
    if (network !== 'online') {
      await load();
      if (read().network === 'online') for (const stream of streams) stream.nudge();
    } else {
      await sendAll();
      await freshBundle();
    }
    if (device !== null) {
      const { aloneUntil } = await import('./alone.ts');
      change({ aloneUntil: aloneUntil() });
    }
  } finally {
    looking = false;
  }
}

async function freshBundle(): Promise<void> {
  const { device } = read();
  if (device === null || performance.now() - bundleAt < BUNDLE_MS) return;
  bundleAt = performance.now();
  const { refresh, aloneUntil } = await import('./alone.ts');
  await refresh(device);
  change({ aloneUntil: aloneUntil() });
}

/** @returns how many records wait still */
async function sendAll(): Promise<number> {
  const { device, network } = read();
  let waiting = await countUnreported();
  if (device !== null && waiting > 0 && network === 'online') waiting = await report(device);
  if (device !== null || hasPerson()) waiting += await sendAdmissions();
  if (read().toReport !== waiting) change({ toReport: waiting });
  return waiting;
}
