import type { CommunityKind } from './community.ts';
import { type DeliveryStatus, isTerminal, type Vehicle } from './delivery.ts';
import type { GateId } from './identifier.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Opening hours in the community's own time zone. `from` is included, `to` is not; `to` before `from` crosses midnight. */
export interface Hours {
  readonly days: readonly Weekday[];
  /** `HH:MM`, 00:00–23:59. */
  readonly from: string;
  /** `HH:MM`, 00:00–24:00. */
  readonly to: string;
}

/** How `from` and `to` are written. */
export const FROM_TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
export const TO_TIME = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

export interface PlatformRule {
  readonly mode: 'any' | 'only' | 'except';
  readonly slugs: readonly string[];
}

/** A gate that riders use, with vehicles of its own where it names them. */
export interface GateRule {
  readonly gateId: GateId;
  readonly vehicles?: readonly Vehicle[];
}

/** When a guard must confirm an entry; any one that holds suffices. */
export interface GuardConfirmationRule {
  readonly hours: readonly Hours[];
  readonly vehicles: readonly Vehicle[];
  /** Confirmation is asked for at this many conduct points lost or more. */
  readonly conductPoints: number | null;
}

/** How much more than the limit a speed must measure before it is speeding. */
export interface SpeedMargin {
  /** A reading's accuracy is taken off it this many times. */
  readonly accuracyFactor: number;
  /** The greater of the two counts. */
  readonly absoluteKmh: number;
  readonly percent: number;
}

/** A zone of the community with a limit of its own. */
export interface ZoneSpeedLimit {
  readonly zoneId: string;
  readonly speedLimitKmh: number;
}

/** How much a speed alert matters, the least first. */
export const SPEED_LEVELS = ['notice', 'warning', 'serious'] as const;
export type SpeedLevel = (typeof SPEED_LEVELS)[number];

/** What a speed alert costs, and what follows from the points lost. */
export interface SpeedConsequences {
  readonly points: Readonly<Record<SpeedLevel, number>>;
  readonly thresholds: readonly {
    readonly points: number;
    readonly consequence: 'guard_confirmation' | 'suspension';
    readonly forHours: number;
  }[];
  /** A serious alert makes the courier's entries wait for a guard this long; null, or left out: it does not. */
  readonly seriousConfirmationHours?: number | null;
  /** Points that a visit without an alert gives back; left out: 1. */
  readonly pointsPerCleanVisit?: number;
}

/** The entry rules of a community: one document, complete, never edited in place. */
export interface EntryRules {
  /** Empty: all day, every day. */
  readonly hours: readonly Hours[];
  readonly platforms: PlatformRule;
  readonly vehicles: readonly Vehicle[];
  /** `'all'`, or the gates that riders use. */
  readonly gates: 'all' | readonly GateRule[];
  readonly authorisingStatuses: {
    readonly dropoff: readonly DeliveryStatus[];
    readonly pickup: readonly DeliveryStatus[];
  };
  readonly speedLimitKmh: number;
  readonly speedMargin: SpeedMargin;
  /** Zones that are left out have the limit of the community. */
  readonly zoneSpeedLimits: readonly ZoneSpeedLimit[];
  readonly maxDwellMinutes: number;
  readonly maxEntriesPerDelivery: number;
  readonly rescanGraceSeconds: number;
  readonly antiPassback: 'off' | 'soft' | 'hard';
  /** Riders inside at once; null: no limit. */
  readonly capacity: number | null;
  readonly guardConfirmation: GuardConfirmationRule | null;
  readonly offline: { readonly allow: boolean; readonly maxStaleMinutes: number };
  readonly speedConsequences: SpeedConsequences;
}

/** Who agreed to a version of the rules: the three sides of a community. */
export const AGREEING_SIDES = ['residents', 'manager', 'riders'] as const;
export type AgreeingSide = (typeof AGREEING_SIDES)[number];

