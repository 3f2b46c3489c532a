/** State that a command has set, as answers write it. */
import { z } from '@hono/zod-openapi';
import type { Millis } from '../../domain/clock.ts';
import { POSTURES, postureAt } from '../../domain/community.ts';
import type { PostureCommand } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { instantText } from './values.ts';

export const postureSchema = z
  .object({
    posture: z.enum(POSTURES),
    until: instantText
      .nullable()
      .openapi({ description: 'When it falls back to normal; null: until the next command.' }),
    reason: z
      .string()
      .optional()
      .openapi({ description: 'As it was given, while it is in force.' }),
  })
  .openapi('Posture');

/** The posture in force now. */
export function postureItem(state: PostureCommand, now: Millis): z.input<typeof postureSchema> {
  const posture = postureAt(state, now);
  const until = posture === 'normal' ? null : state.until;
  const reason = posture === state.posture ? (state.reason ?? undefined) : undefined;
  return { posture, until: until === null ? null : formatTime(until), reason };
}
