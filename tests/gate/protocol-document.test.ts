/** docs/gate-protocol.md and its annex against the functions that it describes: no example is only written down. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_OPEN_MS,
  JUDGING_BUDGET_MS,
  MAX_SCAN_TO_OPEN_MS,
} from '../../gate-simulator/src/firmware/lane.ts';
import { readConfig } from '../../src/config.ts';
import type { DecisionRecord } from '../../src/domain/decision-record.ts';
import { RULE_LIMITS } from '../../src/domain/entry-rules.ts';
import { PASSBACK_MS } from '../../src/domain/entry-steps.ts';
import { DENIED_REASONS, type Reason } from '../../src/domain/reason.ts';
import { MAX_STATUS_LIST_ENTRIES } from '../../src/domain/status-list.ts';
import {
  type BundleDocument,
  CODE_LENGTH,
  DEFAULT_LIFETIME_SECONDS,
  EARLY_TOLERANCE_SECONDS,
  formatCourierCode,
  formatIdentifier,
  identifierBytes,
  isIdentifier,
  LATE_TOLERANCE_SECONDS,
  MAX_BUNDLE_CHARACTERS,
  MAX_STATUS_LIST_CHARACTERS,
  parseBundle,
  parseCourierCode,
  readNdefCode,
  SERVER_ONLY_REASONS,
  STEP_BACK_MS,
  signingInput,
  writeBundle,
  writeNdefCode,
} from '../../src/gate/index.ts';
import { verifyAnswer } from '../../src/http/answer.ts';
import { GATE, PASS, VISIT } from '../domain/support.ts';
import { startService } from '../support/service.ts';
import { makeCommunity, makeGate } from '../support/world.ts';
import { readVectors } from '../vectors/make.ts';

const [MAIN = '', ANNEX = ''] = ['gate-protocol.md', 'gate-protocol-annex.md'].map((name) =>
  readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), 'utf8'),
);
const TEXT = `${MAIN}\n${ANNEX}`;

/** The blocks and tables that say that they are checked, by their names. */
const examples = new Map(
  [
    ...TEXT.matchAll(/<!-- checked: ([\w ]+) -->\n\n(?:```\w+\n([\s\S]*?)\n```|((?:\|.*\n)+))/g),
  ].map(([, name = '', block, table]) => [name, block ?? table ?? '']),
);
function example(name: string): string {
  const text = examples.get(name);
  if (text === undefined) throw new Error(`there is no example “${name}”`);
  return text;
}

/** The hex digits of a block: the words of each line up to two spaces, a … left out. */
function hexOf(name: string): string {
  const lines = example(name).split('\n');
  return lines.map((line) => line.split(/ {2,}/)[0]?.replaceAll(/[ …]/g, '')).join('');
}