/** Bounds of the numbers in a rule document, both ends included. */
export const RULE_LIMITS = {
  speedLimitKmh: { least: 1, most: 120 },
  accuracyFactor: { least: 0, most: 5 },
  absoluteMarginKmh: { least: 0, most: 30 },
  percentMargin: { least: 0, most: 100 },
  maxDwellMinutes: { least: 1, most: 1440 },
  maxEntriesPerDelivery: { least: 1, most: 100 },
  rescanGraceSeconds: { least: 0, most: 300 },
  capacity: { least: 1, most: 100_000 },
  maxStaleMinutes: { least: 1, most: 720 },
  conductPoints: { least: 1, most: 1000 },
  alertPoints: { least: 0, most: 100 },
  consequenceHours: { least: 1, most: 8760 },
  pointsPerCleanVisit: { least: 0, most: 100 },
} as const;

/** The defaults of every field, and the template of the kind `standard`. */
export const STANDARD_RULES: EntryRules = {
  hours: [],
  platforms: { mode: 'any', slugs: [] },
  vehicles: ['foot', 'bicycle', 'e-bike'],
  gates: 'all',
  authorisingStatuses: { dropoff: ['picked_up', 'arriving'], pickup: ['assigned', 'at_pickup'] },
  speedLimitKmh: 15,
  speedMargin: { accuracyFactor: 1, absoluteKmh: 3, percent: 10 },
  zoneSpeedLimits: [],
  maxDwellMinutes: 30,
  maxEntriesPerDelivery: 3,
  rescanGraceSeconds: 20,
  antiPassback: 'soft',
  capacity: null,
  guardConfirmation: null,
  offline: { allow: true, maxStaleMinutes: 30 },
  speedConsequences: {
    points: { notice: 0, warning: 2, serious: 6 },
    thresholds: [
      { points: 12, consequence: 'guard_confirmation', forHours: 24 },
      { points: 24, consequence: 'suspension', forHours: 72 },
    ],
    seriousConfirmationHours: 24,
    pointsPerCleanVisit: 1,
  },
};

const WORKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri'];

/**
 * What each kind of place does otherwise than `standard`. No template needs an exit reader, since a community
 * is made before its gates.
 */
const DIFFERENCES: Readonly<Record<CommunityKind, Partial<EntryRules>>> = {
  /** No wall to speak of: whatever rides on the street rides in, and going round twice is nobody's concern. */
  open: {
    vehicles: ['foot', 'bicycle', 'e-bike', 'motorcycle', 'van'],
    maxEntriesPerDelivery: 10,
    rescanGraceSeconds: 30,
    antiPassback: 'off',
    offline: { allow: true, maxStaleMinutes: 120 },
  },
  standard: {},
  /** Quiet at night; slower, shorter and fewer; a refusal reaches a gate without network within 10 minutes. */
  strict: {
    hours: [{ days: WEEKDAYS, from: '06:00', to: '23:00' }],
    speedLimitKmh: 10,
    maxDwellMinutes: 20,
    maxEntriesPerDelivery: 2,
    rescanGraceSeconds: 10,
    offline: { allow: true, maxStaleMinutes: 10 },
  },
  /** Meals on workdays, seen by the guard after eight; the lift takes its time, so the dwell is the usual one. */
  office: {
    hours: [{ days: WORKDAYS, from: '07:00', to: '22:00' }],
    speedLimitKmh: 10,
    guardConfirmation: {
      hours: [{ days: WORKDAYS, from: '20:00', to: '22:00' }],
      vehicles: [],
      conductPoints: null,
    },
  },
  /** Closed while dormitories sleep; long ways, many drop-offs, and crowds on foot between lectures. */
  campus: {
    hours: [{ days: WEEKDAYS, from: '06:00', to: '23:00' }],
    maxDwellMinutes: 45,
    maxEntriesPerDelivery: 5,
  },
  /** Wards eat at any hour, so never closed, but a guard looks at night; slow, and out of ambulances' way soon. */
  hospital: {
    speedLimitKmh: 10,
    maxDwellMinutes: 20,
    guardConfirmation: {
      hours: [{ days: WEEKDAYS, from: '22:00', to: '06:00' }],
      vehicles: [],
      conductPoints: null,
    },
  },
  /** A door nobody watches, for riders to rest: in and out at will, for two hours, also without network. */
  station: {
    speedLimitKmh: 5,
    maxDwellMinutes: 120,
    antiPassback: 'off',
    offline: { allow: true, maxStaleMinutes: 120 },
  },
};

