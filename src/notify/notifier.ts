import type { NotifyKind } from '../domain/notification.ts';
import {
  createPost,
  type OutboundFailure,
  type OutboundOptions,
  refuseAddress,
} from '../outbound/post.ts';
import { dingtalk } from './dingtalk.ts';
import type { Notifier, NotifyOutcome } from './notify.ts';
import type { Receiver } from './receiver.ts';
import { webhook } from './webhook.ts';
import { wecom } from './wecom.ts';

const RECEIVERS: Readonly<Record<NotifyKind, Receiver>> = { webhook, wecom, dingtalk };

/** A notifier over the network. */
export function createNotifier(options: OutboundOptions): Notifier {
  const post = createPost(options);
  const closing = new AbortController();
  return {
    refuseUrl(kind, url) {
      const refused = refuseAddress(url, options);
      if (refused !== null) return refused;
      return isLocal(url, options) ? null : RECEIVERS[kind].refuse(new URL(url));
    },

    async send(target, message, now) {
      const receiver = RECEIVERS[target.kind];
      const answer = await post(receiver.request(target, message, now), closing.signal);
      if (answer.kind === 'failure') return outcomeOf(answer.failure);
      return receiver.judge(answer.status, answer.body);
    },

    close: () => closing.abort(),
  };
}

/** A receiver on this machine may stand for a robot. */
function isLocal(url: string, options: OutboundOptions): boolean {
  return options.loopback === 'allowed' && refuseAddress(url, { loopback: 'refused' }) !== null;
}

/** A name may come to mean a public address again: nothing here is for ever. */
function outcomeOf(failure: OutboundFailure): NotifyOutcome {
  return { kind: 'failed', failure };
}
