/** What happens: signing in, reading passes, keeping codes ahead, listening, losing and finding the network. */
import { addWindows, CODES_AHEAD, mergePasses, missingAfter } from '../../rider/passes.ts';
import type { Decision, Guide, HeldPlan, Passes } from '../../rider/wire.ts';
import { forget, keep, recall, rememberSignedIn, wasSignedIn } from './memory.ts';
import { type Asked, listen, server } from './server.ts';
import { change, read, serverNow } from './state.ts';

/** Codes that come with the first answer: enough to show one at once. */
const FIRST_CODES = 2;
/** The most windows in one request for those ahead, so that no answer is long on a slow line. */
const PIECE = 80;
/** How often codes ahead are counted, and passes are read again where no stream tells of them. */
const LOOK_MS = 30_000;

let feed: ReturnType<typeof listen> | null = null;
let fetchingAhead = false;

/** Settles when a code, or why there is none, stands on the screen: what can wait until then waits. */
let shown: Promise<unknown> = Promise.resolve();

/** Starts with what the phone keeps, then with the link that was opened, then with what the server says. */
export async function start(whenShown: Promise<unknown>): Promise<void> {
  shown = whenShown;
  const token = takeToken();
  watch();
  if (token !== null && !wasSignedIn()) {
    await useLink(token, 'alone');
    return;
  }
  const memory = await recall();
  if (memory !== null) change({ ...memory, phase: { kind: 'ready' } });
  if (token !== null) await openLink(token);
  else await refresh();
}

function watch(): void {
  addEventListener('online', () => void reconnect());
  addEventListener('offline', () => change({ network: 'offline' }));
  addEventListener('hashchange', () => {
    const next = takeToken();
    if (next !== null) void (wasSignedIn() ? openLink(next) : useLink(next, 'alone'));
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void reconnect();
  });
  setInterval(() => void look(), LOOK_MS);
}

/** The link's token, which the address shall not keep. */
function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('t');
  if (token === null) return null;
  history.replaceState(null, '', location.pathname);
  return token;
}

// ── signing in ────────────────────────────────────────────────────────────────────────────────────────────

/** A link is opened where somebody is signed in: his own asks nothing, another's must be asked about. */
async function openLink(token: string): Promise<void> {
  const asked = await server.readLink(token);
  if (asked.kind === 'unreachable') return change({ network: 'offline' });
  if (asked.kind === 'refused') {
    await useLink(token, 'alone');
    return;
  }
  if (asked.value.holder === 'other') change({ phase: { kind: 'asked-to-join', token } });
  else await refresh();
}

/** Opens the session of a link: beside the present courier, or in its place. @returns whether it opened */
export async function useLink(token: string, join: 'join' | 'alone'): Promise<boolean> {
  const opened = await server.openSession(token, join);
  if (opened.kind !== 'ok') {
    const why = opened.kind === 'unreachable' ? 'unreachable' : 'link-unusable';
    if (read().passes.length === 0) change({ phase: { kind: 'signed-out', why } });
    else change({ phase: { kind: 'ready' } });
    return false;
  }
  rememberSignedIn('in');
  if (join === 'alone') {
    // What is kept from now on stands in line behind this.
    void forget();
    change({ passes: [], guides: {}, plans: {}, decisions: [] });
  }
  feed?.restart();
  await refresh();
  return true;
}

export async function signOut(): Promise<boolean> {
  const asked = await server.signOut();
  if (asked.kind === 'unreachable') return false;
  await leave();
  return true;
}

/** The session has ended: nothing of it stays. */
async function leave(): Promise<void> {
  feed?.stop();
  feed = null;
  rememberSignedIn('out');
  await forget();
  change({
    phase: { kind: 'signed-out', why: 'never' },
    passes: [],
    guides: {},
    plans: {},
    decision: null,
    alert: null,
  });
}

// ── passes ────────────────────────────────────────────────────────────────────────────────────────────────

