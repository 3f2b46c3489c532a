import { z } from '@hono/zod-openapi';
import type { Deps } from '../../access/deps.ts';
import { eraseCourier } from '../../access/erase-courier.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound } from '../problem.ts';
import { identifier } from '../schemas/values.ts';

const count = z.int().min(0);

const erasureSchema = z
  .object({
    courierId: identifier('cou'),
    status: z.enum(['erased', 'pending']),
    waitsFor: z
      .array(z.enum(['pass', 'block']))
      .optional()
      .openapi({ description: 'What keeps it from being erased now; it is, when that is over.' }),
    forgotten: z
      .object({ deliveries: count, passes: count, couriers: count, restrictions: count })
      .optional()
      .openapi({
        description:
          'What was deleted; of passes, who held them and the salt of the commitment on the audit log.',
      }),
  })
  .openapi('Erasure');

/** `/v1/couriers/{id}/erasure`: the right to be forgotten. */
export function registerCouriers(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/couriers/{id}/erasure',
      auth: ['operator'],
      tag: 'Couriers',
      summary: 'Erase a courier (PIPL art. 47)',
      description:
        'Deletes accounts at platforms, links, sessions, deliveries with their callbacks and blocks, and who held which pass. Passes, visits and decisions stay under their random numbers, and every proof of the audit log stays valid. While a pass has not ended, or a block is in force that is kept, it is `pending` and is carried out by itself afterwards; asked again it tells what it waits for. An erased courier is 404.',
      params: z.object({ id: identifier('cou') }),
      body: {
        json: z
          .object({
            blocks: z.enum(['keep', 'lift']).default('keep').openapi({
              description: 'Whether to wait for the end of blocks in force, or to end them.',
            }),
          })
          .openapi('ErasureRequest'),
      },
      answer: { description: 'What became of it.', schema: erasureSchema },
    },
    async ({ caller, params: { id: courierId }, body: { blocks } }) => {
      const outcome = await eraseCourier(deps, { courierId, blocks, actor: actorOf(caller) });
      if (outcome.kind === 'not_found') throw notFound('There is no such courier.');
      return outcome.kind === 'erased'
        ? { courierId, status: 'erased' as const, forgotten: outcome.forgotten }
        : { courierId, status: 'pending' as const, waitsFor: [...outcome.waitsFor] };
    },
  );
}