/** The cells of a table without its head. */
function rowsOf(table: string): string[][] {
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const bytes = Buffer.from(hexOf('code bytes'), 'hex');
const payload = bytes.subarray(1, 29);
const text = example('code text');
const bundles: { readonly bundles: Readonly<Record<string, BundleDocument>> } = JSON.parse(
  readVectors('gate.json'),
);
const base = bundles.bundles['base'];
if (base === undefined) throw new Error('the vectors have no base bundle');

describe('the document', () => {
  it('is two pages and an annex: layout, one code, state machine and pseudo-code come first', () => {
    expect(MAIN.split('\n').length).toBeLessThanOrEqual(200);
    for (const part of ['code bytes', 'code text', 'identifiers', 'on scan(', 'idle ─']) {
      expect(MAIN).toContain(part);
    }
    const links = [...MAIN.matchAll(/gate-protocol-annex\.md#([\w-]+)/g)].map(([, name]) => name);
    const headings = [...ANNEX.matchAll(/^## (.+)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(/[^\w]+/g, '-'),
    );
    expect(headings).toEqual(expect.arrayContaining(links));
  });

  it('has no example in hex or JSON that is not checked', () => {
    const blocks = [...TEXT.matchAll(/^```(?:hex|json)\n([\s\S]*?)\n```$/gm)].map(
      ([, block]) => block,
    );
    const checked = [...examples.values()];
    expect(blocks.length).toBeGreaterThan(6);
    expect(blocks.filter((block) => !checked.includes(block ?? ''))).toEqual([]);
  });

  it('takes a code apart as it is put together', () => {
    expect(bytes).toHaveLength(93);
    expect(formatCourierCode(bytes[0] ?? 0, payload, bytes.subarray(29))).toBe(text);
    const code = parseCourierCode(text);
    const said = example('code bytes')
      .split('\n')
      .map((line) => line.split(/ {2,}/)[1]);
    expect(said.slice(0, 8)).toEqual([
      `key number ${code?.keyNumber}`,
      'version',
      'directions: entry and exit',
      `community ${code?.communityId}`,
      `pass ${code?.passId}`,
      `not before ${new Date((code?.notBefore ?? 0) * 1000).toISOString().replace('.000', '')}`,
      `lifetime ${code?.lifetimeSeconds} s`,
      `status index ${code?.statusIndex}`,
    ]);
    expect(code?.directions).toBe(3);
  });

  it('writes identifiers as they are written', () => {
    const rows = rowsOf(example('identifiers')).map((row) =>
      row.map((cell) => cell.replaceAll('`', '')),
    );
    expect(rows.length).toBeGreaterThan(2);
    for (const [number = '', identifier = ''] of rows) {
      const prefix = (['com', 'gat', 'pas'] as const).find((each) =>
        isIdentifier(each, identifier),
      );
      if (prefix === undefined) throw new Error(`${identifier} is no identifier`);
      expect(formatIdentifier(prefix, Buffer.from(number, 'hex'))).toBe(identifier);
      expect(Buffer.from(identifierBytes(prefix, identifier)).toString('hex')).toBe(number);
    }
  });

  it('rebuilds the JWS that any JOSE library verifies', async () => {
    const [header = '', ...rest] = example('jws').split('.');
    expect(Buffer.from(header, 'base64url').toString()).toBe(example('jws header'));
    const signature = bytes.subarray(29).toString('base64url');
    expect([header, ...rest].join('.')).toBe(`${signingInput(17, payload)}.${signature}`);
    const jwk = parseBundle(JSON.stringify(base)).jwks.keys.find(
      (key) => 'kid' in key && key.kid === '17',
    );
    const verified = await compactVerify(example('jws'), await importJWK({ ...jwk }));
    expect(Buffer.from(verified.payload)).toEqual(payload);
  });

  it('shows the NDEF message of the code', () => {
    const whole = writeNdefCode(text);
    expect(Buffer.from(whole).toString('hex').startsWith(hexOf('ndef'))).toBe(true);
    expect(readNdefCode(whole)).toBe(text);
  });

  it('asks a question that the service understands', async () => {
    const service = await startService();
    try {
      const gate = await makeGate(service, await makeCommunity(service));
      const body = JSON.parse(example('verify request'));
      expect(body.code).toBe(text);
      const answer = await service.call('POST', '/v1/verify', { token: gate.token, body });
      expect([answer.status, answer.body.decision]).toEqual([200, 'denied']);
    } finally {
      await service.stop();
    }
  });

  it.each([
    ['granted answer', 'granted', { visitId: VISIT, speedLimitKmh: 15, building: '12' }],
    ['denied answer', 'code_used', { visitId: null, speedLimitKmh: null, building: null }],
  ] as const)('shows the %s that the service gives', (name, reason, members) => {
    const shown = JSON.parse(example(name));
    const record: DecisionRecord = {
      auditId: shown.auditId,
      requestId: '01a1ffad-99e5-7d1e-af90-d23d030feec7',
      gateId: GATE,
      communityId: base.rules.communityId,
      at: Date.parse(shown.serverTime),
      source: 'online',
      direction: 'in',
      medium: 'qr',
      decision: reason === 'granted' ? 'granted' : 'denied',
      reason,
      passId: PASS,
      rulesVersion: 3,
      flags: [],
      ...members,
    };
    const answer = verifyAnswer(record, readConfig({}).limits.gateOpenMs);
    expect(JSON.stringify(shown)).toBe(JSON.stringify(answer));
    expect(shown.auditId).toMatch(/^[\w-]{43}$/);
  });

  it('shows the vectors’ base bundle, with two of its keys and long texts cut', () => {
    const shown = JSON.parse(example('bundle'));
    const kids = shown.jwks.keys.map((key: { kid: string }) => key.kid);
    const jwks = { keys: base.jwks.keys.filter((key) => 'kid' in key && kids.includes(key.kid)) };
    const whole = writeBundle(parseBundle(JSON.stringify({ ...base, jwks })));
    expect(filledIn(shown, whole)).toEqual(whole);
    expect(Object.keys(shown)).toEqual(Object.keys(whole));
    expect(Object.keys(shown.rules)).toEqual(Object.keys(whole.rules));
  });

  it('shows the claims of that bundle’s status list', () => {
    const [, claims = ''] = base.statusList.split('.');
    const shown = JSON.parse(example('status list claims'));
    expect(shown).toEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()));
  });

  it('names the steps in the order of judgement', () => {
    const table = /\| step [\s\S]*?\n\n/.exec(TEXT)?.[0] ?? '';
    const named = rowsOf(table).flatMap(([, reasons = '']) =>
      reasons.startsWith('(') ? [] : [...reasons.matchAll(/`(\w+)`/g)].map(([, reason]) => reason),
    );
    const serverOnly: readonly Reason[] = SERVER_ONLY_REASONS;
    expect(named).toEqual(DENIED_REASONS.filter((reason) => !serverOnly.includes(reason)));
  });

  it('states the bounds that hold', () => {
    const { limits } = readConfig({});
    const seconds = (milliseconds: number) => `${milliseconds / 1000} s`;
    const range = ({ least, most }: { least: number; most: number }) => `${least}–${most}`;
    const grouped = (value: number) => value.toLocaleString('en-US');
    const rows = Object.fromEntries(rowsOf(example('bounds')));
    expect(rows).toMatchObject({
      'characters of a code': String(CODE_LENGTH),
      'accepted before its window': `${EARLY_TOLERANCE_SECONDS} s`,
      'accepted after its window': `${LATE_TOLERANCE_SECONDS} s`,
      'usual lifetime': `${DEFAULT_LIFETIME_SECONDS} s`,
      'one question in all': seconds(JUDGING_BUDGET_MS),
      'from scan to opening': seconds(MAX_SCAN_TO_OPEN_MS),
      'opening, alone': seconds(DEFAULT_OPEN_MS),
      passback: seconds(PASSBACK_MS),
      'rescan grace': `${range(RULE_LIMITS.rescanGraceSeconds)} s`,
      'age of a bundle and its list, `maxStaleMinutes`': `${range(RULE_LIMITS.maxStaleMinutes)} min`,
      'clock behind what it was': seconds(STEP_BACK_MS),
      'entries of a status list': grouped(MAX_STATUS_LIST_ENTRIES),
      'characters of a status list': grouped(MAX_STATUS_LIST_CHARACTERS),
      'characters of a bundle': grouped(MAX_BUNDLE_CHARACTERS),
      'body of a request': `${limits.bodyBytes / 1024} KiB`,
      'access token': `${limits.gateTokenMs / 60_000} min`,
    });
  });
});

/** What is shown, each text that ends with … completed from the whole where it is its beginning. */
function filledIn(shown: unknown, whole: unknown): unknown {
  if (typeof shown === 'string' && shown.endsWith('…'))
    return String(whole).startsWith(shown.slice(0, -1)) ? whole : shown;
  if (typeof shown !== 'object' || shown === null) return shown;
  const of = (name: string) => (Object(whole) as Record<string, unknown>)[name];
  if (Array.isArray(shown)) return shown.map((item, index) => filledIn(item, of(String(index))));
  return Object.fromEntries(
    Object.entries(shown).map(([name, item]) => [name, filledIn(item, of(name))]),
  );
}