/** Reads the passes; after it the page shows them, or why it cannot. */
async function refresh(): Promise<void> {
  const asked = await server.passes(FIRST_CODES);
  if (!(await takePasses(asked))) return;
  feed ??= listen({
    passes: (passes) => void takeTold(passes),
    decision: noteDecision,
    alert: (alert) => change({ alert }),
    connected: (state) => {
      if (state === 'open') change({ network: 'online' });
      else if (read().network === 'online') void refresh();
    },
  });
  await shown;
  await fetchGuides();
  await fetchAhead();
}

/** Decisions that the phone remembers. */
const MOST_DECISIONS = 20;

function noteDecision(decision: Decision): void {
  const decisions = [decision, ...read().decisions].slice(0, MOST_DECISIONS);
  change({ decision, decisions });
  void remember();
}

async function takePasses(asked: Asked<Passes>): Promise<boolean> {
  if (asked.kind === 'refused') {
    if (asked.status === 401) await leave();
    return false;
  }
  if (asked.kind === 'unreachable') {
    change({ network: 'offline' });
    if (read().phase.kind === 'starting')
      change({ phase: { kind: 'signed-out', why: 'unreachable' } });
    return false;
  }
  change({ offsetMs: asked.offsetMs ?? read().offsetMs });
  // In one step, so that the first thing that is shown is the code.
  const passes = mergePasses(read().passes, asked.value.items, serverNow());
  change({ passes, network: 'online', phase: { kind: 'ready' } });
  await remember();
  return true;
}

/** Passes as the server tells them, whichever way they came. */
async function takeTold(passes: Passes): Promise<void> {
  const { passes: held } = read();
  change({ passes: mergePasses(held, passes.items, serverNow()) });
  await remember();
  await shown;
  const isNew = passes.items.some(({ id }) => !held.some((pass) => pass.id === id));
  if (isNew) await fetchGuides();
  await fetchAhead();
}

/** Fetches the windows that are missing, the nearest first. */
async function fetchAhead(): Promise<void> {
  if (fetchingAhead) return;
  fetchingAhead = true;
  try {
    for (;;) {
      const now = serverNow();
      const after = missingAfter(read().passes, now);
      if (after === null) return;
      const ahead = Math.ceil((now + CODES_AHEAD * 30_000 - after) / 30_000);
      const asked = await server.passesAfter(Math.max(1, Math.min(PIECE, ahead)), after);
      if (asked.kind !== 'ok') return;
      const before = read().passes;
      change({ passes: addWindows(before, asked.value.items, now) });
      await remember();
      if (missingAfter(read().passes, now) === after) return;
    }
  } finally {
    fetchingAhead = false;
  }
}

/** What communities ask of riders, and their plans where there are any. */
async function fetchGuides(): Promise<void> {
  const before = read();
  const guides: Record<string, Guide> = {};
  const plans: Record<string, HeldPlan> = {};
  for (const id of new Set(before.passes.map(({ community }) => community.id))) {
    const asked = await server.guide(id);
    const guide = asked.kind === 'ok' ? asked.value : before.guides[id];
    if (guide === undefined) continue;
    guides[id] = guide;
    const plan = await planOf(id, guide, before.plans[id]);
    if (plan !== undefined) plans[id] = plan;
  }
  change({ guides, plans });
  await remember();
}

/** The plan of the version that the guide names: the one that is held, or a new one. */
async function planOf(
  communityId: string,
  { planVersion }: Guide,
  held: HeldPlan | undefined,
): Promise<HeldPlan | undefined> {
  if (planVersion === undefined || held?.version === planVersion)
    return planVersion === undefined ? undefined : held;
  const asked = await server.plan(communityId);
  return asked.kind === 'ok' ? asked.value : held;
}

async function remember(): Promise<void> {
  const { passes, guides, plans, decisions, offsetMs } = read();
  await keep({ passes, guides, plans, decisions, offsetMs });
}

// ── the network ───────────────────────────────────────────────────────────────────────────────────────────

async function reconnect(): Promise<void> {
  if (read().phase.kind === 'asked-to-join') return;
  await refresh();
  if (read().network === 'online') feed?.restart();
}

async function look(): Promise<void> {
  const { phase, network } = read();
  if (phase.kind === 'ready' && network === 'online') return fetchAhead();
  if (phase.kind === 'ready' || (phase.kind === 'signed-out' && phase.why === 'unreachable'))
    await refresh();
}
