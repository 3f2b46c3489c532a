/**
 * The gate's vectors as lines of tab-separated fields, for programs without a JSON parser. Bytes and texts are in
 * hex, times in milliseconds since the Unix epoch, `-` stands for nothing. Status lists are given as their bits,
 * decompressed and verified.
 */
import {
  type BundleDocument,
  identifierBytes,
  isIdentifier,
  loadBundle,
  type MemoryEvent,
  parseBundle,
} from '../../src/gate/index.ts';
import type { encodings } from './encodings.ts';
import type { Expected, GateCase } from './world.ts';

type Field = string | number | boolean | null;

/** The meaning of the fields, for the head of the file. */
const LEGEND = [
  'courier-pass vectors for gates, version 1. Made by tests/vectors/make.ts; the same as the JSON files beside it.',
  'Fields are separated by tabs. Bytes and texts in hex; times in ms since 1970; 1 true, 0 false; - nothing.',
  'identifier  prefix  number  text (in hex; number - : not an identifier)',
  'base45      bytes (- : not base45)  text',
  'bundle      name  serverTime  maxStaleMinutes  gate  community  station  forRiders  passageSensor',
  '            rescanGraceSeconds  allow  posture of the community  its end  posture of the gate  its end',
  '            list issuedAt  list expiresAt  list bits',
  'key         bundle  number  x  y',
  'open        bundle  from  to            (hours in which riders may enter)',
  'confirm     bundle  from  to            (hours in which a guard must confirm)',
  'case        name  direction  code (- : none presented; empty: an empty string)  bundle  now  synchronised  latestKnown',
  'remember    kind  pass  at  notBefore in s  usableUntil     (belongs to the case above, oldest first)',
  'expect      outcome  reason, or why it cannot judge  what the gate remembers of it',
];

export async function plainText(
  bundles: Readonly<Record<string, BundleDocument>>,
  cases: readonly GateCase[],
  { identifiers, base45 }: typeof encodings,
): Promise<string> {
  const lines: string[] = LEGEND.map((line) => `# ${line}`);
  const add = (...fields: Field[]) => lines.push(fields.map(fieldText).join('\t'));
  for (const { prefix, hex, text } of identifiers.valid)
    add('identifier', prefix, hex, hexOf(text));
  for (const { prefix, text } of identifiers.invalid) add('identifier', prefix, null, hexOf(text));
  for (const { hex, text } of base45.valid) add('base45', hex, hexOf(text));
  for (const { text } of base45.invalid) add('base45', null, hexOf(text));
  for (const [name, document] of Object.entries(bundles)) {
    for (const fields of await bundleLines(name, document)) add(...fields);
  }
  for (const each of cases) {
    const { clock } = each;
    const text = each.code === null ? null : hexOf(each.code);
    add(
      'case',
      each.name,
      each.direction,
      text,
      each.bundle,
      clock.now,
      clock.synchronised,
      clock.latestKnown,
    );
    for (const event of each.memory) add(...memoryFields(event));
    add('expect', ...expectedFields(each.expected));
  }
  return `${lines.join('\n')}\n`;
}

async function bundleLines(name: string, document: BundleDocument): Promise<Field[][]> {
  const bundle = parseBundle(JSON.stringify(document));
  const loaded = await loadBundle(bundle, { minVersion: 0, now: bundle.serverTime });
  if (loaded.kind !== 'loaded') throw new Error(`${name}: ${loaded.why}`);
  const { rules, posture } = bundle;
  const { statusList, codeKeys } = loaded.cache;
  const numbers = new Set([...codeKeys.keys()].map(String));
  const keys = bundle.jwks.keys.map((key): Record<string, unknown> => ({ ...key }));
  return [
    [
      'bundle',
      name,
      bundle.serverTime,
      bundle.maxStaleMinutes,
      idHex('gat', bundle.gate.id),
      idHex('com', rules.communityId),
      rules.kind === 'station',
      rules.forRiders,
      rules.passageSensor,
      rules.rescanGraceSeconds,
      rules.offline.allow,
      posture.community.posture,
      posture.community.until,
      posture.gate.posture,
      posture.gate.until,
      statusList.issuedAt,
      statusList.expiresAt,
      Buffer.from(statusList.bits).toString('hex'),
    ],
    ...keys
      .filter(({ kid, use, alg }) => numbers.has(String(kid)) && use === 'sig' && alg === 'ES256')
      .map(({ kid, x, y }) => ['key', name, String(kid), bytesHex(x), bytesHex(y)]),
    ...bundle.openIntervals.map(({ from, to }) => ['open', name, from, to]),
    ...rules.confirmationIntervals.map(({ from, to }) => ['confirm', name, from, to]),
  ];
}

function memoryFields(event: MemoryEvent): Field[] {
  const pass = idHex('pas', event.passId);
  const use = event.kind === 'entry' ? [event.notBefore, event.usableUntil] : [null, null];
  return ['remember', event.kind, pass, event.at, ...use];
}

function expectedFields(expected: Expected): Field[] {
  if (expected.outcome === 'cannot_judge') return [expected.outcome, expected.why, null];
  const remembers = expected.outcome === 'granted' ? expected.remembers : null;
  return [expected.outcome, expected.reason, remembers];
}

function fieldText(field: Field): string {
  if (field === null) return '-';
  return typeof field === 'boolean' ? String(Number(field)) : String(field);
}

function idHex(prefix: 'com' | 'gat' | 'pas', id: string): string {
  if (!isIdentifier(prefix, id)) throw new Error(`${id} is no ${prefix}_`);
  return Buffer.from(identifierBytes(prefix, id)).toString('hex');
}

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}

function bytesHex(base64url: unknown): string {
  return Buffer.from(String(base64url), 'base64url').toString('hex');
}
