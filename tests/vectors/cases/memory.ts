/** What the gate remembers of its own entries: rescan, single use, passback. */
import type { MemoryEvent } from '../../../src/gate/index.ts';
import {
  code,
  codeOf,
  entered,
  type GateCase,
  gateCase,
  happened,
  MINUTE,
  NOW,
  OTHER_PASS,
  WINDOW,
} from '../world.ts';

interface Scene {
  readonly bundle?: string;
  /** `same`: the code that was used; `next`: the pass's code of the present window. */
  readonly shown?: 'same' | 'next';
  readonly since?: readonly MemoryEvent[];
}

/** An entry at NOW with the code of that window, and another scan later. */
function later(name: string, afterMs: number, answer: string, scene: Scene = {}): GateCase {
  const { bundle = 'base', shown = 'same', since = [] } = scene;
  const at = NOW + afterMs;
  const text = shown === 'same' ? code() : codeOf(Math.floor(at / 30_000) * 30_000);
  const memory = [entered(NOW), ...since];
  return gateCase(`${name}: ${afterMs} ms after the entry`, answer, {
    code: text,
    bundle,
    at,
    memory,
  });
}

const next = { shown: 'next' } as const;
const sensor = { bundle: 'passage sensor' };
const rescanned = { since: [happened('rescan', NOW + 2_000)] };
const passed = { since: [happened('passage', NOW + 2_000)] };
const left = { since: [happened('exit', NOW + 2_000)] };

export const rescanCases: readonly GateCase[] = [
  later('rescan', 0, 'granted_rescan'),
  later('rescan', 1, 'granted_rescan'),
  later('rescan', 19_999, 'granted_rescan'),
  later('rescan, grace over', 20_000, 'code_used'),
  later('rescan, same code, grace over', 44_999, 'code_used'),
  later('rescan with a code of the next window', 29_999, 'granted_rescan', {
    ...next,
    bundle: 'long grace',
  }),
  later('rescan with a code of the next window', 30_000, 'granted_rescan', {
    ...next,
    bundle: 'long grace',
  }),
  later('rescan, long grace', 299_999, 'granted_rescan', { ...next, bundle: 'long grace' }),
  later('rescan, long grace over', 300_000, 'granted', { ...next, bundle: 'long grace' }),
  later('rescan without grace', 0, 'code_used', { bundle: 'no grace' }),
  later('rescan a second time, no sensor', 5_000, 'code_used', rescanned),
  later('rescan a second time, sensor', 5_000, 'granted_rescan', { ...rescanned, ...sensor }),
  later('rescan, sensor, grace over', 20_000, 'code_used', sensor),
  later('rescan after somebody passed', 5_000, 'code_used', { ...passed, ...sensor }),
  later('rescan after somebody passed, no sensor', 5_000, 'code_used', passed),
  later('rescan after an exit, same code', 5_000, 'code_used', left),
  later('rescan, pass ended since', 5_000, 'delivery_not_active', { bundle: 'all ended' }),
  later('rescan, hours over since', 5_000, 'granted_rescan', { bundle: 'never open' }),
  later('rescan, gate closed since', 5_000, 'gate_closed', { bundle: 'posture normal closed' }),
  later('rescan, clock 1999 ms behind', -1_999, 'granted_rescan'),
  gateCase('rescan by another pass', 'granted', {
    memory: [entered(NOW, { passId: OTHER_PASS })],
    at: NOW + 1_000,
  }),
];

export const useCases: readonly GateCase[] = [
  later('used', 25_000, 'code_used'),
  later('used, and passed back', 44_999, 'code_used'),
  gateCase('used: the same window of another pass', 'granted', {
    memory: [entered(NOW, { passId: OTHER_PASS })],
    at: NOW + 25_000,
  }),
  gateCase('used: a long window, more than a minute ago', 'code_used', {
    code: code({ lifetimeSeconds: 600, notBefore: WINDOW - (WINDOW % 600) }),
    memory: [
      entered(NOW - 20 * 1000, { lifetimeSeconds: 600, notBefore: WINDOW - (WINDOW % 600) }),
    ],
    at: NOW + 5 * MINUTE,
  }),
  gateCase('used: another window of the pass, more than a minute ago', 'granted', {
    memory: [entered(NOW - MINUTE)],
  }),
  gateCase('used: used before, and the pass has left since', 'code_used', {
    memory: [entered(NOW), happened('exit', NOW + 20_000)],
    at: NOW + 25_000,
  }),
];

export const passbackCases: readonly GateCase[] = [
  later('passback', 30_000, 'already_inside', next),
  later('passback', 59_999, 'already_inside', next),
  later('passback, a minute later', 60_000, 'granted', next),
  later('passback, a minute later', 60_001, 'granted', next),
  later('passback after a passage', 30_000, 'already_inside', { ...next, ...passed }),
  later('passback after a rescan', 59_999, 'already_inside', { ...next, ...rescanned }),
  later('passback after an exit', 30_000, 'granted', { ...next, ...left }),
  later('passback at a station', 30_000, 'already_inside', { ...next, bundle: 'station' }),
  gateCase('passback: the next window at once, no grace', 'already_inside', {
    bundle: 'no grace',
    memory: [entered(NOW - 1)],
  }),
  gateCase('passback: left and entered again', 'already_inside', {
    memory: [entered(NOW - 90_000), happened('exit', NOW - 60_000), entered(NOW - 30_000)],
  }),
  gateCase('passback: an exit of another pass', 'already_inside', {
    memory: [entered(NOW - 30_000), happened('exit', NOW - 1_000, OTHER_PASS)],
  }),
  gateCase('passback: an exit before the entry', 'already_inside', {
    memory: [happened('exit', NOW - 31_000), entered(NOW - 30_000)],
  }),
];
