/** The shapes of receivers of notifications, and of what was and is to be sent to them. */
import { z } from '@hono/zod-openapi';
import { SPEED_LEVELS } from '../../domain/entry-rules.ts';
import { NOTIFY_EVENTS, NOTIFY_KINDS } from '../../domain/notification.ts';
import { notificationText } from '../../domain/notification-text.ts';
import type { NotificationRecord, NotifyEndpoint } from '../../store/notify-store.ts';
import { formatTime } from '../answer.ts';
import { bilingual, identifier, instantText, line } from './values.ts';

export const NOTIFICATION_STATES = ['waiting', 'sent', 'dead'] as const;

const url = z
  .string()
  .max(1_000)
  .openapi({ description: 'HTTPS, at a public address. Kept encrypted, never shown again.' });

export const newEndpointSchema = z
  .object({
    kind: z.enum(NOTIFY_KINDS).openapi({
      description: '`webhook`: Standard Webhooks; `wecom`, `dingtalk`: a robot in a group.',
    }),
    name: line(1, 100),
    url,
    secret: line(1, 200)
      .optional()
      .openapi({ description: 'Of a robot of 钉钉 that asks for signatures (加签): `SEC…`.' }),
    events: z
      .array(z.enum(NOTIFY_EVENTS))
      .min(1)
      .max(NOTIFY_EVENTS.length)
      .default([...NOTIFY_EVENTS])
      .transform((events) => NOTIFY_EVENTS.filter((event) => events.includes(event))),
    leastLevel: z.enum(SPEED_LEVELS).default('warning'),
  })
  .openapi('NewNotifyEndpoint');

export const newPlatformEndpointSchema = z
  .object({ name: line(1, 100), url })
  .openapi('NewPlatformNotifyEndpoint');

export const endpointSchema = z
  .object({
    id: identifier('ntf'),
    kind: z.enum(NOTIFY_KINDS),
    name: z.string(),
    address: z.string().openapi({ description: 'Without what makes it secret.' }),
    events: z.array(z.enum(NOTIFY_EVENTS)).readonly(),
    leastLevel: z.enum(SPEED_LEVELS),
    createdAt: instantText,
    waiting: z.int(),
    dead: z.int().openapi({ description: 'Given up: to be looked at, and replayed.' }),
  })
  .openapi('NotifyEndpoint');

export const createdEndpointSchema = endpointSchema
  .extend({
    webhookSecret: z
      .string()
      .optional()
      .openapi({ description: 'Of a webhook: signs what it is sent. Shown once.' }),
  })
  .openapi('CreatedNotifyEndpoint');

export const notificationSchema = z
  .object({
    id: identifier('msg'),
    event: z.enum(NOTIFY_EVENTS),
    alertId: identifier('alr'),
    message: bilingual.readonly(),
    createdAt: instantText,
    state: z.enum(NOTIFICATION_STATES),
    attempts: z.int().openapi({ description: 'That failed.' }),
    dueAt: instantText.openapi({ description: 'When it is tried next, or was settled.' }),
    failure: z.string().optional(),
  })
  .openapi('Notification');

export const replaySchema = z
  .object({
    notificationId: identifier('msg')
      .optional()
      .openapi({ description: 'Left out: all that were given up.' }),
  })
  .openapi('NotificationReplay');

export const replayedSchema = z.object({ replayed: z.int() }).openapi('NotificationsReplayed');

export function endpointItem(endpoint: NotifyEndpoint): z.input<typeof endpointSchema> {
  const { shown, createdAt, ...settings } = endpoint;
  return { ...settings, address: shown, createdAt: formatTime(createdAt) };
}

export function notificationItem(record: NotificationRecord): z.input<typeof notificationSchema> {
  const { id, event, content, createdAt, state, attempts, dueAt, failure } = record;
  return {
    id,
    event,
    alertId: content.alertId as z.input<typeof notificationSchema>['alertId'],
    message: notificationText(event, content),
    createdAt: formatTime(createdAt),
    state,
    attempts,
    dueAt: formatTime(dueAt),
    failure: failure ?? undefined,
  };
}
