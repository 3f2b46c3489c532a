/** What the members of forms mean. */
import { BLOCK_PERIODS, PERIODS } from '../../web/manager/posture.tsx';
import type { ManageText } from '../../web/manager/words.ts';
import { printable } from '../schemas/values.ts';

/** What is wrong with a line of text, in words; undefined: nothing. */
export function lineFault(t: ManageText, text: string, most: number): string | undefined {
  if (text === '') return t('required');
  return printable(1, most).test(text) ? undefined : t('tooLong', { most });
}

/** One of a closed list; null: another. */
export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  text: string | undefined,
): Choice | null {
  return choices.find((choice) => choice === text) ?? null;
}

/** A length of time that forms offer for postures, in hours; null: none of them. */
export function periodOf(text: string | undefined): number | null {
  return PERIODS.some(([hours]) => hours === text) ? Number(text) : null;
}

/** The same for blocks. */
export function blockPeriodOf(text: string | undefined): number | null {
  return BLOCK_PERIODS.some(([hours]) => hours === text) ? Number(text) : null;
}

/** Whether a box is ticked. */
export function isTicked(members: Readonly<Record<string, string>>, name: string): boolean {
  return members[name] !== undefined;
}
