import type { SpeedLevel } from '../domain/entry-rules.ts';
import { formatIdentifier, type NotifyEndpointId } from '../domain/identifier.ts';
import type { NotifyEvent, NotifyKind } from '../domain/notification.ts';
import type { NotifyTarget } from '../notify/notify.ts';
import type { NotifyEndpoint, NotifyOwner } from '../store/notify-store.ts';
import type { Actor } from '../store/store.ts';
import type { Deps } from './deps.ts';
import { newWebhookSecret } from './secrets.ts';

export interface NewNotifyEndpoint {
  readonly owner: NotifyOwner;
  readonly kind: NotifyKind;
  readonly name: string;
  readonly url: string;
  /** Of 钉钉's signing scheme; null: the robot does not sign. A webhook's is made here. */
  readonly secret: string | null;
  readonly events: readonly NotifyEvent[];
  readonly leastLevel: SpeedLevel;
  readonly actor: Actor;
}

export type CreateNotifyEndpointOutcome =
  | {
      readonly kind: 'ok';
      readonly endpoint: NotifyEndpoint;
      /** Signs what a webhook is sent; shown once. */
      readonly webhookSecret: string | null;
    }
  /** The address may not be used: `why` says how it must be. */
  | { readonly kind: 'unusable'; readonly why: string }
  /** The owner has as many as there may be. */
  | { readonly kind: 'not_found' | 'too_many' };

/** Where notifications of a community, or of a platform, are sent from now on. */
export async function createNotifyEndpoint(
  deps: Deps,
  input: NewNotifyEndpoint,
): Promise<CreateNotifyEndpointOutcome> {
  const { owner, kind, name, url, events, leastLevel, actor } = input;
  const why = deps.notifier.refuseUrl(kind, url);
  if (why !== null) return { kind: 'unusable', why };
  const id = formatIdentifier('ntf', deps.randomBytes(8));
  const webhookSecret = kind === 'webhook' ? newWebhookSecret(deps) : null;
  const target: NotifyTarget = { kind, url, secret: webhookSecret ?? input.secret };
  const sealed = deps.keys.seal(Buffer.from(JSON.stringify(target)), notifyContext(id));
  const { origin, pathname } = new URL(url);
  const endpoint = await deps.store.createNotifyEndpoint({
    id,
    owner,
    kind,
    name,
    shown: origin + pathname,
    sealed,
    events,
    leastLevel,
    most: deps.config.limits.notifyEndpoints,
    actor,
    now: deps.now(),
  });
  if (typeof endpoint === 'string') return { kind: endpoint };
  return { kind: 'ok', endpoint, webhookSecret };
}

/** What a receiver's address and secret are sealed under: one receiver's open as no other's. */
export function notifyContext(id: NotifyEndpointId): string {
  return `notify:${id}`;
}
