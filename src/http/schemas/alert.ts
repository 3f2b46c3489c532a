import { z } from '@hono/zod-openapi';
import { ALERT_KINDS, type AlertRecord } from '../../domain/alert.ts';
import { formatTime } from '../answer.ts';
import { identifier, instantText } from './values.ts';

export const alertSchema = z
  .object({
    id: identifier('alr'),
    communityId: identifier('com'),
    kind: z.enum([...ALERT_KINDS]),
    gateId: identifier('gat').optional(),
    passId: identifier('pas').optional(),
    visitId: identifier('vis').optional(),
    auditId: z.string().optional().openapi({ description: 'The decision that it is about.' }),
    at: instantText.openapi({ description: 'When it happened, or began.' }),
    endedAt: instantText.optional().openapi({ description: 'Left out while it lasts.' }),
    details: z.record(z.string(), z.unknown()),
  })
  .openapi('Alert');

/** An alert as managers and guards see it. */
export function alertItem(alert: AlertRecord): z.input<typeof alertSchema> {
  return {
    id: alert.id,
    communityId: alert.communityId,
    kind: alert.kind,
    gateId: alert.gateId ?? undefined,
    passId: alert.passId ?? undefined,
    visitId: alert.visitId ?? undefined,
    auditId: alert.auditId ?? undefined,
    at: formatTime(alert.at),
    endedAt: alert.endedAt === null ? undefined : formatTime(alert.endedAt),
    details: alert.details,
  };
}
