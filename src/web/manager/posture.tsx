import type { PostureState } from '../../domain/community.ts';
import { Badge, type Tone } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Field, Select } from '../components/field.tsx';
import type { View } from '../view.ts';
import { when } from '../when.ts';
import { manageText } from './words.ts';

const TONES: Readonly<Record<PostureState['posture'], Tone>> = {
  normal: 'good',
  lockdown: 'bad',
  open: 'warn',
  closed: 'bad',
};

/** A posture that is in force, with its end. */
export function PostureBadge({
  view,
  state,
  now,
  timezone,
}: {
  readonly view: View;
  readonly state: PostureState;
  readonly now: number;
  readonly timezone: string;
}) {
  const t = manageText(view);
  const over = state.until !== null && state.until <= now;
  const posture = over ? 'normal' : state.posture;
  const end =
    posture === 'normal' || state.until === null
      ? ''
      : ` ${t('until')} ${when(view, state.until, timezone)}`;
  return <Badge tone={TONES[posture]}>{t(posture) + end}</Badge>;
}

/** How long a posture or a block may be set for, in hours. */
export const PERIODS = [
  ['1', 'hour1'],
  ['4', 'hour4'],
  ['12', 'hour12'],
  ['24', 'day1'],
  ['168', 'day7'],
] as const;

/** How long a courier may be blocked for, in hours. */
export const BLOCK_PERIODS = [
  ['24', 'day1'],
  ['168', 'day7'],
  ['720', 'day30'],
  ['4320', 'day180'],
] as const;

/** Sets a posture with an end and a reason. */
export function PostureForm({
  view,
  action,
  choices,
  error,
}: {
  readonly view: View;
  readonly action: string;
  readonly choices: readonly ('normal' | 'lockdown' | 'open' | 'closed')[];
  readonly error?: string | undefined;
}) {
  const t = manageText(view);
  return (
    <form class="form form-row" method="post" action={action}>
      <Select
        name="posture"
        label={t('posture')}
        options={choices.map((value) => ({ value, label: t(value) }))}
      />
      <Select
        name="hours"
        label={t('forHours')}
        options={PERIODS.map(([value, key]) => ({ value, label: t(key) }))}
      />
      <Field name="reason" label={t('reason')} maxlength={200} error={error} required />
      <Button>{t('setPosture')}</Button>
    </form>
  );
}
