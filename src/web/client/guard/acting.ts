/** What a guard decides: confirming, admitting by hand, opening a gate. */
import { record } from './event-log.ts';
import { amend, type KeptAdmission, recall } from './memory.ts';
import { decided, show } from './scanning.ts';
import { server } from './server.ts';
import { change, NO_ANSWER, read } from './state.ts';
import { newUuid } from './uuid.ts';

/** An order to open that comes this soon after our own doing follows from it. */
const OWN_ORDER_MS = 10_000;
/** How long, and how often, it is asked what became of an order: it is claimed within 5 s or never. */
const OUTCOME_WITHIN_MS = 8_000;
const LOOK_AGAIN_MS = 700;

let actedAt = Number.NEGATIVE_INFINITY;
const acts = () => {
  actedAt = performance.now();
};

/** How an act ended, for the button that began it. */
export type Ended = 'done' | 'failed';

export async function confirm(auditId: string): Promise<Ended> {
  acts();
  const asked = await server.confirm(auditId);
  if (asked.kind === 'unreachable') return 'failed';
  dropWaiting(auditId);
  if (asked.kind === 'refused') show({ ...NO_ANSWER, tone: 'bad', note: 'confirmOver' });
  else
    show({ ...decided(asked.value, asked.value.direction), gateId: elsewhere(asked.value.gateId) });
  return 'done';
}

/** The gate, where it is not this phone. */
export const elsewhere = (gateId: string): string | null =>
  gateId === read().device?.gateId ? null : gateId;

/** A rider who waits no more, whatever became of it. */
export function dropWaiting(auditId: string): void {
  change({ waiting: read().waiting.filter((each) => each.auditId !== auditId) });
}

// ── by hand ───────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Admits somebody, on record. Without network this phone's own admissions are kept, and sent later.
 * @param late the reason as it is sent later: with the time
 */
export async function admit(gateId: string, reason: string, late: string): Promise<Ended> {
  acts();
  const asked = await server.admit(gateId, reason);
  if (asked.kind === 'refused') return 'failed';
  if (asked.kind === 'unreachable') {
    if (elsewhere(gateId) !== null || !(await keepAdmission({ gateId, reason: late })))
      return 'failed';
  }
  const note = asked.kind === 'ok' ? 'admitted' : 'admitKept';
  change({ sheet: null });
  show({ ...NO_ANSWER, tone: 'good', reason: 'granted_by_guard', note, gateId: elsewhere(gateId) });
  return 'done';
}

async function keepAdmission(admission: Omit<KeptAdmission, 'id'>): Promise<boolean> {
  try {
    await amend('admissions', (before) => [...(before ?? []), { id: newUuid(), ...admission }]);
    return true;
  } catch {
    return false;
  }
}

/** Sends admissions that were kept. @returns how many wait still */
export async function sendAdmissions(): Promise<number> {
  for (const { id, gateId, reason } of (await recall('admissions')) ?? []) {
    const asked = await server.admit(gateId, reason);
    if (asked.kind === 'unreachable') break;
    // What the service will never take, such as one for a gate that was revoked, is not asked again.
    await amend('admissions', (now) => (now ?? []).filter((each) => each.id !== id));
  }
  return ((await recall('admissions')) ?? []).length;
}

// ── gates ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Opens a gate with hardware, and waits for what became of it. */
export async function openGate(
  gateId: string,
  reason: string,
): Promise<'opened' | 'silent' | 'failed'> {
  const asked = await server.open(gateId, reason);
  if (asked.kind !== 'ok') return 'failed';
  const { commandId } = asked.value;
  const until = performance.now() + OUTCOME_WITHIN_MS;
  while (performance.now() < until) {
    const listed = await server.commands(gateId);
    const command =
      listed.kind === 'ok' ? listed.value.items.find(({ id }) => id === commandId) : undefined;
    if (command?.outcome === 'not_delivered' || command?.outcome === 'not_done') return 'silent';
    if (command !== undefined && command.claimedAt !== null) return 'opened';
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return 'silent';
}

/** An order to open for this phone: what follows from our own doing is done; another asks the guard to open. */
export async function takeOrder(commandId: string): Promise<void> {
  const own = performance.now() - actedAt < OWN_ORDER_MS;
  const claimed = await server.claim(commandId);
  if (claimed.kind !== 'ok') return;
  if (!own) show({ ...NO_ANSWER, tone: 'good', note: 'openAskedText' });
  await record('command', { commandId, outcome: 'done' });
}
