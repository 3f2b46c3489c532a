import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { isObject, type JsonObject, memberOf, parseJson } from './json.ts';

export interface RulesFile {
  readonly rules: JsonObject;
  /** The version on which the rules were based; null where the file does not say. */
  readonly basedOn: number | null;
}

/**
 * Reads rules from a file: the document alone, or a whole version as `rules show --json` writes it, which says
 * what it was based on.
 * @param file `-` is standard input
 * @throws UsageError
 */
export async function readRulesFile(file: string, { read }: Io): Promise<RulesFile> {
  const name = file === '-' ? 'Standard input' : file;
  const text = await read(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${name} cannot be read (${error.code ?? error.message}).`);
  });
  const document = parseJson(text.replace(/^\ufeff/, ''));
  if (!isObject(document)) throw new UsageError(`${name} does not hold a JSON object.`);
  // A rule document has no member of this name: only a version has.
  const rules = memberOf(document, 'rules');
  if (!isObject(rules)) return { rules: document, basedOn: null };
  const version = memberOf(document, 'version');
  return { rules, basedOn: typeof version === 'number' ? version : null };
}
