import type { DeliveryCallback } from '../domain/delivery.ts';
import type { Deps } from './deps.ts';
import { publishTouched } from './publish.ts';

export type RecordDeliveryOutcome =
  /** Durable; a callback that came before under the same webhook-id changed nothing. */
  | { readonly kind: 'ok'; readonly duplicate: boolean }
  /** A leg names a community that does not exist or is not the platform's to see. */
  | { readonly kind: 'unknown_community'; readonly path: string }
  /** Of one delivery no more are kept, but for its end. */
  | { readonly kind: 'too_many_callbacks'; readonly most: number }
  /** From so far ahead of our clock that it would outrank the true callbacks that follow it. */
  | { readonly kind: 'ahead_of_time' };

/** Records one authentic callback of a platform: passes begin and end with it, and live views hear of it. */
export async function recordDelivery(
  deps: Deps,
  callback: DeliveryCallback,
): Promise<RecordDeliveryOutcome> {
  const now = deps.now();
  if (callback.timestamp > now + deps.config.limits.webhookToleranceMs) {
    return { kind: 'ahead_of_time' };
  }
  const outcome = await deps.store.recordDelivery({ callback, now });
  if (outcome.kind === 'ok') publishTouched(deps.bus, outcome);
  return outcome;
}