/** The rules that a community of a kind starts with: complete, and free of what {@link checkRules} refuses. */
export function templateFor(kind: CommunityKind): EntryRules {
  return { ...STANDARD_RULES, ...DIFFERENCES[kind] };
}

/** A stored document, complete again: what was not there when it was written is as `standard` has it. */
export function completeStored(document: EntryRules): EntryRules {
  return { ...STANDARD_RULES, ...document };
}

/** A rule that makes no sense, or none here. `path` is written like `hours[0].from`. */
export interface RuleProblem {
  readonly path: string;
  readonly message: string;
}

/** What the sense of rules depends on beside themselves. */
export interface RuleSurroundings {
  /** Whether some gate of the community reads exits. */
  readonly hasExitReader: boolean;
}

/**
 * What is wrong with rules that have the right shape, all of it at once; empty when nothing is.
 * Rules that pass are safe to judge by: every time is a time, and no rule shuts everybody out by mistake.
 */
export function checkRules(rules: EntryRules, surroundings: RuleSurroundings): RuleProblem[] {
  return [
    ...checkHours('hours', rules.hours),
    ...checkPlatforms(rules.platforms),
    ...checkVehicles('vehicles', rules.vehicles),
    ...checkGates(rules.gates),
    ...checkStatuses('authorisingStatuses.dropoff', rules.authorisingStatuses.dropoff),
    ...checkStatuses('authorisingStatuses.pickup', rules.authorisingStatuses.pickup),
    ...checkNumbers(rules),
    ...checkSpeeds(rules),
    ...checkExitReader(rules, surroundings),
    ...checkConfirmation(rules.guardConfirmation),
    ...checkConsequences(rules.speedConsequences),
  ];
}

function checkHours(path: string, hours: readonly Hours[]): RuleProblem[] {
  return hours.flatMap(({ days, from, to }, index) => {
    const at = `${path}[${index}]`;
    return [
      ...problemIf(!FROM_TIME.test(from), `${at}.from`, 'must be HH:MM from 00:00 to 23:59'),
      ...problemIf(!TO_TIME.test(to), `${at}.to`, 'must be HH:MM from 00:00 to 24:00'),
      ...problemIf(
        from === to,
        `${at}.to`,
        'must differ from "from"; a whole day is 00:00 to 24:00',
      ),
      ...problemIf(days.length === 0, `${at}.days`, 'must name at least one day'),
      ...duplicates(`${at}.days`, days),
    ];
  });
}

function checkPlatforms({ mode, slugs }: PlatformRule): RuleProblem[] {
  const nobody = mode === 'only' && slugs.length === 0;
  return [
    ...problemIf(nobody, 'platforms.slugs', 'must name a platform when mode is "only"'),
    ...duplicates('platforms.slugs', slugs),
  ];
}

function checkVehicles(path: string, vehicles: readonly Vehicle[]): RuleProblem[] {
  return [
    ...problemIf(vehicles.length === 0, path, 'must name at least one vehicle'),
    ...duplicates(path, vehicles),
  ];
}

function checkGates(gates: EntryRules['gates']): RuleProblem[] {
  if (gates === 'all') return [];
  const ids = gates.map(({ gateId }) => gateId);
  return [
    ...problemIf(gates.length === 0, 'gates', 'must be "all" or name at least one gate'),
    ...duplicates('gates', ids, '.gateId'),
    ...gates.flatMap(({ vehicles }, index) =>
      vehicles === undefined ? [] : checkVehicles(`gates[${index}].vehicles`, vehicles),
    ),
  ];
}

function checkStatuses(path: string, statuses: readonly DeliveryStatus[]): RuleProblem[] {
  return [
    ...statuses.flatMap((status, index) =>
      problemIf(isTerminal(status), `${path}[${index}]`, 'an ended delivery authorises nothing'),
    ),
    ...duplicates(path, statuses),
  ];
}

