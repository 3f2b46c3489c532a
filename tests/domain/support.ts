import type { Attempt, PresentedCode } from '../../src/domain/attempt.ts';
import type { CourierCodePayload } from '../../src/domain/courier-code.ts';
import type { DeliveryFacts, Facts, LastEntry, PassFacts } from '../../src/domain/decision.ts';
import { type EntryRules, STANDARD_RULES } from '../../src/domain/entry-rules.ts';
import { formatIdentifier } from '../../src/domain/identifier.ts';

/** 2026-11-21 12:00:30 in Shanghai, a Saturday: the start of a window of 30 s. */
export const NOW = Date.UTC(2026, 10, 21, 4, 0, 30);

const bytes = (last: number) => Uint8Array.of(0xf0, 0, 0, 0, 0, 0, 0, last);
export const COMMUNITY = formatIdentifier('com', bytes(1));
export const OTHER_COMMUNITY = formatIdentifier('com', bytes(2));
export const GATE = formatIdentifier('gat', bytes(3));
export const OTHER_GATE = formatIdentifier('gat', bytes(4));
export const PASS = formatIdentifier('pas', bytes(5));
export const VISIT = formatIdentifier('vis', bytes(6));

export function payload(changes: Partial<CourierCodePayload> = {}): CourierCodePayload {
  return {
    directions: 3,
    communityId: COMMUNITY,
    passId: PASS,
    notBefore: NOW / 1000,
    lifetimeSeconds: 30,
    statusIndex: 7,
    ...changes,
  };
}

export function authentic(changes: Partial<CourierCodePayload> = {}): PresentedCode {
  return { kind: 'authentic', payload: payload(changes) };
}

export function attempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    requestId: '0b7c9f0e-1111-4222-8333-444455556666',
    gateId: GATE,
    direction: 'in',
    medium: 'qr',
    code: authentic(),
    codeDigest: 'abcdefghijklmnop',
    receivedAt: NOW,
    ...changes,
  };
}

export function delivery(changes: Partial<DeliveryFacts> = {}): DeliveryFacts {
  return {
    platform: 'kuai',
    platformAdmitted: true,
    leg: 'dropoff',
    status: 'picked_up',
    newestAt: NOW - 60_000,
    vehicle: 'e-bike',
    building: '12',
    deadlineAt: NOW + 600_000,
    ...changes,
  };
}

export function pass(changes: Partial<PassFacts> = {}): PassFacts {
  return {
    id: PASS,
    status: 'active',
    expiresAt: null,
    deliveries: [delivery()],
    deliveriesCounted: 1,
    entries: 0,
    lastEntry: null,
    openVisit: null,
    codeUsed: false,
    blockedUntil: null,
    suspendedUntil: null,
    confirmationUntil: null,
    conductPoints: 0,
    ...changes,
  };
}

export function lastEntry(changes: Partial<LastEntry> = {}): LastEntry {
  return {
    at: NOW - 5_000,
    gateId: GATE,
    passageReported: false,
    rescans: 0,
    exited: false,
    ...changes,
  };
}

/** A pass whose rider went in a moment ago and is inside. */
export function insidePass(
  entry: Partial<LastEntry> = {},
  changes: Partial<PassFacts> = {},
): PassFacts {
  return pass({
    entries: 1,
    lastEntry: lastEntry(entry),
    openVisit: { id: VISIT, openedAt: entry.at ?? NOW - 5_000 },
    ...changes,
  });
}

export function facts(
  changes: Partial<Omit<Facts, 'rules'>> & { readonly rules?: Partial<EntryRules> } = {},
): Facts {
  return {
    community: {
      id: COMMUNITY,
      name: '东港花园',
      kind: 'standard',
      timezone: 'Asia/Shanghai',
      district: 'donggang',
    },
    gate: {
      id: GATE,
      communityId: COMMUNITY,
      name: '东门',
      kind: 'gate',
      directions: ['in', 'out'],
      media: ['qr'],
      passageSensor: false,
    },
    communityPosture: { posture: 'normal', until: null },
    gatePosture: { posture: 'normal', until: null },
    rulesVersion: 1,
    pass: pass(),
    occupancy: null,
    ...changes,
    rules: { ...STANDARD_RULES, ...changes.rules },
  };
}
