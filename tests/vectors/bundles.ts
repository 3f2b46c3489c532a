/** The bundles that the gate's cases name. */
import type { BundleDocument, PostureDocument } from '../../src/gate/index.ts';
import { COMMUNITY_POSTURES, GATE_POSTURES } from './cases/place.ts';
import { GREATEST, jwkOf, LEAST, RETIRED, STATUS_LIST_KEY, testKey } from './keys.ts';
import { bundle, HOUR, interval, MADE, MINUTE, NOW, timeText } from './world.ts';

const posture = (value: PostureDocument['posture'], until: number | null = null) => ({
  posture: value,
  until: until === null ? null : timeText(until),
});
const normal = posture('normal');
const open = { community: normal, gate: posture('open') };
const minuteFromNow = [interval(NOW, NOW + MINUTE)];
const everyIndex = Array.from({ length: 64 }, (_, index) => index);

/** Keys that only look like courier-code keys, and one that is. */
const oddKeys = {
  keys: [
    jwkOf(testKey('17'), { kid: '017' }),
    jwkOf(testKey('256')),
    jwkOf(RETIRED, { use: 'enc' }),
    jwkOf(LEAST, { alg: 'ES384' }),
    jwkOf(GREATEST),
    jwkOf(STATUS_LIST_KEY),
  ],
};

export const BUNDLES: Readonly<Record<string, BundleDocument>> = {
  base: bundle(),
  'odd keys': bundle({ jwks: oddKeys }),
  'no keys': bundle({ jwks: { keys: [jwkOf(STATUS_LIST_KEY)] } }),
  'not for riders': bundle({ rules: { forRiders: false } }),
  ...Object.fromEntries(
    COMMUNITY_POSTURES.flatMap((ofCommunity) =>
      GATE_POSTURES.map((ofGate) => [
        `posture ${ofCommunity} ${ofGate}`,
        bundle({ posture: { community: posture(ofCommunity), gate: posture(ofGate) } }),
      ]),
    ),
  ),
  'posture with ends': bundle({
    posture: { community: posture('lockdown', NOW), gate: posture('closed', NOW + 10_000) },
  }),
  'posture open with an end': bundle({
    posture: { community: posture('open', NOW), gate: normal },
  }),
  'empty status list': bundle({ list: { length: 0, ended: [] } }),
  'all ended': bundle({ list: { ended: everyIndex } }),
  hours: bundle({
    openIntervals: [
      interval(NOW, NOW + 60_000),
      interval(NOW + 90_000, NOW + 120_000),
      interval(NOW + 120_000, NOW + 150_000),
    ],
  }),
  'never open': bundle({ openIntervals: [] }),
  'never open, open to all': bundle({ openIntervals: [], posture: open }),
  guard: bundle({ rules: { confirmationIntervals: minuteFromNow } }),
  'guard, open to all': bundle({ rules: { confirmationIntervals: minuteFromNow }, posture: open }),
  station: bundle({ rules: { kind: 'station' } }),
  'station, open to all': bundle({ rules: { kind: 'station' }, posture: open }),
  'passage sensor': bundle({ rules: { passageSensor: true } }),
  'no grace': bundle({ rules: { rescanGraceSeconds: 0 } }),
  'long grace': bundle({ rules: { rescanGraceSeconds: 300 } }),
  'not alone': bundle({ rules: { offline: { allow: false } } }),
  'stale after 1 min': bundle({ maxStaleMinutes: 1 }),
  'stale after 720 min': bundle({ maxStaleMinutes: 720, list: { expiresAt: MADE + 13 * HOUR } }),
  'older list': bundle({ list: { issuedAt: MADE - 10 * MINUTE } }),
  'short list': bundle({ list: { expiresAt: MADE + 10 * MINUTE } }),
  'locked down and all wrong': bundle({
    posture: { community: posture('lockdown'), gate: posture('closed') },
    openIntervals: [],
    rules: { forRiders: false, confirmationIntervals: minuteFromNow },
  }),
  'locked down, pass ended': bundle({
    posture: { community: posture('lockdown'), gate: posture('closed') },
    openIntervals: [],
    rules: { confirmationIntervals: minuteFromNow },
  }),
  'closed and all wrong': bundle({
    posture: { community: posture('open'), gate: posture('closed') },
    openIntervals: [],
    rules: { confirmationIntervals: minuteFromNow },
  }),
  'all wrong': bundle({
    openIntervals: [],
    rules: { confirmationIntervals: minuteFromNow },
  }),
};
