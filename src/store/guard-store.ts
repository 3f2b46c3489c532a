import type { Millis } from '../domain/clock.ts';
import type { DeliveryStatus, Leg, Vehicle } from '../domain/delivery.ts';
import type { CommunityId, PassId } from '../domain/identifier.ts';

/** An order behind a pass, as a guard needs it: whom it is for by its label, and which building; never the flat. */
export interface OrderRecord {
  readonly passId: PassId;
  readonly platform: string;
  readonly label: string | null;
  readonly leg: Leg;
  readonly status: DeliveryStatus;
  readonly building: string | null;
  readonly vehicle: Vehicle | null;
  readonly deadlineAt: Millis | null;
}

/** The part of the store that only guards ask for. */
export interface GuardStore {
  /**
   * The orders of these passes that lie in the community, the nearest deadline first, those without one last. A pass
   * of another community, one that is not known, and one that ended more than a day ago have none.
   */
  listOrders(input: {
    readonly communityId: CommunityId;
    readonly passIds: readonly PassId[];
    readonly now: Millis;
  }): Promise<readonly OrderRecord[]>;
}
