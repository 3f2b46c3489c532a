import { z } from '@hono/zod-openapi';
import { DELIVERY_STATUSES, VEHICLES } from '../../domain/delivery.ts';
import {
  type EntryRules,
  FROM_TIME,
  RULE_LIMITS,
  STANDARD_RULES,
  TO_TIME,
  WEEKDAYS,
  type Weekday,
} from '../../domain/entry-rules.ts';
import type { GateId } from '../../domain/identifier.ts';
import { PLACE_ID, ZONE_LIMITS } from '../../domain/speed/zones.ts';
import { identifier } from './values.ts';

/** Most items in one list of a rule document. */
const MAX_HOURS = 50;
const MAX_SLUGS = 100;
const MAX_GATES = 500;
const MAX_THRESHOLDS = 20;

function integer({ least, most }: { readonly least: number; readonly most: number }) {
  return z.int().min(least).max(most);
}

const fromTime = z.string().regex(FROM_TIME, 'must be HH:MM from 00:00 to 23:59');
const toTime = z.string().regex(TO_TIME, 'must be HH:MM from 00:00 to 24:00');

/** A day by its name or its ISO number, 1 for Monday. */
const day = z.union([z.enum(WEEKDAYS), z.int().min(1).max(7)], {
  error: 'must be mon, tue, wed, thu, fri, sat, sun or a number from 1 (Monday) to 7',
});

const hours = z.strictObject({
  days: z
    .array(day)
    .min(1)
    .max(14)
    .default([...WEEKDAYS])
    .transform(weekdays),
  from: fromTime,
  to: toTime,
});
const hoursList = z.array(hours).max(MAX_HOURS);

/** Each day once, in the order of the week. */
function weekdays(days: readonly (Weekday | number)[]): Weekday[] {
  return WEEKDAYS.filter((name, index) => days.includes(name) || days.includes(index + 1));
}

const vehicles = z.array(z.enum(VEHICLES)).max(VEHICLES.length);
const statuses = z.array(z.enum(DELIVERY_STATUSES)).max(DELIVERY_STATUSES.length);

const platforms = z.strictObject({
  mode: z.enum(['any', 'only', 'except']),
  slugs: z.array(z.string().min(1).max(64)).max(MAX_SLUGS).default([]),
});

const gateId = identifier('gat');
const gateRule = z
  .strictObject({ gateId, vehicles: vehicles.optional() })
  .transform((gate) => gateRuleOf(gate.gateId, gate.vehicles));
const gates = z.union(
  [
    z.literal('all'),
    z.array(z.union([gateId.transform((id) => gateRuleOf(id)), gateRule])).max(MAX_GATES),
  ],
  { error: 'must be "all", or a list of gate ids or of {gateId, vehicles}' },
);

function gateRuleOf(id: GateId, own?: z.infer<typeof vehicles>) {
  return own === undefined ? { gateId: id } : { gateId: id, vehicles: own };
}

function quantity({ least, most }: { readonly least: number; readonly most: number }) {
  return z.number().min(least).max(most);
}

const speedMargin = z.strictObject({
  accuracyFactor: quantity(RULE_LIMITS.accuracyFactor).optional(),
  absoluteKmh: quantity(RULE_LIMITS.absoluteMarginKmh).optional(),
  percent: quantity(RULE_LIMITS.percentMargin).optional(),
});
const zoneSpeedLimits = z
  .array(
    z.strictObject({
      zoneId: z.string().regex(PLACE_ID),
      speedLimitKmh: integer(RULE_LIMITS.speedLimitKmh),
    }),
  )
  .max(ZONE_LIMITS.zones);

const guardConfirmation = z.strictObject({
  hours: hoursList.default([]),
  vehicles: vehicles.default([]),
  conductPoints: integer(RULE_LIMITS.conductPoints).nullable().default(null),
});

const alertPoints = integer(RULE_LIMITS.alertPoints).optional();
const threshold = z.strictObject({
  points: integer(RULE_LIMITS.conductPoints),
  consequence: z.enum(['guard_confirmation', 'suspension']),
  forHours: integer(RULE_LIMITS.consequenceHours),
});
const speedConsequences = z.strictObject({
  points: z
    .strictObject({ notice: alertPoints, warning: alertPoints, serious: alertPoints })
    .optional(),
  thresholds: z.array(threshold).max(MAX_THRESHOLDS).optional(),
  seriousConfirmationHours: integer(RULE_LIMITS.consequenceHours).nullable().optional(),
  pointsPerCleanVisit: integer(RULE_LIMITS.pointsPerCleanVisit).optional(),
});

