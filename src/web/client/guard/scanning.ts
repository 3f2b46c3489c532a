/** From a code in the frame to an answer on the screen. */

import type { OfflineOutcome } from '../../../gate/judge-offline.ts';
import type { Decision } from '../../guard/wire.ts';
import { buzz } from '../rider/buzz.ts';
import type { Asked } from './ask.ts';
import { serverNow } from './clock.ts';
import { countUnreported, record } from './event-log.ts';
import { showOrders } from './orders.ts';
import { server, type VerifyRequest } from './server.ts';
import { type Answer, change, NO_ANSWER, read } from './state.ts';
import { newUuid } from './uuid.ts';

/** A gate gives up an answer after this, and asks again under the same requestId. */
const REPLY_MS = 1_500;
/** Nobody is let in by an answer that comes later than this after the scan. */
const ANSWER_WITHIN_MS = 5_000;
const BETWEEN_TRIES_MS = 250;
/** A code that stayed in the frame is the same presentation until it was away for this long. */
const AWAY_MS = 3_000;
const HINT_MS = 2_500;
const CONFIRMABLE_MS = 120_000;
const GOOD_BUZZ = [120];
const BAD_BUZZ = [80, 80, 80, 80, 240];

let last = { text: '', seenAt: 0 };
let hintTimer: ReturnType<typeof setTimeout> | undefined;

/** The camera was switched on anew: what it sees first is a new presentation. */
export function lookAnew(): void {
  last = { text: '', seenAt: 0 };
}

/** Takes what the camera has read. */
export function scanned(text: string): void {
  const now = performance.now();
  const isSame = text === last.text && now - last.seenAt < AWAY_MS;
  if (isSame) {
    last = { text, seenAt: now };
    return;
  }
  const { answer, asking, sheet } = read();
  // A green answer makes way for the next rider by itself; every other waits for the guard's hand.
  if (asking === 'yes' || sheet !== null || (answer !== null && answer.tone !== 'good')) return;
  last = { text, seenAt: now };
  if (text.startsWith('CP1:')) void present(text);
  else showHint();
}

function showHint(): void {
  clearTimeout(hintTimer);
  change({ hint: 'notOurs' });
  hintTimer = setTimeout(() => change({ hint: null }), HINT_MS);
}

async function present(code: string): Promise<void> {
  const { direction } = read();
  change({ asking: 'yes', answer: null, hint: null });
  const scannedAt = new Date(serverNow()).toISOString();
  const request = { requestId: newUuid(), code, medium: 'qr', direction, scannedAt } as const;
  const asked = await askInTime(request);
  const answer =
    asked.kind === 'ok' ? decided(asked.value, direction) : await notDecided(request, asked);
  show(answer);
  if (asked.kind === 'ok') await rememberDecision(request, asked.value);
}

/** Shows an answer in place of the one before. */
export function show(answer: Answer): void {
  change({ asking: 'no', answer });
  buzz(answer.tone === 'good' ? GOOD_BUZZ : BAD_BUZZ);
  if (answer.passId !== null) void showOrders([answer.passId]);
}

/** Asks until there is an answer or it would come too late; the same requestId gets the first answer. */
async function askInTime(request: VerifyRequest): Promise<Asked<Decision>> {
  const startedAt = performance.now();
  for (;;) {
    const asked = await server.verify(request, REPLY_MS);
    if (asked.kind !== 'unreachable') return asked;
    const left = startedAt + ANSWER_WITHIN_MS - REPLY_MS - performance.now();
    if (left < BETWEEN_TRIES_MS || !navigator.onLine) return asked;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS));
  }
}

/** What a decision of the service shows. */
export function decided(decision: Decision, direction: Answer['direction']): Answer {
  const { reason, message, passId, auditId, serverTime, speedLimitKmh } = decision;
  const shown = {
    ...NO_ANSWER,
    direction,
    reason,
    message,
    auditId,
    passId: passId ?? null,
    building: decision.guidance?.building ?? null,
    speedLimitKmh: speedLimitKmh ?? null,
  };
  if (decision.decision === 'granted') return { ...shown, tone: 'good' };
  if (reason !== 'guard_confirmation_required') return { ...shown, tone: 'bad' };
  return { ...shown, tone: 'wait', confirmUntil: Date.parse(serverTime) + CONFIRMABLE_MS };
}

// ── without the service ───────────────────────────────────────────────────────────────────────────────────

type NoAnswer = Exclude<Asked<Decision>, { kind: 'ok' }>;

/** Nobody is kept inside; an entry is judged here where that is allowed and safe. */
async function notDecided(request: VerifyRequest, asked: NoAnswer): Promise<Answer> {
  const { direction } = request;
  if (asked.kind === 'refused' && direction === 'in')
    return { ...NO_ANSWER, direction, status: asked.status };
  const outcome = await judgeHere(request);
  if (outcome === null || outcome.outcome === 'cannot_judge')
    return { ...NO_ANSWER, direction, note: 'unreachableIn' };
  return alone(outcome, direction);
}

/** Null: it could not be recorded, and nobody goes in without a record. An exit is granted whatever happens. */
async function judgeHere(request: VerifyRequest): Promise<OfflineOutcome | null> {
  try {
    const { judgeAlone, bundleVersion } = await import('./alone.ts');
    const outcome = await judgeAlone(request);
    if (outcome.outcome === 'cannot_judge') return outcome;
    const { outcome: decision, reason, rulesVersion } = outcome;
    const versions = {
      ...(rulesVersion !== null && { rulesVersion }),
      ...(bundleVersion() !== null && { bundleVersion: bundleVersion() }),
    };
    await record('verification', { request, decision, reason, ...versions });
    change({ toReport: await countUnreported() });
    return outcome;
  } catch {
    return request.direction === 'out' ? LET_OUT : null;
  }
}

const LET_OUT: OfflineOutcome = {
  outcome: 'granted',
  reason: 'granted_exit',
  message: { zh: '请慢走', en: 'Goodbye, ride safely' },
  passId: null,
  consumesCode: false,
  speedLimitKmh: null,
  rulesVersion: null,
};

function alone(
  outcome: Exclude<OfflineOutcome, { outcome: 'cannot_judge' }>,
  direction: Answer['direction'],
): Answer {
  const { reason, message, passId } = outcome;
  const shown = { ...NO_ANSWER, direction, reason, message, passId };
  if (direction === 'out') return { ...shown, tone: 'good', note: 'unreachableOut' };
  if (outcome.outcome === 'denied') return { ...shown, tone: 'bad', note: 'judgedAlone' };
  const { speedLimitKmh } = outcome;
  return { ...shown, tone: 'good', note: 'judgedAlone', speedLimitKmh };
}

/** So that alone this phone does not take again what was taken. */
async function rememberDecision(request: VerifyRequest, decision: Decision): Promise<void> {
  try {
    const { remember } = await import('./alone.ts');
    await remember(request, decision);
  } catch {
    // the browser keeps nothing: then it does not judge alone either
  }
}
