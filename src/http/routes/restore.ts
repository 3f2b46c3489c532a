import { z } from '@hono/zod-openapi';
import { confirmRestore } from '../../access/confirm-restore.ts';
import type { Deps } from '../../access/deps.ts';
import { formatTime } from '../answer.ts';
import { actorOf } from '../auth.ts';
import { type Api, endpoint } from '../endpoint.ts';
import { notFound } from '../problem.ts';
import { instantText } from '../schemas/values.ts';

const restoreSchema = z
  .object({
    state: z.enum(['none', 'awaiting_confirmation']),
    since: instantText.optional(),
    why: z.string().optional(),
    origin: z.string().openapi({ description: 'The name of the audit log.' }),
    halted: z
      .string()
      .optional()
      .openapi({ description: 'Why the audit log gives no entry its place, where it does not.' }),
  })
  .openapi('Restore');

/** `/v1/restore`: whether the database is a restored backup that waits for its operator. */
export function registerRestore(api: Api, deps: Deps): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/restore',
      auth: ['operator'],
      tag: 'Service',
      summary: 'Whether a restored backup waits for a confirmation',
      answer: { description: 'What is so.', schema: restoreSchema },
    },
    async () => {
      const state = await deps.store.readRestore();
      const { origin } = deps.audit;
      const halted = deps.audit.halted() ?? undefined;
      if (state === null) return { state: 'none' as const, origin, halted };
      const { why } = state;
      const since = formatTime(state.since);
      return { state: 'awaiting_confirmation' as const, since, why, origin, halted };
    },
  );
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/restore/confirm',
      auth: ['operator'],
      tag: 'Service',
      summary: 'Go on with a restored backup',
      description:
        'Ends the lockdown: communities get the postures back that they had in the backup. Passes stay ended; the next callback of a live order makes a new one. A log that was published further than the backup reaches goes on under another name, so that nothing published is contradicted. 404: there is nothing to confirm.',
      answer: { status: 204, description: 'Confirmed.' },
    },
    async ({ caller }) => {
      if (!(await confirmRestore(deps, actorOf(caller))))
        throw notFound('There is nothing to confirm.');
      return undefined;
    },
  );
}
