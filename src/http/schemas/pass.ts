/** The shapes of passes and their codes, and how they are written. */
import { z } from '@hono/zod-openapi';
import type { CodeWindow } from '../../access/issue-codes.ts';
import type { PassWithCodes } from '../../access/list-rider-passes.ts';
import { COMMUNITY_KINDS } from '../../domain/community.ts';
import { DELIVERY_STATUSES } from '../../domain/delivery.ts';
import { DENIED_REASONS, type DeniedReason } from '../../domain/reason.ts';
import { messageFor } from '../../domain/reason-message.ts';
import type { Stop } from '../../store/store.ts';
import { formatTime } from '../answer.ts';
import { bilingual, identifier, instantText } from './values.ts';

export const codeSchema = z
  .object({
    code: z
      .string()
      .length(144)
      .openapi({ description: 'What the QR shows: 144 characters of alphanumeric mode.' }),
    notBefore: instantText,
    notAfter: instantText,
  })
  .openapi('CourierCode');

export const refusalSchema = z
  .object({ reason: z.enum(DENIED_REASONS), message: bilingual.readonly() })
  .openapi('Refusal', {
    description: 'A rule that already refuses entry, before the rider rides there.',
  });

export const passStatusSchema = z.enum(['active', 'leaving', 'ended']);

const deliverySchema = z.object({
  platform: z.string(),
  deliveryId: z.string(),
  status: z.enum(DELIVERY_STATUSES),
});

const stopSchema = z.object({
  leg: z.enum(['pickup', 'dropoff']),
  status: z.enum(DELIVERY_STATUSES),
  label: z.string().optional(),
  building: z.string().optional(),
  unit: z.string().optional(),
  floor: z.int().optional(),
  deadlineAt: instantText.optional(),
});

export const passSchema = z
  .object({
    id: identifier('pas'),
    community: z.object({ id: identifier('com'), name: z.string(), kind: z.enum(COMMUNITY_KINDS) }),
    status: passStatusSchema,
    expiresAt: instantText.optional().openapi({ description: 'The end of a station’s pass.' }),
    inside: z.boolean().openapi({ description: 'Came in, and has not been seen to leave.' }),
    speedLimitKmh: z.number(),
    deliveries: z.array(deliverySchema).readonly(),
    stops: z
      .array(stopSchema)
      .readonly()
      .openapi({ description: 'Where to go. Shown to the rider only.' }),
    codes: z.array(codeSchema).readonly(),
    refusal: refusalSchema.optional(),
  })
  .openapi('Pass');
export type PassItem = z.input<typeof passSchema>;

/** A pass as its rider sees it. */
export function passItem({ pass, codes }: PassWithCodes): PassItem {
  const { id, name, kind } = pass.community;
  return {
    id: pass.id,
    community: { id, name, kind },
    status: pass.status,
    expiresAt: pass.expiresAt === null ? undefined : formatTime(pass.expiresAt),
    inside: pass.visitOpen,
    speedLimitKmh: pass.rules.speedLimitKmh,
    deliveries: deliveriesOf(pass.stops),
    stops: pass.stops.map(stopItem),
    codes: codes.map(codeItem),
    refusal: refusalItem(pass.refusal),
  };
}

export function codeItem({ code, notBefore, notAfter }: CodeWindow): z.input<typeof codeSchema> {
  return { code, notBefore: formatTime(notBefore), notAfter: formatTime(notAfter) };
}

export function refusalItem(
  reason: DeniedReason | null,
): z.input<typeof refusalSchema> | undefined {
  return reason === null ? undefined : { reason, message: messageFor(reason) };
}

/** Each delivery once, though both of its legs may lead here. */
function deliveriesOf(stops: readonly Stop[]): z.input<typeof deliverySchema>[] {
  const deliveries = new Map<string, z.input<typeof deliverySchema>>();
  for (const { platform, deliveryId, status } of stops) {
    deliveries.set(`${platform} ${deliveryId}`, { platform, deliveryId, status });
  }
  return [...deliveries.values()];
}

function stopItem(stop: Stop): z.input<typeof stopSchema> {
  return {
    leg: stop.leg,
    status: stop.status,
    label: stop.label ?? undefined,
    building: stop.building ?? undefined,
    unit: stop.unit ?? undefined,
    floor: stop.floor ?? undefined,
    deadlineAt: stop.deadlineAt === null ? undefined : formatTime(stop.deadlineAt),
  };
}
