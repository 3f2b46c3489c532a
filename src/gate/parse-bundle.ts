import type { Millis } from '../domain/clock.ts';
import { COMMUNITY_KINDS, POSTURES, type PostureState } from '../domain/community.ts';
import { RULE_LIMITS } from '../domain/entry-rules.ts';
import type { Direction } from '../domain/gate.ts';
import { isIdentifier } from '../domain/identifier.ts';
import type { OfflineRules } from '../domain/offline-terms.ts';
import type { OpenInterval } from '../domain/opening-hours.ts';
import type { Bundle } from './bundle.ts';
import { MAX_STATUS_LIST_CHARACTERS } from './status-list.ts';

/** Characters that a bundle may have: twice its status list at the greatest. */
export const MAX_BUNDLE_CHARACTERS = 2 * MAX_STATUS_LIST_CHARACTERS;
/** Bounds of its lists. */
const MOST_KEYS = 512;
const MOST_INTERVALS = 4096;
const MOST_LANES = 64;

const DIRECTIONS: readonly Direction[] = ['in', 'out'];
/** RFC 3339 in UTC, to the millisecond: what the service writes. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What was read is no bundle; `path` is the first member that is not what it must be. */
export class MalformedBundle extends Error {
  override readonly name = 'MalformedBundle';
  readonly path: string;

  constructor(path: string, expected: string) {
    super(`${path} is not ${expected}`);
    this.path = path;
  }
}

/**
 * Reads a bundle from its JSON text. Its shape is checked whole; its keys and its status list are not looked
 * into, {@link loadBundle} does that. Members that are not known are passed over: some may be added.
 * @throws {MalformedBundle}
 */
export function parseBundle(text: string): Bundle {
  if (text.length > MAX_BUNDLE_CHARACTERS) throw new MalformedBundle('bundle', 'of bounded size');
  const bundle = members(parseJson(text), 'bundle');
  const { gate, posture } = bundle;
  const states = members(posture, 'posture');
  return {
    serverTime: time(bundle['serverTime'], 'serverTime'),
    version: count(bundle['version'], 'version'),
    maxStaleMinutes: within(
      bundle['maxStaleMinutes'],
      'maxStaleMinutes',
      RULE_LIMITS.maxStaleMinutes,
    ),
    gate: readGate(gate),
    jwks: { keys: list(members(bundle['jwks'], 'jwks')['keys'], 'jwks.keys', MOST_KEYS, members) },
    statusList: line(bundle['statusList'], 'statusList', MAX_STATUS_LIST_CHARACTERS),
    posture: {
      community: readPosture(states['community'], 'posture.community'),
      gate: readPosture(states['gate'], 'posture.gate'),
    },
    openIntervals: list(bundle['openIntervals'], 'openIntervals', MOST_INTERVALS, readInterval),
    rules: readRules(bundle['rules']),
  };
}

function readGate(value: unknown): Bundle['gate'] {
  const { id, directions, lanes } = members(value, 'gate');
  return {
    id: identifier('gat', id, 'gate.id'),
    directions: list(directions, 'gate.directions', DIRECTIONS.length, (item, path) =>
      oneOf(DIRECTIONS, item, path),
    ),
    lanes: list(lanes, 'gate.lanes', MOST_LANES, (item, path) => line(item, path, 64)),
  };
}

function readRules(value: unknown): OfflineRules {
  const rules = members(value, 'rules');
  const { allow } = members(rules['offline'], 'rules.offline');
  const { rescanGraceSeconds, speedLimitKmh } = RULE_LIMITS;
  return {
    version: count(rules['version'], 'rules.version'),
    communityId: identifier('com', rules['communityId'], 'rules.communityId'),
    kind: oneOf(COMMUNITY_KINDS, rules['kind'], 'rules.kind'),
    forRiders: truth(rules['forRiders'], 'rules.forRiders'),
    passageSensor: truth(rules['passageSensor'], 'rules.passageSensor'),
    rescanGraceSeconds: within(
      rules['rescanGraceSeconds'],
      'rules.rescanGraceSeconds',
      rescanGraceSeconds,
    ),
    speedLimitKmh: within(rules['speedLimitKmh'], 'rules.speedLimitKmh', speedLimitKmh),
    offline: { allow: truth(allow, 'rules.offline.allow') },
    confirmationIntervals: list(
      rules['confirmationIntervals'],
      'rules.confirmationIntervals',
      MOST_INTERVALS,
      readInterval,
    ),
  };
}

function readPosture(value: unknown, path: string): PostureState {
  const { posture, until } = members(value, path);
  return {
    posture: oneOf(POSTURES, posture, `${path}.posture`),
    until: until === null ? null : time(until, `${path}.until`),
  };
}

function readInterval(value: unknown, path: string): OpenInterval {
  const { from, to } = members(value, path);
  return { from: time(from, `${path}.from`), to: time(to, `${path}.to`) };
}

// ── values of JSON ────────────────────────────────────────────────────────────────────────────────────────

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedBundle('bundle', 'JSON');
  }
}

function members(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedBundle(path, 'an object');
  return { ...value };
}

function list<T>(
  value: unknown,
  path: string,
  most: number,
  read: (item: unknown, path: string) => T,
): T[] {
  if (!Array.isArray(value) || value.length > most)
    throw new MalformedBundle(path, `a list of at most ${most}`);
  return value.map((item, index) => read(item, `${path}[${index}]`));
}

function line(value: unknown, path: string, most: number): string {
  if (typeof value !== 'string' || value.length > most)
    throw new MalformedBundle(path, `a string of at most ${most} characters`);
  return value;
}

function truth(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new MalformedBundle(path, 'true or false');
  return value;
}

function count(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new MalformedBundle(path, 'an integer from 0');
  return value;
}

function within(
  value: unknown,
  path: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  if (typeof value !== 'number' || !(least <= value && value <= most))
    throw new MalformedBundle(path, `a number from ${least} to ${most}`);
  return value;
}

function oneOf<T extends string>(values: readonly T[], value: unknown, path: string): T {
  const found = values.find((each) => each === value);
  if (found === undefined) throw new MalformedBundle(path, `one of ${values.join(', ')}`);
  return found;
}

function identifier<P extends 'com' | 'gat'>(prefix: P, value: unknown, path: string) {
  if (typeof value !== 'string' || !isIdentifier(prefix, value))
    throw new MalformedBundle(path, `an identifier that starts with ${prefix}_`);
  return value;
}

function time(value: unknown, path: string): Millis {
  const at = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at))
    throw new MalformedBundle(path, 'a time in RFC 3339, UTC, with milliseconds');
  return at;
}
