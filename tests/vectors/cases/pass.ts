/** What a gate can know of the pass: its bit in the status list, the hours, a guard's hours. */
import { code, ENDED, entered, type GateCase, gateCase, NOW } from '../world.ts';

const index = (statusIndex: number, answer: string, bundle = 'base') =>
  gateCase(`status: index ${statusIndex} of list “${bundle}”`, answer, {
    code: code({ statusIndex }),
    bundle,
  });

export const statusCases: readonly GateCase[] = [
  ...[0, 1, 2, 7, 8, 9, 14, 15, 16, 31, 32, 62, 63].map((each) =>
    index(each, ENDED.includes(each) ? 'delivery_not_active' : 'granted'),
  ),
  index(64, 'unknown_pass'),
  index(65, 'unknown_pass'),
  index(1023, 'unknown_pass'),
  index(0x7fffffff, 'unknown_pass'),
  index(0x80000000, 'unknown_pass'),
  index(0xffffffff, 'unknown_pass'),
  index(0, 'unknown_pass', 'empty status list'),
  index(4294967288, 'unknown_pass', 'empty status list'),
  index(9, 'delivery_not_active', 'all ended'),
  gateCase('status: ended, while open to all', 'granted_open', {
    code: code({ statusIndex: 1 }),
    bundle: 'posture normal open',
  }),
  gateCase('status: past the end, while open to all', 'granted_open', {
    code: code({ statusIndex: 64 }),
    bundle: 'posture normal open',
  }),
  gateCase('status: past the end, while locked down', 'community_lockdown', {
    code: code({ statusIndex: 64 }),
    bundle: 'posture lockdown normal',
  }),
];

const hours = (name: string, bundle: string, at: number, answer: string) =>
  gateCase(`hours: ${name}`, answer, { bundle, at, code: code({ notBefore: windowAt(at) }) });

const windowAt = (at: number) => Math.floor(at / 30_000) * 30;

/** The bundle `hours` opens from NOW to NOW + 60 s, and from NOW + 90 s to NOW + 120 s and on to NOW + 150 s. */
export const hoursCases: readonly GateCase[] = [
  hours('1 ms before they open', 'hours', NOW - 1, 'outside_hours'),
  hours('when they open', 'hours', NOW, 'granted'),
  hours('1 ms before they close', 'hours', NOW + 59_999, 'granted'),
  hours('when they close', 'hours', NOW + 60_000, 'outside_hours'),
  hours('in the gap', 'hours', NOW + 75_000, 'outside_hours'),
  hours('1 ms before they open again', 'hours', NOW + 89_999, 'outside_hours'),
  hours('when they open again', 'hours', NOW + 90_000, 'granted'),
  hours('where two intervals touch', 'hours', NOW + 120_000, 'granted'),
  hours('1 ms before the last end', 'hours', NOW + 149_999, 'granted'),
  hours('at the last end', 'hours', NOW + 150_000, 'outside_hours'),
  hours('never', 'never open', NOW, 'outside_hours'),
  gateCase('hours: closed, pass ended', 'delivery_not_active', {
    bundle: 'never open',
    code: code({ statusIndex: 1 }),
  }),
  gateCase('hours: closed, code used', 'outside_hours', {
    bundle: 'never open',
    memory: [entered(NOW)],
    at: NOW + 25_000,
  }),
  gateCase('hours: closed, open to all', 'granted_open', { bundle: 'never open, open to all' }),
];

const asked = 'guard_confirmation_required';

/** The bundle `guard` asks for a guard from NOW to NOW + 60 s. */
export const guardCases: readonly GateCase[] = [
  hours('1 ms before a guard must confirm', 'guard', NOW - 1, 'granted'),
  hours('when a guard must confirm', 'guard', NOW, asked),
  hours('1 ms before no guard is needed', 'guard', NOW + 59_999, asked),
  hours('when no guard is needed any more', 'guard', NOW + 60_000, 'granted'),
  gateCase('hours: a guard must confirm, code used', 'code_used', {
    bundle: 'guard',
    memory: [entered(NOW)],
    at: NOW + 30_000,
  }),
  gateCase('hours: a guard must confirm, pass just inside', 'already_inside', {
    bundle: 'guard',
    memory: [entered(NOW - 40_000)],
  }),
  gateCase('hours: a guard must confirm, but the door was opened just now', 'granted_rescan', {
    bundle: 'guard',
    memory: [entered(NOW - 5_000)],
  }),
  gateCase('hours: a guard must confirm, open to all', 'granted_open', {
    bundle: 'guard, open to all',
  }),
];

export const stationCases: readonly GateCase[] = [
  gateCase('station: a rider enters', 'granted_rider', { bundle: 'station' }),
  gateCase('station: the code was used', 'code_used', {
    bundle: 'station',
    memory: [entered(NOW)],
    at: NOW + 30_000,
  }),
  gateCase('station: the pass has ended', 'delivery_not_active', {
    bundle: 'station',
    code: code({ statusIndex: 15 }),
  }),
  gateCase('station: the door was opened just now', 'granted_rescan', {
    bundle: 'station',
    memory: [entered(NOW)],
    at: NOW + 1,
  }),
  gateCase('station: open to all', 'granted_open', { bundle: 'station, open to all' }),
];
