import { and, eq, gt, isNull } from 'drizzle-orm';
import { DAY_MS, type Millis } from '../../../domain/clock.ts';
import { mayTellPlatform, PLATFORM_WAIT_MS } from '../../../domain/conduct/appeal.ts';
import { type NotifyContent, retryAt } from '../../../domain/notification.ts';
import type { NotifyStore } from '../../notify-store.ts';
import type { Context } from '../database.ts';
import { alerts, deliveries, passDeliveries, riderAccounts } from '../schema.ts';
import { alertCases, appeals } from '../schema-conduct.ts';
import { notifications, notifyEndpoints } from '../schema-notify.ts';
import type { AlertRow } from './alerts.ts';
import { contentOf, queueNotification } from './notifications.ts';
import { notificationRecord } from './notify-endpoints.ts';
import type { Operations } from './operation.ts';

type QueueOperations = Pick<
  Operations,
  Extract<keyof NotifyStore, 'takeNotifications' | 'settleNotification'>
>;

/** What was sent or given up stays to be looked at for so long. */
const KEPT_MS = 30 * DAY_MS;

export function notifyQueueOperations(context: Context): QueueOperations {
  const { db, sqlite } = context;
  // Whoever could have been told the longest comes first: one with much to hear keeps nobody else waiting.
  const due = sqlite
    .prepare<[Millis, Millis, number], number>(
      `SELECT n.no FROM notify_endpoints e JOIN notifications n ON n.no =
         (SELECT min(no) FROM notifications WHERE endpoint_no = e.no AND state = 'waiting' AND due_at <= ?)
       WHERE e.removed_at IS NULL AND e.paused_until <= ?
       ORDER BY max(n.due_at, e.paused_until), n.no LIMIT ?`,
    )
    .pluck();
  return {
    takeNotifications({ now, limit, lentUntil }) {
      return due.all(now, now, limit).flatMap((no) => {
        const row = db
          .select({ notification: notifications, endpoint: notifyEndpoints })
          .from(notifications)
          .innerJoin(notifyEndpoints, eq(notifyEndpoints.no, notifications.endpointNo))
          .where(eq(notifications.no, no))
          .get();
        if (row === undefined) return [];
        db.update(notifications).set({ dueAt: lentUntil }).where(eq(notifications.no, no)).run();
        // Nothing else goes there meanwhile: a receiver sees what happened in order, as long as it answers.
        db.update(notifyEndpoints)
          .set({ pausedUntil: lentUntil })
          .where(eq(notifyEndpoints.no, row.endpoint.no))
          .run();
        const { id: endpointId, kind, sealed } = row.endpoint;
        return [{ ...notificationRecord(row.notification), endpointId, kind, sealed }];
      });
    },

    settleNotification({ id, outcome, pauseMs, now }) {
      const row = db.select().from(notifications).where(eq(notifications.id, id)).get();
      if (row === undefined || row.state !== 'waiting') return;
      const own = eq(notifications.no, row.no);
      const settle = (change: Partial<typeof notifications.$inferInsert>) =>
        db.update(notifications).set(change).where(own).run();
      const failed = row.attempts + (outcome.kind === 'busy' ? 0 : 1);
      const next = outcome.kind === 'busy' ? now + outcome.pauseMs : retryAt(failed, now);
      if (outcome.kind === 'sent') settle({ state: 'sent', dueAt: now, failure: null });
      else if (outcome.kind === 'refused' || next === null)
        settle({ state: 'dead', dueAt: now, attempts: failed, failure: outcome.failure });
      else settle({ dueAt: next, attempts: failed, failure: outcome.failure });
      db.update(notifyEndpoints)
        .set({ pausedUntil: now + pauseMs })
        .where(eq(notifyEndpoints.no, row.endpointNo))
        .run();
      if (outcome.kind === 'sent') hasten(context, row.endpointNo, now);
    },
  };
}

/** A receiver that answers again is told at once what it has missed. */
function hasten({ db }: Context, endpointNo: number, now: Millis): void {
  db.update(notifications)
    .set({ dueAt: now })
    .where(
      and(
        eq(notifications.endpointNo, endpointNo),
        eq(notifications.state, 'waiting'),
        gt(notifications.dueAt, now),
      ),
    )
    .run();
}

