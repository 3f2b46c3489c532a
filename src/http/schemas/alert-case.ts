/** The shapes of one alert with all that it rests on and led to, and of a rider's accounts. */
import { z } from '@hono/zod-openapi';
import { APPEAL_STATES } from '../../domain/conduct/appeal.ts';
import { ACCOUNTS, MOVEMENT_CAUSES, SPEED_SOURCES } from '../../domain/conduct/conduct.ts';
import type {
  AlertCase,
  AppealRecord,
  ConductRecord,
  Movement,
  SanctionRecord,
  SpeedEvidence,
} from '../../store/conduct-store.ts';
import { formatTime } from '../answer.ts';
import { alertItem, alertSchema, optionalTime } from './alert.ts';
import { identifier, instantText } from './values.ts';

const evidenceSchema = z
  .object({
    source: z.enum(SPEED_SOURCES),
    limitKmh: z.number(),
    marginKmh: z.number().openapi({ description: 'Above the limit, before anybody speaks of it.' }),
    peakKmh: z.number(),
    zone: z.string().optional().openapi({ description: 'Left out: the whole community’s limit.' }),
    zoneName: z.string().optional(),
    readings: z
      .array(
        z.object({
          at: instantText,
          speedKmh: z.number(),
          accuracyKmh: z.number().optional(),
          limitKmh: z.number(),
        }),
      )
      .readonly(),
  })
  .openapi('SpeedEvidence');

export const sanctionSchema = z
  .object({
    id: identifier('san'),
    alertId: identifier('alr'),
    kind: z.enum(['confirmation', 'suspension']).openapi({
      description: '`confirmation`: a guard has to confirm each entry; `suspension`: no entry.',
    }),
    because: z.enum(['serious', 'points', 'manager']),
    from: instantText,
    until: instantText.openapi({ description: 'Excluded.' }),
    liftedAt: instantText.optional(),
  })
  .openapi('Sanction');

export const appealSchema = z
  .object({
    id: identifier('apl'),
    alertId: identifier('alr'),
    state: z.enum(APPEAL_STATES),
    text: z.string().optional().openapi({ description: 'Left out once it was erased.' }),
    filedAt: instantText,
    decidedAt: instantText.optional(),
    reason: z.string().optional(),
  })
  .openapi('Appeal');

export const alertCaseSchema = alertSchema
  .extend({
    rulesVersion: z.int().optional(),
    points: z.int().openapi({ description: 'Conduct points that it costs now.' }),
    evidence: evidenceSchema.optional(),
    sanctions: z.array(sanctionSchema).readonly(),
    appeal: appealSchema.optional(),
    shownToRiderAt: instantText.optional(),
    withdrawnAt: instantText
      .optional()
      .openapi({ description: 'Late readings have shown that there was no episode.' }),
  })
  .openapi('AlertCase');

export const conductSchema = z
  .object({
    communityId: identifier('com'),
    conduct: z.int().max(0).openapi({ description: 'The balance: 0, or minus the points lost.' }),
    contribution: z.int().openapi({ description: 'Earned by helping; never taken.' }),
    sanctions: z.array(sanctionSchema).readonly().openapi({ description: 'In force.' }),
  })
  .openapi('Conduct');

export const movementSchema = z
  .object({
    account: z.enum(ACCOUNTS),
    points: z.int(),
    cause: z.enum(MOVEMENT_CAUSES),
    reference: z.string().openapi({ description: 'The alert, visit, appeal or deed.' }),
    at: instantText,
  })
  .openapi('PointMovement');

export function alertCaseItem(found: AlertCase): z.input<typeof alertCaseSchema> {
  const { alert, speed, rulesVersion, points, sanctions, appeal, shownAt, withdrawnAt } = found;
  return {
    ...alertItem(alert),
    rulesVersion: rulesVersion ?? undefined,
    points,
    evidence: speed === null ? undefined : evidenceItem(speed),
    sanctions: sanctions.map(sanctionItem),
    appeal: appeal === null ? undefined : appealItem(appeal),
    shownToRiderAt: optionalTime(shownAt),
    withdrawnAt: optionalTime(withdrawnAt),
  };
}

function evidenceItem(speed: SpeedEvidence): z.input<typeof evidenceSchema> {
  const { source, limitKmh, marginKmh, peakKmh, zone, zoneName, readings } = speed;
  return {
    source,
    limitKmh,
    marginKmh,
    peakKmh,
    zone: zone ?? undefined,
    zoneName: zoneName ?? undefined,
    readings: readings.map(({ at, accuracyKmh, ...reading }) => ({
      ...reading,
      at: formatTime(at),
      accuracyKmh: accuracyKmh ?? undefined,
    })),
  };
}

export function sanctionItem(sanction: SanctionRecord): z.input<typeof sanctionSchema> {
  const { id, alertId, kind, because, from, until, liftedAt } = sanction;
  return {
    id,
    alertId,
    kind,
    because,
    from: formatTime(from),
    until: formatTime(until),
    liftedAt: optionalTime(liftedAt),
  };
}

export function appealItem(appeal: AppealRecord): z.input<typeof appealSchema> {
  const { id, alertId, state, text, filedAt, decidedAt, reason } = appeal;
  return {
    id,
    alertId,
    state,
    text: text ?? undefined,
    filedAt: formatTime(filedAt),
    decidedAt: optionalTime(decidedAt),
    reason: reason ?? undefined,
  };
}

export function conductItem(record: ConductRecord): z.input<typeof conductSchema> {
  return { ...record, sanctions: record.sanctions.map(sanctionItem) };
}

export function movementItem(movement: Movement): z.input<typeof movementSchema> {
  return { ...movement, at: formatTime(movement.at) };
}
