import { and, asc, desc, eq, gt, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { NotifyEndpointId } from '../../../domain/identifier.ts';
import type {
  NotificationRecord,
  NotifyEndpoint,
  NotifyOwner,
  NotifyStore,
} from '../../notify-store.ts';
import type { Context } from '../database.ts';
import { platforms } from '../schema.ts';
import { notifications, notifyEndpoints } from '../schema-notify.ts';
import { cursor, NEWEST, type Operations, pageOf } from './operation.ts';

type EndpointOperations = Pick<
  Operations,
  Extract<
    keyof NotifyStore,
    | 'createNotifyEndpoint'
    | 'listNotifyEndpoints'
    | 'removeNotifyEndpoint'
    | 'listNotifications'
    | 'replayNotifications'
  >
>;

type EndpointRow = typeof notifyEndpoints.$inferSelect;
type NotificationRow = typeof notifications.$inferSelect;

export function notifyEndpointOperations(context: Context): EndpointOperations {
  const { db, audit, reference } = context;
  return {
    createNotifyEndpoint({ id, owner, most, actor, now, ...settings }) {
      const { kind, events, leastLevel } = settings;
      const found = ownerOf(context, owner);
      if (found === null) return 'not_found';
      const held = db
        .select({ no: notifyEndpoints.no })
        .from(notifyEndpoints)
        .where(ownedBy(found));
      if (held.all().length >= most) return 'too_many';
      const row = db
        .insert(notifyEndpoints)
        .values({ id, ...found, ...settings, createdAt: now })
        .returning()
        .get();
      audit.append('notify_endpoint.created', now, communityOf(owner), {
        endpoint: id,
        kind,
        events,
        leastLevel,
        actor,
        ...platformOf(owner),
      });
      return endpointRecord(context, row);
    },

    listNotifyEndpoints(owner, page) {
      const found = ownerOf(context, owner);
      if (found === null) return { items: [], next: null };
      const rows = db
        .select()
        .from(notifyEndpoints)
        .where(and(ownedBy(found), gt(notifyEndpoints.no, cursor(page, 0))))
        .orderBy(asc(notifyEndpoints.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, (row) => endpointRecord(context, row));
    },

    removeNotifyEndpoint({ owner, id, actor, now }) {
      const row = findEndpoint(context, owner, id);
      if (row === null) return false;
      db.update(notifyEndpoints)
        .set({ removedAt: now, sealed: '' })
        .where(eq(notifyEndpoints.no, row.no))
        .run();
      db.update(notifications)
        .set({ state: 'dead', failure: 'removed', dueAt: now })
        .where(and(eq(notifications.endpointNo, row.no), eq(notifications.state, 'waiting')))
        .run();
      const members = { endpoint: id, actor, ...platformOf(owner) };
      audit.append('notify_endpoint.removed', now, communityOf(owner), members);
      return true;
    },

    listNotifications({ owner, id, state, page }) {
      const endpoint = findEndpoint(context, owner, id);
      if (endpoint === null) return null;
      const rows = db
        .select()
        .from(notifications)
        .where(
          and(
            eq(notifications.endpointNo, endpoint.no),
            state === null ? undefined : eq(notifications.state, state),
            lt(notifications.no, cursor(page, NEWEST)),
          ),
        )
        .orderBy(desc(notifications.no))
        .limit(page.limit + 1)
        .all();
      return pageOf(rows, page, notificationRecord);
    },

    replayNotifications({ owner, id, notificationId, actor, now }) {
      const endpoint = findEndpoint(context, owner, id);
      if (endpoint === null) return 0;
      const { changes } = db
        .update(notifications)
        .set({ state: 'waiting', attempts: 0, dueAt: now })
        .where(
          and(
            eq(notifications.endpointNo, endpoint.no),
            eq(notifications.state, 'dead'),
            notificationId === null ? undefined : eq(notifications.id, notificationId),
          ),
        )
        .run();
      if (changes === 0) return 0;
      db.update(notifyEndpoints)
        .set({ pausedUntil: 0 })
        .where(eq(notifyEndpoints.no, endpoint.no))
        .run();
      const members = { endpoint: id, count: changes, actor, ...platformOf(owner) };
      audit.append('notifications.replayed', now, communityOf(owner), members);
      return changes;
    },
  };

  function communityOf(owner: NotifyOwner) {
    if (owner.kind === 'platform') return null;
    return reference.communityById(owner.communityId)?.id ?? null;
  }
}

const platformOf = (owner: NotifyOwner) =>
  owner.kind === 'platform' ? { platform: owner.slug } : {};

type OwnerColumns = Pick<EndpointRow, 'communityNo' | 'platformNo'>;

function ownerOf({ db, reference }: Context, owner: NotifyOwner): OwnerColumns | null {
  if (owner.kind === 'community') {
    const community = reference.communityById(owner.communityId);
    return community === null ? null : { communityNo: community.no, platformNo: null };
  }
  const row = db.select().from(platforms).where(eq(platforms.slug, owner.slug)).get();
  return row === undefined ? null : { communityNo: null, platformNo: row.no };
}

function ownedBy({ communityNo, platformNo }: OwnerColumns): SQL | undefined {
  const own =
    communityNo === null
      ? eq(notifyEndpoints.platformNo, platformNo ?? 0)
      : eq(notifyEndpoints.communityNo, communityNo);
  return and(own, isNull(notifyEndpoints.removedAt));
}

function findEndpoint(
  context: Context,
  owner: NotifyOwner,
  id: NotifyEndpointId,
): EndpointRow | null {
  const found = ownerOf(context, owner);
  if (found === null) return null;
  const own = and(ownedBy(found), eq(notifyEndpoints.id, id));
  return context.db.select().from(notifyEndpoints).where(own).get() ?? null;
}

function endpointRecord({ db }: Context, row: EndpointRow): NotifyEndpoint {
  const counted = db
    .select({ state: notifications.state, count: sql<number>`count(*)` })
    .from(notifications)
    .where(eq(notifications.endpointNo, row.no))
    .groupBy(notifications.state)
    .all();
  const count = (state: string) => counted.find((each) => each.state === state)?.count ?? 0;
  const { id, kind, name, shown, events, leastLevel, createdAt } = row;
  const settings = { id, kind, name, shown, events, leastLevel, createdAt };
  return { ...settings, waiting: count('waiting'), dead: count('dead') };
}

export function notificationRecord(row: NotificationRow): NotificationRecord {
  const { id, event, content, createdAt, state, attempts, dueAt, failure } = row;
  return { id, event, content, createdAt, state, attempts, dueAt, failure };
}
