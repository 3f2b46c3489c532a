import { VEHICLES } from '../../domain/delivery.ts';
import { AGREEING_SIDES, RULE_LIMITS, WEEKDAYS } from '../../domain/entry-rules.ts';
import type { GateRecord } from '../../store/store.ts';
import { Card } from '../components/card.tsx';
import { CheckBox, Field, Select } from '../components/field.tsx';
import type { RulesText } from './rules-words.ts';

export type Members = Readonly<Record<string, string>>;

interface Part {
  readonly members: Members;
  readonly gates: readonly GateRecord[];
  readonly hoursLines: { readonly hours: number; readonly confirmHours: number };
  readonly t: RulesText;
}

/** Every field of the rules, in the order in which a caretaker thinks of them. */
export function RuleFields(part: Part) {
  return (
    <div class="rules-fields">
      <When {...part} />
      <Who {...part} />
      <Inside {...part} />
      <Confirm {...part} />
      <Offline {...part} />
      <Points {...part} />
      <Agreement {...part} />
    </div>
  );
}

function HoursFields({
  name,
  lines,
  members,
  t,
}: {
  readonly name: string;
  readonly lines: number;
  readonly members: Members;
  readonly t: RulesText;
}) {
  return (
    <>
      {Array.from({ length: lines }, (_, index) => {
        const at = `${name}.${index}`;
        const isNew = (members[`${at}.from`] ?? '') === '';
        return (
          <fieldset class="hours">
            <legend class="legend">{t('line', { number: index + 1 })}</legend>
            <div class="days">
              {WEEKDAYS.map((day) => (
                <label class="day">
                  <input
                    type="checkbox"
                    name={`${at}.${day}`}
                    checked={isNew || members[`${at}.${day}`] !== undefined}
                  />
                  <span>{t(day)}</span>
                </label>
              ))}
            </div>
            <div class="form-row">
              <Field
                name={`${at}.from`}
                label={t('from')}
                value={members[`${at}.from`] ?? ''}
                placeholder="06:00"
                inputmode="numeric"
                pattern="([01]\d|2[0-3]):[0-5]\d"
                maxlength={5}
              />
              <Field
                name={`${at}.to`}
                label={t('to')}
                value={members[`${at}.to`] ?? ''}
                placeholder="23:00"
                inputmode="numeric"
                pattern="(([01]\d|2[0-3]):[0-5]\d)|24:00"
                maxlength={5}
              />
            </div>
          </fieldset>
        );
      })}
    </>
  );
}

function When({ members, hoursLines, t }: Part) {
  return (
    <Card title={t('whenTitle')}>
      <p class="aside">{t('whenLead')}</p>
      <HoursFields name="hours" lines={hoursLines.hours} members={members} t={t} />
    </Card>
  );
}

function Vehicles({
  prefix,
  legend,
  members,
  t,
}: {
  readonly prefix: string;
  readonly legend: string;
  readonly members: Members;
  readonly t: RulesText;
}) {
  return (
    <fieldset class="choices">
      <legend class="legend">{legend}</legend>
      {VEHICLES.map((vehicle) => (
        <CheckBox
          name={`${prefix}.${vehicle}`}
          label={t(vehicle)}
          checked={members[`${prefix}.${vehicle}`] !== undefined}
        />
      ))}
    </fieldset>
  );
}

function Who({ members, gates, t }: Part) {
  const isSome = members['gates'] === 'some';
  return (
    <Card title={t('whoTitle')}>
      <div class="form-row">
        <Select
          name="platformMode"
          label={t('platforms')}
          value={members['platformMode'] ?? 'any'}
          options={(['any', 'only', 'except'] as const).map((value) => ({
            value,
            label: t(value),
          }))}
        />
        <Field
          name="platforms"
          label={t('platformNames')}
          value={members['platforms'] ?? ''}
          maxlength={2_000}
        />
      </div>
      <Vehicles prefix="vehicle" legend={t('vehicles')} members={members} t={t} />
      <fieldset class="choices">
        <legend class="legend">{t('gates')}</legend>
        <label class="check">
          <input type="radio" name="gates" value="all" checked={!isSome} />
          <span>{t('allGates')}</span>
        </label>
        <label class="check">
          <input type="radio" name="gates" value="some" checked={isSome} />
          <span>{t('someGates')}</span>
        </label>
        {gates.map(({ id, name }) => (
          <CheckBox
            name={`gate.${id}`}
            label={name}
            checked={members[`gate.${id}`] !== undefined}
          />
        ))}
      </fieldset>
    </Card>
  );
}

function NumberField({
  name,
  label,
  hint,
  limits,
  members,
  optional,
}: {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly limits: { readonly least: number; readonly most: number };
  readonly members: Members;
  readonly optional?: 'optional';
}) {
  return (
    <Field
      name={name}
      label={label}
      hint={hint}
      type="number"
      min={limits.least}
      max={limits.most}
      value={members[name] ?? ''}
      required={optional === undefined}
    />
  );
}

