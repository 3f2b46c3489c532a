/** The platforms port: how a platform's callback proves itself. */
import type { Millis } from '../domain/clock.ts';

/** The headers of a callback; null: it was not sent. */
export interface WebhookHeaders {
  /** `webhook-id` */
  readonly id: string | null;
  /** `webhook-timestamp`, Unix seconds */
  readonly timestamp: string | null;
  /** `webhook-signature`: one or several of `v1,<base64>` with spaces between */
  readonly signature: string | null;
}

export type WebhookRefusal = 'missing_headers' | 'timestamp_out_of_range' | 'wrong_signature';

export interface Platforms {
  /**
   * Whether a callback is authentic and not older or newer than the tolerance, which is included. Any of its
   * signatures under any of the secrets suffices. Null: it is; else why not.
   */
  refuseWebhook(
    callback: WebhookHeaders & { readonly body: Uint8Array },
    secrets: readonly string[],
    now: Millis,
    toleranceMs: Millis,
  ): WebhookRefusal | null;
}
