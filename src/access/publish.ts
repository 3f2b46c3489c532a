import type { Bus } from '../bus/bus.ts';
import type { AlertRecord } from '../domain/alert.ts';
import type { DecisionRecord } from '../domain/decision-record.ts';
import type { CourierId } from '../domain/identifier.ts';
import type { AppealRecord, ConductChange } from '../store/conduct-store.ts';
import type { GateCommand, Touched } from '../store/store.ts';

/** Tells the live views of a decision that was made now. */
export function publishDecision(
  bus: Bus,
  record: DecisionRecord,
  courierId: CourierId | null,
): void {
  bus.publish({ topic: `community:${record.communityId}`, type: 'decision', record });
  if (courierId !== null) bus.publish({ topic: `courier:${courierId}`, type: 'decision', record });
}

/** Tells a gate that a command waits for it. */
export function publishCommand(bus: Bus, command: GateCommand): void {
  const { id: commandId, gateId, openForMs, expiresAt } = command;
  bus.publish({ topic: `gate:${gateId}`, type: 'open', commandId, openForMs, expiresAt });
}

/** Tells the live views of alerts that were raised or have ended. */
export function publishAlerts(bus: Bus, alerts: readonly AlertRecord[]): void {
  for (const alert of alerts)
    bus.publish({ topic: `community:${alert.communityId}`, type: 'alert', alert });
}

/** Tells the live views of these couriers and communities that they are out of date. */
export function publishTouched(bus: Bus, touched: Touched): void {
  for (const id of touched.couriers) bus.publish({ topic: `courier:${id}`, type: 'changed' });
  for (const id of touched.communities) bus.publish({ topic: `community:${id}`, type: 'changed' });
}

/**
 * Tells the rider of an alert about them, and managers where it is more than a notice; and both that what they see of
 * points and passes has changed.
 */
export function publishConductChange(bus: Bus, change: ConductChange): void {
  const { alert, courierId, bell } = change;
  if (bell === 'rings') {
    if (alert.level !== 'notice') publishAlerts(bus, [alert]);
    if (courierId !== null)
      bus.publish({ topic: `courier:${courierId}`, type: 'own-alert', alertId: alert.id });
  }
  publishTouched(bus, change);
}

/** Tells managers that a rider objected to an alert, or that it was decided. */
export function publishAppeal(bus: Bus, appeal: AppealRecord): void {
  const { id: appealId, alertId, state, communityId } = appeal;
  bus.publish({ topic: `community:${communityId}`, type: 'appeal', appealId, alertId, state });
}