/**
 * The rule document as sent: every member may be left out, none may be unknown. Read, it has domain forms only:
 * days by name and in order, gates as objects. {@link completeRules} fills it up; `checkRules` of the domain
 * judges its sense.
 */
export const rulesSchema = z.strictObject({
  hours: hoursList.optional(),
  platforms: platforms.optional(),
  vehicles: vehicles.optional(),
  gates: gates.optional(),
  authorisingStatuses: z
    .strictObject({ dropoff: statuses.optional(), pickup: statuses.optional() })
    .optional(),
  speedLimitKmh: integer(RULE_LIMITS.speedLimitKmh).optional(),
  speedMargin: speedMargin.optional(),
  zoneSpeedLimits: zoneSpeedLimits.optional(),
  maxDwellMinutes: integer(RULE_LIMITS.maxDwellMinutes).optional(),
  maxEntriesPerDelivery: integer(RULE_LIMITS.maxEntriesPerDelivery).optional(),
  rescanGraceSeconds: integer(RULE_LIMITS.rescanGraceSeconds).optional(),
  antiPassback: z.enum(['off', 'soft', 'hard']).optional(),
  capacity: integer(RULE_LIMITS.capacity).nullable().optional(),
  guardConfirmation: guardConfirmation.nullable().optional(),
  offline: z
    .strictObject({
      allow: z.boolean().optional(),
      maxStaleMinutes: integer(RULE_LIMITS.maxStaleMinutes).optional(),
    })
    .optional(),
  speedConsequences: speedConsequences.optional(),
});

/** A rule document read, before it is complete. */
export type PartialRules = z.output<typeof rulesSchema>;

/**
 * Complete rules: what a document leaves out is the template's, member by member down to the objects' own
 * members. Lists are replaced, never merged; null is a value.
 */
export function completeRules(
  partial: PartialRules,
  template: EntryRules = STANDARD_RULES,
): EntryRules {
  const { capacity, guardConfirmation: confirmation, speedConsequences: consequences } = partial;
  return {
    hours: partial.hours ?? template.hours,
    platforms: partial.platforms ?? template.platforms,
    vehicles: partial.vehicles ?? template.vehicles,
    gates: partial.gates ?? template.gates,
    authorisingStatuses: {
      dropoff: partial.authorisingStatuses?.dropoff ?? template.authorisingStatuses.dropoff,
      pickup: partial.authorisingStatuses?.pickup ?? template.authorisingStatuses.pickup,
    },
    speedLimitKmh: partial.speedLimitKmh ?? template.speedLimitKmh,
    speedMargin: {
      accuracyFactor: partial.speedMargin?.accuracyFactor ?? template.speedMargin.accuracyFactor,
      absoluteKmh: partial.speedMargin?.absoluteKmh ?? template.speedMargin.absoluteKmh,
      percent: partial.speedMargin?.percent ?? template.speedMargin.percent,
    },
    zoneSpeedLimits: partial.zoneSpeedLimits ?? template.zoneSpeedLimits,
    maxDwellMinutes: partial.maxDwellMinutes ?? template.maxDwellMinutes,
    maxEntriesPerDelivery: partial.maxEntriesPerDelivery ?? template.maxEntriesPerDelivery,
    rescanGraceSeconds: partial.rescanGraceSeconds ?? template.rescanGraceSeconds,
    antiPassback: partial.antiPassback ?? template.antiPassback,
    capacity: capacity === undefined ? template.capacity : capacity,
    guardConfirmation: confirmation === undefined ? template.guardConfirmation : confirmation,
    offline: {
      allow: partial.offline?.allow ?? template.offline.allow,
      maxStaleMinutes: partial.offline?.maxStaleMinutes ?? template.offline.maxStaleMinutes,
    },
    speedConsequences: completeConsequences(consequences, template.speedConsequences),
  };
}

function completeConsequences(
  partial: PartialRules['speedConsequences'],
  template: EntryRules['speedConsequences'],
): EntryRules['speedConsequences'] {
  const hours = partial?.seriousConfirmationHours;
  return {
    points: {
      notice: partial?.points?.notice ?? template.points.notice,
      warning: partial?.points?.warning ?? template.points.warning,
      serious: partial?.points?.serious ?? template.points.serious,
    },
    thresholds: partial?.thresholds ?? template.thresholds,
    seriousConfirmationHours:
      hours === undefined ? (template.seriousConfirmationHours ?? null) : hours,
    pointsPerCleanVisit: partial?.pointsPerCleanVisit ?? template.pointsPerCleanVisit ?? 1,
  };
}
