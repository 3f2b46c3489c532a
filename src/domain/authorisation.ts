/**
 * What makes a pass good: deliveries that authorise it, and the rules of platform and vehicle, which do not
 * depend on the moment at the gate and are therefore judged when codes are issued as well.
 */
import type { Millis } from './clock.ts';
import type { DeliveryFacts, PassFacts } from './decision.ts';
import type { Vehicle } from './delivery.ts';
import type { EntryRules } from './entry-rules.ts';
import type { GateId } from './identifier.ts';
import { PASS_LAPSE_MS } from './pass.ts';
import type { DeniedReason } from './reason.ts';

/** The vehicle assumed where a platform names none. */
export const ASSUMED_VEHICLE: Vehicle = 'e-bike';

/** Whether something that ends at an instant (excluded) is still in force; null: there is nothing. */
export function lasts(until: Millis | null, now: Millis): boolean {
  return until !== null && now < until;
}

/** The deliveries that authorise a pass now. */
export function authorising(
  deliveries: readonly DeliveryFacts[],
  rules: EntryRules,
  now: Millis,
): DeliveryFacts[] {
  return deliveries.filter((delivery) => authorises(delivery, rules, now));
}

/** Whether one delivery authorises a pass: by its status on this leg, until 2 h after its newest callback. */
function authorises(delivery: DeliveryFacts, rules: EntryRules, now: Millis): boolean {
  const statuses = rules.authorisingStatuses[delivery.leg];
  return statuses.includes(delivery.status) && now < delivery.newestAt + PASS_LAPSE_MS;
}

/** Whether a delivery's platform may enter: admitted to the district, and not excluded by the rules. */
export function isPlatformAllowed(delivery: DeliveryFacts, { platforms }: EntryRules): boolean {
  if (!delivery.platformAdmitted) return false;
  if (platforms.mode === 'any') return true;
  return platforms.slugs.includes(delivery.platform) === (platforms.mode === 'only');
}

/** The vehicle that a delivery comes with. */
export function vehicleOf(delivery: DeliveryFacts): Vehicle {
  return delivery.vehicle ?? ASSUMED_VEHICLE;
}

/** The building of the drop-off with the nearest deadline; one without a deadline comes last. */
export function nearestBuilding(deliveries: readonly DeliveryFacts[]): string | null {
  let nearest: DeliveryFacts | null = null;
  for (const delivery of deliveries) {
    if (delivery.leg !== 'dropoff') continue;
    if (nearest === null || deadlineOf(delivery) < deadlineOf(nearest)) nearest = delivery;
  }
  return nearest?.building ?? null;
}

function deadlineOf({ deadlineAt }: DeliveryFacts): Millis {
  return deadlineAt ?? Number.POSITIVE_INFINITY;
}

/** What may ride in at a gate; null where riders do not use the gate. */
export function vehiclesAt(
  { gates, vehicles }: Pick<EntryRules, 'gates' | 'vehicles'>,
  gateId: GateId,
): readonly Vehicle[] | null {
  if (gates === 'all') return vehicles;
  const rule = gates.find((gate) => gate.gateId === gateId);
  return rule === undefined ? null : (rule.vehicles ?? vehicles);
}

/** Whether any gate that riders use lets a vehicle in. */
function isVehicleAllowedSomewhere(vehicle: Vehicle, { gates, vehicles }: EntryRules): boolean {
  if (gates === 'all') return vehicles.includes(vehicle);
  return gates.some((gate) => (gate.vehicles ?? vehicles).includes(vehicle));
}

/** What decides, before a rider sets out, whether entry codes are worth issuing. {@link Facts} has it all. */
export interface StaticFacts {
  readonly rules: EntryRules;
  readonly pass: Pick<PassFacts, 'blockedUntil' | 'suspendedUntil' | 'expiresAt' | 'deliveries'>;
}

export type StaticRefusal = Extract<
  DeniedReason,
  'rider_blocked' | 'rider_suspended' | 'platform_not_allowed' | 'vehicle_not_allowed'
>;

/**
 * Why every gate would refuse the pass now, for a reason that waiting at the gate does not change; judged
 * with the functions of {@link decide} when codes are issued. A vehicle is refused only where no gate that
 * riders use takes it. Null as well when nothing authorises the pass: then there is nothing to refuse yet.
 */
export function staticRefusal({ rules, pass }: StaticFacts, now: Millis): StaticRefusal | null {
  if (lasts(pass.blockedUntil, now)) return 'rider_blocked';
  if (lasts(pass.suspendedUntil, now)) return 'rider_suspended';
  const active = authorising(pass.deliveries, rules, now);
  if (lasts(pass.expiresAt, now) || active.length === 0) return null;
  const onPlatform = active.filter((delivery) => isPlatformAllowed(delivery, rules));
  if (onPlatform.length === 0) return 'platform_not_allowed';
  const fits = onPlatform.some((item) => isVehicleAllowedSomewhere(vehicleOf(item), rules));
  return fits ? null : 'vehicle_not_allowed';
}

/**
 * Whether something authorises a pass now: a delivery, or a station's term.
 * @param expiresAt end of the term, excluded; null for a pass made by deliveries
 */
export function passAuthorised(
  deliveries: readonly DeliveryFacts[],
  expiresAt: Millis | null,
  rules: EntryRules,
  now: Millis,
): boolean {
  return lasts(expiresAt, now) || deliveries.some((item) => authorises(item, rules, now));
}