function checkNumbers(rules: EntryRules): RuleProblem[] {
  return [
    ...outside('speedLimitKmh', rules.speedLimitKmh, RULE_LIMITS.speedLimitKmh),
    ...outside('maxDwellMinutes', rules.maxDwellMinutes, RULE_LIMITS.maxDwellMinutes),
    ...outside(
      'maxEntriesPerDelivery',
      rules.maxEntriesPerDelivery,
      RULE_LIMITS.maxEntriesPerDelivery,
    ),
    ...outside('rescanGraceSeconds', rules.rescanGraceSeconds, RULE_LIMITS.rescanGraceSeconds),
    ...outside('capacity', rules.capacity, RULE_LIMITS.capacity),
    ...outside(
      'offline.maxStaleMinutes',
      rules.offline.maxStaleMinutes,
      RULE_LIMITS.maxStaleMinutes,
    ),
  ];
}

function checkSpeeds({ speedMargin, zoneSpeedLimits }: EntryRules): RuleProblem[] {
  const { accuracyFactor, absoluteKmh, percent } = speedMargin;
  const zoneIds = zoneSpeedLimits.map(({ zoneId }) => zoneId);
  return [
    ...outside('speedMargin.accuracyFactor', accuracyFactor, RULE_LIMITS.accuracyFactor),
    ...outside('speedMargin.absoluteKmh', absoluteKmh, RULE_LIMITS.absoluteMarginKmh),
    ...outside('speedMargin.percent', percent, RULE_LIMITS.percentMargin),
    ...duplicates('zoneSpeedLimits', zoneIds, '.zoneId'),
    ...zoneSpeedLimits.flatMap(({ speedLimitKmh }, index) =>
      outside(`zoneSpeedLimits[${index}].speedLimitKmh`, speedLimitKmh, RULE_LIMITS.speedLimitKmh),
    ),
  ];
}

/** Without exits nobody can be known to have left. */
function checkExitReader(rules: EntryRules, { hasExitReader }: RuleSurroundings): RuleProblem[] {
  const message = 'needs a gate with an exit reader';
  return [
    ...problemIf(!hasExitReader && rules.antiPassback === 'hard', 'antiPassback', message),
    ...problemIf(!hasExitReader && rules.capacity !== null, 'capacity', message),
  ];
}

function checkConfirmation(rule: GuardConfirmationRule | null): RuleProblem[] {
  if (rule === null) return [];
  return [
    ...checkHours('guardConfirmation.hours', rule.hours),
    ...duplicates('guardConfirmation.vehicles', rule.vehicles),
    ...outside('guardConfirmation.conductPoints', rule.conductPoints, RULE_LIMITS.conductPoints),
  ];
}

function checkConsequences(rule: SpeedConsequences): RuleProblem[] {
  const { thresholds, seriousConfirmationHours = null, pointsPerCleanVisit = 1 } = rule;
  return [
    ...checkThresholds(thresholds),
    ...outside(
      'speedConsequences.seriousConfirmationHours',
      seriousConfirmationHours,
      RULE_LIMITS.consequenceHours,
    ),
    ...outside(
      'speedConsequences.pointsPerCleanVisit',
      pointsPerCleanVisit,
      RULE_LIMITS.pointsPerCleanVisit,
    ),
  ];
}

/** More points may not cost less: thresholds rise strictly. */
function checkThresholds(thresholds: SpeedConsequences['thresholds']): RuleProblem[] {
  return thresholds.flatMap(({ points }, index) => {
    const before = thresholds[index - 1];
    const falls = before !== undefined && points <= before.points;
    const path = `speedConsequences.thresholds[${index}].points`;
    return problemIf(falls, path, 'must be above the threshold before it');
  });
}

function duplicates(path: string, values: readonly string[], suffix = ''): RuleProblem[] {
  return values.flatMap((value, index) =>
    problemIf(values.indexOf(value) < index, `${path}[${index}]${suffix}`, `repeats "${value}"`),
  );
}

function outside(
  path: string,
  value: number | null,
  { least, most }: { readonly least: number; readonly most: number },
): RuleProblem[] {
  const wrong = value !== null && !(Number.isFinite(value) && least <= value && value <= most);
  return problemIf(wrong, path, `must be from ${least} to ${most}`);
}

function problemIf(wrong: boolean, path: string, message: string): RuleProblem[] {
  return wrong ? [{ path, message }] : [];
}
