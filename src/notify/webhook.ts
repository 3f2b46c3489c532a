/**
 * A plain webhook, signed.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto';
import { SECOND_MS } from '../domain/clock.ts';
import { notificationText } from '../domain/notification-text.ts';
import type { NotifyMessage } from './notify.ts';
import { JSON_HEADERS, judgeStatus, type Receiver } from './receiver.ts';

export const webhook: Receiver = {
  refuse: () => null,
  request({ url, secret }, message, now) {
    const body = JSON.stringify(bodyOf(message));
    const timestamp = String(Math.floor(now / SECOND_MS));
    const headers = { ...JSON_HEADERS, 'webhook-id': message.id, 'webhook-timestamp': timestamp };
    if (secret === null) return { url, headers, body };
    const signature = sign(secret, `${message.id}.${timestamp}.${body}`);
    return { url, headers: { ...headers, 'webhook-signature': `v1,${signature}` }, body };
  },
  judge: judgeStatus,
};

function bodyOf({ event, content, at }: NotifyMessage): object {
  const { at: happenedAt, until, ...facts } = content;
  return {
    type: event,
    timestamp: new Date(at).toISOString(),
    data: {
      ...facts,
      at: new Date(happenedAt).toISOString(),
      ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
      message: notificationText(event, content),
    },
  };
}

function sign(secret: string, content: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}
