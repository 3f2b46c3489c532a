import type { Millis } from '../domain/clock.ts';
import type { Actor } from '../store/store.ts';
import { webhookSecretContext } from './authenticate-webhook.ts';
import type { Deps } from './deps.ts';
import { newWebhookSecret } from './secrets.ts';

export interface NewWebhookSecret {
  readonly webhookSecret: string;
  /** Until then callbacks that the older secrets sign are accepted as well. */
  readonly oldValidUntil: Millis;
}

/** Gives a platform a new webhook secret, in force at once. @returns null: there is no such platform */
export async function addWebhookSecret(
  deps: Deps,
  input: { readonly slug: string; readonly actor: Actor },
): Promise<NewWebhookSecret | null> {
  const webhookSecret = newWebhookSecret(deps);
  const sealedSecret = deps.keys.seal(Buffer.from(webhookSecret), webhookSecretContext(input.slug));
  const now = deps.now();
  const oldValidUntil = now + deps.config.limits.webhookSecretOverlapMs;
  const added = await deps.store.addWebhookSecret({ ...input, sealedSecret, oldValidUntil, now });
  return added ? { webhookSecret, oldValidUntil } : null;
}
