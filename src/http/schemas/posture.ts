/** State that a command has set, as answers write it. */
import { z } from '@hono/zod-openapi';
import type { Millis } from '../../domain/clock.ts';
import { POSTURES, type PostureState, postureAt } from '../../domain/community.ts';
import { formatTime } from '../answer.ts';
import { instantText } from './values.ts';

export const postureSchema = z
  .object({
    posture: z.enum(POSTURES),
    until: instantText
      .nullable()
      .openapi({ description: 'When it falls back to normal; null: until the next command.' }),
  })
  .openapi('Posture');

/** The posture in force now. */
export function postureItem(state: PostureState, now: Millis): z.input<typeof postureSchema> {
  const posture = postureAt(state, now);
  const until = posture === 'normal' ? null : state.until;
  return { posture, until: until === null ? null : formatTime(until) };
}
