import { describe, expect, it } from 'vitest';
import {
  type Bundle,
  loadBundle,
  MAX_BUNDLE_CHARACTERS,
  MalformedBundle,
  parseBundle,
  writeBundle,
} from '../../src/gate/index.ts';
import { facts, NOW } from '../domain/support.ts';
import { bundleOf, codeKey, jwk, listKey, signedList } from './support.ts';

const bundle: Bundle = bundleOf(
  facts({
    rules: {
      hours: [{ days: ['sat', 'sun'], from: '06:00', to: '23:00' }],
      guardConfirmation: {
        hours: [{ days: ['sat'], from: '20:00', to: '22:00' }],
        vehicles: [],
        conductPoints: null,
      },
    },
  }),
  NOW,
  {
    posture: {
      community: { posture: 'open', until: NOW + 1 },
      gate: { posture: 'closed', until: null },
    },
  },
);
const text = JSON.stringify(writeBundle(bundle));

/** The bundle's JSON with the member at a path replaced; undefined takes it away. */
function changed(path: string, value: unknown): string {
  const document = JSON.parse(text);
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce((member, name) => member[name], document);
  parent[last] = value;
  return JSON.stringify(document);
}

describe('a bundle', () => {
  it('is read as it was written', () => {
    expect(parseBundle(text)).toEqual(bundle);
    expect(JSON.stringify(writeBundle(parseBundle(text)))).toBe(text);
  });

  it('has members of the contract, and times of RFC 3339 in UTC with milliseconds', () => {
    const document = writeBundle(bundle);
    expect(Object.keys(document)).toEqual([
      'serverTime',
      'version',
      'maxStaleMinutes',
      'gate',
      'jwks',
      'statusList',
      'posture',
      'openIntervals',
      'rules',
    ]);
    expect(document.serverTime).toBe('2026-11-21T04:00:30.000Z');
    expect(document.openIntervals[0]).toEqual({
      from: '2026-11-21T03:00:00.000Z',
      to: '2026-11-21T15:00:00.000Z',
    });
    expect(document.posture).toEqual({
      community: { posture: 'open', until: '2026-11-21T04:00:30.001Z' },
      gate: { posture: 'closed', until: null },
    });
  });

  it('may have members that a gate does not know', () => {
    const document = {
      ...JSON.parse(text),
      tomorrow: [1],
      rules: { ...writeBundle(bundle).rules, x: 1 },
    };
    expect(parseBundle(JSON.stringify(document))).toEqual(bundle);
  });

  it.each([
    ['serverTime', undefined],
    ['serverTime', 1],
    ['serverTime', '2026-11-21T04:00:30Z'],
    ['serverTime', '2026-11-21T12:00:30.000+08:00'],
    ['serverTime', '2026-11-31T99:00:30.000Z'],
    ['version', -1],
    ['version', '1'],
    ['version', 1.5],
    ['maxStaleMinutes', 0],
    ['maxStaleMinutes', 721],
    ['maxStaleMinutes', '30'],
    ['gate', null],
    ['gate.id', 'gat_1'],
    ['gate.id', 'com_f000000000000'],
    ['gate.directions', ['up']],
    ['gate.directions', ['in', 'out', 'in']],
    ['gate.lanes', 'one'],
    ['gate.lanes', [1]],
    ['jwks', []],
    ['jwks.keys', {}],
    ['jwks.keys', ['key']],
    ['jwks.keys', [null]],
    ['statusList', null],
    ['statusList', 'a'.repeat(262_145)],
    ['posture.community', 'normal'],
    ['posture.community.posture', 'ajar'],
    ['posture.gate.until', undefined],
    ['posture.gate.until', 0],
    ['openIntervals', null],
    ['openIntervals', [{ from: '2026-11-21T04:00:30.000Z' }]],
    ['rules', undefined],
    ['rules.version', null],
    ['rules.communityId', ''],
    ['rules.kind', 'castle'],
    ['rules.forRiders', 1],
    ['rules.passageSensor', undefined],
    ['rules.rescanGraceSeconds', 301],
    ['rules.rescanGraceSeconds', -1],
    ['rules.speedLimitKmh', 0],
    ['rules.offline', true],
    ['rules.offline.allow', 'yes'],
    ['rules.confirmationIntervals', [[]]],
  ])('whose %s is %j is malformed, and the error says where', (path, value) => {
    const read = () => parseBundle(changed(path, value));
    expect(read).toThrow(MalformedBundle);
    expect(read).toThrow(path);
  });

  it.each(['', '{', 'null', '[]', '"bundle"', '1'])('that is %j is malformed', (json) => {
    expect(() => parseBundle(json)).toThrow(MalformedBundle);
  });

  it('that is over-long is malformed before it is parsed', () => {
    expect(() => parseBundle(text.padEnd(MAX_BUNDLE_CHARACTERS + 1))).toThrow(MalformedBundle);
    expect(parseBundle(text.padEnd(MAX_BUNDLE_CHARACTERS))).toEqual(bundle);
  });
});

describe('loading a bundle', () => {
  const demands = { minVersion: 1, now: NOW };
  const load = (changes: Partial<Bundle>) => loadBundle({ ...bundle, ...changes }, demands);

  it('imports its keys and verifies its list', async () => {
    const outcome = await load({});
    if (outcome.kind === 'refused') throw new Error(outcome.why);
    expect([...outcome.cache.codeKeys.keys()]).toEqual([17]);
    expect([...outcome.cache.statusListKeys.keys()]).toEqual(['sl-1']);
    expect(outcome.cache.statusList.version).toBe(1);
  });

  it.each([
    ['a list of an older version', { statusList: signedList({ version: 0 }) }, 'older_version'],
    ['no key for its list', { jwks: { keys: [jwk('17', codeKey)] } }, 'unknown_key'],
    ['another key for its list', { jwks: { keys: [jwk('sl-1', codeKey)] } }, 'bad_signature'],
    [
      'two keys of one number',
      { jwks: { keys: [jwk('17', codeKey), jwk('17', listKey)] } },
      'unusable_keys',
    ],
    [
      'a key that is no point',
      { jwks: { keys: [{ ...jwk('17', codeKey), x: 'AAAA' }] } },
      'unusable_keys',
    ],
    [
      'a key without a point',
      { jwks: { keys: [{ kid: '17', kty: 'EC', crv: 'P-256', alg: 'ES256' }] } },
      'unusable_keys',
    ],
    ['no list', { statusList: '' }, 'malformed'],
  ])('with %s is refused as a whole', async (_, changes, why) => {
    expect(await load(changes)).toEqual({ kind: 'refused', why });
  });
});
