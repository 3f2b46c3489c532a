import type { SignInName } from './sign-in-name.ts';

/** Length of a password, in characters: long rather than varied. @see NIST SP 800-63B §3.1.1 */
export const PASSWORD_CHARACTERS = { least: 10, most: 128 } as const;
const LEAST_DIFFERENT = 5;

export type PasswordFault = 'too_short' | 'too_long' | 'too_simple' | 'holds_name';

/** What is wrong with a new password; null: nothing. */
export function passwordFault(password: string, signInName: SignInName): PasswordFault | null {
  const characters = [...password];
  if (characters.length < PASSWORD_CHARACTERS.least) return 'too_short';
  if (password.length > PASSWORD_CHARACTERS.most) return 'too_long';
  const lower = password.toLowerCase();
  if (new Set([...lower]).size < LEAST_DIFFERENT || isRun(characters)) return 'too_simple';
  const local = signInName.includes('@') ? signInName.replace(/@.*/, '') : signInName.slice(-8);
  if (local.length >= 4 && lower.includes(local)) return 'holds_name';
  return null;
}

/** Between 9 and 0. */
const DIGITS_ROUND = 9;

/** Whether each character follows the one before, as in `1234567890` or `abcdefghij`. */
function isRun(characters: readonly string[]): boolean {
  return characters.every((character, index) => {
    const before = characters[index - 1]?.codePointAt(0);
    if (before === undefined) return true;
    const step = Math.abs((character.codePointAt(0) ?? 0) - before);
    return step === 1 || (step === DIGITS_ROUND && /\d/.test(character));
  });
}
