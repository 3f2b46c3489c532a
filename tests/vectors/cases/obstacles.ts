/** When a gate must not judge at all, one unit either side; and exits, which open whatever holds. */
import { STRANGER } from '../keys.ts';
import {
  code,
  codeOf,
  entered,
  type GateCase,
  gateCase,
  HOUR,
  MADE,
  MINUTE,
  NOW,
  OTHER_COMMUNITY,
  WINDOW,
} from '../world.ts';

/** A good code at an instant. */
const at = (name: string, instant: number, answer: string, bundle = 'base') =>
  gateCase(`alone: ${name}`, answer, {
    code: codeOf(Math.floor(instant / 30_000) * 30_000),
    at: instant,
    bundle,
  });

/** A clock that has known a later time. */
const behind = (name: string, latestKnown: number, answer: string) =>
  gateCase(`alone: ${name}`, answer, { clock: { latestKnown } });

const noClock = { clock: { synchronised: false } };

export const obstacleCases: readonly GateCase[] = [
  gateCase('alone: no bundle ever', '?no_bundle', { bundle: null }),
  gateCase('alone: not allowed', '?offline_not_allowed', { bundle: 'not alone' }),
  gateCase('alone: no synchronised clock since boot', '?clock_not_synchronised', noClock),
  behind('clock at the latest time known', NOW, 'granted'),
  behind('clock 1 ms behind', NOW + 1, 'granted'),
  behind('clock 1999 ms behind', NOW + 1_999, 'granted'),
  behind('clock 2000 ms behind', NOW + 2_000, '?clock_stepped_back'),
  behind('clock a day behind', NOW + 24 * HOUR, '?clock_stepped_back'),
  behind('nothing known', 0, 'granted'),
  at('1999 ms before the bundle was made', MADE - 1_999, 'granted'),
  at('2000 ms before the bundle was made', MADE - 2_000, '?clock_stepped_back'),
  at('bundle made now', MADE, 'granted'),
  at('bundle 1 ms younger than 30 min', MADE + 30 * MINUTE - 1, 'granted'),
  at('bundle 30 min old', MADE + 30 * MINUTE, '?bundle_too_old'),
  at('bundle a day old', MADE + 24 * HOUR, '?bundle_too_old'),
  at('bundle 1 ms younger than 1 min', MADE + MINUTE - 1, 'granted', 'stale after 1 min'),
  at('bundle 1 min old', MADE + MINUTE, '?bundle_too_old', 'stale after 1 min'),
  at('bundle 1 ms younger than 720 min', MADE + 720 * MINUTE - 1, 'granted', 'stale after 720 min'),
  at('bundle 720 min old', MADE + 720 * MINUTE, '?bundle_too_old', 'stale after 720 min'),
  at('list 1 ms younger than 30 min', MADE + 20 * MINUTE - 1, 'granted', 'older list'),
  at('list 30 min old', MADE + 20 * MINUTE, '?status_list_too_old', 'older list'),
  at('list 1 ms before it expires', MADE + 10 * MINUTE - 1, 'granted', 'short list'),
  at('list expired', MADE + 10 * MINUTE, '?status_list_too_old', 'short list'),
  gateCase('alone: not allowed comes first', '?offline_not_allowed', {
    bundle: 'not alone',
    at: NOW + 24 * HOUR,
    ...noClock,
  }),
  gateCase('alone: an unknown clock before a stale bundle', '?clock_not_synchronised', {
    at: NOW + 24 * HOUR,
    ...noClock,
  }),
  gateCase('alone: a clock that stepped back before a stale bundle', '?clock_stepped_back', {
    at: NOW + 24 * HOUR,
    clock: { latestKnown: NOW + 48 * HOUR },
  }),
  gateCase('alone: a stale bundle before a malformed code', '?bundle_too_old', {
    at: NOW + 24 * HOUR,
    code: 'CP1:',
  }),
  gateCase('alone: no bundle, and nothing presented', '?no_bundle', { bundle: null, code: null }),
];

const out = (name: string, answer: string, changes: Parameters<typeof gateCase>[2] = {}) =>
  gateCase(`exit: ${name}`, answer, { direction: 'out', ...changes });
const NOTED = 'granted_exit noted';
const UNKNOWN = 'granted_exit';

export const exitCases: readonly GateCase[] = [
  out('a good code', NOTED),
  out('nothing presented', UNKNOWN, { code: null }),
  out('an empty string', UNKNOWN, { code: '' }),
  out('a malformed code', UNKNOWN, { code: 'CP1:' }),
  out('an unknown key', UNKNOWN, { code: code({}, STRANGER) }),
  out('a bad signature', UNKNOWN, { code: code({}, STRANGER, 17) }),
  out('another community', UNKNOWN, { code: code({ communityId: OTHER_COMMUNITY }) }),
  out('a code not yet valid', NOTED, { code: code({ notBefore: WINDOW + 3600 }) }),
  out('an expired code', NOTED, { code: code({ notBefore: WINDOW - 3600 }) }),
  out('an entry code', NOTED, { code: code({ directions: 1 }) }),
  out('a code without directions', NOTED, { code: code({ directions: 0 }) }),
  out('a used code', NOTED, { memory: [entered(NOW - 5_000)] }),
  out('an ended pass', NOTED, { code: code({ statusIndex: 1 }) }),
  out('an index past the end', NOTED, { code: code({ statusIndex: 64 }) }),
  out('a gate not for riders', NOTED, { bundle: 'not for riders' }),
  out('lockdown', NOTED, { bundle: 'posture lockdown normal' }),
  out('a closed gate', NOTED, { bundle: 'posture normal closed' }),
  out('outside hours', NOTED, { bundle: 'never open' }),
  out('a guard must confirm', NOTED, { bundle: 'guard' }),
  out('no bundle ever', UNKNOWN, { bundle: null }),
  out('no bundle ever, nothing presented, no clock', UNKNOWN, {
    bundle: null,
    code: null,
    ...noClock,
  }),
  out('not allowed to judge alone', NOTED, { bundle: 'not alone' }),
  out('no synchronised clock', NOTED, noClock),
  out('a clock that stepped back', NOTED, { clock: { latestKnown: NOW + HOUR } }),
  out('a bundle too old', NOTED, { at: NOW + 24 * HOUR }),
  out('no keys published', UNKNOWN, { bundle: 'no keys' }),
];
