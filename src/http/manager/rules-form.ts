/** The rules as a form: members by name, and back. */
import { VEHICLES } from '../../domain/delivery.ts';
import {
  AGREEING_SIDES,
  type AgreeingSide,
  type EntryRules,
  type GateRule,
  type Hours,
  WEEKDAYS,
} from '../../domain/entry-rules.ts';
import type { GateRecord } from '../../store/store.ts';
import type { FormMembers } from '../page.tsx';
import { formatPath, type InputError } from '../problem.ts';
import { completeRules, rulesSchema } from '../schemas/rules.ts';
import { isTicked } from './form-values.ts';

/** Lines of hours in a form: those there are, and one more to fill in. */
const MOST_HOURS = 12;

/** Rules as the members of a form. */
export function membersOf(rules: EntryRules): Record<string, string> {
  const members: Record<string, string> = {
    platformMode: rules.platforms.mode,
    platforms: rules.platforms.slugs.join(', '),
    gates: rules.gates === 'all' ? 'all' : 'some',
    speedLimitKmh: String(rules.speedLimitKmh),
    maxDwellMinutes: String(rules.maxDwellMinutes),
    maxEntriesPerDelivery: String(rules.maxEntriesPerDelivery),
    rescanGraceSeconds: String(rules.rescanGraceSeconds),
    antiPassback: rules.antiPassback,
    capacity: rules.capacity === null ? '' : String(rules.capacity),
    maxStaleMinutes: String(rules.offline.maxStaleMinutes),
    pointsNotice: String(rules.speedConsequences.points.notice),
    pointsWarning: String(rules.speedConsequences.points.warning),
    pointsSerious: String(rules.speedConsequences.points.serious),
  };
  const tick = (name: string) => {
    members[name] = 'on';
  };
  for (const vehicle of rules.vehicles) tick(`vehicle.${vehicle}`);
  if (rules.gates !== 'all') for (const { gateId } of rules.gates) tick(`gate.${gateId}`);
  if (rules.offline.allow) tick('offline');
  Object.assign(members, hoursMembers('hours', rules.hours));
  const confirmation = rules.guardConfirmation;
  if (confirmation !== null) {
    tick('confirm');
    Object.assign(members, hoursMembers('confirmHours', confirmation.hours));
    for (const vehicle of confirmation.vehicles) tick(`confirmVehicle.${vehicle}`);
    members['confirmPoints'] =
      confirmation.conductPoints === null ? '' : String(confirmation.conductPoints);
  }
  for (const [index, threshold] of rules.speedConsequences.thresholds.entries()) {
    members[`threshold.${index}.points`] = String(threshold.points);
    members[`threshold.${index}.consequence`] = threshold.consequence;
    members[`threshold.${index}.forHours`] = String(threshold.forHours);
  }
  return members;
}

function hoursMembers(name: string, hours: readonly Hours[]): Record<string, string> {
  const members: Record<string, string> = {};
  for (const [index, { days, from, to }] of hours.entries()) {
    for (const day of days) members[`${name}.${index}.${day}`] = 'on';
    members[`${name}.${index}.from`] = from;
    members[`${name}.${index}.to`] = to;
  }
  return members;
}

/** Lines of hours that a form shows: those filled in, and an empty one. */
export function hoursLines(members: FormMembers, name: string): number {
  return Math.min(filledLines(members, name).length + 1, MOST_HOURS);
}

function filledLines(members: FormMembers, name: string): number[] {
  return Array.from({ length: MOST_HOURS }, (_, index) => index).filter(
    (index) =>
      (members[`${name}.${index}.from`] ?? '') !== '' ||
      (members[`${name}.${index}.to`] ?? '') !== '',
  );
}

/** A form that was read: complete rules, or what is wrong with it. */
export type ReadRules =
  | { readonly kind: 'rules'; readonly rules: EntryRules }
  | { readonly kind: 'errors'; readonly errors: readonly InputError[] };

/** Reads the members of a form. What the form does not show is as in `base`. */
export function readRules(
  members: FormMembers,
  base: EntryRules,
  gates: readonly GateRecord[],
): ReadRules {
  const document = {
    hours: readHours(members, 'hours'),
    platforms: {
      mode: members['platformMode'],
      slugs: (members['platforms'] ?? '').split(/[\s,，、]+/u).filter((slug) => slug !== ''),
    },
    vehicles: ticked(members, 'vehicle', VEHICLES),
    gates: readGates(members, base, gates),
    authorisingStatuses: base.authorisingStatuses,
    speedLimitKmh: number(members['speedLimitKmh']),
    maxDwellMinutes: number(members['maxDwellMinutes']),
    maxEntriesPerDelivery: number(members['maxEntriesPerDelivery']),
    rescanGraceSeconds: number(members['rescanGraceSeconds']),
    antiPassback: members['antiPassback'],
    capacity: optionalNumber(members['capacity']),
    guardConfirmation: isTicked(members, 'confirm')
      ? {
          hours: readHours(members, 'confirmHours'),
          vehicles: ticked(members, 'confirmVehicle', VEHICLES),
          conductPoints: optionalNumber(members['confirmPoints']),
        }
      : null,
    offline: {
      allow: isTicked(members, 'offline'),
      maxStaleMinutes: number(members['maxStaleMinutes']),
    },
    speedConsequences: {
      points: {
        notice: number(members['pointsNotice']),
        warning: number(members['pointsWarning']),
        serious: number(members['pointsSerious']),
      },
      thresholds: readThresholds(members),
    },
  };
  const parsed = rulesSchema.safeParse(document);
  if (parsed.success) return { kind: 'rules', rules: completeRules(parsed.data, base) };
  const errors = parsed.error.issues.map(({ path, message }) => ({
    path: formatPath(path),
    message,
  }));
  return { kind: 'errors', errors };
}

/** Vehicles that a gate names for itself stay as they are: the form has only which gates. */
function readGates(
  members: FormMembers,
  base: EntryRules,
  gates: readonly GateRecord[],
): 'all' | GateRule[] {
  if (members['gates'] !== 'some') return 'all';
  const before = base.gates === 'all' ? [] : base.gates;
  return gates
    .filter(({ id }) => isTicked(members, `gate.${id}`))
    .map(({ id }) => before.find(({ gateId }) => gateId === id) ?? { gateId: id });
}

function readHours(members: FormMembers, name: string) {
  return filledLines(members, name).map((index) => ({
    days: ticked(members, `${name}.${index}`, WEEKDAYS),
    from: members[`${name}.${index}.from`] ?? '',
    to: members[`${name}.${index}.to`] ?? '',
  }));
}

function readThresholds(members: FormMembers) {
  return [0, 1, 2, 3]
    .filter((index) => (members[`threshold.${index}.points`] ?? '') !== '')
    .map((index) => ({
      points: number(members[`threshold.${index}.points`]),
      consequence: members[`threshold.${index}.consequence`],
      forHours: number(members[`threshold.${index}.forHours`]),
    }));
}

function ticked<Name extends string>(
  members: FormMembers,
  prefix: string,
  names: readonly Name[],
): Name[] {
  return names.filter((name) => isTicked(members, `${prefix}.${name}`));
}

/** What is no number is NaN, which the schema refuses in words. */
function number(text: string | undefined): number {
  return text === undefined || text.trim() === '' ? Number.NaN : Number(text);
}

function optionalNumber(text: string | undefined): number | null {
  return text === undefined || text.trim() === '' ? null : Number(text);
}

/** Who agreed. */
export function readAgreed(members: FormMembers): AgreeingSide[] {
  return ticked(members, 'agreed', AGREEING_SIDES);
}
