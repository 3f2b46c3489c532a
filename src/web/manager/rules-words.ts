/** Rules in words: one line a field, so that two versions stand beside each other. */
import { entryGuide } from '../../domain/entry-guide.ts';
import type { EntryRules, Hours } from '../../domain/entry-rules.ts';
import { WEEKDAYS } from '../../domain/entry-rules.ts';
import type { GateRecord } from '../../store/store.ts';
import type { Language } from '../language.ts';
import { RULE_PROBLEMS, rulesText } from '../messages/rules.ts';
import { type Translate, translator } from '../translate.ts';
import type { View } from '../view.ts';

export type RulesText = Translate<typeof rulesText>;

export function rulesTextOf(view: View): RulesText {
  return translator(rulesText, view.language);
}

const FIELDS = [
  'hours',
  'platforms',
  'vehicles',
  'gates',
  'speedLimitKmh',
  'maxDwellMinutes',
  'maxEntriesPerDelivery',
  'rescanGraceSeconds',
  'antiPassback',
  'capacity',
  'guardConfirmation',
  'offline',
  'speedConsequences',
] as const;
export type RuleField = (typeof FIELDS)[number];

export interface RuleLine {
  readonly field: RuleField;
  readonly label: string;
  readonly value: string;
}

/** A whole document in words. */
export function ruleLines(
  t: RulesText,
  rules: EntryRules,
  gates: readonly GateRecord[],
): readonly RuleLine[] {
  return FIELDS.map((field) => ({
    field,
    label: t(`field_${field}`),
    value: VALUES[field](t, rules, gates),
  }));
}

/** Fields whose words differ, as they are and as they would be. */
export function ruleChanges(
  t: RulesText,
  before: EntryRules,
  after: EntryRules,
  gates: readonly GateRecord[],
): readonly (RuleLine & { readonly was: string })[] {
  const old = ruleLines(t, before, gates);
  return ruleLines(t, after, gates).flatMap((line, index) => {
    const was = old[index]?.value ?? '';
    return was === line.value ? [] : [{ ...line, was }];
  });
}

type Words = (t: RulesText, rules: EntryRules, gates: readonly GateRecord[]) => string;

const VALUES: Readonly<Record<RuleField, Words>> = {
  hours: (t, { hours }) => (hours.length === 0 ? t('allDay') : hoursText(t, hours)),
  platforms: (t, { platforms: { mode, slugs } }) =>
    mode === 'any' ? t('any') : `${t(mode)}: ${slugs.join(', ')}`,
  vehicles: (t, { vehicles }) => vehicles.map((vehicle) => t(vehicle)).join(' · '),
  gates: (t, { gates: used }, gates) =>
    used === 'all'
      ? t('allGates')
      : used.map(({ gateId }) => gates.find(({ id }) => id === gateId)?.name ?? gateId).join(' · '),
  speedLimitKmh: (_, { speedLimitKmh }) => `${speedLimitKmh} km/h`,
  maxDwellMinutes: (_, { maxDwellMinutes }) => `${maxDwellMinutes} min`,
  maxEntriesPerDelivery: (_, { maxEntriesPerDelivery }) => String(maxEntriesPerDelivery),
  rescanGraceSeconds: (_, { rescanGraceSeconds }) => `${rescanGraceSeconds} s`,
  antiPassback: (t, { antiPassback }) => t(antiPassback),
  capacity: (t, { capacity }) => (capacity === null ? t('noLimit') : String(capacity)),
  guardConfirmation: (t, { guardConfirmation: rule }) => {
    if (rule === null) return t('never');
    const parts = [
      ...(rule.hours.length === 0 ? [] : [hoursText(t, rule.hours)]),
      ...rule.vehicles.map((vehicle) => t(vehicle)),
      ...(rule.conductPoints === null ? [] : [`${t('confirmPoints')} ${rule.conductPoints}`]),
    ];
    return parts.join(' · ') || t('never');
  },
  offline: (t, { offline }) =>
    offline.allow ? `${t('offline')} · ≤ ${offline.maxStaleMinutes} min` : t('never'),
  speedConsequences: (t, { speedConsequences: { points, thresholds } }) =>
    [
      `${t('notice')} ${points.notice} / ${t('warning')} ${points.warning} / ${t('serious')} ${points.serious}`,
      ...thresholds.map(
        ({ points: from, consequence, forHours }) =>
          `${t('fromPoints', { points: from })}: ${t(consequence)} ${forHours} h`,
      ),
    ].join(' · '),
};

function hoursText(t: RulesText, hours: readonly Hours[]): string {
  return hours
    .map(({ days, from, to }) => {
      const named = days.length === WEEKDAYS.length ? '' : `${days.map((day) => t(day)).join('')} `;
      return `${named}${from}–${to}`;
    })
    .join(' · ');
}

/** What is wrong with a rule, in the reader's language: the domain says it in English. */
export function problemText(language: Language, message: string): string {
  if (language === 'en') return message;
  for (const [pattern, text] of RULE_PROBLEMS) {
    const found = pattern.exec(message);
    if (found === null) continue;
    return text.replaceAll(/\$(\d)/g, (_, group: string) => found[Number(group)] ?? '');
  }
  return message;
}

/** What riders would read. */
export function guideOf(
  view: View,
  rules: EntryRules,
  community: Parameters<typeof entryGuide>[1],
  gates: readonly GateRecord[],
): readonly { readonly title: string; readonly lines: readonly string[] }[] {
  return entryGuide(rules, community, gates).map(({ title, lines }) => ({
    title: title[view.language],
    lines: lines.map((line) => line[view.language]),
  }));
}
