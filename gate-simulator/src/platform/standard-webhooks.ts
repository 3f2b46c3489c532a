import { createHmac } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';

/**
 * The three headers that prove a callback.
 *
 * @param secret `whsec_` and base64
 * @param id the same for every try of one callback
 * @param unixSeconds when this try is sent
 * @see https://www.standardwebhooks.com
 */
export function webhookHeaders(
  secret: string,
  id: string,
  unixSeconds: number,
  body: string,
): Record<string, string> {
  const key = Buffer.from(secret.replace(SECRET_PREFIX, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${unixSeconds}.${body}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(unixSeconds),
    'webhook-signature': `v1,${signature.digest('base64')}`,
  };
}
