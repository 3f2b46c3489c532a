import { SECOND_MS } from '../domain/clock.ts';
import type { NotifyOutcome, NotifyTarget } from '../notify/notify.ts';
import type { DueNotification } from '../store/notify-store.ts';
import { notifyContext } from './create-notify-endpoint.ts';
import type { Deps } from './deps.ts';

/** A robot takes 20 messages in a minute. */
const ROBOT_PAUSE_MS = 3 * SECOND_MS;
/** A receiver that does not answer is left alone for so long, and longer from the second failure on. */
const FAILURE_PAUSES_MS = [5 * SECOND_MS, 30 * SECOND_MS] as const;
/** A notification is lent so many times as long as an attempt may take. */
const LENT_TIMEOUTS = 2;
/** Rounds of one call: what is left after them waits for the next. */
const MAX_ROUNDS = 100;

type SendingDeps = Pick<Deps, 'store' | 'keys' | 'notifier' | 'config' | 'now' | 'log'>;

/** Sends what is due, receivers side by side and each in order, until nothing is due any more. */
export async function sendNotifications(deps: SendingDeps): Promise<void> {
  const { store, config } = deps;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const now = deps.now();
    const { notificationsAtOnce: limit, notifyTimeoutMs } = config.limits;
    const lentUntil = now + LENT_TIMEOUTS * notifyTimeoutMs;
    const due = await store.takeNotifications({ now, limit, lentUntil });
    if (due.length === 0) return;
    await Promise.all(due.map((notification) => sendOne(deps, notification)));
  }
}

async function sendOne(deps: SendingDeps, notification: DueNotification): Promise<void> {
  const { store, notifier, log } = deps;
  const { id, endpointId, event, content, createdAt: at, attempts } = notification;
  const target = openTarget(deps, notification);
  const outcome: NotifyOutcome =
    target === null
      ? { kind: 'failed', failure: 'sealed_under_another_key' }
      : await notifier.send(target, { id, event, content, at }, deps.now());
  if (outcome.kind !== 'sent')
    log.warn({ endpointId, attempts, failure: outcome.failure }, 'a notification was not taken');
  const pauseMs = pauseAfter(outcome, notification);
  await store.settleNotification({ id, outcome, pauseMs, now: deps.now() });
}

function openTarget({ keys }: SendingDeps, { endpointId, sealed }: DueNotification) {
  try {
    const bytes = keys.open(sealed, notifyContext(endpointId));
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as NotifyTarget;
  } catch {
    return null;
  }
}

function pauseAfter(outcome: NotifyOutcome, { kind, attempts }: DueNotification): number {
  if (outcome.kind === 'busy') return outcome.pauseMs;
  if (outcome.kind === 'failed') return FAILURE_PAUSES_MS[attempts === 0 ? 0 : 1];
  return kind === 'webhook' ? 0 : ROBOT_PAUSE_MS;
}