function Inside({ members, t }: Part) {
  return (
    <Card title={t('insideTitle')}>
      <div class="form-row">
        <NumberField
          name="speedLimitKmh"
          label={t('speed')}
          limits={RULE_LIMITS.speedLimitKmh}
          members={members}
        />
        <NumberField
          name="maxDwellMinutes"
          label={t('dwell')}
          hint={t('dwellHint')}
          limits={RULE_LIMITS.maxDwellMinutes}
          members={members}
        />
        <NumberField
          name="maxEntriesPerDelivery"
          label={t('entries')}
          limits={RULE_LIMITS.maxEntriesPerDelivery}
          members={members}
        />
        <NumberField
          name="rescanGraceSeconds"
          label={t('grace')}
          limits={RULE_LIMITS.rescanGraceSeconds}
          members={members}
        />
        <Select
          name="antiPassback"
          label={t('antiPassback')}
          value={members['antiPassback'] ?? 'soft'}
          options={(['off', 'soft', 'hard'] as const).map((value) => ({ value, label: t(value) }))}
        />
        <NumberField
          name="capacity"
          label={t('capacity')}
          hint={t('capacityHint')}
          limits={RULE_LIMITS.capacity}
          members={members}
          optional="optional"
        />
      </div>
    </Card>
  );
}

function Confirm({ members, hoursLines, t }: Part) {
  return (
    <Card title={t('confirmTitle')}>
      <CheckBox name="confirm" label={t('confirm')} checked={members['confirm'] !== undefined} />
      <details open={members['confirm'] !== undefined}>
        <summary>{t('confirmHours')}</summary>
        <HoursFields name="confirmHours" lines={hoursLines.confirmHours} members={members} t={t} />
        <Vehicles prefix="confirmVehicle" legend={t('confirmVehicles')} members={members} t={t} />
        <NumberField
          name="confirmPoints"
          label={t('confirmPoints')}
          limits={RULE_LIMITS.conductPoints}
          members={members}
          optional="optional"
        />
      </details>
    </Card>
  );
}

function Offline({ members, t }: Part) {
  return (
    <Card title={t('offlineTitle')}>
      <div class="form-row">
        <CheckBox name="offline" label={t('offline')} checked={members['offline'] !== undefined} />
        <NumberField
          name="maxStaleMinutes"
          label={t('stale')}
          limits={RULE_LIMITS.maxStaleMinutes}
          members={members}
        />
      </div>
    </Card>
  );
}

const THRESHOLDS = [0, 1, 2] as const;

function Points({ members, t }: Part) {
  return (
    <Card title={t('pointsTitle')}>
      <p class="aside">{t('pointsLead')}</p>
      <div class="form-row">
        <NumberField
          name="pointsNotice"
          label={t('notice')}
          limits={RULE_LIMITS.alertPoints}
          members={members}
        />
        <NumberField
          name="pointsWarning"
          label={t('warning')}
          limits={RULE_LIMITS.alertPoints}
          members={members}
        />
        <NumberField
          name="pointsSerious"
          label={t('serious')}
          limits={RULE_LIMITS.alertPoints}
          members={members}
        />
      </div>
      {THRESHOLDS.map((index) => (
        <div class="form-row">
          <NumberField
            name={`threshold.${index}.points`}
            label={t('threshold')}
            limits={RULE_LIMITS.conductPoints}
            members={members}
            optional="optional"
          />
          <Select
            name={`threshold.${index}.consequence`}
            label={t('consequence')}
            value={members[`threshold.${index}.consequence`] ?? 'guard_confirmation'}
            options={(['guard_confirmation', 'suspension'] as const).map((value) => ({
              value,
              label: t(value),
            }))}
          />
          <NumberField
            name={`threshold.${index}.forHours`}
            label={t('forHours')}
            limits={RULE_LIMITS.consequenceHours}
            members={members}
            optional="optional"
          />
        </div>
      ))}
    </Card>
  );
}

function Agreement({ members, t }: Part) {
  return (
    <Card title={t('agreed')}>
      <fieldset class="choices">
        <legend class="unseen">{t('agreed')}</legend>
        {AGREEING_SIDES.map((side) => (
          <CheckBox
            name={`agreed.${side}`}
            label={t(side)}
            checked={members[`agreed.${side}`] !== undefined}
          />
        ))}
      </fieldset>
      <div class="form-row">
        <Field
          name="reason"
          label={t('why')}
          hint={t('whyHint')}
          value={members['reason'] ?? ''}
          maxlength={200}
        />
        <Field
          name="effectiveFrom"
          label={t('effective')}
          hint={t('effectiveHint')}
          type="datetime-local"
          value={members['effectiveFrom'] ?? ''}
        />
      </div>
    </Card>
  );
}