/** Forgets what was settled long ago. */
export function forgetNotifications({ sqlite }: Context, now: Millis, limit: number): void {
  sqlite
    .prepare(
      `DELETE FROM notifications WHERE no IN
         (SELECT no FROM notifications WHERE state <> 'waiting' AND due_at <= ? LIMIT ?)`,
    )
    .run(now - KEPT_MS, limit);
}

// ── platforms ─────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Queues serious alerts for platforms that the operator has given a receiver: those whose time to object has passed, or
 * whose appeal was rejected. Each alert once; of the others nobody is told, now or later.
 */
export function releaseToPlatforms(context: Context, now: Millis, limit: number): void {
  const { db } = context;
  for (const { case: found, alert, appeal } of unreleased(context, now, limit)) {
    const { shownAt, level, withdrawnAt } = found;
    const never = withdrawnAt !== null || appeal === 'upheld';
    if (level === null || (!never && !mayTellPlatform({ level, shownAt, appeal }, now))) continue;
    const told = never ? [] : tellPlatforms(context, alert, found, now);
    db.update(alertCases).set({ releasedAt: now }).where(eq(alertCases.alertNo, alert.no)).run();
    if (told.length === 0) continue;
    const community = context.reference.community(alert.communityNo).id;
    const members = { alert: alert.id, platforms: told };
    context.audit.append('alert.released', now, community, members);
  }
}

/** Serious alerts that may be due: along the index of those that wait, without those that an appeal holds back. */
function unreleased({ db, sqlite }: Context, now: Millis, limit: number) {
  const waiting = sqlite
    .prepare<[Millis, number], number>(
      `SELECT c.alert_no FROM alert_cases c LEFT JOIN appeals p ON p.alert_no = c.alert_no
       WHERE c.level = 'serious' AND c.shown_at IS NOT NULL AND c.released_at IS NULL
         AND (p.state <> 'open' OR (p.state IS NULL AND c.shown_at <= ?)) LIMIT ?`,
    )
    .pluck();
  return waiting
    .all(now - PLATFORM_WAIT_MS, limit)
    .flatMap((no) =>
      db
        .select({ case: alertCases, alert: alerts, appeal: appeals.state })
        .from(alertCases)
        .innerJoin(alerts, eq(alerts.no, alertCases.alertNo))
        .leftJoin(appeals, eq(appeals.alertNo, alertCases.alertNo))
        .where(eq(alertCases.alertNo, no))
        .all(),
    );
}

/** @returns the platforms that are told */
function tellPlatforms(
  context: Context,
  alert: AlertRow,
  { courierNo, level, peakKmh, limitKmh, zoneName }: typeof alertCases.$inferSelect,
  now: Millis,
): string[] {
  if (courierNo === null || alert.passNo === null || level === null) return [];
  const speed: Partial<NotifyContent> = {
    level,
    ...(peakKmh === null ? {} : { peakKmh }),
    ...(limitKmh === null ? {} : { limitKmh }),
    ...(zoneName === null ? {} : { zoneName }),
  };
  const told = new Set<string>();
  for (const { endpointNo, platformNo, riderId } of receivers(context, alert.passNo, courierNo)) {
    const content = contentOf(context, alert, { ...speed, riderId });
    queueNotification(context, endpointNo, 'alert.raised', content, now);
    told.add(context.reference.platform(platformNo).slug);
  }
  return [...told];
}

/** Receivers of the platforms for which the rider rode on this pass, by the platform's own name for the rider. */
function receivers({ db }: Context, passNo: number, courierNo: number) {
  return db
    .selectDistinct({
      endpointNo: notifyEndpoints.no,
      platformNo: deliveries.platformNo,
      riderId: riderAccounts.riderId,
    })
    .from(passDeliveries)
    .innerJoin(deliveries, eq(deliveries.no, passDeliveries.deliveryNo))
    .innerJoin(
      notifyEndpoints,
      and(eq(notifyEndpoints.platformNo, deliveries.platformNo), isNull(notifyEndpoints.removedAt)),
    )
    .innerJoin(
      riderAccounts,
      and(
        eq(riderAccounts.platformNo, deliveries.platformNo),
        eq(riderAccounts.courierNo, courierNo),
      ),
    )
    .where(eq(passDeliveries.passNo, passNo))
    .all();
}
