import { inArray } from 'drizzle-orm';
import { HOUR_MS } from '../../../domain/clock.ts';
import type { OrderRecord } from '../../guard-store.ts';
import type { Context } from '../database.ts';
import { passes } from '../schema.ts';
import type { Operations } from './operation.ts';
import { legCommunity, type PassRow } from './pass-lifecycle.ts';

type OrderOperations = Pick<Operations, 'listOrders'>;

/** How long after a pass has ended a guard still learns what it was for. */
const KNOWN_AFTER_END_MS = 24 * HOUR_MS;

export function orderOperations(context: Context): OrderOperations {
  const { db, reference } = context;
  return {
    listOrders({ communityId, passIds, now }) {
      const community = reference.communityById(communityId);
      if (community === null || passIds.length === 0) return [];
      const rows = db
        .select()
        .from(passes)
        .where(inArray(passes.id, [...passIds]))
        .all();
      return rows
        .filter(({ communityNo, endedAt }) => {
          const known = endedAt === null || now - endedAt < KNOWN_AFTER_END_MS;
          return communityNo === community.no && known;
        })
        .flatMap((pass) => ordersOf(context, pass))
        .sort((one, other) => (one.deadlineAt ?? Infinity) - (other.deadlineAt ?? Infinity) || 0);
    },
  };
}

function ordersOf({ queries, reference }: Context, pass: PassRow): OrderRecord[] {
  if (pass.courierNo === null) return [];
  return queries.legs
    .all({ passNo: pass.no, courierNo: pass.courierNo })
    .filter(({ leg, delivery }) => legCommunity(delivery, leg) === pass.communityNo)
    .map(({ leg, delivery }) => ({
      passId: pass.id,
      platform: reference.platform(delivery.platformNo).slug,
      label: delivery.label,
      leg,
      status: delivery.status,
      building: leg === 'dropoff' ? delivery.building : null,
      vehicle: delivery.vehicle,
      deadlineAt: delivery.deadlineAt,
    }));
}
