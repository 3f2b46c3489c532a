/** The shapes of decisions, as `answer.ts` writes them. */
import { z } from '@hono/zod-openapi';
import { DENIED_REASONS, GRANTED_REASONS } from '../../domain/reason.ts';
import { bilingual, identifier, instantText } from './values.ts';

const verifyAnswerMembers = {
  decision: z.enum(['granted', 'denied']),
  reason: z.enum([...GRANTED_REASONS, ...DENIED_REASONS]),
  message: bilingual
    .readonly()
    .openapi({ description: 'What to do next, for the gate’s display.' }),
  openForMs: z.int().openapi({ description: 'How long to open; 0 when denied.', example: 3000 }),
  visitId: identifier('vis').optional(),
  passId: identifier('pas').optional(),
  speedLimitKmh: z.number().optional(),
  guidance: z.object({ building: z.string() }).optional(),
  auditId: z.string().openapi({
    description: 'Leaf hash of the entry in the audit log, base64url: the answer already binds us.',
  }),
  serverTime: instantText.openapi({ description: 'When it was decided.' }),
};

export const verifyAnswerSchema = z.object(verifyAnswerMembers).openapi('VerifyAnswer');

export const decisionItemSchema = z
  .object({
    ...verifyAnswerMembers,
    gateId: identifier('gat'),
    direction: z.enum(['in', 'out']),
    medium: z.enum(['qr', 'nfc']).optional(),
    requestId: z.string(),
    at: instantText,
    source: z.enum(['online', 'offline', 'guard', 'tap']),
    rulesVersion: z.int(),
    flags: z
      .array(
        z.enum([
          'anti_passback',
          'code_replayed',
          'exit_without_visit',
          'unrecognised_code_at_exit',
          'offline_conflict',
        ]),
      )
      .readonly()
      .openapi({ description: 'What a manager should look at.' }),
    guardReason: z
      .string()
      .optional()
      .openapi({ description: 'Of an admission by hand: why, as the guard gave it.' }),
  })
  .openapi('Decision');
