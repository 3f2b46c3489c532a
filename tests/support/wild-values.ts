/** Values, texts and bytes that no honest client sends. */
import type { Chance } from './chance.ts';
import { isObject } from './json-schema.ts';

const LONG = 'x'.repeat(5_000);

/** JSON texts of values; some of them no JavaScript value would be written as. */
const WILD_JSON: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '-0',
  '1e400',
  '-1e308',
  '9007199254740993',
  '123456789012345678901234567890',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u202egnirts"',
  '"مرحبا"',
  '"👨‍👩‍👧‍👦"',
  '"\\n\\r\\t"',
  '"\\u2028"',
  `"${LONG}"`,
  `"${'门'.repeat(300)}"`,
  '"2026-13-45T99:99:99Z"',
  '"0000-01-01T00:00:00Z"',
  '"9999-12-31T23:59:59.999+23:59"',
  '"+275760-09-13T00:00:00Z"',
  '"2026-11-21T04:03:10.123456789012345678901234567890Z"',
  '"com_0123456789abc"',
  '"gat_8zzzzzzzzzzzz"',
  '"\' OR 1=1; --"',
  '"%s%n$(id)`id`{{7*7}}"',
  '"<script>alert(1)</script>"',
  '"__proto__"',
  '[]',
  '{}',
  '[null]',
  '[[[[[[[[[[]]]]]]]]]]',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":1,"valueOf":2,"length":-1,"then":1,"toJSON":3}',
  `[${'0,'.repeat(2_000)}0]`,
];

/** Whole bodies that are no JSON object of use. */
const WILD_BODIES: readonly (string | Uint8Array)[] = [
  '',
  ' ',
  '{',
  '}',
  '{"a":1,}',
  "{'a':1}",
  '{"a":1}{"a":2}',
  '{"a":\u0000}',
  'undefined',
  'NaN',
  '"text"',
  '[]',
  'null',
  '7',
  '\ufeff{}',
  '['.repeat(30_000),
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  'a=1&b=2',
  '<xml/>',
  Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d),
  Uint8Array.of(0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d),
  Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d),
  Uint8Array.of(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00),
  new Uint8Array(4_096),
];

const CONTENT_TYPES: readonly (string | null)[] = [
  null,
  'text/plain',
  'application/xml',
  'application/json; charset=latin1',
  'application/json; charset=utf-16',
  'application/jsonp',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/json, text/plain',
  ';;;',
  'application/json;'.repeat(50),
];

/** Path segments and query values, percent-encoded as they are sent. None leads to another route. */
const WILD_TEXT: readonly string[] = [
  '%00',
  '%',
  '%zz',
  '%ff%fe',
  '%ed%a0%80',
  '%e9%97%a8',
  '..%2f..%2fetc%2fpasswd',
  '%0d%0aset-cookie:%20a=b',
  '__proto__',
  'constructor',
  'com_0123456789abc',
  'gat_8zzzzzzzzzzzz',
  'COM_0123456789ABC',
  "'%20OR%201=1",
  '*',
  ':id',
  '-1',
  '1e9',
  '999999999999',
  'null',
  '%F0%9F%9A%AA',
  'x'.repeat(3_000),
];

const WILD_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'x-request-id': 'x'.repeat(65) },
  { 'x-request-id': 'a b' },
  { 'x-request-id': '"><script>' },
  { 'x-request-id': 'é' },
  { 'if-match': '"1"' },
  { 'if-match': 'W/"1", *, "x"' },
  { 'if-match': '"'.repeat(3_000) },
  { 'if-none-match': '*' },
  { cookie: 'cp_session' },
  { cookie: 'cp_session=%; __proto__=1; cp_session=2' },
  { cookie: ';'.repeat(3_000) },
  { accept: 'nothing/at-all' },
  { 'accept-encoding': 'x' },
  { range: 'bytes=0-0,9-1' },
  { origin: 'null', 'sec-fetch-site': 'cross-site' },
  { 'x-forwarded-for': '1.2.3.4, ::1, rubbish' },
  { 'x-http-method-override': 'DELETE' },
  { 'content-encoding': 'gzip' },
  { 'last-event-id': '-1' },
  { 'webhook-id': 'x'.repeat(300), 'webhook-timestamp': '-1', 'webhook-signature': 'v1,' },
  { expect: 'the unexpected' },
  { upgrade: 'websocket', connection: 'upgrade' },
  { 'x-long': 'x'.repeat(9_000) },
];

export const wildJson = (chance: Chance) => chance.pick(WILD_JSON);
export const wildBody = (chance: Chance) => chance.pick(WILD_BODIES);
export const wildContentType = (chance: Chance) => chance.pick(CONTENT_TYPES);
export const wildText = (chance: Chance) => chance.pick(WILD_TEXT);
export const wildHeaders = (chance: Chance) => chance.pick(WILD_HEADERS);

/** A JSON text of a value with something in it changed: replaced, left out, added, twice there, or wrapped. */
export function wildVariant(value: unknown, chance: Chance): string {
  const places = placesIn(value);
  const target = chance.pick(places);
  const how = chance.below(8);
  return write(value, (path, text) => {
    if (path !== target) return text;
    if (how === 0 && path !== '') return undefined;
    if (how === 1) return `[${text}]`;
    if (how === 2) return `{"value":${text}}`;
    if (how === 3 && text.startsWith('{')) return twice(text, chance);
    if (how === 4 && text.startsWith('{')) return text.replace('{', added(text, chance));
    return wildJson(chance);
  });
}

/** The same object with a member that it has already, again with another value. */
function twice(text: string, chance: Chance): string {
  const name = /^\{("[^"]*")/.exec(text)?.[1];
  return name === undefined ? text : `${text.slice(0, -1)},${name}:${wildJson(chance)}}`;
}

function added(text: string, chance: Chance): string {
  const name = chance.pick(['__proto__', 'constructor', 'unknown', '', '\\u0000', 'x'.repeat(500)]);
  return `{"${name}":${wildJson(chance)}${text === '{}' ? '' : ','}`;
}

function placesIn(value: unknown, path = ''): string[] {
  if (!isObject(value)) return [path];
  const inside = Object.entries(value).flatMap(([name, member]) =>
    placesIn(member, `${path}/${name}`),
  );
  return [path, ...inside];
}

/** @param change gives a part's text, or undefined to leave it out */
function write(
  value: unknown,
  change: (path: string, text: string) => string | undefined,
  path = '',
): string {
  if (!isObject(value)) return change(path, JSON.stringify(value) ?? 'null') ?? 'null';
  const parts = Object.entries(value).flatMap(([name, member]) => {
    const text = written(member, `${path}/${name}`);
    if (text === undefined) return [];
    return Array.isArray(value) ? [text] : [`${JSON.stringify(name)}:${text}`];
  });
  const text = Array.isArray(value) ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
  return path === '' ? (change('', text) ?? '') : text;

  function written(member: unknown, at: string): string | undefined {
    if (!isObject(member)) return change(at, JSON.stringify(member) ?? 'null');
    return change(at, write(member, change, at));
  }
}
