import { and, eq, isNull } from 'drizzle-orm';
import { type AlertKind, isRiderAlert } from '../../../domain/alert.ts';
import type { Millis } from '../../../domain/clock.ts';
import type { SpeedLevel } from '../../../domain/entry-rules.ts';
import { isAtLeast, type NotifyContent, type NotifyEvent } from '../../../domain/notification.ts';
import type { Context } from '../database.ts';
import { newIdentifier } from '../random.ts';
import { gates } from '../schema.ts';
import { notifications, notifyEndpoints } from '../schema-notify.ts';
import type { AlertRow } from './alerts.ts';

/** Members of a notification beside those of its alert. */
type Extra = Omit<NotifyContent, 'communityId' | 'communityName' | 'alertId' | 'kind' | 'at'>;

/** Puts an alert on the way to those who want to know, in the transaction that raises it. */
export function notifyOfAlert(
  context: Context,
  alert: AlertRow,
  speed: (Extra & { readonly level: SpeedLevel }) | null,
  now: Millis,
): void {
  const level = speed?.level ?? levelOfKind(alert.kind as AlertKind);
  notify(context, { event: 'alert.raised', alert, level, extra: speed ?? {} }, now);
}

/** How much an alert without a speed matters: what a rider may have done by mistake is a notice. */
function levelOfKind(kind: AlertKind): SpeedLevel {
  return isRiderAlert(kind) && kind !== 'overstay' ? 'notice' : 'warning';
}

/** Queues a notification for each receiver of the community that asked for such events. */
export function notify(
  context: Context,
  told: { event: NotifyEvent; alert: AlertRow; level: SpeedLevel; extra: Extra },
  now: Millis,
): void {
  const { db } = context;
  const { event, alert, level, extra } = told;
  const own = eq(notifyEndpoints.communityNo, alert.communityNo);
  const receivers = db
    .select()
    .from(notifyEndpoints)
    .where(and(own, isNull(notifyEndpoints.removedAt)))
    .all()
    .filter(({ events, leastLevel }) => events.includes(event) && isAtLeast(level, leastLevel));
  if (receivers.length === 0) return;
  const content = contentOf(context, alert, extra);
  for (const { no } of receivers) queueNotification(context, no, event, content, now);
}

/** The facts of a notification about an alert. */
export function contentOf(context: Context, alert: AlertRow, extra: Extra): NotifyContent {
  const community = context.reference.community(alert.communityNo);
  return {
    communityId: community.id,
    communityName: community.name,
    alertId: alert.id,
    kind: alert.kind as AlertKind,
    at: alert.at,
    ...gateName(context, alert.gateNo),
    ...extra,
  };
}

function gateName({ db }: Context, gateNo: number | null): { gateName?: string } {
  if (gateNo === null) return {};
  const row = db.select({ name: gates.name }).from(gates).where(eq(gates.no, gateNo)).get();
  return row === undefined ? {} : { gateName: row.name };
}

export function queueNotification(
  { db }: Context,
  endpointNo: number,
  event: NotifyEvent,
  content: NotifyContent,
  now: Millis,
): void {
  db.insert(notifications)
    .values({
      id: newIdentifier('msg'),
      endpointNo,
      event,
      content,
      createdAt: now,
      state: 'waiting',
      dueAt: now,
    })
    .run();
}
