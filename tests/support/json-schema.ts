/** As much of JSON Schema 2020-12 as the OpenAPI document uses: values that a schema allows, and what is wrong with one. */
import { randomUUID } from 'node:crypto';
import type { Chance } from './chance.ts';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly example?: unknown;
}

/** The keywords above: another one in the document is a keyword that this file does not check. */
export const KEYWORDS = new Set([
  '$ref',
  'type',
  'enum',
  'const',
  'anyOf',
  'oneOf',
  'allOf',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'example',
  'description',
  'default',
]);
export const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** What a reference in the document points to; undefined: nothing. @see RFC 6901 */
export function lookUp(document: unknown, ref: string): unknown {
  let found: unknown = document;
  for (const step of ref.replace(/^#\//, '').split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isObject(found)) return undefined;
    found = found[name];
  }
  return found;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Values for members that mean something: by the member's name. */
export type Known = Readonly<Record<string, () => unknown>>;

/** A value that the schema allows. */
export function sampleOf(document: unknown, schema: Schema, known: Known, chance: Chance): unknown {
  if (schema.$ref !== undefined)
    return sampleOf(document, lookUp(document, schema.$ref) as Schema, known, chance);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return chance.pick(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return sampleOf(document, chance.pick(choices), known, chance);
  const type = typeof schema.type === 'object' ? chance.pick(schema.type) : schema.type;
  switch (type) {
    case 'string':
      return sampleText(schema, chance);
    case 'integer':
    case 'number': {
      const least = schema.minimum ?? 0;
      return least + chance.below(Math.min(1_000, (schema.maximum ?? 100) - least) + 1);
    }
    case 'boolean':
      return chance.oneIn(2);
    case 'array': {
      const count = Math.max(schema.minItems ?? 0, chance.below((schema.maxItems ?? 2) + 1) % 3);
      return Array.from({ length: count }, () =>
        sampleOf(document, schema.items ?? {}, known, chance),
      );
    }
    case 'object':
      return sampleObject(document, schema, known, chance);
    default:
      return null;
  }
}

function sampleObject(document: unknown, schema: Schema, known: Known, chance: Chance): object {
  const members = Object.entries(schema.properties ?? {})
    .filter(([name]) => schema.required?.includes(name) || chance.oneIn(2))
    .map(([name, member]) => [name, known[name]?.() ?? sampleOf(document, member, known, chance)]);
  return Object.fromEntries(members);
}

function sampleText(schema: Schema, chance: Chance): string {
  if (schema.format === 'uuid') return randomUUID();
  if (schema.format === 'date-time') return new Date(chance.below(2 ** 31) * 1_000).toISOString();
  if (typeof schema.example === 'string') return schema.example;
  if (schema.pattern?.includes('[0-5]\\d')) return `0${chance.below(10)}:${10 + chance.below(50)}`;
  const least = schema.minLength ?? 1;
  return 'x'.repeat(least + chance.below(Math.min(8, (schema.maxLength ?? 8) - least + 1)));
}

/** What is wrong with a value, by path; nothing: it is as the schema says. */
export function faultsOf(document: unknown, schema: Schema, value: unknown, path = ''): string[] {
  if (schema.$ref !== undefined)
    return faultsOf(document, lookUp(document, schema.$ref) as Schema, value, path);
  const wrong = (what: string) => [`${path || 'the whole'}: ${what}`];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices?.every((choice) => faultsOf(document, choice, value, path).length > 0))
    return wrong('is none of the choices');
  if (schema.enum !== undefined && !schema.enum.includes(value)) return wrong('is not listed');
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  if (types !== undefined && !types.some((type) => isOfType(type, value)))
    return wrong(`is no ${types.join(' or ')}`);
  if (typeof value === 'string') return textFaults(schema, value).flatMap(wrong);
  if (typeof value === 'number') return numberFaults(schema, value).flatMap(wrong);
  if (Array.isArray(value)) {
    const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
    if (value.length < minItems || value.length > maxItems) return wrong('has too many or too few');
    return items === undefined
      ? []
      : value.flatMap((item, index) => faultsOf(document, items, item, `${path}[${index}]`));
  }
  return isObject(value) ? memberFaults(document, schema, value, path) : [];
}

function memberFaults(
  document: unknown,
  schema: Schema,
  value: Record<string, unknown>,
  path: string,
): string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required
    .filter((name) => !(name in value))
    .map((name) => `${path}.${name}: is missing`);
  const wrong = Object.entries(value).flatMap(([name, member]) => {
    const known = properties[name];
    if (known !== undefined) return faultsOf(document, known, member, `${path}.${name}`);
    return additionalProperties === false ? [`${path}.${name}: is not described`] : [];
  });
  return [...missing, ...wrong];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value) && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function textFaults(schema: Schema, text: string): string[] {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = schema;
  const length = [...text].length;
  if (length < minLength || length > maxLength) return ['is too long or too short'];
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) return ['is not of the form'];
  if (format === 'date-time' && Number.isNaN(Date.parse(text))) return ['is no instant'];
  return [];
}

function numberFaults({ minimum, maximum }: Schema, value: number): string[] {
  const below = minimum !== undefined && value < minimum;
  return below || (maximum !== undefined && value > maximum) ? ['is out of its bounds'] : [];
}
