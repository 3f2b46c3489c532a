import type { Bilingual } from '../domain/reason.ts';
import type { Language } from './language.ts';

/** Sentences by key, in both languages. What stands in braces is filled in: `{minutes}`. */
export type Catalogue = Readonly<Record<string, Bilingual>>;

/** Declares a catalogue, keeping its sentences as types so that a missing value is a compile error. */
export function catalogue<const Sentences extends Catalogue>(sentences: Sentences): Sentences {
  return sentences;
}

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;
type Values<Text extends string> = Readonly<Record<Names<Text>, string | number>>;

/** Says a sentence of the catalogue in one language, with the values that it names. */
export type Translate<Sentences extends Catalogue> = <Key extends keyof Sentences & string>(
  key: Key,
  ...values: [Names<Sentences[Key]['zh']>] extends [never] ? [] : [Values<Sentences[Key]['zh']>]
) => string;

/** A function that says sentences of a catalogue in one language. */
export function translator<Sentences extends Catalogue>(
  sentences: Sentences,
  language: Language,
): Translate<Sentences> {
  return (key, ...[values]) => {
    const text = sentences[key]?.[language] ?? key;
    if (values === undefined) return text;
    const given: Readonly<Record<string, string | number>> = values;
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
  };
}
