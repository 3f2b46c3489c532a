import type { WebhookHeaders } from '../platforms/platforms.ts';
import type { Deps } from './deps.ts';

/** What a platform's webhook secrets are sealed under: one platform's secret opens as no other's. */
export function webhookSecretContext(slug: string): string {
  return `webhook:${slug}`;
}

/**
 * Whether a callback was signed by the platform that its URL names, with any secret in force, and is neither old
 * nor from the future. An unknown platform is as wrong as a wrong signature.
 */
export async function authenticateWebhook(
  deps: Deps,
  callback: WebhookHeaders & { readonly slug: string; readonly body: Uint8Array },
): Promise<boolean> {
  const now = deps.now();
  const platform = await deps.store.findPlatform(callback.slug);
  if (platform === null) return false;
  const context = webhookSecretContext(callback.slug);
  const secrets = platform.secrets
    .filter(({ validUntil }) => validUntil === null || now < validUntil)
    .map(({ sealed }) => utf8.decode(deps.keys.open(sealed, context)));
  const tolerance = deps.config.limits.webhookToleranceMs;
  return deps.platforms.refuseWebhook(callback, secrets, now, tolerance) === null;
}

const utf8 = new TextDecoder();
