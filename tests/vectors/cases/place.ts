/** Community, time window, direction and gate, posture. */
import {
  code,
  type GateCase,
  gateCase,
  NOW,
  OTHER_COMMUNITY,
  type PayloadMembers,
  WINDOW,
} from '../world.ts';

/** A code at an offset from its own window's start, in ms. */
function window(
  lifetimeSeconds: number,
  offset: number,
  answer: string,
  changes: Partial<PayloadMembers> = {},
): GateCase {
  const notBefore = WINDOW - (lifetimeSeconds > 60 ? lifetimeSeconds : 0);
  return gateCase(`window of ${lifetimeSeconds} s: ${offset} ms from its start`, answer, {
    code: code({ lifetimeSeconds, notBefore, ...changes }),
    at: notBefore * 1000 + offset,
  });
}

export const windowCases: readonly GateCase[] = [
  window(30, -60_000, 'code_not_yet_valid'),
  window(30, -5_001, 'code_not_yet_valid'),
  window(30, -5_000, 'granted'),
  window(30, -4_999, 'granted'),
  window(30, -1, 'granted'),
  window(30, 0, 'granted'),
  window(30, 29_999, 'granted'),
  window(30, 30_000, 'granted'),
  window(30, 44_999, 'granted'),
  window(30, 45_000, 'code_expired'),
  window(30, 45_001, 'code_expired'),
  window(30, 600_000, 'code_expired'),
  window(1, -5_001, 'code_not_yet_valid'),
  window(1, 15_999, 'granted'),
  window(1, 16_000, 'code_expired'),
  window(60, -5_000, 'granted'),
  window(60, 74_999, 'granted'),
  window(60, 75_000, 'code_expired'),
  window(65535, 65_549_999, 'granted'),
  window(65535, 65_550_000, 'code_expired'),
  gateCase('window: starts with the epoch', 'code_expired', { code: code({ notBefore: 0 }) }),
  gateCase('window: starts at the greatest second', 'code_not_yet_valid', {
    code: code({ notBefore: 0xffffffff }),
  }),
];

const elsewhere = { communityId: OTHER_COMMUNITY };

export const placeCases: readonly GateCase[] = [
  gateCase('community: another one', 'wrong_community', { code: code(elsewhere) }),
  gateCase('community: another one, and expired', 'wrong_community', {
    code: code({ ...elsewhere, notBefore: WINDOW - 3600 }),
  }),
  gateCase('community: another one, at a gate that is open to all', 'wrong_community', {
    code: code(elsewhere),
    bundle: 'posture normal open',
  }),
  gateCase('direction: entry only', 'granted', { code: code({ directions: 1 }) }),
  gateCase('direction: exit only', 'wrong_gate', { code: code({ directions: 2 }) }),
  gateCase('direction: none', 'wrong_gate', { code: code({ directions: 0 }) }),
  gateCase('gate: not for riders', 'wrong_gate', { bundle: 'not for riders' }),
  gateCase('gate: not for riders, code expired', 'code_expired', {
    bundle: 'not for riders',
    at: NOW + 45_000,
  }),
  gateCase('gate: exit only code while locked down', 'wrong_gate', {
    code: code({ directions: 2 }),
    bundle: 'posture lockdown normal',
  }),
  gateCase('gate: exit only code while open to all', 'wrong_gate', {
    code: code({ directions: 2 }),
    bundle: 'posture normal open',
  }),
];

export const COMMUNITY_POSTURES = ['normal', 'lockdown', 'open'] as const;
export const GATE_POSTURES = ['normal', 'lockdown', 'open', 'closed'] as const;

/** Lockdown before closed before open before normal, over community and gate. */
function postureAnswer(ofCommunity: string, ofGate: string): string {
  const both = [ofCommunity, ofGate];
  if (both.includes('lockdown')) return 'community_lockdown';
  if (both.includes('closed')) return 'gate_closed';
  return both.includes('open') ? 'granted_open' : 'granted';
}

/** The bundle `posture until`: community lockdown until NOW, gate closed until 10 s and open never. */
export const postureCases: readonly GateCase[] = [
  ...COMMUNITY_POSTURES.flatMap((ofCommunity) =>
    GATE_POSTURES.map((ofGate) =>
      gateCase(
        `posture: community ${ofCommunity}, gate ${ofGate}`,
        postureAnswer(ofCommunity, ofGate),
        { bundle: `posture ${ofCommunity} ${ofGate}` },
      ),
    ),
  ),
  gateCase('posture: lockdown 1 ms before its end', 'community_lockdown', {
    bundle: 'posture with ends',
    at: NOW - 1,
  }),
  gateCase('posture: closed when lockdown ends', 'gate_closed', {
    bundle: 'posture with ends',
    at: NOW,
  }),
  gateCase('posture: closed 1 ms before its end', 'gate_closed', {
    bundle: 'posture with ends',
    at: NOW + 9_999,
  }),
  gateCase('posture: normal again when closed ends', 'granted', {
    bundle: 'posture with ends',
    at: NOW + 10_000,
  }),
  gateCase('posture: open 1 ms before its end', 'granted_open', {
    bundle: 'posture open with an end',
    at: NOW - 1,
  }),
  gateCase('posture: normal again when open ends', 'granted', {
    bundle: 'posture open with an end',
    at: NOW,
  }),
  gateCase('posture: open, code not authentic', 'malformed_code', {
    bundle: 'posture open normal',
    code: 'CP1:',
  }),
  gateCase('posture: open, code expired', 'code_expired', {
    bundle: 'posture open normal',
    at: NOW + 45_000,
  }),
];
