import { z } from '@hono/zod-openapi';
import { ALERT_KINDS, type AlertRecord } from '../../domain/alert.ts';
import type { Millis } from '../../domain/clock.ts';
import { alertMessage } from '../../domain/conduct/alert-message.ts';
import { SPEED_LEVELS } from '../../domain/entry-rules.ts';
import type { Bilingual } from '../../domain/reason.ts';
import { formatTime } from '../answer.ts';
import { bilingual, identifier, instantText } from './values.ts';

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
    level: z
      .enum(SPEED_LEVELS)
      .optional()
      .openapi({ description: 'Of a speed alert, as it stands after appeals.' }),
    acknowledgedAt: instantText.optional(),
    message: bilingual.readonly(),
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
    endedAt: optionalTime(alert.endedAt),
    level: alert.level ?? undefined,
    acknowledgedAt: optionalTime(alert.acknowledgedAt),
    message: messageOf(alert),
    details: alert.details,
  };
}

function messageOf({ kind, level, details }: AlertRecord): Bilingual {
  const { peakKmh, limitKmh, zoneName } = details;
  return alertMessage({
    kind,
    level: level ?? undefined,
    peakKmh: typeof peakKmh === 'number' ? peakKmh : undefined,
    limitKmh: typeof limitKmh === 'number' ? limitKmh : undefined,
    zoneName: typeof zoneName === 'string' ? zoneName : undefined,
  });
}

/** An instant that may not have come. */
export function optionalTime(instant: Millis | null): string | undefined {
  return instant === null ? undefined : formatTime(instant);
}
