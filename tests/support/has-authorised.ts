import {
  authorisations,
  type DeliveryCallback,
  type DeliveryStatus,
  type Leg,
} from '../../src/domain/delivery.ts';
import type { CommunityId } from '../../src/domain/identifier.ts';

/** Whether a rider is among those whom a delivery has authorised by a leg; a community left out: any. */
export function hasAuthorised(
  callbacks: readonly DeliveryCallback[],
  riderId: string,
  leg: Leg,
  statuses: readonly DeliveryStatus[],
  communityId?: CommunityId,
): boolean {
  return authorisations(callbacks, () => statuses).some(
    (found) =>
      found.riderId === riderId &&
      found.leg === leg &&
      (communityId === undefined || found.communityId === communityId),
  );
}
