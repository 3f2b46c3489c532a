import type { Actor, Conflict, Done, Platform } from '../store/store.ts';
import { webhookSecretContext } from './authenticate-webhook.ts';
import type { Deps } from './deps.ts';
import { hashSecret, newApiKey, newWebhookSecret } from './secrets.ts';

/** What a platform is given. The secrets are shown once. */
export interface NewPlatform {
  readonly platform: Platform;
  /** Signs its callbacks. */
  readonly webhookSecret: string;
  /** Calls our API, with the platform's scope. */
  readonly apiKey: string;
}

/** Admits a platform, with a webhook secret and an API key of its own. A slug that is taken is a conflict. */
export async function createPlatform(
  deps: Deps,
  input: Platform & { readonly actor: Actor },
): Promise<Done<NewPlatform> | Conflict> {
  const webhookSecret = newWebhookSecret(deps);
  const apiKey = newApiKey(deps);
  const created = await deps.store.createPlatform({
    ...input,
    sealedSecret: deps.keys.seal(Buffer.from(webhookSecret), webhookSecretContext(input.slug)),
    apiKeyName: `${input.slug}: first key`,
    apiKeyHash: hashSecret(apiKey),
    now: deps.now(),
  });
  if (created.kind === 'conflict') return created;
  return { kind: 'ok', value: { platform: created.value, webhookSecret, apiKey } };
}
