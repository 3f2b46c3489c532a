import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { DELIVERY_STATUSES, VEHICLES } from '../../domain/delivery.ts';
import { isIdentifier, type PassId } from '../../domain/identifier.ts';
import type { OrderRecord } from '../../store/guard-store.ts';
import { formatTime } from '../answer.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { identifier, instantText } from '../schemas/values.ts';
import { requireCommunity, SUPERVISORS } from '../supervisor.ts';

/** The passes that one question names: those on a guard's screen. */
const MOST_PASSES = 50;

const passesSchema = z
  .string()
  .transform((text) => text.split(','))
  .refine(
    (ids): ids is PassId[] =>
      ids.length <= MOST_PASSES && ids.every((id) => isIdentifier('pas', id)),
    `expected 1–${MOST_PASSES} identifiers that start with pas_, with commas between them`,
  )
  .optional()
  .openapi({
    type: 'string',
    example: 'pas_0123456789abc,pas_0123456789abd',
    description: 'With commas between them, at most 50. Left out: none.',
  });

const orderSchema = z
  .object({
    passId: identifier('pas'),
    platform: z.string(),
    label: z.string().optional().openapi({ example: '快送 #18' }),
    leg: z.enum(['pickup', 'dropoff']),
    status: z.enum(DELIVERY_STATUSES),
    building: z.string().optional(),
    vehicle: z.enum(VEHICLES).optional(),
    deadlineAt: instantText.optional(),
  })
  .openapi('GuardOrder');

/** `GET /v1/communities/{id}/orders`: whom a rider at the gate delivers to, as far as a guard needs it. */
export function registerOrders(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/communities/{id}/orders',
      auth: SUPERVISORS,
      right: 'guard',
      tag: 'Supervision',
      summary: 'The orders behind passes',
      description:
        'For the guard who sees a rider: the label of each order and the building, the nearest deadline first. Neither unit nor floor, and nothing of a pass that ended more than a day ago.',
      params: z.object({ id: identifier('com') }),
      query: z.object({ passes: passesSchema }),
      answer: {
        description: 'The orders of all these passes.',
        schema: z.object({ items: z.array(orderSchema) }).openapi('GuardOrders'),
      },
    },
    async ({ caller, params, query }) => {
      const communityId = params.id;
      await requireCommunity(deps, caller, communityId);
      const asked = { communityId, passIds: query.passes ?? [], now: deps.now() };
      return { items: (await deps.store.listOrders(asked)).map(orderItem) };
    },
  );
}

function orderItem(order: OrderRecord): z.input<typeof orderSchema> {
  const { label, building, vehicle, deadlineAt, ...members } = order;
  return {
    ...members,
    label: label ?? undefined,
    building: building ?? undefined,
    vehicle: vehicle ?? undefined,
    deadlineAt: deadlineAt === null ? undefined : formatTime(deadlineAt),
  };
}
