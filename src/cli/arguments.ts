/** Reading arguments and options. What is wrong is said by commander, and ends the command with exit code 2. */
import { Argument, InvalidArgumentError } from 'commander';
import { type IdentifierPrefix, isIdentifier } from '../domain/identifier.ts';

const SLUG = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** An argument that is an identifier of one kind: nothing else becomes part of a path. */
export function identifierArgument(
  name: string,
  prefix: IdentifierPrefix,
  description: string,
): Argument {
  return new Argument(`<${name}>`, `${description}, ${prefix}_…`).argParser((text: string) => {
    if (isIdentifier(prefix, text)) return text;
    throw new InvalidArgumentError(`Give an identifier such as ${prefix}_0123456789abc.`);
  });
}

export const COMMUNITY = identifierArgument('community', 'com', 'the community');
export const GATE = identifierArgument('gate', 'gat', 'the gate');
export const COURIER = identifierArgument('courier', 'cou', 'the courier');

/** @throws InvalidArgumentError */
export function slug(text: string): string {
  if (SLUG.test(text)) return text;
  throw new InvalidArgumentError('Give 1–64 of a–z, 0–9, dot, underscore and hyphen.');
}

/** @throws InvalidArgumentError */
export function wholeNumber(text: string): string {
  if (/^[1-9]\d{0,8}$/.test(text)) return text;
  throw new InvalidArgumentError('Give a whole number from 1 up.');
}

/** Several of a closed list, with commas between: `in,out`. */
export function listOfChoices(choices: readonly string[]): (text: string) => string[] {
  return (text) => {
    const chosen = text.split(',').map((part) => part.trim());
    if (chosen.every((choice) => choices.includes(choice))) return [...new Set(chosen)];
    throw new InvalidArgumentError(
      `Give one or more of ${choices.join(', ')}, with commas between.`,
    );
  };
}

/** One more value of an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
