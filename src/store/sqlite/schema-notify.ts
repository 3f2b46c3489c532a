/** Whom the service tells of alerts, and what waits to be told. */
import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { SpeedLevel } from '../../domain/entry-rules.ts';
import type { NotificationId, NotifyEndpointId } from '../../domain/identifier.ts';
import type { NotifyContent, NotifyEvent, NotifyKind } from '../../domain/notification.ts';

const no = () => integer('no').primaryKey();
const at = (name: string) => integer(name);
const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>();

export const notifyEndpoints = sqliteTable(
  'notify_endpoints',
  {
    no: no(),
    id: text('id').$type<NotifyEndpointId>().notNull(),
    /** Null: it is a platform's. */
    communityNo: integer('community_no'),
    platformNo: integer('platform_no'),
    kind: text('kind').$type<NotifyKind>().notNull(),
    name: text('name').notNull(),
    /** Its address without what makes it secret, for people to recognise it by. */
    shown: text('shown').notNull(),
    /** Address and secret, encrypted under the key-encryption key. */
    sealed: text('sealed').notNull(),
    events: json<readonly NotifyEvent[]>('events').notNull(),
    leastLevel: text('least_level').$type<SpeedLevel>().notNull(),
    createdAt: at('created_at').notNull(),
    removedAt: at('removed_at'),
    /** Nothing is sent before: a robot takes few messages a minute. */
    pausedUntil: at('paused_until').notNull().default(0),
  },
  (t) => [
    uniqueIndex('notify_endpoints_id').on(t.id),
    index('notify_endpoints_community').on(t.communityNo),
    index('notify_endpoints_platform').on(t.platformNo),
  ],
);

/** The queue. What was told, or given up, stays for a while. */
export const notifications = sqliteTable(
  'notifications',
  {
    no: no(),
    id: text('id').$type<NotificationId>().notNull(),
    endpointNo: integer('endpoint_no').notNull(),
    event: text('event').$type<NotifyEvent>().notNull(),
    content: json<NotifyContent>('content').notNull(),
    createdAt: at('created_at').notNull(),
    state: text('state').$type<'waiting' | 'sent' | 'dead'>().notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** While it waits: when it is tried next; else when it was settled. */
    dueAt: at('due_at').notNull(),
    /** Of the last attempt: a word from a closed list, or an HTTP status. */
    failure: text('failure'),
  },
  (t) => [
    uniqueIndex('notifications_id').on(t.id),
    index('notifications_due').on(t.endpointNo, t.dueAt).where(sql`state = 'waiting'`),
    index('notifications_endpoint').on(t.endpointNo, t.state, t.no),
    index('notifications_settled').on(t.dueAt).where(sql`state <> 'waiting'`),
  ],
);
